"""A beach with painted pirogues, two bells on each mast."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw
from tools.drawing import (
    DEEP,
    DUNE,
    FOAM,
    GARANCE,
    HAZE,
    INK,
    NIGHT,
    OCHRE,
    PAPER,
    SAND,
    SEA,
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
    shadow,
    wave,
)
from tools.drawing import SCALE as S

WIDTH, HEIGHT = 1200, 800
SIZE = (WIDTH * S, HEIGHT * S)


def pirogues() -> Image.Image:
    """Painted hulls on the sand, the sea behind them in bands."""
    image = canvas(WIDTH, HEIGHT, [(0, (196, 213, 221)), (0.16, (240, 232, 214)), (1, SAND)])
    brush = pen(image)
    brush.ellipse(around(292 * S, 158 * S, 46 * S), fill=(252, 244, 226))
    bands = 15
    for band in range(bands):
        top = 150 + 270 * (band / bands) ** 1.25
        line = wave(WIDTH // 6 + 2, f"pirogues/sea/{band}", 5, 0.6)
        outline = [(i * 6.0 * S, (top + 5 * v * (0.4 + band / 7)) * S) for i, v in enumerate(line)]
        tone = ramp([(0, HAZE), (0.35, SEA), (0.75, DEEP), (1, (84, 130, 152))], band / (bands - 1))
        brush.polygon([(0, SIZE[1]), *outline, (SIZE[0] + 99, SIZE[1])], fill=tone)
        brush.line(outline, fill=(*mix(tone, FOAM, 0.5), 150), width=round((0.7 + band * 0.1) * S))
    shore = wave(WIDTH // 6 + 2, "pirogues/shore", 4)
    for inset, tone in ((0, FOAM), (9, (186, 166, 130)), (26, DUNE), (58, (221, 201, 160))):
        outline = [
            (i * 6.0 * S, (432 + inset + (16 + inset / 9) * v) * S) for i, v in enumerate(shore)
        ]
        brush.polygon([(0, SIZE[1]), *outline, (SIZE[0] + 99, SIZE[1])], fill=tone)
    chance = Chance("pirogues/sand")
    for _ in range(2600):
        x, y = chance.between(0, WIDTH) * S, chance.between(520, HEIGHT) * S
        reach = chance.between(4, 34) * S * (y / SIZE[1])
        tone = mix(DUNE, UMBER if chance.between(0, 1) < 0.5 else PAPER, 0.4)
        brush.line((x, y, x + reach, y + chance.between(-1, 1) * S), fill=(*tone, 70), width=S)
    fleet: list[tuple[float, float, float, Sequence[Colour]]] = [
        (860, 452, 0.62, (GARANCE, FOAM, DEEP, SAND)),
        (380, 470, 0.7, (DEEP, SAND, FOAM, SEA)),
        (640, 530, 0.95, (SEA, FOAM, GARANCE, PAPER)),
        (1010, 562, 1.0, (FOAM, DEEP, SAND, SEA)),
        (330, 606, 1.2, (GARANCE, PAPER, NIGHT, SAND)),
    ]
    for x, y, size, tones in fleet:
        pirogue(image, x * S, y * S, size * S, tones)
    return finish(image, "pirogues/grain", 0.18)


def pirogue(image: Image.Image, x: float, y: float, size: float, tones: Sequence[Colour]) -> None:
    """One hull seen from the side: sheer strakes, painted lozenges, a mast with two bells."""
    half = 235 * size

    def at(place: float, depth: float) -> Point:
        """A point of the hull: `place` from -1 (stern) to 1 (prow), `depth` 0 (rim) to 1 (keel)."""
        rise = 52 * abs(place) ** 3.8 + (46 * place**7 if place > 0 else 0)
        keel = 58 * (1 - abs(place) ** 4)
        return (x + half * place * (1 + 0.05 * (1 - depth)), y - rise * size + keel * depth * size)

    places = [i / 40 - 1 for i in range(81)]
    mask = Image.new("L", image.size)
    hull = [at(p, 0) for p in places] + [at(p, 1) for p in reversed(places)]
    ImageDraw.Draw(mask).polygon(hull, fill=255)
    shadow(image, mask, (26 * size, 24 * size), 9 * size, 0.5)
    brush = pen(image)
    mast = at(-0.18, 0)
    top = (mast[0] + 5 * size, mast[1] - 190 * size)
    brush.line((*mast, *top), fill=UMBER, width=round(4 * size))
    brush.line((*top, *at(0.93, 0)), fill=(*UMBER, 170), width=round(1.2 * size))
    brush.line((*top, *at(-0.93, 0)), fill=(*UMBER, 170), width=round(1.2 * size))
    for side in (-1, 1):
        bell(brush, top[0] + side * 11 * size, top[1] + 14 * size, 7 * size)
    brush.polygon(
        [
            (mast[0] + 4 * size, top[1] + 44 * size),
            (mast[0] + 4 * size, top[1] + 74 * size),
            (mast[0] + 52 * size, top[1] + 62 * size),
        ],
        fill=PAPER if tones[0] == SEA else tones[0],
    )
    brush.polygon(hull, fill=tones[2])
    for low, high, tone in (
        (0.0, 0.12, mix(tones[1], INK, 0.15)),
        (0.12, 0.5, tones[0]),
        (0.5, 0.6, tones[1]),
        (0.6, 0.86, tones[2]),
        (0.86, 1.0, mix(tones[2], INK, 0.5)),
    ):
        strake = [at(p, low) for p in places] + [at(p, high) for p in reversed(places)]
        brush.polygon(strake, fill=tone)
    for i in range(15):
        p = -0.82 + i * 0.117
        diamond = [at(p - 0.04, 0.31), at(p, 0.16), at(p + 0.04, 0.31), at(p, 0.46)]
        brush.polygon(diamond, fill=tones[3] if i % 2 else tones[1])
        centre = at(p + 0.0585, 0.31)
        brush.ellipse(around(*centre, 3.2 * size), fill=tones[1] if i % 2 else tones[3])
    brush.line(
        [at(p, 0) for p in places],
        fill=mix(tones[1], PAPER, 0.4),
        width=round(3 * size),
        joint="curve",
    )
    brush.line(
        [at(p, 1) for p in places[8:-8]], fill=(*INK, 120), width=round(2.5 * size), joint="curve"
    )


def bell(brush: ImageDraw.ImageDraw, x: float, y: float, size: float) -> None:
    """A small bell hung on a mast."""
    side = bezier(
        (x, y - size),
        (x + size * 0.9, y - size),
        (x + size * 0.5, y + size * 0.4),
        (x + size * 1.1, y + size),
    )
    brush.polygon([*side, *((2 * x - px, py) for px, py in reversed(side))], fill=OCHRE)
    brush.ellipse(around(x, y + size * 1.15, size * 0.3), fill=UMBER)
