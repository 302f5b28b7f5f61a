"""Which section an article belongs to: the first statement wins, in the order of the model.

Order: a pin, the feed's own section, metadata, the address, the printed line. When several
statements of the same origin stand side by side (a publisher's labels), one that is wanted wins.
The gazetteer only suggests: alone it takes nobody into an edition.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import get_args
from urllib.parse import unquote, urlsplit

from digest.model.content import Article, SectionOrigin, SectionSignal
from digest.text.folding import fold

#: How each kind of statement is named after “section …”.
ORIGIN_WORDS = {
    "pin": "by an editor's pin",
    "feed": "by the setting of its source",
    "metadata": "by its metadata",
    "url": "by its address",
    "printed": "as printed on it",
    "gazetteer": "by the places it names",
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """A section, the kind of statement it comes from, and whether it is one of the wanted."""

    section: str
    origin: SectionOrigin
    wanted: bool


def names_section(label: str, also: Iterable[str] = ()) -> bool:
    """Whether a label is the name of a section; `also` adds the publication's own names."""
    folded = fold(label)
    return folded in _listed("names") or any(folded == fold(name) for name in also)


def is_generic(label: str) -> bool:
    """Whether a label says nothing about the section (“Actualités”, “À la une”)."""
    return fold(label) in _listed("generic")


def section_in_url(url: str, also: Iterable[str] = ()) -> str:
    """The first part of an address's path that names a section, or "" (`/monde/a` → `monde`).

    The last part, the article's own, is left aside, and so are folders of this machine.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return ""
    known = _listed("names") | _listed("places") | {fold(name) for name in also}
    for segment in parts.path.split("/")[:-1]:
        if fold(unquote(segment)) in known:
            return unquote(segment)
    return ""


def label_signals(labels: Sequence[str], also: Iterable[str]) -> tuple[SectionSignal, ...]:
    """A ("metadata", …) statement for each of the publisher's labels that names a section."""
    names = tuple(also)
    return tuple(
        SectionSignal("metadata", label)
        for label in labels
        if any(names_section(part, names) for part in [label, *_parts(label)])
    )


def resolve_section(article: Article, wanted: Sequence[str]) -> Resolved | None:
    """The section by the strongest statement, or None when there is none.

    `wanted` are the names of the section to publish, the first is the one that is shown; when it
    is empty every section is wanted.
    """
    if article.pinned:
        return Resolved(wanted[0] if wanted else _any_value(article), "pin", wanted=True)
    names = {fold(name) for name in wanted}
    for origin in get_args(SectionOrigin):
        values = [s.value for s in article.sections if s.origin == origin and s.value.strip()]
        if not values:
            continue
        if not wanted:
            return Resolved(values[0], origin, wanted=True)
        if any(fold(part) in names for value in values for part in [value, *_parts(value)]):
            return Resolved(wanted[0], origin, wanted=True)
        return Resolved(values[0], origin, wanted=False)
    return None


def _any_value(article: Article) -> str:
    return article.sections[0].value if article.sections else ""


def _parts(label: str) -> list[str]:
    return re.split(r"\s*[>/|:]\s*", label)


@lru_cache(maxsize=3)
def _listed(kind: str) -> frozenset[str]:
    text = files("digest.selection").joinpath("sections.toml").read_text(encoding="utf-8")
    return frozenset(fold(name) for name in tomllib.loads(text)[kind])
