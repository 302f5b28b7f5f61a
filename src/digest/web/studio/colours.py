"""Turns the colours of a style sheet over, as mail programs do that darken a letter by force.

An approximation of Gmail on iOS and Outlook for Windows: the lightness L* of CIE L*a*b* (D65)
becomes 100 − L*, hue and chroma stay, and what falls outside sRGB is clipped. Microsoft's
`roosterjs-color-utils` does the same with a darkest value of its own. Pictures are left alone.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tinycss2.color3 import RGBA, parse_color

#: A colour where a value may stand: not in a selector (`#add {`), an address or a word.
_COLOUR = re.compile(
    r"(?<![\w&/#.-])(#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\w-])"
    r"|(?:rgb|hsl)a?\([^()]*\)|[a-z]{3,20}(?![\w(-]))",
    re.IGNORECASE,
)
_VALUE = re.compile(r"(?P<name>[\w-]+)(?P<colon>\s*:)(?P<value>[^;{}]*)(?=[;}]|\Z)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|url\([^)]*\)", re.IGNORECASE)
_COLOURED = re.compile(
    r"(?:background|border|outline|text-decoration|column-rule|box-shadow|text-shadow)[\w-]*"
    r"|(?:[\w-]+-)?colou?r|fill|stroke",
    re.IGNORECASE,
)
_WHITE = (0.95047, 1.0, 1.08883)
_STEP = 6 / 29


def turn_over(css: str) -> str:
    """A style sheet, or the declarations of a style attribute, with every colour turned over."""
    return _VALUE.sub(_declaration, css)


@lru_cache(maxsize=1024)
def turn_colour(colour: str) -> str:
    """One colour as CSS writes it, turned over; what is no colour is unchanged."""
    parsed = parse_color(colour)
    if not isinstance(parsed, RGBA) or parsed.alpha == 0:
        return colour
    light, green_red, blue_yellow = _lab(parsed.red, parsed.green, parsed.blue)
    rgb = [round(255 * channel) for channel in _rgb(100 - light, green_red, blue_yellow)]
    if parsed.alpha < 1:
        return f"rgba({rgb[0]},{rgb[1]},{rgb[2]},{parsed.alpha:g})"
    return "#{:02x}{:02x}{:02x}".format(*rgb)


@lru_cache(maxsize=4096)
def _value(value: str) -> str:
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\0{len(kept) - 1}\0"

    turned = _COLOUR.sub(lambda match: turn_colour(match[0]), _QUOTED.sub(keep, value))
    return re.sub("\0([0-9]+)\0", lambda match: kept[int(match[1])], turned)


def _declaration(match: re.Match[str]) -> str:
    if not _COLOURED.fullmatch(match["name"]):
        return match[0]
    return match["name"] + match["colon"] + _value(match["value"])


def _lab(red: float, green: float, blue: float) -> tuple[float, float, float]:
    r, g, b = (_linear(channel) for channel in (red, green, blue))
    x = (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / _WHITE[0]
    y = (0.2126729 * r + 0.7151522 * g + 0.0721750 * b) / _WHITE[1]
    z = (0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / _WHITE[2]
    x, y, z = (_root(ratio) for ratio in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _rgb(light: float, green_red: float, blue_yellow: float) -> tuple[float, float, float]:
    middle = (light + 16) / 116
    x = _WHITE[0] * _cube(middle + green_red / 500)
    y = _WHITE[1] * _cube(middle)
    z = _WHITE[2] * _cube(middle - blue_yellow / 200)
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
