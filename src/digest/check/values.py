"""CSS values that the rules look at: colours, lengths, and shorthands taken apart.

Contrast and relative luminance are those of WCAG 2.2 (success criterion 1.4.3), L*a*b* is CIE 1976
under D65. What is not understood is dropped, as a browser drops it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from math import dist
from typing import Final, NamedTuple

from tinycss2.color4 import parse_color


class Colour(NamedTuple):
    """Red, green, blue and opacity, each 0 to 1, in sRGB."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, ground: Colour, opacity: float = 1.0) -> Colour:
        """This colour painted on an opaque ground."""
        part = self.alpha * opacity
        return Colour(*(a * part + b * (1 - part) for a, b in zip(self[:3], ground, strict=False)))

    def inverted(self) -> Colour:
        """Darkened by force, about as Gmail on iOS and Outlook for Windows do: the lightness L*
        becomes 100 − L*, hue and chroma stay, and what falls outside sRGB is clipped.

        Microsoft's `roosterjs-color-utils` does the same with a darkest value of its own.
        """
        lightness, green_red, blue_yellow = self.lab
        return Colour(*_rgb(100 - lightness, green_red, blue_yellow), self.alpha)

    @property
    def lab(self) -> tuple[float, float, float]:
        """L*, 0 to 100, a* and b*; the opacity does not count."""
        r, g, b = (_linear(channel) for channel in self[:3])
        x = _root((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / _D65[0])
        y = _root((0.2126729 * r + 0.7151522 * g + 0.0721750 * b) / _D65[1])
        z = _root((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / _D65[2])
        return 116 * y - 16, 500 * (x - y), 200 * (y - z)

    @property
    def luminance(self) -> float:
        """Relative luminance, 0 to 1."""
        red, green, blue = map(_linear, self[:3])
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def __str__(self) -> str:
        return "#" + "".join(f"{round(channel * 255):02X}" for channel in self[:3])


WHITE: Final = Colour(1.0, 1.0, 1.0)
BLACK: Final = Colour(0.0, 0.0, 0.0)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two opaque colours, 1 to 21."""
    lighter, darker = sorted((one.luminance, other.luminance), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def difference(one: Colour, other: Colour) -> float:
    """How different two opaque colours look, ΔE*ab of 1976: about 2.3 is just noticeable."""
    return dist(one.lab, other.lab)


class Length(NamedTuple):
    """A number and its unit; the unit is empty where there is none."""

    number: float
    unit: str

    def pixels(self, font_size: float, whole: float = 0.0) -> float:
        """In CSS pixels; `whole` is what a percentage is of."""
        factors = {"": 1, "px": 1, "em": font_size, "rem": 16, "%": whole / 100, "pt": 4 / 3}
        return self.number * factors[self.unit]


#: Pixels of the words for sizes, as browsers have them.
FONT_SIZES: Final = {
    "xx-small": 9.0,
    "x-small": 10.0,
    "small": 13.0,
    "medium": 16.0,
    "large": 18.0,
    "x-large": 24.0,
    "xx-large": 32.0,
    "xxx-large": 48.0,
}

#: What a longhand may be worth: a colour, a length, or a word in lower case.
Value = Colour | Length | str

#: The white that sRGB is drawn for, and where the curve of L*a*b* becomes a line.
_D65: Final = (0.95047, 1.0, 1.08883)
_STEP: Final = 6 / 29

_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|r?em|%|pt|)")
_PARTS = re.compile(r"[^\s(/]+\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s/]+|/")
_SIDES: Final = ("top", "right", "bottom", "left")
_LINES: Final = frozenset(("underline", "overline", "line-through", "none"))
_WIDE: Final = frozenset(("inherit", "initial", "unset", "revert"))
#: Longhands that are read as they stand.
_PLAIN: Final = frozenset(
    ("font-size", "font-weight", "line-height", "display", "visibility", "opacity", "overflow",
     "max-height", "height", "border", "border-bottom", *(f"padding-{side}" for side in _SIDES))
)  # fmt: skip


@lru_cache(maxsize=4096)
def longhands(name: str, value: str) -> tuple[tuple[str, Value], ...]:
    """What a declaration sets, as far as the rules look at it; empty where it says nothing."""
    value = value.strip().lower()
    if value in _WIDE:
        return tuple((longhand, value) for longhand in _names(name))
    if name in _PLAIN:
        return ((name, length_or_word(value)),)
    if name in ("color", "background-color"):
        colour = as_colour(value)
        return () if colour is None else ((name, colour),)
    if name == "background":
        colours = [colour for part in _PARTS.findall(value) if (colour := as_colour(part))]
        return (("background-color", colours[0] if colours else "initial"),)
    if name in ("text-decoration", "text-decoration-line"):
        return (("text-decoration", " ".join(w for w in value.split() if w in _LINES) or "none"),)
    if name == "padding":
        return _padding(value)
    if name == "font":
        return _font(value)
    return ()


@lru_cache(maxsize=1024)
def as_colour(text: str) -> Colour | str | None:
    """A colour as written; “currentcolor” stands for itself, None for what is none."""
    found = parse_color(text)
    if found is None or isinstance(found, str):
        return found
    try:
        channels = found.to("srgb")
    except NotImplementedError:
        return None
    red, green, blue, alpha = (min(max(float(c or 0), 0), 1) for c in (*channels[:3], found.alpha))
    return Colour(red, green, blue, alpha)


def length_or_word(text: str) -> Value:
    """`14px` as a length, anything else, also lengths of a screen's units, as it stands."""
    match = _LENGTH.fullmatch(text)
    return Length(float(match[1]), match[2]) if match else text


def _rgb(lightness: float, green_red: float, blue_yellow: float) -> tuple[float, float, float]:
    middle = (lightness + 16) / 116
    x = _D65[0] * _cube(middle + green_red / 500)
    y = _D65[1] * _cube(middle)
    z = _D65[2] * _cube(middle - blue_yellow / 200)
    return (
        _encoded(3.2404542 * x - 1.5371385 * y - 0.4985314 * z),
        _encoded(-0.9692660 * x + 1.8760108 * y + 0.0415560 * z),
        _encoded(0.0556434 * x - 0.2040259 * y + 1.0572252 * z),
    )


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _encoded(channel: float) -> float:
    channel = min(1.0, max(0.0, channel))
    if channel <= 0.0031308:
        return 12.92 * channel
    return float(1.055 * channel ** (1 / 2.4) - 0.055)


def _root(ratio: float) -> float:
    return float(ratio ** (1 / 3)) if ratio > _STEP**3 else ratio / (3 * _STEP**2) + 4 / 29


def _cube(root: float) -> float:
    return root**3 if root > _STEP else 3 * _STEP**2 * (root - 4 / 29)


def _names(name: str) -> tuple[str, ...]:
    return {
        "background": ("background-color",),
        "text-decoration-line": ("text-decoration",),
        "padding": tuple(f"padding-{side}" for side in _SIDES),
        "font": ("font-size", "font-weight", "line-height"),
    }.get(name, (name,))


def _padding(value: str) -> tuple[tuple[str, Value], ...]:
    parts = value.split()
    if not 1 <= len(parts) <= 4:
        return ()
    top, right = parts[0], parts[min(1, len(parts) - 1)]
    bottom, left = parts[2] if len(parts) > 2 else top, parts[3] if len(parts) > 3 else right
    return tuple(
        (f"padding-{side}", length_or_word(part))
        for side, part in zip(_SIDES, (top, right, bottom, left), strict=True)
    )


def _font(value: str) -> tuple[tuple[str, Value], ...]:
    parts = _PARTS.findall(value)
    sized = [index for index, part in enumerate(parts) if _is_size(part)]
    if not sized:
        return ()
    # A weight is a bare number before the size; the size is the first with a unit or a word.
    at = sized[0]
    weights = [
        part for part in parts[:at] if part in ("bold", "bolder", "lighter") or part.isdigit()
    ]
    follows = parts[at + 2] if parts[at + 1 : at + 2] == ["/"] and len(parts) > at + 2 else "normal"
    return (
        ("font-size", length_or_word(parts[at])),
        ("font-weight", length_or_word(weights[0]) if weights else "normal"),
        ("line-height", length_or_word(follows)),
    )


def _is_size(part: str) -> bool:
    value = length_or_word(part)
    if isinstance(value, Length):
        return bool(value.unit)
    return value in FONT_SIZES or value in ("smaller", "larger")
