"""What the selection remembers of an article whose body is dropped, and how rare its words are.

Thousands of traces fit in memory: the article without its body, its length, a sketch of its text
and the stems of its title and chapô as numbers. What is similar is decided in
`digest.selection.similar`.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from functools import lru_cache

from digest.model.content import Article
from digest.selection.sketches import sketch
from digest.text.words import content_stems

_CALENDAR = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre "
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "en": "January February March April May June July August September October November December "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}


@dataclass(frozen=True, slots=True)
class Trace:
    """What is kept of an article: itself without body, its text's length in characters, more.

    `address` is its canonical one; `stems` are the numbers that the `Vocabulary` gave to the stems
    of its title and chapô, in order.
    """

    article: Article
    address: str
    length: int
    sketch: array[int]
    stems: array[int]


def trace(article: Article, address: str, stems: array[int]) -> Trace:
    """Look at an article whole and keep what is needed of it."""
    text = article.text
    return Trace(
        article.light,
        address,
        len(text),
        sketch(text or f"{article.chapo} {article.description}"),
        stems,
    )


class Vocabulary:
    """Numbers for the stems of titles and chapôs, and in how many articles each occurs.

    Dates are left out: two articles are not alike for being of one day.
    """

    def __init__(self, language: str) -> None:
        self._language = language
        self._numbers: dict[str, int] = {}
        self._spread = array("I")
        self._articles = 0

    def note(self, article: Article) -> array[int]:
        """Count an article in; returns the numbers of its stems, in order."""
        dates = _date_stems(self._language)
        noted = array("I")
        for stem in content_stems(f"{article.title}. {article.chapo}", self._language):
            if stem in dates or stem.isdigit():
                continue
            number = self._numbers.setdefault(stem, len(self._numbers))
            if number == len(self._spread):
                self._spread.append(0)
            noted.append(number)
        for number in set(noted):
            self._spread[number] += 1
        self._articles += 1
        return noted

    def rarities(self) -> array[float]:
        """The weight of each stem, by number: 1 where every article has it, more if fewer have."""
        return array(
            "d", (1 + math.log((1 + self._articles) / (1 + count)) for count in self._spread)
        )


@lru_cache(maxsize=2)
def _date_stems(language: str) -> frozenset[str]:
    return frozenset(content_stems(_CALENDAR.get(language, _CALENDAR["en"]), language))
