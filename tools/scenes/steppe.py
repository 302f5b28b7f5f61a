"""A winter steppe in layers, with yurts and a herd."""

from __future__ import annotations

from PIL import Image, ImageDraw
from tools.drawing import (
    GARANCE,
    ICE,
    INK,
    OCHRE,
    PAPER,
    SAND,
    UMBER,
    Chance,
    Colour,
    Point,
    around,
    bezier,
    canvas,
    finish,
    mix,
    pen,
    ramp,
    wave,
)
from tools.drawing import SCALE as S

WIDTH, HEIGHT = 1200, 800
SIZE = (WIDTH * S, HEIGHT * S)


def steppe() -> Image.Image:
    """Hills in layers under a winter sun, and three yurts."""
    image = canvas(
        WIDTH, HEIGHT, [(0, (150, 182, 198)), (0.35, ICE), (0.55, (242, 233, 212)), (1, SAND)]
    )
    brush = pen(image)
    sun = (840 * S, 255 * S, 62 * S)
    for halo in range(24, 0, -1):
        reach = sun[2] * (1 + halo * 0.16)
        brush.ellipse(around(sun[0], sun[1], reach), fill=(255, 248, 230, 9))
    brush.ellipse(around(*sun), fill=(253, 246, 230))
    tones = [
        (0.0, (158, 186, 200)),
        (0.3, (110, 146, 168)),
        (0.5, (70, 108, 134)),
        (0.51, (222, 203, 164)),
        (0.75, (203, 176, 126)),
        (1.0, (158, 126, 82)),
    ]
    layers = 9
    for layer in range(layers):
        t = layer / (layers - 1)
        base = 320 + 380 * t**1.1
        height = 74 - 26 * t
        ridge = wave(SIZE[0] // 3 + 2, f"steppe/{layer}", 6, 0.42 if layer < 4 else 0.32)
        outline = [(i * 3.0, (base + height * r) * S) for i, r in enumerate(ridge)]
        tone = ramp(tones, t)
        brush.polygon([(0, SIZE[1]), *outline, (SIZE[0] + 4, SIZE[1])], fill=tone)
        slopes(brush, outline, tone, f"steppe/slope/{layer}", 70 + 60 * t)
        brush.line(outline, fill=(*mix(tone, PAPER, 0.55), 220), width=round(2.4 * S))
        if layer == 5:
            for x, size in ((470, 1.0), (560, 0.74), (628, 0.58)):
                yurt(brush, x * S, outline[int(x * S / 3)][1] + 9 * S * size, 62 * S * size)
            herd(brush, outline, "steppe/herd")
    return finish(image, "steppe/grain", 0.2)


def slopes(
    brush: ImageDraw.ImageDraw, ridge: list[Point], tone: Colour, seed: str, reach: float
) -> None:
    """Fine strokes down a hill, as an engraver shades it."""
    chance = Chance(seed)
    for x, y in ridge[::3]:
        start = y + chance.between(1, 30) * S
        length = chance.between(0.25, 1) * reach * S
        lean = chance.between(0.25, 0.42) * length
        dark = chance.between(0, 1) < 0.72
        colour = mix(tone, INK if dark else PAPER, 0.3 if dark else 0.4)
        brush.line((x, start, x + lean, start + length), fill=(*colour, 90), width=S)


def yurt(brush: ImageDraw.ImageDraw, x: float, y: float, wide: float) -> None:
    """A felt tent with a red door."""
    half, wall, top = wide / 2, wide * 0.34, wide * 0.62
    brush.ellipse((x - half * 0.9, y - wide * 0.05, x + wide, y + wide * 0.1), fill=(*INK, 70))
    brush.polygon(
        [(x - half, y), (x - half * 0.97, y - wall), (x + half * 0.97, y - wall), (x + half, y)],
        fill=(244, 238, 226),
    )
    roof = bezier(
        (x - half * 1.06, y - wall * 0.94),
        (x - half * 0.6, y - top * 0.98),
        (x - half * 0.3, y - top),
        (x, y - top),
    )
    brush.polygon([*roof, *((2 * x - px, py) for px, py in reversed(roof))], fill=(228, 218, 198))
    brush.polygon(
        [(x, y), (x, y - top), *((2 * x - px, py) for px, py in reversed(roof)), (x + half, y)],
        fill=(*UMBER, 60),
    )
    for share in (0.5, 0.82):
        brush.line(
            (x - half * 0.99, y - wall * share, x + half * 0.99, y - wall * share),
            fill=(*OCHRE, 170),
            width=round(1.2 * S),
        )
    brush.rectangle((x - wide * 0.09, y - wall * 0.86, x + wide * 0.09, y), fill=GARANCE)
    brush.line(
        (x + half * 0.2, y - top * 0.9, x + half * 0.2, y - top * 1.22), fill=INK, width=2 * S
    )


def herd(brush: ImageDraw.ImageDraw, ridge: list[Point], seed: str) -> None:
    """A caravan of small animals along the ridge."""
    chance = Chance(seed)
    for i in range(26):
        x = 150 + i * 10.5 + chance.between(-3, 3)
        y = ridge[int(x * S / 3)][1] + 2 * S
        size = chance.between(2.2, 3.6) * S
        tone = INK if i % 4 else (244, 238, 226)
        brush.ellipse(
            (x * S - size * 1.3, y - size * 1.9, x * S + size * 1.3, y - size * 0.4), fill=tone
        )
        for leg in (-0.8, 0.8):
            brush.line((x * S + leg * size, y - size, x * S + leg * size, y), fill=tone, width=S)
