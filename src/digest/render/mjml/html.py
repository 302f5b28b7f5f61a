"""Tags, and the HTML inside MJML's components, judged and written on in one way.

MRML never sees this HTML; what it holds is kept word for word, but for authors' comments and the
quotation marks around attributes. What stands around it is `reading`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from digest.render.mjml.rules import (
    VOID,
    Component,
    Fault,
    attributes_of,
    components,
    parents_of,
    tag_fault,
)

#: Elements inside elements, at most.
MAX_DEPTH = 60

#: A tag, a comment, or the beginning of what does not belong here.
TOKEN = re.compile(
    r"""(<!--.*?-->|<[!?]"""
    r"""|</?[A-Za-z][^\s<>"'/]*+[^<>"']*+(?:(?:"[^"]*"|'[^']*')[^<>"']*+)*+>)""",
    re.DOTALL,
)
_TAG = re.compile(r"""<(?P<slash>/?)(?P<name>[^\s<>"'/]+)(?P<rest>.*)>""", re.DOTALL)
_CONDITIONAL = ("<!--[if", "<!--<![endif]")
_NUMERIC = re.compile(r"&#(\d{3,7});")
_LINE_BREAKS = re.compile(r"[\r\n]+")

BARE = Fault("a bare “<”, or a tag that is not closed by “>”", "Write &lt; for the sign.")
_DEEP = Fault(f"elements are nested more than {MAX_DEPTH} deep", "Simplify the template here.")
_ODD = Fault(
    "CDATA, declarations and doctypes do not belong into a template",
    "Remove it; the doctype is added.",
)
_UNCOMPILED = Fault(
    "a component in a comment for Outlook is not compiled", "Write HTML there, or take it out."
)


class Tag(NamedTuple):
    """One tag; `kind` is open, alone, close, comment or odd, `written` how it is written on."""

    kind: str
    name: str
    written: str
    component: Component | None
    attributes: Mapping[str, str]
    fault: Fault | None


class Opened(NamedTuple):
    """An element that is still open: its name, and where it begins."""

    name: str
    at: int


class Html(NamedTuple):
    """HTML as it is written on; or its first fault, where that is, and what was open there."""

    written: str
    fault: Fault | None = None
    at: int = 0
    opened: Opened | None = None


@lru_cache(maxsize=8192)
def read_tag(text: str) -> Tag:
    """One token of `TOKEN`."""
    if text.startswith("<!--"):
        kept = text if text.startswith(_CONDITIONAL) else ""
        return Tag("comment", "", kept, None, {}, _UNCOMPILED if "<mj-" in kept else None)
    match = _TAG.fullmatch(text)
    if match is None:
        return Tag("odd", "", "", None, {}, _ODD)
    name, rest = match["name"], match["rest"].rstrip()
    if match["slash"]:
        return Tag("close", name, f"</{name}>", None, {}, None)
    pairs = list(attributes_of(rest))
    attributes = dict(pairs)
    fault = tag_fault(name, pairs)
    if not fault and len(attributes) < len(pairs):
        twice = next(key for key in attributes if [k for k, _ in pairs].count(key) > 1)
        fault = Fault(f"<{name}> has the attribute “{twice}” twice", "Keep one of them.")
    alone, component = rest.endswith("/"), components().get(name)
    if component:
        written = component_tag(name, attributes, alone=alone)
    else:
        written = f"<{name}{''.join(_attributes(attributes))}>"
        written += f"</{name}>" if alone and name.lower() not in VOID else ""
        alone = alone or name.lower() in VOID
    return Tag("alone" if alone else "open", name, written, component, attributes, fault)


@lru_cache(maxsize=2048)
def read_html(text: str) -> Html:
    """The HTML in a component: judged, its attributes written in one way, comments left out."""
    tokens, out, opened, at = TOKEN.split(text), list[str](), list[Opened](), 0
    for index, token in enumerate(tokens):
        if not index % 2:
            if "<" in token:
                return Html("", BARE, at + token.index("<"))
            out.append(token)
            at += len(token)
            continue
        kind, name, written, component, _, fault = read_tag(token)
        if fault or component:
            return Html("", fault or _inside_html(name), at)
        if kind == "close":
            if not opened or opened[-1].name != name:
                return Html("", *_crossing(name, opened, at))
            opened.pop()
        elif kind == "open":
            opened.append(Opened(name, at))
            if len(opened) > MAX_DEPTH:
                return Html("", _DEEP, at)
        out.append(written)
        at += len(token)
    if opened:
        return Html("", not_closed(opened[-1].name), opened[-1].at)
    return Html("".join(out).strip())


def _crossing(name: str, opened: list[Opened], at: int) -> tuple[Fault, int, Opened | None]:
    if not opened:
        return Fault(f"</{name}> closes nothing", "Remove it."), at, None
    return crossed(name, opened[-1].name), at, opened[-1]


def component_tag(name: str, attributes: Mapping[str, str], *, alone: bool) -> str:
    """A component's tag as MRML reads it without harm."""
    inside = (
        ascii_only("".join(_attributes(attributes))).replace("<", "&lt;").replace("\\", "&#92;")
    )
    return f"<{name}{inside}{' /' if alone else ''}>"


def _attributes(attributes: Mapping[str, str]) -> list[str]:
    return [f' {key}="{quoted(value)}"' for key, value in attributes.items()]


def quoted(value: str) -> str:
    """A value for double quotation marks, on one line."""
    return _LINE_BREAKS.sub(" ", value).replace('"', "&quot;")


def ascii_only(text: str) -> str:
    """Non-ASCII as numbers that `from_ascii` turns back; the marks' own sign for good."""
    text = text.replace("⟦", "&#x27E6;")
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def from_ascii(text: str) -> str:
    """Numbers as characters; one that names no character of a text stays a number."""
    return _NUMERIC.sub(_from_numeric, text)


def _from_numeric(match: re.Match[str]) -> str:
    return _character(match[1]) or match[0]


@lru_cache(maxsize=1024)
def _character(number: str) -> str:
    code = int(number)
    is_character = 0x9F < code < 0xD800 or 0xDFFF < code <= 0x10FFFF
    return unescape(f"&#{code};") if is_character else ""


def _inside_html(name: str) -> Fault:
    return Fault(
        f"<{name}> cannot stand in HTML",
        f"It may stand in: {', '.join(parents_of(name)) or 'nothing'}.",
    )


def crossed(name: str, opened: str) -> Fault:
    """An end tag where another element is still open."""
    return Fault(f"</{name}> stands where <{opened}> is still open", f"Close <{opened}> first.")


def not_closed(name: str) -> Fault:
    """An element without its end."""
    return Fault(f"<{name}> is not closed", f"Add </{name}>.")
