"""What MJML allows: components, their places and their attributes, read from `mjml_tags.toml`.

Judges one tag at a time, so that it serves both a template's source, where Jinja still stands
in it, and the finished MJML. Walking through a document is left to `mjml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from digest.errors import TemplateError
from digest.text.nearest import nearest_word

#: HTML elements without an end tag.
VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)

#: Stands in a template's source where Jinja will write something.
UNKNOWN = "\x00"

TAG = re.compile(
    r"<!--.*?-->"
    r"|<(?P<odd>[!?])"
    r"|<(?P<slash>/?)(?P<name>[A-Za-z\x00][\w:.\x00-]*)"
    r"(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[^\s=\"'/>]+)(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'"
    r"|(?P<bare>[^\s\"'>]+)))?"
)
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Component:
    """One MJML component: where it may stand, what it may hold and carry."""

    parents: frozenset[str]
    content: str
    attributes: frozenset[str]


@cache
def components() -> dict[str, Component]:
    """Every component by name."""
    table = _table()
    everywhere = table["everywhere"]
    return {
        name: Component(
            frozenset(rules["parents"]),
            rules["content"],
            frozenset((*rules["attributes"], *everywhere)),
        )
        for name, rules in table.items()
        if name not in ("everywhere", "refused")
    }


def attributes_of(text: str) -> Iterator[tuple[str, str]]:
    """The (name, value) pairs of a tag's inside; a bare name has its own name as value."""
    for match in _ATTRIBUTE.finditer(text.removesuffix("/")):
        values = (match["double"], match["single"], match["bare"])
        yield match["name"], next((v for v in values if v is not None), match["name"])


def check_tag(name: str, attributes: dict[str, str], where: str) -> None:
    """Whether a tag and its attributes exist; its place is not judged.

    Args:
        where: file and line, for the message.

    Raises:
        TemplateError: naming what was found and the nearest thing that exists.
    """
    if name == "img" and "alt" not in attributes and not _unknown(attributes):
        raise TemplateError(
            f"{where}: <img> has no alt", 'Describe the picture in alt="…" for who cannot see it.'
        )
    if not name.startswith("mj") or UNKNOWN in name:
        return
    known = components()
    if name not in known:
        refused: dict[str, str] = _table()["refused"]
        if name in refused:
            raise TemplateError(f"{where}: <{name}> is not used here", refused[name])
        raise TemplateError(f"{where}: there is no <{name}>", _nearest(name, known, "<{}>"))
    allowed = known[name].attributes
    if "*" in allowed:
        allowed = frozenset({"name"}).union(*(c.attributes for c in known.values()))
    for attribute in attributes:
        if attribute not in allowed and UNKNOWN not in attribute:
            raise TemplateError(
                f"{where}: <{name}> has no attribute “{attribute}”",
                _nearest(attribute, allowed - {"*"}, "“{}”"),
            )
    _check_values(name, attributes, where)


def _check_values(name: str, attributes: dict[str, str], where: str) -> None:
    if name == "mj-image" and not attributes.get("alt", "").strip() and not _unknown(attributes):
        raise TemplateError(
            f"{where}: <mj-image> has no alt",
            'Describe the picture in alt="…" for who cannot see it.',
        )
    if name == "mj-style" and "inline" in attributes:
        raise TemplateError(
            f"{where}: <mj-style inline> is not inlined by this compiler",
            "Write these styles on the elements, or as attributes in mj-attributes.",
        )
    if name == "mj-raw" and "position" in attributes:
        raise TemplateError(
            f"{where}: <mj-raw position> is not supported", "Leave the attribute out."
        )


def check_source(text: str, name: str) -> None:
    """Check the tags of a template before Jinja runs, where file and line are the author's own.

    Raises:
        TemplateError: as `check_tag`, with the template's file and line.
    """
    blanked = _JINJA.sub(_blank, text)
    line, end = 1, 0
    for match in TAG.finditer(blanked):
        line += blanked.count("\n", end, match.start())
        end = match.start()
        if match["name"] and not match["slash"]:
            check_tag(match["name"], dict(attributes_of(match["attributes"])), f"{name}:{line}")


def _blank(match: re.Match[str]) -> str:
    lines = "\n" * match[0].count("\n")
    return UNKNOWN + lines if match[0].startswith("{{") else " " + lines


def _unknown(attributes: dict[str, str]) -> bool:
    return any(UNKNOWN in name for name in attributes)


def _nearest(name: str, known: Collection[str], form: str) -> str:
    if word := nearest_word(name, sorted(known)):
        return f"Did you mean {form.format(word)}?"
    return f"Known here: {', '.join(sorted(known))}."


@cache
def _table() -> dict[str, Any]:
    text = files("digest.render").joinpath("mjml_tags.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    return table
