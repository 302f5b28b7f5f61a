"""Which articles are the same text, or tell the same story, and which one stands for the others.

Same text: half of the shorter one's three-word sequences occur in the other, or the same title
within four days. Same story: cosine of TF-IDF over the stems of title and chapô, dates left out,
of 0.40 or more. Articles gather round leaders (never chained one to the next), and the best
article leads. The thresholds were measured on a real week of French news.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from digest.model.content import Article
from digest.text.addresses import address_of
from digest.text.folding import fold
from digest.text.words import content_stems

SAME_TEXT = 0.5
SAME_STORY = 0.40
SAME_TITLE_SPAN = timedelta(days=4)

#: Fewer three-word sequences than this say too little to compare texts.
_FEWEST_SHINGLES = 8
#: Titles that repeat with other content every day or week.
_TEMPLATED = re.compile(
    r"(la |le |les )?(meteo|horoscope|sorties|agenda|programme tele|programme tv|loto|mots croises"
    r"|revue de presse|weather|crossword|lottery)\b"
)
_WORD = re.compile(r"\w+")
_CALENDAR = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre "
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "en": "January February March April May June July August September October November December "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}


@dataclass(frozen=True, slots=True)
class Merged:
    """An article that another one stands for: the leader's index, and why."""

    leader: int
    reason: str


def merge_similar(
    articles: Sequence[Article], background: Sequence[Article], language: str
) -> dict[int, Merged]:
    """What stands for what, by index into `articles`; leaders are not in the result.

    `background` are the articles of all sections, these among them: the weight of a word is learnt
    from how rare it is there.
    A leader never has a leader itself. An article an editor pinned leads its own story.
    """
    order = sorted(range(len(articles)), key=lambda index: _preference(articles[index]))
    merged: dict[int, Merged] = {}
    for find in (_SameAddress(), _SameText(), _SameStory(background, language)):
        for index in order:
            if index in merged:
                continue
            found = find.leader(articles[index])
            if found is None:
                find.lead(index, articles[index])
            else:
                leader, reason = found
                kept = articles[leader]
                merged[index] = Merged(leader, f"{reason} “{kept.title}” ({kept.source})")
    return {index: Merged(_top(merged, index), found.reason) for index, found in merged.items()}


def _top(merged: dict[int, Merged], index: int) -> int:
    while index in merged:
        index = merged[index].leader
    return index


def _preference(article: Article) -> tuple[bool, int, bool, int, float, str, str]:
    """Pinned, then clearly longer (by half as much again), then with its own chapô, then first."""
    length = len(article.text) + len(article.chapo)
    published = article.published.timestamp() if article.published else 0.0
    return (
        not article.pinned,
        -int(math.log(length + 1, 1.5)),
        not article.chapo,
        -length,
        published,
        article.url,
        article.source,
    )


Found = tuple[int, str] | None


class _SameAddress:
    def __init__(self) -> None:
        self.leaders: dict[str, int] = {}

    def leader(self, article: Article) -> Found:
        found = self.leaders.get(address_of(article))
        return None if found is None else (found, "the same address as")

    def lead(self, index: int, article: Article) -> None:
        self.leaders[address_of(article)] = index


class _SameText:
    def __init__(self) -> None:
        self.last: tuple[Article | None, set[int]] = (None, set())
        self.titles: dict[str, list[tuple[int, Article]]] = defaultdict(list)
        self.postings: dict[int, list[int]] = defaultdict(list)
        self.sizes: dict[int, int] = {}

    def leader(self, article: Article) -> Found:
        for index, other in self.titles[fold(article.title)]:
            if _near_in_time(article, other):
                return index, "the same title within four days as"
        shingles = self._shingles_of(article)
        if len(shingles) < _FEWEST_SHINGLES:
            return None
        shared = Counter(index for shingle in shingles for index in self.postings.get(shingle, ()))
        best, share = None, SAME_TEXT
        for index, count in sorted(shared.items()):
            contained = count / min(len(shingles), self.sizes[index])
            if contained > share or (best is None and contained == share):
                best, share = index, contained
        return None if best is None else (best, f"the same text ({share:.0%} shared) as")

    def lead(self, index: int, article: Article) -> None:
        title = fold(article.title)
        if not _TEMPLATED.match(title):
            self.titles[title].append((index, article))
        shingles = self._shingles_of(article)
        if len(shingles) >= _FEWEST_SHINGLES:
            self.sizes[index] = len(shingles)
            for shingle in shingles:
                self.postings[shingle].append(index)

    def _shingles_of(self, article: Article) -> set[int]:
        # Asked twice in a row for the same article: whether it has a leader, and to become one.
        if self.last[0] is not article:
            self.last = (article, _shingles(article))
        return self.last[1]


class _SameStory:
    def __init__(self, background: Sequence[Article], language: str) -> None:
        self.language = language
        self.last: tuple[Article | None, dict[str, float]] = (None, {})
        spread = Counter(stem for article in background for stem in set(_stems(article, language)))
        self.rarity = {
            stem: 1 + math.log((1 + len(background)) / (1 + count))
            for stem, count in spread.items()
        }
        self.postings: dict[str, list[tuple[int, float]]] = defaultdict(list)

    def leader(self, article: Article) -> Found:
        if article.pinned or _TEMPLATED.match(fold(article.title)):
            return None
        scores: dict[int, float] = defaultdict(float)
        for stem, weight in self._vector(article).items():
            for index, other in self.postings.get(stem, ()):
                scores[index] += weight * other
        near = [(-round(score, 9), index) for index, score in scores.items() if score >= SAME_STORY]
        if not near:
            return None
        score, best = min(near)
        return best, f"the same story ({-score:.2f} alike) as"

    def lead(self, index: int, article: Article) -> None:
        if not _TEMPLATED.match(fold(article.title)):
            for stem, weight in self._vector(article).items():
                self.postings[stem].append((index, weight))

    def _vector(self, article: Article) -> dict[str, float]:
        """Weights of the article's stems, of length 1; `background` holds the article."""
        # Asked twice in a row for the same article, as the shingles are.
        if self.last[0] is not article:
            counts = Counter(_stems(article, self.language))
            weights = {stem: count * self.rarity[stem] for stem, count in counts.items()}
            norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            self.last = (article, {stem: weight / norm for stem, weight in weights.items()})
        return self.last[1]


def _near_in_time(one: Article, other: Article) -> bool:
    if one.published is None or other.published is None:
        return False
    return abs(one.published.timestamp() - other.published.timestamp()) <= (
        SAME_TITLE_SPAN.total_seconds()
    )


def _shingles(article: Article) -> set[int]:
    text = article.text or f"{article.chapo} {article.description}"
    words = _WORD.findall(text.casefold())
    return {
        hash(words_of_three) for words_of_three in zip(words, words[1:], words[2:], strict=False)
    }


def _stems(article: Article, language: str) -> list[str]:
    dates = _date_stems(language)
    return [
        stem
        for stem in content_stems(f"{article.title}. {article.chapo}", language)
        if stem not in dates and not stem.isdigit()
    ]


@lru_cache(maxsize=2)
def _date_stems(language: str) -> frozenset[str]:
    return frozenset(content_stems(_CALENDAR.get(language, _CALENDAR["en"]), language))
