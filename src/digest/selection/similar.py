"""Which articles are the same text, or tell the same story, and which one stands for the others.

Same text: half of the shorter one's three-word sequences occur in the other, or the same title
within four days. Same story: cosine of TF-IDF over the stems of title and chapô, dates left out,
of 0.40 or more. Articles gather round leaders (never chained one to the next), and the best
article leads. The thresholds were measured on a real week of French news.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from digest.model.content import Article
from digest.selection.recurring import recurring_words
from digest.selection.sketches import Index, shared
from digest.selection.traces import Trace, Vocabulary
from digest.text.folding import fold

SAME_TEXT = 0.5
SAME_STORY = 0.40
SAME_TITLE_SPAN = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Merged:
    """An article that another one stands for: the leader's index, and why."""

    leader: int
    reason: str


def merge_similar(traces: Sequence[Trace], vocabulary: Vocabulary) -> dict[int, Merged]:
    """What stands for what, by index into `traces`; leaders are not in the result.

    The vocabulary has noted the articles of all sections, these among them: the weight of a word
    is learnt from how rare it is there. A leader never has a leader itself. An article an editor
    pinned leads its own story.
    """
    order = sorted(range(len(traces)), key=lambda index: _preference(traces[index]))
    merged: dict[int, Merged] = {}
    for step in (_SameAddress, _SameText, _SameStory):
        find = step(traces, vocabulary)
        for index in order:
            if index in merged:
                continue
            found = find.leader(index)
            if found is None:
                find.lead(index)
            else:
                leader, reason = found
                kept = traces[leader].article
                merged[index] = Merged(leader, f"{reason} “{kept.title}” ({kept.source})")
    return {index: Merged(_top(merged, index), found.reason) for index, found in merged.items()}


def _top(merged: dict[int, Merged], index: int) -> int:
    while index in merged:
        index = merged[index].leader
    return index


def _preference(trace: Trace) -> tuple[bool, int, bool, int, float, str, str]:
    """Pinned, then clearly longer (by half as much again), then with its own chapô, then first."""
    article = trace.article
    length = trace.length + len(article.chapo)
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
_Postings: TypeAlias = "tuple[array[int], array[float]]"
_NONE: _Postings = (array("I"), array("d"))


class _SameAddress:
    def __init__(self, traces: Sequence[Trace], _: Vocabulary) -> None:
        self.traces = traces
        self.leaders: dict[str, int] = {}

    def leader(self, index: int) -> Found:
        found = self.leaders.get(self.traces[index].address)
        return None if found is None else (found, "the same address as")

    def lead(self, index: int) -> None:
        self.leaders[self.traces[index].address] = index


class _SameText:
    def __init__(self, traces: Sequence[Trace], _: Vocabulary) -> None:
        self.traces = traces
        self.index = Index([trace.sketch for trace in traces])
        self.titles: dict[str, list[int]] = defaultdict(list)
        self.leaders: set[int] = set()

    def leader(self, index: int) -> Found:
        article, mark = self.traces[index].article, self.traces[index].sketch
        for other in self.titles[fold(article.title)]:
            if _near_in_time(article, self.traces[other].article):
                return other, "the same title within four days as"
        best, most = None, SAME_TEXT
        for other in sorted(self.leaders.intersection(self.index.near(index))):
            part = shared(mark, self.traces[other].sketch)
            if part > most or (best is None and part == most):
                best, most = other, part
        return None if best is None else (best, f"the same text ({most:.0%} shared) as")

    def lead(self, index: int) -> None:
        title = self.traces[index].article.title
        if not recurring_words(title):
            self.titles[fold(title)].append(index)
        self.leaders.add(index)


class _SameStory:
    """The leaders' weights stand by stem, in two parallel arrays: thousands must fit in memory."""

    def __init__(self, traces: Sequence[Trace], vocabulary: Vocabulary) -> None:
        self.traces = traces
        self.rarities = vocabulary.rarities()
        self.last: tuple[int, dict[int, float]] = (-1, {})
        self.postings: dict[int, _Postings] = {}

    def leader(self, index: int) -> Found:
        article = self.traces[index].article
        if article.pinned or recurring_words(article.title):
            return None
        scores: dict[int, float] = defaultdict(float)
        for stem, weight in self._vector(index).items():
            for other, theirs in zip(*self.postings.get(stem, _NONE), strict=True):
                scores[other] += weight * theirs
        near = [(-round(score, 9), other) for other, score in scores.items() if score >= SAME_STORY]
        if not near:
            return None
        score, best = min(near)
        return best, f"the same story ({-score:.2f} alike) as"

    def lead(self, index: int) -> None:
        if recurring_words(self.traces[index].article.title):
            return
        for stem, weight in self._vector(index).items():
            owners, weights = self.postings.setdefault(stem, (array("I"), array("d")))
            owners.append(index)
            weights.append(weight)

    def _vector(self, index: int) -> dict[int, float]:
        """Weights of the article's stems, of length 1."""
        # Asked twice in a row for the same article: whether it has a leader, and to become one.
        if self.last[0] != index:
            counts = Counter(self.traces[index].stems)
            weights = {stem: count * self.rarities[stem] for stem, count in counts.items()}
            norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            self.last = (index, {stem: weight / norm for stem, weight in weights.items()})
        return self.last[1]


def _near_in_time(one: Article, other: Article) -> bool:
    if one.published is None or other.published is None:
        return False
    return abs(one.published.timestamp() - other.published.timestamp()) <= (
        SAME_TITLE_SPAN.total_seconds()
    )
