"""Which subjects an article touches: war, death, politics, … with the words that say so.

So that sponsors can be kept away from them, and editions mixed. The lexicon, French and English,
is `topics.toml`. A word in the title or the lead is enough; in the first paragraphs it takes
several, for a passing mention makes no topic. Who is kept away from what is left to sponsorship.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from digest.model.content import Article, Topic
from digest.text.folding import fold

LANGUAGES = ("fr", "en")

_ENOUGH = 1.0
_WEAK = 0.5
_IN_BODY = 0.34
#: Characters of the body that are read, and of a description, which may be the whole text.
_BODY, _LEAD = 800, 600
#: A lead that is shorter is none (“28 mai”); the first paragraph takes its place.
_SHORTEST_LEAD = 40
#: Words that are shown for one topic, at most.
_SHOWN = 5

_WORD = re.compile(r"[^\W_]+")
_SMALL = frozenset({"de", "du", "des", "d", "la", "le", "les", "l", "the", "of"})
#: Letters that a base keeps at least, and that lead to entries with an open ending.
_SHORTEST, _LETTERS = 3, 4


def topics_of(article: Article, language: str) -> tuple[Topic, ...]:
    """The topics of an article, those with most signs first.

    The article's own language is read, or the publication's where it states none; what is neither
    French nor English is read as English. `words` of a topic stand as printed, five at most.
    """
    spoken = (article.language or language)[:2].lower()
    spoken = spoken if spoken in LANGUAGES else "en"
    points: dict[str, float] = {}
    words: dict[str, dict[str, None]] = {}
    for text, worth in _parts(article):
        for printed, entry in _mentions(text, spoken):
            for topic, weight in entry.weights.items():
                points[topic] = points.get(topic, 0.0) + weight * worth
                words.setdefault(topic, {})[printed] = None
    found = {
        topic: Topic(topic, tuple(words[topic])[:_SHOWN])
        for topic in sorted(points, key=lambda topic: -round(points[topic], 6))
        if points[topic] >= _ENOUGH
    }
    for topic, needed in _composed().items():
        if needed <= found.keys():
            told = [word for part in sorted(needed) for word in found[part].words]
            found[topic] = Topic(topic, tuple(dict.fromkeys(told))[:_SHOWN])
    return tuple(found.values())


@lru_cache(maxsize=1)
def topic_names() -> tuple[str, ...]:
    """The names of all topics, in the lexicon's order."""
    return tuple(_table()["topics"])


#: How a word is compared: its base, its beginning (“*”), or letter by letter (“=”).
_Compared = Literal["base", "open", "exact"]
_Words = tuple[tuple[str, _Compared], ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """Words in their plain form, each with how it is compared, and what they tell."""

    words: _Words
    weights: dict[str, float] = field(default_factory=dict)


class _Word(NamedTuple):
    """A word of a text in plain letters, its base, and the entries that may begin with it."""

    folded: str
    base: str
    entries: tuple[_Entry, ...]


def _parts(article: Article) -> Iterator[tuple[str, float]]:
    """Title, lead and the beginning of the body, each with what a word in it is worth."""
    yield article.title, 1.0
    paragraphs = [paragraph.text for paragraph in article.body]
    lead = article.chapo or article.description[:_LEAD]
    if len(lead) < _SHORTEST_LEAD and paragraphs:
        lead = f"{lead} {paragraphs.pop(0)[:_LEAD]}"
    yield lead, 1.0
    read = 0
    for paragraph in paragraphs:
        if read >= _BODY:
            break
        yield paragraph[: _BODY - read], _IN_BODY
        read += len(paragraph)


def _mentions(text: str, language: str) -> Iterator[tuple[str, _Entry]]:
    """The longest entry at each place of a text, with its words as printed."""
    words: list[_Word] = []
    places: list[int] = []
    for place, printed in enumerate(_WORD.findall(text)):
        if (word := _read(printed, language)) is not None:
            words.append(word)
            places.append(place)
    spans: list[tuple[int, int]] = []
    taken = 0
    for position, word in enumerate(words):
        if position < taken:
            continue
        for entry in word.entries:
            if _stands_at(entry, words, position):
                spans = spans or [match.span() for match in _WORD.finditer(text)]
                taken = position + len(entry.words)
                yield text[spans[places[position]][0] : spans[places[taken - 1]][1]], entry
                break


def _stands_at(entry: _Entry, words: list[_Word], position: int) -> bool:
    """Whether an entry's further words follow its first, which fits already."""
    end = position + len(entry.words)
    return end <= len(words) and all(
        _fits(asked, words[place]) for place, asked in enumerate(entry.words[1:], position + 1)
    )


def _fits(asked: tuple[str, _Compared], there: _Word) -> bool:
    word, compared = asked
    if compared == "open":
        return there.folded.startswith(word)
    return word == (there.folded if compared == "exact" else there.base)


@lru_cache(maxsize=16_384)
def _read(printed: str, language: str) -> _Word | None:
    """What a word may begin, longest entries first; None for the small words."""
    folded, base = _plain(printed)
    if folded in _SMALL:
        return None
    lexicon = _lexicon(language)
    bare = _Word(folded, base, ())
    listed = (*lexicon.get(base, ()), *lexicon.get(folded[:_LETTERS] + "*", ()))
    fitting = [entry for entry in listed if _fits(entry.words[0], bare)]
    return bare._replace(entries=tuple(sorted(fitting, key=lambda entry: -len(entry.words))))


def _plain(word: str) -> tuple[str, str]:
    """A word in plain small letters, and its base: without plural and final “e”.

    `Mortes` → `mortes`, `mort`.
    """
    folded = word.lower() if word.isascii() else fold(word)
    base = folded
    if len(base) > _SHORTEST and base[-1] in "sx":
        base = base[:-1]
    if len(base) > _SHORTEST and base[-1] == "e":
        base = base[:-1]
    return folded, base


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    text = files("digest.selection").joinpath("topics.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=1)
def _composed() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(topic["all_of"])
        for name, topic in _table()["topics"].items()
        if "all_of" in topic
    }


@lru_cache(maxsize=len(LANGUAGES))
def _lexicon(language: str) -> dict[str, list[_Entry]]:
    """Entries by the base of their first word, or by its first letters and “*”."""
    table = _table()
    entries: dict[_Words, _Entry] = {}
    for phrase in _listed(table["idioms"][language]):
        entries.setdefault(_words_of(phrase), _Entry(_words_of(phrase)))
    for name, topic in table["topics"].items():
        for key, weight in ((f"{language}_weak", _WEAK), (language, _ENOUGH)):
            for phrase in _listed(topic.get(key, "")):
                words = _words_of(phrase)
                entries.setdefault(words, _Entry(words)).weights[name] = weight
    lexicon: dict[str, list[_Entry]] = {}
    for words, entry in entries.items():
        first, compared = words[0]
        if compared == "open":
            start = first[:_LETTERS] + "*"
        else:
            start = first if compared == "base" else _plain(first)[1]
        lexicon.setdefault(start, []).append(entry)
    return lexicon


def _listed(phrases: str) -> list[str]:
    return [phrase.strip() for phrase in phrases.split(",") if phrase.strip()]


def _words_of(phrase: str) -> _Words:
    """`accidents d’avion*` → (("accident", "base"), ("avion", "open"))."""
    found: list[tuple[str, _Compared]] = []
    for exact, word, is_open in re.findall(r"(=?)([^\W_]+)(\*?)", phrase):
        folded, base = _plain(word)
        if exact or is_open:
            found.append((folded, "exact" if exact else "open"))
        elif folded not in _SMALL:
            found.append((base, "base"))
    return tuple(found)
