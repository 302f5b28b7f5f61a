"""What a story's rank is made of, term by term, and which stories a cap leaves out.

Every value lies between 0 and 1; the weights are the publication's. A pin adds more than all the
other terms together can differ, so pinned articles stand on top and keep their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from digest.model.content import Article, Term, Window
from digest.selection.gazetteer import suggest_region
from digest.selection.rules import Rules, Weights
from digest.text.folding import fold

#: Weight of a source that is not named among the weights.
DEFAULT_SOURCE_WEIGHT = 0.5
_FULL_LENGTH = 3_000


def rank_terms(
    article: Article,
    duplicates: Sequence[Article],
    window: Window,
    weights: Weights,
    source_weights: Mapping[str, float],
) -> tuple[Term, ...]:
    """The terms of one article's rank; `duplicates` are the articles it stands for."""
    sources = len({article.source, *(other.source for other in duplicates)})
    terms = [
        Term("age", _age(article, window), weights.age),
        Term("coverage", 1 - 1 / sources, weights.coverage),
        Term("source", source_weights.get(article.source, DEFAULT_SOURCE_WEIGHT), weights.source),
        Term("lead", float(bool(article.chapo)), weights.lead),
        Term("picture", float(article.picture is not None), weights.picture),
        Term("length", min(1.0, len(article.text) / _FULL_LENGTH), weights.length),
    ]
    if article.pinned:
        terms.append(Term("pinned", 1.0, 1.0 + sum(abs(term.weight) for term in terms)))
    return tuple(terms)


def _age(article: Article, window: Window) -> float:
    if article.published is None:
        return 0.0
    start, end = window.start.timestamp(), window.end.timestamp()
    return min(1.0, max(0.0, (article.published.timestamp() - start) / (end - start)))


@dataclass(slots=True)
class Caps:
    """Counts the stories taken so far against the caps."""

    rules: Rules
    language: str
    sources: Counter[str] = field(default_factory=Counter)
    regions: Counter[str] = field(default_factory=Counter)

    def refuse(self, article: Article) -> str:
        """Why the article is over a cap, or ""; an article an editor pinned never is."""
        if article.pinned:
            return ""
        if 0 < self.rules.per_source <= self.sources[article.source]:
            return f"{self._stories(self.rules.per_source)} from {article.source}, the cap"
        region = self._region(article)
        if region and 0 < self.rules.per_region <= self.regions[fold(region)]:
            return f"{self._stories(self.rules.per_region)} from the region {region}, the cap"
        return ""

    def take(self, article: Article) -> None:
        """Count a story."""
        self.sources[article.source] += 1
        if region := self._region(article):
            self.regions[fold(region)] += 1

    def _region(self, article: Article) -> str:
        if article.region or not self.rules.per_region:
            return article.region
        language = article.language[:2] or self.language
        return suggest_region(f"{article.title}\n{article.chapo}", language)

    def _stories(self, count: int) -> str:
        return f"there {'is' if count == 1 else 'are'} already {count} better ranked " + (
            "story" if count == 1 else "stories"
        )
