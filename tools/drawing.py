"""What the sample's pictures are drawn with: the palette, seeded chance, noise, lines, grain.

Everything is drawn at twice the size and reduced at the end. Chance comes from SHAKE-256, so a
picture is the same on every machine and Python; what a picture shows is `draw_pictures`' business.
The colours are those of the letter: blues, sand, and one red, garance.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageMath

Colour = tuple[int, int, int]
Point = tuple[float, float]

#: Pictures are drawn this many times larger than they are kept.
SCALE = 2

INK: Colour = (16, 28, 40)
NIGHT: Colour = (20, 38, 56)
DEEP: Colour = (30, 62, 88)
SEA: Colour = (53, 96, 125)
HAZE: Colour = (120, 158, 178)
ICE: Colour = (196, 213, 221)
FOAM: Colour = (232, 239, 241)
PAPER: Colour = (247, 243, 232)
SAND: Colour = (232, 217, 184)
DUNE: Colour = (206, 181, 133)
OCHRE: Colour = (173, 137, 82)
UMBER: Colour = (98, 76, 52)
GARANCE: Colour = (166, 22, 63)


class Chance:
    """Numbers drawn from a seed, always the same ones."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._block = 0
        self._bytes = iter(b"")

    def _byte(self) -> int:
        for byte in self._bytes:
            return byte
        self._block += 1
        self._bytes = iter(chance_bytes(f"{self._seed}/{self._block}", 4096))
        return next(self._bytes)

    def between(self, low: float, high: float) -> float:
        """A number in `[low, high)`."""
        whole = (self._byte() << 16) | (self._byte() << 8) | self._byte()
        return low + (high - low) * whole / 0x1000000


def chance_bytes(seed: str, count: int) -> bytes:
    """`count` bytes that look random and depend on the seed only."""
    return hashlib.shake_256(seed.encode()).digest(count)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two: `share` 0 is the first, 1 the second."""
    t = min(1.0, max(0.0, share))
    red, green, blue = (round(a + (b - a) * t) for a, b in zip(one, other, strict=True))
    return red, green, blue


def ramp(stops: Sequence[tuple[float, Colour]], at: float) -> Colour:
    """The colour at a place of a ramp; stops ascend from 0 to 1."""
    for (low, one), (high, other) in itertools.pairwise(stops):
        if at <= high:
            return mix(one, other, (at - low) / (high - low))
    return stops[-1][1]


def canvas(width: int, height: int, stops: Sequence[tuple[float, Colour]]) -> Image.Image:
    """A ground shaded from top to bottom, `SCALE` times the size."""
    column = Image.new("RGB", (1, height * SCALE))
    for y in range(column.height):
        column.putpixel((0, y), ramp(stops, y / (column.height - 1)))
    return column.resize((width * SCALE, height * SCALE), Image.Resampling.NEAREST)


def pen(image: Image.Image) -> ImageDraw.ImageDraw:
    """A pen for the image whose colours may carry an alpha."""
    return ImageDraw.Draw(image, "RGBA")


def noise(seed: str, size: tuple[int, int], cell: float, octaves: int = 4) -> Image.Image:
    """Smooth noise from 0 to about 1 (mode F); `cell` is the size of its largest forms."""
    total = Image.new("F", size, 0.0)
    weight, norm = 1.0, 0.0
    for octave in range(octaves):
        step = max(2.0, cell / 2**octave)
        grid = (int(size[0] / step) + 4, int(size[1] / step) + 4)
        layer = Image.frombytes("L", grid, chance_bytes(f"{seed}/{octave}", grid[0] * grid[1]))
        box = (1.0, 1.0, 1.0 + size[0] / step, 1.0 + size[1] / step)
        smooth = layer.convert("F").resize(size, Image.Resampling.BICUBIC, box=box)
        total = combine(lambda a, b, w=weight: a + b * w, total, smooth)
        norm += weight
        weight *= 0.5
    return combine(lambda a, _: a * (1 / (255 * norm)), total, total)


def combine(
    formula: Callable[..., ImageMath._Operand], one: Image.Image, other: Image.Image
) -> Image.Image:
    """Two images of mode F made one, pixel by pixel."""
    made = ImageMath.lambda_eval(lambda known: formula(known["a"], known["b"]), a=one, b=other)
    return cast(Image.Image, made)


def to_grey(field: Image.Image, low: float = 0.0, high: float = 1.0) -> Image.Image:
    """A field (mode F) as mode L: `low` is black, `high` white."""
    return field.point(lambda v: v * (255 / (high - low)) - low * 255 / (high - low)).convert("L")


def tinted(grey: Image.Image, stops: Sequence[tuple[float, Colour]]) -> Image.Image:
    """A grey image in the colours of a ramp."""
    table = [ramp(stops, v / 255) for v in range(256)]
    return Image.merge("RGB", [grey.point([c[i] for c in table]) for i in range(3)])


def relief(field: Image.Image, reach: int, strength: float) -> Image.Image:
    """Light from the north-west on a field seen as heights: mode L, 128 is level ground."""
    shifted = field.transform(field.size, Image.Transform.AFFINE, (1, 0, -reach, 0, 1, -reach))
    slope = combine(lambda a, b: (a - b) * strength + 0.5, field, shifted)
    return to_grey(slope).crop((reach, reach, *field.size)).resize(field.size)


def lit(image: Image.Image, light: Image.Image, share: float = 1.0) -> Image.Image:
    """The image under a `relief`."""
    shaded = ImageChops.soft_light(image, Image.merge("RGB", [light] * 3))
    return Image.blend(image, shaded, share)


def edges(grey: Image.Image, levels: int, width: int = 1) -> Image.Image:
    """A mask of the lines between `levels` steps of a grey image: its contours."""
    steps = grey.point([v * levels // 256 for v in range(256)])
    shifted = [ImageChops.offset(steps, width, 0), ImageChops.offset(steps, 0, width)]
    found = [
        ImageChops.difference(steps, other).point(lambda v: 255 if v else 0) for other in shifted
    ]
    lines = ImageChops.lighter(*found)
    lines.paste(0, (0, 0, width, lines.height))
    lines.paste(0, (0, 0, lines.width, width))
    return lines


def wave(points: int, seed: str, octaves: int = 5, roughness: float = 0.5) -> list[float]:
    """A ridge line from -1 to 1, `points` long: midpoint noise, smooth at first, then finer."""
    total = [0.0] * points
    weight, norm = 1.0, 0.0
    for octave in range(octaves):
        knots = 3 * 2**octave
        chance = Chance(f"{seed}/{octave}")
        heights = [chance.between(-1, 1) for _ in range(knots + 2)]
        for i in range(points):
            place = i / points * knots
            k, t = int(place), place % 1
            t = (1 - math.cos(math.pi * t)) / 2
            total[i] += weight * (heights[k] * (1 - t) + heights[k + 1] * t)
        norm += weight
        weight *= roughness
    return [v / norm for v in total]


def rounded(polygon: Sequence[Point], times: int = 2) -> list[Point]:
    """A closed outline with its corners cut (Chaikin), `times` over."""
    points = list(polygon)
    for _ in range(times):
        cut: list[Point] = []
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
            cut.append((ax * 0.75 + bx * 0.25, ay * 0.75 + by * 0.25))
            cut.append((ax * 0.25 + bx * 0.75, ay * 0.25 + by * 0.75))
        points = cut
    return points


def bezier(a: Point, b: Point, c: Point, d: Point, steps: int = 40) -> list[Point]:
    """A cubic curve from `a` to `d`."""
    found = []
    for i in range(steps + 1):
        t = i / steps
        s = 1 - t
        k = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
        found.append(
            (
                k[0] * a[0] + k[1] * b[0] + k[2] * c[0] + k[3] * d[0],
                k[0] * a[1] + k[1] * b[1] + k[2] * c[1] + k[3] * d[1],
            )
        )
    return found


def around(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    """The box of a circle."""
    return (x - radius, y - radius, x + radius, y + radius)


def polar(centre: Point, angle: float, radius: float) -> Point:
    """A point around a centre."""
    return (centre[0] + math.cos(angle) * radius, centre[1] + math.sin(angle) * radius)


def dashes(
    brush: ImageDraw.ImageDraw, line: list[Point], tone: Colour, width: int, on: float, off: float
) -> None:
    """A dashed line, `on` and `off` pixels long by turns."""
    fine = respaced(line, 2.0 * SCALE)
    every, drawn = round((on + off) / (2.0 * SCALE)), round(on / (2.0 * SCALE))
    for start in range(0, len(fine) - drawn, every):
        brush.line(fine[start : start + drawn + 1], fill=tone, width=width, joint="curve")


def respaced(line: list[Point], step: float) -> list[Point]:
    """The line with points `step` apart, softened a little."""
    found, left = [line[0]], step
    for (ax, ay), (bx, by) in itertools.pairwise(line):
        length = math.hypot(bx - ax, by - ay)
        while length > 0 and left <= length:
            found.append((ax + (bx - ax) * left / length, ay + (by - ay) * left / length))
            left += step
        left -= length
    found.append(line[-1])
    soft = [
        ((a[0] + 2 * b[0] + c[0]) / 4, (a[1] + 2 * b[1] + c[1]) / 4)
        for a, b, c in zip(found, found[1:], found[2:], strict=False)
    ]
    return [found[0], *soft, found[-1]]


def shadow(image: Image.Image, mask: Image.Image, move: Point, blur: float, alpha: float) -> None:
    """Lay a soft shadow of the mask (mode L) onto the image."""
    soft = Image.new("L", mask.size)
    soft.paste(mask, (round(move[0]), round(move[1])))
    soft = soft.filter(ImageFilter.GaussianBlur(blur)).point(lambda v: v * alpha)
    image.paste(INK, (0, 0), soft)


def finish(image: Image.Image, seed: str, grain: float) -> Image.Image:
    """Reduce to the final size and lay a little grain over it, as paper has."""
    size = (image.width // SCALE, image.height // SCALE)
    small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    small = small.filter(ImageFilter.GaussianBlur(0.5))
    speckle = Image.frombytes("L", small.size, chance_bytes(seed, small.width * small.height))
    speckle = speckle.filter(ImageFilter.GaussianBlur(0.8)).point(lambda v: 128 + (v - 128) * grain)
    return ImageChops.overlay(small, Image.merge("RGB", [speckle] * 3))


def keep(image: Image.Image, file: Path, limit: int) -> int:
    """Save as JPEG at the best quality that fits `limit` bytes; gives the size."""
    for quality in range(88, 40, -2):
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=quality, optimize=True, progressive=True, subsampling=2)
        if stream.tell() <= limit:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(stream.getvalue())
            return stream.tell()
    raise ValueError(f"{file}: does not fit {limit} bytes")
