"""Pack ice from above, and the channel of a ship."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw
from tools.drawing import (
    DEEP,
    DUNE,
    FOAM,
    GARANCE,
    HAZE,
    ICE,
    NIGHT,
    PAPER,
    SAND,
    UMBER,
    Chance,
    Colour,
    Point,
    bezier,
    canvas,
    finish,
    lit,
    mix,
    noise,
    pen,
    polar,
    relief,
    rounded,
    shadow,
)
from tools.drawing import SCALE as S

WIDTH, HEIGHT = 1200, 800
SIZE = (WIDTH * S, HEIGHT * S)


def pack_ice() -> Image.Image:
    """Floes from above, and the dark channel of a small red ship."""
    sea = canvas(WIDTH, HEIGHT, [(0, (24, 52, 74)), (1, (17, 38, 56))])
    course = bezier((-60, 700), (330, 640), (420, 330), (712, 372), 90)
    seeds = floe_seeds("ice/seeds", 50, course)
    mask = Image.new("L", SIZE)
    etch = ImageDraw.Draw(mask)
    chance = Chance("ice/tones")
    floes: list[tuple[list[Point], Colour]] = []
    for (column, row), seed in seeds.items():
        cell = floe(seed, [seeds[key] for key in ring_around(column, row) if key in seeds])
        away, near = (
            min(math.hypot(px - x, py - y) for px, py in points for x, y in course)
            for points in ([seed], [seed, *cell])
        )
        gap = 0.955 - 0.1 * math.exp(-away / 90) - 0.05 * chance.between(0, 1) ** 3
        if near < 17 and away < 70:
            continue
        outline = [
            ((seed[0] + (x - seed[0]) * gap) * S, (seed[1] + (y - seed[1]) * gap) * S)
            for x, y in cell
        ]
        if len(outline) > 2:
            tone = mix(mix(ICE, FOAM, chance.between(0, 1)), HAZE, 0.35 * chance.between(0, 1) ** 4)
            floes.append((rounded(outline, 1), mix(tone, SAND, 0.18 * chance.between(0, 1))))
            etch.polygon(floes[-1][0], fill=255)
    brash(sea, course)
    shadow(sea, mask, (5 * S, 6 * S), 4 * S, 0.8)
    brush = pen(sea)
    for outline, tone in floes:
        brush.polygon([(x + 2 * S, y + 2 * S) for x, y in outline], fill=(104, 146, 168))
        brush.polygon(outline, fill=tone)
    snow = relief(noise("ice/snow", SIZE, 190, 3), 4, 4.0)
    sea = Image.composite(lit(sea, snow, 0.75), sea, mask)
    ship(sea, (course[-1][0] * S, course[-1][1] * S), math.atan2(42, 292), 1.15 * S)
    return finish(sea, "ice/grain", 0.02)


def floe_seeds(seed: str, cell: float, course: list[Point]) -> dict[tuple[int, int], Point]:
    """One point in each field of a grid, moved about. Some fields stay empty, so floes vary;
    near the channel few do, for there the ice is broken."""
    chance = Chance(seed)
    found = {}
    for row in range(-2, int(HEIGHT / cell) + 3):
        for column in range(-2, int(WIDTH / cell) + 3):
            x, y = chance.between(0, 1), chance.between(0, 1)
            crowd = 0.42 + 0.3 * math.sin(column / 4.1 + row / 7.3) * math.cos(row / 3.9)
            at = ((column + 0.5) * cell, (row + 0.5) * cell)
            away = min(math.hypot(at[0] - cx, at[1] - cy) for cx, cy in course)
            if chance.between(0, 1) < crowd + 0.7 * math.exp(-away / 60):
                found[column, row] = ((column + x) * cell, (row + y) * cell)
    return found


def ring_around(column: int, row: int) -> list[tuple[int, int]]:
    """The fields of a grid near one."""
    reach = range(-6, 7)
    return [(column + i, row + j) for i in reach for j in reach if i or j]


def floe(seed: Point, others: list[Point]) -> list[Point]:
    """The points nearer to one seed than to all others: a cell of Voronoi's diagram."""
    x, y = seed
    cell = [(x - 210, y - 210), (x + 210, y - 210), (x + 210, y + 210), (x - 210, y + 210)]
    for ox, oy in others:
        dx, dy = ox - x, oy - y
        limit = (dx * dx + dy * dy) / 2
        cut: list[Point] = []
        for (ax, ay), (bx, by) in zip(cell, cell[1:] + cell[:1], strict=True):
            a = (ax - x) * dx + (ay - y) * dy - limit
            b = (bx - x) * dx + (by - y) * dy - limit
            if a <= 0:
                cut.append((ax, ay))
            if (a < 0 < b) or (b < 0 < a):
                t = a / (a - b)
                cut.append((ax + (bx - ax) * t, ay + (by - ay) * t))
        cell = cut
    return cell


def brash(image: Image.Image, course: list[Point]) -> None:
    """Crushed ice along the channel, less of it towards the ship."""
    chance = Chance("ice/brash")
    brush = pen(image)
    for i in range(620):
        share = chance.between(0, 1) ** 1.4
        x, y = course[int(share * (len(course) - 1))]
        angle, reach = chance.between(0, math.tau), chance.between(0, 1) ** 0.6 * 58
        if reach < 15 * share + 4:
            continue
        size = chance.between(1.4, 5.6) * (1.1 - share * 0.4)
        centre = ((x + math.cos(angle) * reach) * S, (y + math.sin(angle) * reach) * S)
        sides = 5 + i % 3
        corners = [
            polar(centre, angle + k * math.tau / sides, size * S * chance.between(0.7, 1.2))
            for k in range(sides)
        ]
        brush.polygon(corners, fill=(*mix(HAZE, FOAM, chance.between(0, 1)), 215))


def ship(image: Image.Image, at: Point, heading: float, size: float) -> None:
    """A small ship from above, its bow against the ice."""

    def turned(points: Sequence[Point]) -> list[Point]:
        cos, sin = math.cos(heading), math.sin(heading)
        return [
            (at[0] + (x * cos - y * sin) * size, at[1] + (x * sin + y * cos) * size)
            for x, y in points
        ]

    side = bezier((-44, 0), (-44, -12), (22, -14), (50, 0), 24)
    hull = turned([*side, *((x, -y) for x, y in reversed(side))])
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).polygon(hull, fill=255)
    shadow(image, mask, (6 * S, 8 * S), 4 * S, 0.8)
    brush = pen(image)
    brush.polygon(hull, fill=GARANCE)
    brush.line([*hull, hull[0]], fill=(110, 14, 44), width=2 * S)
    for points, tone in (
        ([(-40, -6), (-22, -8), (-22, 8), (-40, 6)], (206, 84, 108)),
        ([(-18, -8.5), (2, -8.5), (2, 8.5), (-18, 8.5)], PAPER),
        ([(-2, -9.5), (4, -9.5), (4, 9.5), (-2, 9.5)], NIGHT),
        ([(-14, -3.5), (-7, -3.5), (-7, 3.5), (-14, 3.5)], DEEP),
        ([(10, -6), (24, -5), (24, 5), (10, 6)], DUNE),
        ([(12, -4), (22, -3.4), (22, 3.4), (12, 4)], UMBER),
    ):
        brush.polygon(turned(points), fill=tone)
