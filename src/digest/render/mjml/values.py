"""Values of MJML's attributes, judged by the types that MJML itself declares for them.

A type is written as in MJML's own list: `color`, `unit(px,%){1,4}`, `enum(left,right)`, `boolean`,
`integer`, `string`. Which attribute has which type is left to `rules`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from digest.text.nearest import nearest_word

_TYPE = re.compile(r"(?P<kind>\w+)(?:\((?P<words>[^)]*)\))?(?:\{(?P<times>[\d,]+)\})?")
_COLOUR = re.compile(
    r"#(?:[0-9a-fA-F]{3}){1,2}|rgb\(\d{1,3},\s?\d{1,3},\s?\d{1,3}\)"
    r"|rgba\(\d{1,3},\s?\d{1,3},\s?\d{1,3},\s?[01]?(?:\.\d{1,3})?\)"
)
_BARE_NUMBER = re.compile(r"-?\d*\.?\d+")


def value_hint(kind: str, value: str, colours: Collection[str]) -> str:
    """What to write instead of a value that its type does not allow; "" when it does.

    Args:
        kind: the attribute's type.
        colours: the names of colours that MJML knows.

    >>> value_hint("unit(px,%)", "12", ())
    'Did you mean “12px”?'
    """
    word, words, times = _read(kind)
    if word == "color":
        return _colour_hint(value, colours)
    if word == "enum":
        return "" if value in words else _choice_hint(value, words)
    if word in ("unit", "unitWithNegative"):
        signed = word == "unitWithNegative"
        return "" if _units(words, times, signed).fullmatch(value) else _unit_hint(value, kind)
    if word == "boolean":
        return "" if value in ("true", "false") else "Write true or false."
    if word == "integer":
        return "" if value.isdecimal() else "Write a whole number without a unit."
    return ""


@cache
def _read(kind: str) -> tuple[str, tuple[str, ...], str]:
    match = _TYPE.fullmatch(kind)
    if match is None:
        raise ValueError(f"no type of MJML: {kind}")
    words = tuple((match["words"] or "").split(","))
    return match["kind"], words, match["times"] or "1"


@cache
def _units(units: tuple[str, ...], times: str, signed: bool) -> re.Pattern[str]:
    endings = "|".join(re.escape(unit) for unit in units if unit != "auto")
    number = r"-?(?:\d+(?:\.\d+)?|\.\d+)" if signed else r"(?:\d+(?:\.\d+)?|\.\d+)"
    one = rf"(?:{number}(?:{endings})|0{'|auto' if 'auto' in units else ''})"
    most = int(times.rpartition(",")[2]) - 1
    return re.compile(rf"{one}(?: {one}){{0,{most}}}")


def _colour_hint(value: str, colours: Collection[str]) -> str:
    if value in colours or _COLOUR.fullmatch(value):
        return ""
    if not value.startswith(("#", "rgb")) and (word := nearest_word(value, sorted(colours))):
        return f"Did you mean “{word}”?"
    return "Write a colour as #RRGGBB, #RGB, rgb(…), rgba(…) or by its name."


def _choice_hint(value: str, words: tuple[str, ...]) -> str:
    known = [word for word in words if word]
    if word := nearest_word(value, known):
        return f"Did you mean “{word}”?"
    return f"It may be: {', '.join(known)}."


def _unit_hint(value: str, kind: str) -> str:
    _, words, times = _read(kind)
    units = [word for word in words if word and word != "auto"]
    if kind.startswith("unit(") and value.startswith("-"):
        return "It cannot be negative."
    if _BARE_NUMBER.fullmatch(value):
        return f"Did you mean “{value}{units[0]}”?"
    count = "one to four of them, between spaces" if times != "1" else "one of them"
    either = " or ".join((f"a number and {' or '.join(units)}", *_alone(words)))
    return f"Write {either}; {count}."


def _alone(words: tuple[str, ...]) -> list[str]:
    return (["a bare number"] if "" in words else []) + (["auto"] if "auto" in words else [])
