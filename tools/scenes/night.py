"""A northern night: star trails above spruces, one lit window."""

from __future__ import annotations

from PIL import Image, ImageDraw
from tools.drawing import (
    DEEP,
    FOAM,
    GARANCE,
    HAZE,
    NIGHT,
    PAPER,
    SAND,
    SEA,
    Chance,
    Colour,
    Point,
    around,
    canvas,
    finish,
    mix,
    pen,
    wave,
)
from tools.drawing import SCALE as S

WIDTH, HEIGHT = 1200, 800
SIZE = (WIDTH * S, HEIGHT * S)


def boreal_night() -> Image.Image:
    """Star trails around the pole above three edges of spruces."""
    sky = canvas(
        WIDTH,
        HEIGHT,
        [
            (0, (9, 20, 34)),
            (0.35, NIGHT),
            (0.55, DEEP),
            (0.66, SEA),
            (0.73, HAZE),
            (0.79, SAND),
            (1, SAND),
        ],
    )
    brush = pen(sky)
    chance = Chance("night/stars")
    pole = (700 * S, 300 * S)
    for _ in range(560):
        radius = chance.between(4, 980) ** 0.98 * S
        start = chance.between(0, 360)
        length = 42 + chance.between(-3, 3)
        bright = chance.between(0, 1) ** 2.2
        kind = chance.between(0, 1)
        tone = mix(HAZE, FOAM, bright)
        if kind > 0.86:
            tone = mix(SAND, PAPER, bright)
        elif kind > 0.82:
            tone = mix(GARANCE, (240, 150, 150), 0.45 + bright / 2)
        box = (pole[0] - radius, pole[1] - radius, pole[0] + radius, pole[1] + radius)
        alpha = round(60 + 190 * bright)
        brush.arc(box, start, start + length, fill=(*tone, alpha), width=round(1 + 3.2 * bright))
    brush.ellipse((pole[0] - 4, pole[1] - 4, pole[0] + 4, pole[1] + 4), fill=FOAM)
    for layer, (base, tone) in enumerate(
        ((628, (84, 116, 134)), (664, (36, 64, 84)), (708, (12, 24, 36)))
    ):
        spruces(sky, f"night/spruce/{layer}", base, 0.55 + layer * 0.42, tone)
    brush = pen(sky)
    for reach in range(44, 2, -2):
        brush.ellipse(around(319 * S, 709 * S, reach * S), fill=(255, 214, 140, 7))
    brush.polygon(
        [
            (306 * S, 720 * S),
            (306 * S, 702 * S),
            (319 * S, 692 * S),
            (332 * S, 702 * S),
            (332 * S, 720 * S),
        ],
        fill=(8, 16, 25),
    )
    brush.rectangle((315 * S, 704 * S, 322 * S, 713 * S), fill=(255, 228, 170))
    return finish(sky, "night/grain", 0.03)


def spruces(image: Image.Image, seed: str, base: float, size: float, tone: Colour) -> None:
    """An edge of spruces across the picture, standing on a soft ridge."""
    brush = pen(image)
    ridge = wave(SIZE[0] // 4 + 1, seed, 4)
    brush.polygon(
        [(0, SIZE[1]), *((i * 4, (base + 26 * r) * S) for i, r in enumerate(ridge)), SIZE],
        fill=tone,
    )
    brush.rectangle((0, (base + 24) * S, *SIZE), fill=tone)
    chance = Chance(seed)
    x = -10.0
    while x < WIDTH + 20:
        foot = base + 26 * ridge[min(len(ridge) - 1, max(0, int(x * S / 4)))] + 10
        tall = chance.between(34, 92) * size
        spruce(brush, x * S, foot * S, tall * S, chance, tone)
        x += chance.between(8, 22) * size


def spruce(
    brush: ImageDraw.ImageDraw, x: float, foot: float, tall: float, chance: Chance, tone: Colour
) -> None:
    """One spruce: a spire of ragged branches."""
    tiers = 9
    left: list[Point] = []
    right: list[Point] = []
    for tier in range(tiers):
        y = foot - tall * (1 - (tier + 1) / tiers)
        reach = tall * 0.19 * ((tier + 1) / tiers) ** 0.85
        for side, edge in ((-1, left), (1, right)):
            out = reach * chance.between(0.7, 1.15)
            edge.append((x + side * out, y + tall * 0.03))
            edge.append((x + side * out * 0.45, y - tall * 0.005))
    brush.polygon([(x, foot - tall * 1.06), *right, (x, foot), *reversed(left)], fill=tone)
