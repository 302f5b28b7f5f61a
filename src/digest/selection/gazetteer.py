"""Which country and which region of the world a text speaks of, from names and demonyms.

Country names come from CLDR (through Babel); capitals, demonyms and regions from our own
`gazetteer.toml`. It suggests a label for editors to confirm: on whether an article is
international at all it is right in four cases of ten, so it decides nothing alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from babel import Locale

from digest.text.folding import fold

LANGUAGES = ("fr", "en")

_WORD = re.compile(r"[^\W_]+")
#: A mention counts half as much after this many words: what a text is about stands first.
_HALVING = 25
_DEMONYM_WEIGHT = 0.8
#: A publication's home is named in passing in much of its foreign news.
_HOME = {"fr": "FR"}
_HOME_WEIGHT = 0.3
_LONGEST = 2_000


class _Sequence(NamedTuple):
    """Folded words, the ISO code or region id they speak of, whether they need a capital."""

    words: tuple[str, ...]
    subject: str
    points: float
    capital: bool


@dataclass(slots=True)
class _Names:
    """What to look for in one language: word sequences by their first word, longest first."""

    sequences: dict[str, list[_Sequence]] = field(default_factory=dict)
    country_names: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, subject: str, points: float = 1.0, *, capital: bool = True) -> None:
        words = tuple(fold(name).split())
        self.sequences.setdefault(words[0], []).append(_Sequence(words, subject, points, capital))


def suggest_region(text: str, language: str = "fr") -> str:
    """The region of the world a text is mostly about, as a newsroom prints it; "" if none.

    `language` is that of the text and of the answer: `fr` or `en`, others are read as `en`.
    """
    language = language if language in LANGUAGES else "en"
    table = _table()
    scores: dict[str, float] = {}
    for subject, points in _mentions(text, language):
        region = table["countries"][subject]["region"] if len(subject) == 2 else subject
        scores[region] = scores.get(region, 0.0) + points
    best = _best(scores)
    return str(table["regions"][best][language]) if best else ""


def suggest_place(text: str, language: str = "fr") -> str:
    """The country a text is mostly about (“Islande”), in `fr` or `en`; "" if none."""
    language = language if language in LANGUAGES else "en"
    scores: dict[str, float] = {}
    for subject, points in _mentions(text, language):
        if len(subject) == 2:
            scores[subject] = scores.get(subject, 0.0) + points
    best = _best(scores)
    return _names(language).country_names[best] if best else ""


def _best(scores: dict[str, float]) -> str:
    # max() keeps the first of equals, and the order of mention is the order of the text.
    return max(scores, key=lambda subject: round(scores[subject], 9)) if scores else ""


def _mentions(text: str, language: str) -> Iterator[tuple[str, float]]:
    """Each mention as (ISO code or region id, points), in the order of the text."""
    names = _names(language)
    original = [match[0] for match in _WORD.finditer(text[:_LONGEST])]
    folded = [fold(word) for word in original]
    position = 0
    while position < len(folded):
        for sequence in names.sequences.get(folded[position], ()):
            end = position + len(sequence.words)
            if tuple(folded[position:end]) != sequence.words:
                continue
            if sequence.capital and not any(w[0].isupper() for w in original[position:end]):
                continue
            points = sequence.points / (1 + position / _HALVING)
            at_home = sequence.subject == _HOME.get(language)
            yield sequence.subject, points * (_HOME_WEIGHT if at_home else 1.0)
            position = end - 1
            break
        position += 1


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = files("digest.selection").joinpath("gazetteer.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=len(LANGUAGES))
def _names(language: str) -> _Names:
    names = _Names()
    table = _table()
    territories = Locale(language).territories
    for code, country in table["countries"].items():
        cldr = str(territories[code])
        names.country_names[code] = country.get("shown", {}).get(language, cldr)
        if country.get("plain", True):
            names.add(re.sub(r"\(.*\)", "", cldr), code)
            names.add(names.country_names[code], code)
        for place in _listed(country.get("places", "")):
            names.add(place, code)
        for demonym in _listed(country.get(language, "")):
            for form in _forms(demonym, language):
                # French writes these as adjectives in lower case; "polish" is not Polish.
                names.add(form, code, _DEMONYM_WEIGHT, capital=language == "en")
    for region, entry in table["regions"].items():
        for word in _listed(entry["words"]):
            names.add(word, region)
    for sequences in names.sequences.values():
        sequences.sort(key=lambda sequence: -len(sequence.words))
    return names


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _forms(demonym: str, language: str) -> set[str]:
    """A demonym's inflected forms, folded; a few that do not exist do no harm."""
    base = fold(demonym)
    if language == "en":
        return {base, base + "s"}
    forms = {base, base + "e", base + "s", base + "es"}
    if base.endswith("n"):
        forms |= {base + "ne", base + "nes"}
    return forms
