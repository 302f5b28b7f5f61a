"""An oasis from above: terraces, palms, a canal and a sundial."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw
from tools.drawing import (
    DEEP,
    DUNE,
    GARANCE,
    HAZE,
    ICE,
    INK,
    NIGHT,
    OCHRE,
    PAPER,
    SAND,
    SEA,
    UMBER,
    Chance,
    Point,
    around,
    bezier,
    edges,
    finish,
    lit,
    mix,
    noise,
    pen,
    polar,
    relief,
    shadow,
    tinted,
    to_grey,
)
from tools.drawing import SCALE as S

WIDTH, HEIGHT = 1200, 800
SIZE = (WIDTH * S, HEIGHT * S)


def oasis() -> Image.Image:
    """Terraces seen from above, a canal, and the long shadow of a sundial's post."""
    heights = noise("oasis/heights", SIZE, 900, 4)
    grey = to_grey(heights, 0.22, 0.78)
    steps = grey.point([min(255, (v * 12 // 256) * 23) for v in range(256)])
    ground = tinted(
        steps,
        [
            (0, (66, 110, 134)),
            (0.22, HAZE),
            (0.38, ICE),
            (0.48, PAPER),
            (0.62, SAND),
            (0.82, DUNE),
            (1, OCHRE),
        ],
    )
    ground = lit(ground, relief(noise("oasis/soil", SIZE, 110, 3), 4, 2.6), 0.6)
    walls = edges(grey, 12, 2)
    shadow(ground, walls, (3 * S, 3 * S), 2.5 * S, 0.55)
    ground.paste(mix(OCHRE, UMBER, 0.7), (0, 0), walls)
    canal = bezier(
        (1260 * S, 40 * S), (960 * S, 90 * S), (880 * S, 240 * S), (700 * S, 320 * S), 80
    )
    for width, tone in ((13, mix(UMBER, INK, 0.2)), (9, SEA), (3, HAZE)):
        pen(ground).line(canal, fill=tone, width=width * S, joint="curve")
    palms(ground, grey)
    centre = (600 * S, 430 * S)
    court = Image.new("L", SIZE)
    ImageDraw.Draw(court).ellipse(around(*centre, 232 * S), fill=255)
    shadow(ground, court, (8 * S, 8 * S), 12 * S, 0.5)
    brush = pen(ground)
    brush.ellipse(around(*centre, 232 * S), fill=(236, 224, 196))
    for radius, width in ((232, 3), (222, 1), (186, 1), (96, 1)):
        brush.ellipse(around(*centre, radius * S), outline=(*UMBER, 200), width=width * S)
    return sundial(ground, centre)


def sundial(image: Image.Image, centre: Point) -> Image.Image:
    """The court's hour stones, and the post with its shadow on the third."""
    brush = pen(image)
    foot = (centre[0], centre[1] + 40 * S)
    for i in range(60):
        angle = math.pi * (1.06 + 0.88 * i / 59)
        inner = 190 if i % 5 else 178
        brush.line(
            (*polar(centre, angle, inner * S), *polar(centre, angle, 218 * S)),
            fill=(*UMBER, 120),
            width=S if i % 5 else 2 * S,
        )
    for stone in range(12):
        angle = math.pi * (1.06 + 0.88 * stone / 11)
        x, y = polar(centre, angle, 204 * S)
        brush.ellipse(around(x + 3 * S, y + 4 * S, 13 * S), fill=(*INK, 90))
        brush.ellipse(around(x, y, 13 * S), fill=GARANCE if stone == 2 else DEEP)
        brush.ellipse(around(x - 2 * S, y - 3 * S, 8 * S), fill=(255, 255, 255, 36))
        brush.line(
            (*polar(centre, angle, 100 * S), *polar(centre, angle, 182 * S)),
            fill=(*UMBER, 60),
            width=S,
        )
    tip = polar(centre, math.pi * (1.06 + 0.88 * 2 / 11), 196 * S)
    dark = Image.new("L", image.size)
    ImageDraw.Draw(dark).polygon(
        [(foot[0] - 9 * S, foot[1] + 2 * S), tip, (foot[0] + 5 * S, foot[1] + 11 * S)], fill=255
    )
    shadow(image, dark, (0, 0), 1.5 * S, 0.82)
    brush.ellipse(around(*foot, 20 * S), fill=DUNE, outline=UMBER, width=2 * S)
    brush.ellipse(around(*foot, 9 * S), fill=NIGHT)
    brush.ellipse(around(foot[0] - 2 * S, foot[1] - 3 * S, 4 * S), fill=HAZE)
    return finish(image, "oasis/grain", 0.02)


def palms(image: Image.Image, heights: Image.Image) -> None:
    """Palms on the low terraces, each a star of fronds with its shadow."""
    chance = Chance("oasis/palms")
    crowns = []
    for _ in range(430):
        x, y = chance.between(0, WIDTH), chance.between(0, HEIGHT)
        level = heights.crop((int(x * S), int(y * S), int(x * S) + 1, int(y * S) + 1)).tobytes()[0]
        if level < 100 and math.hypot(x - 600, y - 430) > 256:
            crowns.append((x, y, chance.between(12, 20), chance.between(0, 6)))
    for dark in (True, False):
        brush = pen(image)
        for x, y, size, turn in crowns:
            for frond in range(9):
                angle = turn + frond * math.tau / 9
                tone = (*INK, 60) if dark else mix((34, 66, 84), SEA, (frond % 3) / 2.2)
                move = 9 if dark else 0
                start = ((x + move) * S, (y + move) * S)
                end = polar(start, angle, size * S)
                left, right = (
                    polar(start, angle - 0.24, size * 0.55 * S),
                    polar(start, angle + 0.24, size * 0.55 * S),
                )
                brush.polygon([start, left, end, right], fill=tone)
            if not dark:
                brush.ellipse(around(x * S, y * S, 2.2 * S), fill=SAND)
