"""What MJML allows: components, what each may hold and carry, read from `tags.toml`.

Judges one tag at a time, so that it serves both a template's source, where Jinja still stands
in it, and the finished MJML. Walking through a document is left to `reading`, the types of
values to `values`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from digest.errors import TemplateError
from digest.render.mjml.values import value_hint
from digest.text.nearest import nearest_word

#: HTML elements without an end tag.
VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)

#: Stand in a template's source where Jinja will write something, or decides whether it does.
UNKNOWN, PERHAPS = "\x00", "\x01"

TAG = re.compile(
    r"<!--.*?-->"
    r"|<(?P<slash>/?)(?P<name>[A-Za-z\x00][\w:.\x00-]*)"
    r"(?P<attributes>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[^\s=\"'/>\x01]+)(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'"
    r"|(?P<bare>[^\s\"'>]+)))?"
)
#: A part that Jinja reads: comment, statement or expression.
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)


class Fault(NamedTuple):
    """What was found, and what to do; where it stands is known to who reads the document."""

    found: str
    hint: str


@dataclass(frozen=True, slots=True)
class Component:
    """One MJML component: what it may hold, and its attributes with their types."""

    content: str
    children: frozenset[str]
    attributes: Mapping[str, str]
    unsupported: Mapping[str, str]


@cache
def components() -> dict[str, Component]:
    """Every component by name."""
    table = _table()
    everywhere = dict.fromkeys(table["everywhere"], "string")
    read = {
        name: Component(
            rules["content"],
            frozenset(rules["children"]),
            rules["attributes"] | everywhere,
            table["unsupported"].get(name, {}),
        )
        for name, rules in table["components"].items()
    }
    for name in ("mj-all", "mj-class"):
        every = {key: kind for c in read.values() for key, kind in c.attributes.items()}
        kinds = {key: kind if _agreed(read, key, kind) else "string" for key, kind in every.items()}
        read[name] = Component("nothing", frozenset(), kinds | {"name": "string"}, {})
    return read


def parents_of(name: str) -> list[str]:
    """The components that may hold this one."""
    return sorted(key for key, component in components().items() if name in component.children)


def attributes_of(text: str) -> Iterator[tuple[str, str]]:
    """The (name, value) pairs of a tag's inside; a bare name has its own name as value."""
    for match in _ATTRIBUTE.finditer(text.removesuffix("/")):
        values = (match["double"], match["single"], match["bare"])
        yield match["name"], next((v for v in values if v is not None), match["name"])


def tag_fault(name: str, attributes: Iterable[tuple[str, str]]) -> Fault | None:
    """What is wrong with a tag and its attributes, or None; its place is not judged."""
    pairs = list(attributes)
    unsure = any(UNKNOWN in key for key, _ in pairs)
    if name in ("img", "mj-image") and not unsure:
        alt = dict(pairs).get("alt")
        if alt is None or (name == "mj-image" and not alt.strip()):
            return Fault(
                f"<{name}> has no alt", 'Describe the picture in alt="…" for who cannot see it.'
            )
    if not name.startswith("mj") or UNKNOWN in name:
        return None
    component = components().get(name)
    if component is None:
        return _no_such_component(name)
    faults = (_attribute_fault(name, component, key, value) for key, value in pairs)
    return next((fault for fault in faults if fault), None)


def check_source(text: str, name: str) -> None:
    """Check the tags of a template before Jinja runs, where file and line are the author's own.

    Raises:
        TemplateError: with the template's file and line, naming the nearest thing that exists.
    """
    blanked = JINJA.sub(_blank, text)
    line, end = 1, 0
    for match in TAG.finditer(blanked):
        line += blanked.count("\n", end, match.start())
        end = match.start()
        if match["name"] and not match["slash"]:
            fault = tag_fault(match["name"], attributes_of(match["attributes"]))
            if fault:
                raise TemplateError(f"{name}:{line}: {fault.found}", fault.hint)


def _attribute_fault(name: str, component: Component, key: str, value: str) -> Fault | None:
    if UNKNOWN in key:
        return None
    if key in component.unsupported:
        return Fault(
            f"<{name} {key}> does nothing: the compiler has not learnt it",
            component.unsupported[key],
        )
    kind = component.attributes.get(key)
    if kind is None:
        known = component.attributes.keys() - {"data-at"} - component.unsupported.keys()
        return Fault(f"<{name}> has no attribute “{key}”", _nearest(key, known, "“{}”"))
    if UNKNOWN in value or PERHAPS in value:
        return None
    hint = value_hint(kind, value, _colours())
    return Fault(f"<{name} {key}> cannot be “{value}”", hint) if hint else None


def _no_such_component(name: str) -> Fault:
    refused: dict[str, str] = _table()["refused"]
    if name in refused:
        return Fault(f"<{name}> is not used here", refused[name])
    return Fault(f"there is no <{name}>", _nearest(name, components(), "<{}>"))


def _agreed(read: Mapping[str, Component], key: str, kind: str) -> bool:
    return all(c.attributes.get(key, kind) == kind for c in read.values())


def _blank(match: re.Match[str]) -> str:
    lines = "\n" * match[0].count("\n")
    if match[0].startswith("{{"):
        return UNKNOWN + lines
    return f" {PERHAPS}{lines} " if match[0].startswith("{%") else " " + lines


def _nearest(name: str, known: Collection[str], form: str) -> str:
    if word := nearest_word(name, sorted(known)):
        return f"Did you mean {form.format(word)}?"
    return f"Known here: {', '.join(sorted(known))}."


@cache
def _colours() -> frozenset[str]:
    return frozenset(_table()["colours"])


@cache
def _table() -> dict[str, Any]:
    text = files("digest.render.mjml").joinpath("tags.toml").read_text(encoding="utf-8")
    table: dict[str, Any] = tomllib.loads(text)
    return table
