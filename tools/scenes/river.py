"""The lead's picture: a river's old beds, and the border that stayed in the first."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw
from tools.drawing import (
    DEEP,
    GARANCE,
    HAZE,
    INK,
    NIGHT,
    PAPER,
    SEA,
    Point,
    dashes,
    finish,
    lit,
    mix,
    noise,
    pen,
    ramp,
    relief,
    respaced,
    shadow,
    tinted,
    to_grey,
    wave,
)
from tools.drawing import SCALE as S

WIDTH, HEIGHT = 1200, 800
SIZE = (WIDTH * S, HEIGHT * S)


def meanders() -> Image.Image:
    """A river's old beds, from sand to blue, and the border that stayed in the first."""
    land = noise("meanders/land", SIZE, 520, 4)
    ground = tinted(to_grey(land, 0.2, 0.8), [(0, (224, 212, 184)), (1, (243, 235, 216))])
    ground = lit(ground, relief(land, 6, 9.0), 0.6)
    beds = river_beds("meanders/river", 14)
    brush = pen(ground)
    tones = [(0.0, (214, 190, 146)), (0.35, (190, 178, 156)), (0.65, (138, 168, 180)), (1.0, SEA)]
    for age, bed in enumerate(beds[:-1]):
        tone = ramp(tones, age / (len(beds) - 1))
        brush.line(bed, fill=mix(tone, INK, 0.3), width=30 * S, joint="curve")
        brush.line(bed, fill=tone, width=28 * S, joint="curve")
        brush.line(bed, fill=mix(tone, PAPER, 0.12), width=14 * S, joint="curve")
    water = Image.new("L", SIZE)
    ImageDraw.Draw(water).line(beds[-1], fill=255, width=40 * S, joint="curve")
    shadow(ground, water, (0, 0), 12 * S, 0.5)
    for width, tone in ((35, NIGHT), (32, DEEP), (21, mix(DEEP, SEA, 0.5)), (9, SEA)):
        brush.line(beds[-1], fill=tone, width=width * S, joint="curve")
    brush.line(beds[-1], fill=mix(SEA, HAZE, 0.7), width=2 * S, joint="curve")
    dashes(brush, beds[0], GARANCE, 5 * S, 26 * S, 15 * S)
    return finish(ground, "meanders/grain", 0.04)


def river_beds(seed: str, count: int) -> list[list[Point]]:
    """Centre lines of a river that wanders, oldest first (Howard and Knutson's simple model:
    a bank gives way where the bend upstream has been sharp, and near bends are cut through)."""
    step, width = 9.0, 30.0
    sway = wave(190, f"{seed}/sway", 2)
    line = [
        (
            -250 + i * step,
            400 + 60 * sway[i] + (30 + 24 * sway[-i]) * math.sin(i / 5.4 + 5 * sway[i]),
        )
        for i in range(190)
    ]
    beds: list[list[Point]] = []
    for turn in range(1, 40 * count + 1):
        line = wander(line, width)
        line = respaced(cut_through(line, width * 0.9), step)
        if turn % 40 == 0:
            beds.append([(x * S, y * S) for x, y in line])
    return beds


def wander(line: list[Point], width: float) -> list[Point]:
    """One step of bank erosion."""
    moved, pull, total = list(line), 0.0, 0.0
    for i in range(1, len(line) - 1):
        (ax, ay), (bx, by), (cx, cy) = line[i - 1], line[i], line[i + 1]
        ux, uy, vx, vy = bx - ax, by - ay, cx - bx, cy - by
        turn = math.atan2(ux * vy - uy * vx, ux * vx + uy * vy)
        bend = turn / (math.hypot(ux, uy) + 1e-9) * width
        pull, total = pull * 0.76 + bend, total * 0.76 + 1
        ends = min(1.0, i / 20, (len(line) - 1 - i) / 20)
        rate = max(-2.2, min(2.2, 2.5 * pull / total - bend)) * ends
        length = math.hypot(cx - ax, cy - ay) + 1e-9
        moved[i] = (bx + (cy - ay) / length * rate * 1.6, by - (cx - ax) / length * rate * 1.6)
    return moved


def cut_through(line: list[Point], near: float) -> list[Point]:
    """The line without the loops whose ends have come near each other."""
    kept: list[Point] = []
    i = 0
    while i < len(line):
        kept.append(line[i])
        x, y = line[i]
        later = range(min(len(line) - 1, i + 170), i + 12, -1)
        i = next(
            (j for j in later if abs(line[j][0] - x) + abs(line[j][1] - y) < near * 1.2), i + 1
        )
    return kept
