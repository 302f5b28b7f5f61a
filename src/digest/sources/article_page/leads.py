"""Which of the texts that introduce an article is its chapô, and which only describes it.

A chapô is complete sentences of the newsroom that the text does not begin with; a description
may be the text's own beginning; what was cut off in the middle is neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from digest.text.endings import CLOSING, is_cut_off
from digest.text.folding import fold

#: Characters of a text that can introduce an article.
SHORTEST = 60
LONGEST_CHAPO = 1_000

_TAGS_AT_END = re.compile(r"(?<=[.!?…»”])(?:\s+#\w+)+\Z")
_ENDS = (".", "!", "?")


def is_complete(text: str) -> bool:
    """Whether a text is whole sentences, and enough of them to introduce an article."""
    return (
        len(text) >= SHORTEST
        and not is_cut_off(text)
        and text.rstrip(CLOSING).endswith(_ENDS)
        and text[:1] not in "…,;"
    )


def without_tags(text: str) -> str:
    """`Une phrase. #Mer #Port` → `Une phrase.`"""
    return _TAGS_AT_END.sub("", text)


def choose_lead(
    marked: Iterable[str], described: Iterable[str], body: Sequence[str]
) -> tuple[str, str]:
    """The chapô and the description, each "" when there is none.

    Args:
        marked: texts that the newsroom's mark-up calls a chapô.
        described: descriptions, the most trustworthy first; one that merely repeats the title
            is not among them.
        body: the paragraphs.
    """
    descriptions = list(dict.fromkeys(filter(None, map(without_tags, described))))
    start = fold(" ".join(body[:4]))
    for text in marked:
        confirmed = any(_begins_alike(text, description) for description in descriptions)
        if len(text) <= LONGEST_CHAPO and (
            is_complete(text) or (confirmed and len(text) >= SHORTEST and not is_cut_off(text))
        ):
            return text, _first_other(descriptions, text)
    for text in descriptions:
        if is_complete(text) and len(text) <= LONGEST_CHAPO and not start.startswith(fold(text)):
            return text, ""
    complete = [text for text in descriptions if is_complete(text)]
    return "", next(iter([*complete, *descriptions]), "")


def _first_other(descriptions: Sequence[str], chapo: str) -> str:
    """A description that says something else than the chapô."""
    for text in descriptions:
        if is_complete(text) and not _begins_alike(text, chapo):
            return text
    return ""


def _begins_alike(one: str, other: str) -> bool:
    first, second = fold(one), fold(other)
    length = min(len(first), len(second), 80)
    return length > 0 and first[:length] == second[:length]
