"""Hints for a word that is not known: the nearest one that is, or all of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_NEAR = 0.55


def nearest_word(found: str, known: Iterable[str]) -> str:
    """The known word nearest to `found`, or "" when none is near.

    >>> nearest_word("weekley", ["weekly", "monthly"])
    'weekly'
    """
    close = difflib.get_close_matches(found.lower(), list(known), n=1, cutoff=_NEAR)
    return close[0] if close else ""


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """` Did you mean “…”?`, or nothing when no known word is near."""
    word = nearest_word(found, known)
    return f" Did you mean “{word}”?" if word else ""


def nearest(name: str, known: list[str]) -> str:
    """A hint for an unknown name: the nearest known one, or all of them."""
    return did_you_mean(name, known).strip() or f"Known here: {', '.join(known) or 'nothing'}."
