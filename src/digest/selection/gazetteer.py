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


@dataclass(frozen=True, slots=True)
class Place:
    """What a text is mostly about: an ISO 3166 code and a region's id, "" where none is named."""

    country: str = ""
    region: str = ""


def place_of(text: str, language: str = "fr") -> Place:
    """The country and the region that a text in `fr` or `en` is mostly about.

    The region is not always the country's: what is told of a whole region counts for it as well.
    """
    countries: dict[str, float] = {}
    regions: dict[str, float] = {}
    table = _table()["countries"]
    for subject, points in _mentions(text, _known(language)):
        region = subject
        if len(subject) == 2:
            countries[subject] = countries.get(subject, 0.0) + points
            region = table[subject]["region"]
        regions[region] = regions.get(region, 0.0) + points
    return Place(_best(countries), _best(regions))


def country_name(code: str, language: str = "fr") -> str:
    """A country as a newsroom prints it (“Islande”), in `fr` or `en`; "" for no country."""
    return _names(_known(language)).country_names.get(code, "")


def region_name(region: str, language: str = "fr") -> str:
    """A region as a newsroom prints it (“Afrique de l’Ouest”); "" for no region."""
    return str(_table()["regions"][region][_known(language)]) if region else ""


def suggest_place(text: str, language: str = "fr") -> str:
    """The name of the country a text is mostly about; "" if none."""
    return country_name(place_of(text, language).country, language)


def country_named(name: str) -> str:
    """The ISO code that a name in French or English, or a code, stands for; "" if unknown."""
    if name.upper() in _table()["countries"]:
        return name.upper()
    return _codes().get(fold(name), "")


@lru_cache(maxsize=256)
def regions_named(name: str) -> frozenset[str]:
    """The ids of the regions that a name stands for (“Afrique” stands for five)."""
    table, wanted = _table(), fold(name)
    for names, regions in table["larger"].items():
        if wanted in map(fold, _listed(names)):
            return frozenset(regions)
    return frozenset(
        region
        for region, entry in table["regions"].items()
        if wanted in (fold(region), fold(entry["fr"]), fold(entry["en"]))
    )


def country_names() -> list[str]:
    """Everything that `country_named` knows: names in French and English, and codes."""
    names = [name for language in LANGUAGES for name in _names(language).country_names.values()]
    return [*names, *_table()["countries"]]


def region_names() -> list[str]:
    """Everything that `regions_named` knows."""
    table = _table()
    regions = [name for entry in table["regions"].values() for name in (entry["fr"], entry["en"])]
    return [*regions, *table["regions"], *(n for names in table["larger"] for n in _listed(names))]


def _known(language: str) -> str:
    return language if language in LANGUAGES else "en"


def _best(scores: dict[str, float]) -> str:
    # max() keeps the first of equals, and the order of mention is the order of the text.
    return max(scores, key=lambda subject: round(scores[subject], 9)) if scores else ""


def _mentions(text: str, language: str) -> Iterator[tuple[str, float]]:
    """Each mention as (ISO code or region id, points), in the order of the text."""
    names = _names(language)
    original = _WORD.findall(text[:_LONGEST])
    folded = [word.lower() if word.isascii() else fold(word) for word in original]
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
def _codes() -> dict[str, str]:
    """Each country's folded names, in both languages, with its code."""
    codes: dict[str, str] = {}
    for language in LANGUAGES:
        territories = Locale(language).territories
        for code, shown in _names(language).country_names.items():
            codes.setdefault(fold(shown), code)
            codes.setdefault(fold(str(territories[code])), code)
    return codes


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
