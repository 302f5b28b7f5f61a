"""Looking decisions up: for `digest why`, and for a line that counts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from digest.model.content import Decision
from digest.text.addresses import address_of, canonical_url
from digest.text.folding import fold


def tally(decisions: Iterable[Decision]) -> str:
    """How many articles had which verdict, in words: `2 outside the window, 7 story`."""
    counts = Counter(str(decision.verdict) for decision in decisions)
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))


def find(decisions: Iterable[Decision], query: str) -> list[Decision]:
    """The decisions about the articles that a query names.

    The query is an address (compared in canonical form) or a part of a title; accents, case and
    punctuation do not matter.
    """
    decisions = list(decisions)
    address = canonical_url(query) or query.strip()
    by_address = [d for d in decisions if address in (address_of(d.article), d.article.location)]
    if by_address or not fold(query):
        return by_address
    part = fold(query)
    return [d for d in decisions if part in fold(d.article.title)]
