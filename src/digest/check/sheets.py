"""Style sheets and `style` attributes as rules: selectors, declarations, the media they are for.

Parsing is tinycss2's, selectors are cssselect2's; both results are kept, since a letter's sheet
hardly changes between two saves. What a parser does not understand is left out, as a mail program
would. Which rule wins for an element is `digest.check.styles`' business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import cssselect2
import tinycss2
from lxml import etree

_GROUPS: Final = ("media", "supports", "layer")
_FEATURE = re.compile(r"\(\s*(?P<name>[a-z-]+)\s*(?::\s*(?P<value>[^()]+?)\s*)?\)")
_RANGE = re.compile(r"\(\s*width\s*(?P<sign>[<>]=?)\s*(?P<value>[\d.]+(?:px|r?em))\s*\)")
_LENGTH = re.compile(r"([\d.]+)(px|r?em)")


@dataclass(frozen=True, slots=True)
class View:
    """How a letter is looked at: the mail program's scheme, and the width in CSS pixels."""

    scheme: Literal["light", "dark"]
    width: int


@dataclass(frozen=True, slots=True)
class Declaration:
    """`name: value`, the name in lower case, the value as written, without `!important`."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a sheet: its compiled selectors, and the conditions that stand around it."""

    prelude: str
    selectors: tuple[Any, ...]
    declarations: tuple[Declaration, ...]
    media: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AtRule:
    """An at-rule of a sheet: name without `@`, what stands before its block."""

    name: str
    prelude: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A style sheet read."""

    rules: tuple[Rule, ...]
    at_rules: tuple[AtRule, ...]


def sheets_of(root: etree._Element) -> list[Sheet]:
    """The sheets of a document in order."""
    return [
        parse_sheet(node.text or "", node.get("media", "").strip()) for node in root.iter("style")
    ]


@lru_cache(maxsize=64)
def parse_sheet(css: str, media: str = "") -> Sheet:
    """Read the text of a `<style>`; `media` is what its attribute says."""
    nodes = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    rules: list[Rule] = []
    at_rules: list[AtRule] = []
    _collect(nodes, (media,) if media else (), rules, at_rules)
    return Sheet(tuple(rules), tuple(at_rules))


@lru_cache(maxsize=4096)
def parse_inline(style: str) -> tuple[Declaration, ...]:
    """Read the text of a `style` attribute."""
    return _declarations(style)


def media_holds(query: str, view: View) -> bool:
    """Whether a media query, as written, holds for a view; what is not understood does not."""
    return any(_one_holds(part.strip().lower(), view) for part in query.split(","))


def _collect(
    nodes: Sequence[Any], media: tuple[str, ...], rules: list[Rule], at_rules: list[AtRule]
) -> None:
    for node in nodes:
        if node.type == "qualified-rule":
            prelude = tinycss2.serialize(node.prelude).strip()
            try:
                selectors = cssselect2.compile_selector_list(node.prelude)
            except cssselect2.SelectorError:
                selectors = []
            rules.append(Rule(prelude, tuple(selectors), _declarations(node.content), media))
        elif node.type == "at-rule":
            name, prelude = node.lower_at_keyword, tinycss2.serialize(node.prelude).strip()
            at_rules.append(AtRule(name, prelude))
            if name in _GROUPS and node.content is not None:
                inside = tinycss2.parse_rule_list(
                    node.content, skip_comments=True, skip_whitespace=True
                )
                around = (*media, prelude) if name == "media" else media
                _collect(inside, around, rules, at_rules)


def _declarations(content: Any) -> tuple[Declaration, ...]:
    return tuple(
        Declaration(node.lower_name, tinycss2.serialize(node.value).strip(), node.important)
        for node in tinycss2.parse_blocks_contents(
            content, skip_comments=True, skip_whitespace=True
        )
        if node.type == "declaration"
    )


def _one_holds(query: str, view: View) -> bool:
    negated = query.startswith("not ")
    query = query.removeprefix("not ").removeprefix("only ").strip()
    kind = query.partition(" ")[0]
    holds = kind.startswith("(") or kind in ("", "all", "screen")
    rest = query
    for found, does in _features(query, view):
        holds = holds and does
        rest = rest.replace(found, "")
    return (holds and "(" not in rest) != negated


def _features(query: str, view: View) -> Iterator[tuple[str, bool]]:
    for match in _RANGE.finditer(query):
        limit = _pixels(match["value"])
        sign = match["sign"]
        above = view.width > limit if ">" in sign else view.width < limit
        yield match[0], above or ("=" in sign and view.width == limit)
    for match in _FEATURE.finditer(query):
        yield match[0], _feature_holds(match["name"], match["value"] or "", view)


def _feature_holds(name: str, value: str, view: View) -> bool:
    if name == "prefers-color-scheme":
        return value == view.scheme
    if name in ("width", "min-width", "max-width"):
        limit = _pixels(value)
        below, above = view.width <= limit, view.width >= limit
        return {"width": below and above, "min-width": above, "max-width": below}[name]
    return False


def _pixels(length: str) -> float:
    match = _LENGTH.fullmatch(length.strip())
    if match is None:
        return float("nan")
    return float(match[1]) * (1 if match[2] == "px" else 16)
