"""The sponsor's picture: a reading lamp over an open book."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFilter
from tools.drawing import OCHRE, around, bezier, canvas, finish, pen
from tools.drawing import SCALE as S


def lamp() -> Image.Image:
    """The sponsor's picture: a reading lamp over an open book."""
    wide, high = 1072, 400
    image = canvas(wide, high, [(0, (226, 208, 166)), (1, (240, 229, 202))])
    brush = pen(image)
    pane = (70, 46, 330, 300)
    brush.rectangle([v * S for v in pane], fill=(38, 66, 90))
    brush.ellipse(around(252 * S, 112 * S, 26 * S), fill=(244, 232, 200))
    for x in (158, 242):
        brush.rectangle(((x - 3) * S, 46 * S, (x + 3) * S, 300 * S), fill=(240, 229, 202))
    brush.rectangle((70 * S, 170 * S, 330 * S, 176 * S), fill=(240, 229, 202))
    table = 322
    brush.rectangle((0, table * S, wide * S, high * S), fill=(70, 54, 38))
    brush.rectangle((0, table * S, wide * S, (table + 5) * S), fill=(120, 92, 58))
    beam = Image.new("L", image.size)
    ImageDraw.Draw(beam).polygon(
        [(596 * S, 132 * S), (716 * S, 132 * S), (900 * S, table * S), (452 * S, table * S)],
        fill=255,
    )
    soft = beam.filter(ImageFilter.GaussianBlur(5 * S)).point(lambda v: v * 0.72)
    image.paste((255, 246, 214), (0, 0), soft)
    brush = pen(image)
    brush.ellipse((452 * S, (table - 10) * S, 900 * S, (table + 26) * S), fill=(255, 240, 200, 70))
    book(brush, 676, table)
    for path, width, tone in (
        ([(812, table - 2), (846, 214)], 7, OCHRE),
        ([(846, 214), (664, 84)], 7, OCHRE),
    ):
        brush.line([(x * S, y * S) for x, y in path], fill=tone, width=width * S)
    brush.rounded_rectangle(
        (764 * S, (table - 12) * S, 862 * S, table * S), 6 * S, fill=(38, 32, 26)
    )
    for x, y, radius in ((846, 214, 9), (664, 84, 8)):
        brush.ellipse(around(x * S, y * S, radius * S), fill=(38, 32, 26))
    shade = [(628, 84), (688, 84), (722, 134), (590, 134)]
    brush.polygon([(x * S, y * S) for x, y in shade], fill=(196, 138, 48))
    for fold in range(1, 9):
        top, foot = 628 + fold * 60 / 9, 590 + fold * 132 / 9
        brush.line((top * S, 84 * S, foot * S, 134 * S), fill=(150, 100, 30, 150), width=S)
    brush.ellipse((590 * S, 128 * S, 722 * S, 140 * S), fill=(255, 244, 206))
    cup(brush, 986, table)
    return finish(image, "lamp/grain", 0.12)


def book(brush: ImageDraw.ImageDraw, x: float, table: float) -> None:
    """An open book lying on the table, lines of text on both pages."""
    for side in (-1, 1):
        edge = bezier(
            (x, table - 34),
            (x + side * 40, table - 62),
            (x + side * 110, table - 44),
            (x + side * 158, table - 30),
        )
        low = bezier(
            (x + side * 158, table - 6),
            (x + side * 110, table - 20),
            (x + side * 40, table - 36),
            (x, table - 6),
        )
        brush.polygon([(px * S, py * S) for px, py in [*edge, *low]], fill=(252, 247, 232))
        brush.line(
            [(px * S, py * S) for px, py in low], fill=(38, 32, 26), width=4 * S, joint="curve"
        )
        for row in range(3):
            line = [(px, py + 8 + row * 6) for px, py in edge[7:-6]]
            brush.line(
                [(px * S, py * S) for px, py in line],
                fill=(150, 130, 100, 170),
                width=round(1.4 * S),
            )
    brush.line((x * S, (table - 34) * S, x * S, (table - 5) * S), fill=(170, 150, 118), width=2 * S)


def cup(brush: ImageDraw.ImageDraw, x: float, table: float) -> None:
    """A cup, still steaming."""
    brush.ellipse(
        ((x + 12) * S, (table - 38) * S, (x + 46) * S, (table - 10) * S),
        outline=(38, 66, 90),
        width=5 * S,
    )
    brush.polygon(
        [
            (v * S, w * S)
            for v, w in (
                (x - 30, table - 48),
                (x + 30, table - 48),
                (x + 22, table),
                (x - 22, table),
            )
        ],
        fill=(38, 66, 90),
    )
    brush.rectangle(
        ((x - 30) * S, (table - 48) * S, (x + 30) * S, (table - 43) * S), fill=(240, 229, 202)
    )
    for move in (-10, 8):
        steam = bezier(
            (x + move, table - 58),
            (x + move - 16, table - 84),
            (x + move + 16, table - 98),
            (x + move, table - 128),
        )
        brush.line(
            [(px * S, py * S) for px, py in steam],
            fill=(255, 252, 240, 150),
            width=3 * S,
            joint="curve",
        )
