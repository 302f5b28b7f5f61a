"""Two swells crossing around atolls, in lines of changing width."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw
from tools.drawing import (
    DEEP,
    DUNE,
    FOAM,
    GARANCE,
    HAZE,
    ICE,
    INK,
    PAPER,
    SAND,
    SEA,
    Point,
    around,
    bezier,
    canvas,
    dashes,
    finish,
    mix,
    pen,
    rounded,
    shadow,
    wave,
)
from tools.drawing import SCALE as S

WIDTH, HEIGHT = 1200, 800


def swells() -> Image.Image:
    """Two swells that cross around four atolls, as an engraver would cut them."""
    image = canvas(WIDTH, HEIGHT, [(0, (24, 50, 73)), (0.5, (29, 63, 90)), (1, (20, 42, 62))])
    brush = pen(image)
    atolls = [(330, 300, 74, 0.3), (690, 470, 92, 1.7), (930, 235, 50, 2.9), (1010, 610, 38, 4.1)]
    gap = 23.0
    for row in range(-10, 47):
        upper: list[Point] = []
        lower: list[Point] = []
        for i in range(0, WIDTH + 9, 4):
            x, y = float(i), row * gap + 0.16 * i
            bent, phase = 0.0, 0.0
            for ax, ay, size, _ in atolls:
                away = math.hypot(x - ax, (y - ay) * 1.15)
                near = math.exp(-((away / (size * 2.5)) ** 2))
                bent += near * (y - ay) / size * 34
                phase += 1.6 * near * math.cos(away / 11)
            y += bent + 5 * math.sin(x / 150 + row / 9)
            weight = max(1.6, 7.4 + 6.0 * math.sin((0.86 * x - 0.62 * y) / 31 + phase))
            upper.append((x * S, (y - weight / 2) * S))
            lower.append((x * S, (y + weight / 2) * S))
        tone = mix((74, 118, 145), HAZE, 0.5 + 0.5 * math.sin(row / 9.0))
        brush.polygon([*upper, *reversed(lower)], fill=(*tone, 205))
    for x, y, size, turn in atolls:
        atoll(image, x, y, size, turn)
    course = bezier(
        (70 * S, 690 * S), (300 * S, 560 * S), (600 * S, 300 * S), (872 * S, 252 * S), 160
    )
    brush = pen(image)
    brush.line(course, fill=(*INK, 110), width=9 * S, joint="curve")
    dashes(brush, course, (226, 70, 104), 4 * S, 16 * S, 9 * S)
    for x, y in (course[0], course[-1]):
        brush.ellipse(around(x, y, 10 * S), fill=PAPER)
        brush.ellipse(around(x, y, 6 * S), fill=GARANCE)
    return finish(image, "swells/grain", 0.02)


def atoll(image: Image.Image, x: float, y: float, size: float, turn: float) -> None:
    """A ring of sand around a lagoon, with a pass."""
    ring = wave(96, f"atoll/{x}", 3)
    ring = [ring[i] * (1 - i / 95) + ring[0] * (i / 95) for i in range(96)]

    def outline(share: float) -> list[Point]:
        return rounded(
            [
                (
                    (x + math.cos(i / 48 * math.pi + turn) * size * share * (1 + 0.34 * v)) * S,
                    (y + math.sin(i / 48 * math.pi + turn) * size * 0.8 * share * (1 + 0.34 * v))
                    * S,
                )
                for i, v in enumerate(ring)
            ],
            1,
        )

    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).polygon(outline(1.0), fill=255)
    shadow(image, mask, (0, 5 * S), 10 * S, 0.75)
    brush = pen(image)
    for share, tone in (
        (1.24, (*DEEP, 255)),
        (1.17, (*SEA, 255)),
        (1.1, (*HAZE, 255)),
        (1.04, (*FOAM, 255)),
        (1.0, (*SAND, 255)),
        (0.9, (*DUNE, 255)),
        (0.82, (*SAND, 255)),
        (0.74, (*ICE, 255)),
        (0.69, (*HAZE, 255)),
        (0.5, (101, 146, 168, 255)),
        (0.28, (*SEA, 255)),
    ):
        brush.polygon(outline(share), fill=tone)
    cx, cy = x + math.cos(turn) * size * 0.88, y + math.sin(turn) * size * 0.7
    ex, ey = x + math.cos(turn) * size * 1.08, y + math.sin(turn) * size * 0.86
    brush.line(
        (cx * S - (ex - cx) * S * 0.6, cy * S - (ey - cy) * S * 0.6, ex * S, ey * S),
        fill=HAZE,
        width=round(size * 0.1 * S),
    )
