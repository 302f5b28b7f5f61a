"""What a story's rank is made of, term by term.

Every value lies between 0 and 1; the weights are the publication's. A pin adds more than all the
other terms together can differ, so pinned articles stand on top and keep their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digest.model.content import Article, Term, Window
from digest.selection.rules import Weights
from digest.text.addresses import address_of

#: Weight of a source that is not named among the weights.
DEFAULT_SOURCE_WEIGHT = 0.5
_FULL_LENGTH = 3_000


def rank_terms(
    article: Article,
    length: int,
    duplicates: Sequence[Article],
    window: Window,
    weights: Weights,
    source_weights: Mapping[str, float],
) -> tuple[Term, ...]:
    """The terms of one article's rank.

    `length` is that of its text in characters, for which its body is not needed; `duplicates` are
    the articles it stands for. The same address from two sources is told once.
    """
    address = address_of(article)
    others = {other.source for other in duplicates if address_of(other) != address}
    sources = len({article.source, *others})
    terms = [
        Term("age", _age(article, window), weights.age),
        Term("coverage", 1 - 1 / sources, weights.coverage),
        Term("source", source_weights.get(article.source, DEFAULT_SOURCE_WEIGHT), weights.source),
        Term("lead", float(bool(article.chapo)), weights.lead),
        Term("picture", float(article.picture is not None), weights.picture),
        Term("length", min(1.0, length / _FULL_LENGTH), weights.length),
    ]
    if article.pinned:
        terms.append(Term("pinned", 1.0, 1.0 + sum(abs(term.weight) for term in terms)))
    return tuple(terms)


def _age(article: Article, window: Window) -> float:
    if article.published is None:
        return 0.0
    start, end = window.start.timestamp(), window.end.timestamp()
    return min(1.0, max(0.0, (article.published.timestamp() - start) / (end - start)))
