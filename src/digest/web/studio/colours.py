"""Turns the colours of a style sheet over, as mail programs do that darken a letter by force.

An approximation, the one by which the check judges contrast too: what becomes of a colour is
`digest.check.values`' business. Pictures are left alone.
"""

from __future__ import annotations

import re
from functools import lru_cache

from digest.check.values import Colour, as_colour

#: A colour where a value may stand: not in a selector (`#add {`), an address or a word.
_COLOUR = re.compile(
    r"(?<![\w&/#.-])(#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\w-])"
    r"|(?:rgb|hsl)a?\([^()]*\)|[a-z]{3,20}(?![\w(-]))",
    re.IGNORECASE,
)
_VALUE = re.compile(r"(?<![\w-])(?P<name>[\w-]++)(?P<colon>\s*+:)(?P<value>[^;{}]*+)")
_QUOTED = re.compile(r"\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|url\([^)]*+(?:\)|\Z)", re.IGNORECASE)
_COLOURED = re.compile(
    r"(?:background|border|outline|text-decoration|column-rule|box-shadow|text-shadow)[\w-]*"
    r"|(?:[\w-]+-)?colou?r|fill|stroke",
    re.IGNORECASE,
)


def turn_over(css: str) -> str:
    """A style sheet, or the declarations of a style attribute, with every colour turned over."""
    return _VALUE.sub(_declaration, css)


@lru_cache(maxsize=1024)
def turn_colour(colour: str) -> str:
    """One colour as CSS writes it, turned over; what is no colour is unchanged."""
    parsed = as_colour(colour)
    if not isinstance(parsed, Colour) or parsed.alpha == 0:
        return colour
    turned = parsed.inverted()
    if turned.alpha < 1:
        red, green, blue = (round(255 * channel) for channel in turned[:3])
        return f"rgba({red},{green},{blue},{turned.alpha:g})"
    return str(turned).lower()


@lru_cache(maxsize=4096)
def _value(value: str) -> str:
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\0{len(kept) - 1}\0"

    turned = _COLOUR.sub(lambda match: turn_colour(match[0]), _QUOTED.sub(keep, value))
    return re.sub("\0([0-9]+)\0", lambda match: kept[int(match[1])], turned)


def _declaration(match: re.Match[str]) -> str:
    is_selector = match.string[match.end() : match.end() + 1] == "{"
    if is_selector or not _COLOURED.fullmatch(match["name"]):
        return match[0]
    return match["name"] + match["colon"] + _value(match["value"])
