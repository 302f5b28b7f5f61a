"""Chooses the words of a paragraph that carry its link, so that no “read more” is needed.

The editor's own words first. Otherwise a clause near the end that can be read alone: neither a
stub nor half a sentence, with its quotation marks and brackets closed. Rather none than a poor
one: the template then sets the link's label after the paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from digest.text import sentence_spans
from digest.text.enclosures import pair_marks

#: A link's words at least, and its characters: comfortably about one line, at most one and a half.
FEWEST_WORDS = 3
COMFORTABLE, LONGEST = 60, 90

_STRONG = re.compile(r"[\s\u00a0\u202f]*[;:](?=\s)|\s[—–](?=\s)")
_COMMA = re.compile(r",(?=\s)")
_WORD = re.compile(r"[^\W_]+(?:[-’'.,][^\W_]+)*[’']?")
_JOINING = re.compile(
    r"(?:et|mais|ou|or|car|donc|puis|and|but|or|so|then)[\s\u00a0]+", re.IGNORECASE
)
# Half a sentence: what only says whose, where, when or which.
_DEPENDENT = re.compile(
    r"(?:qui|que|qu['’]|dont|où|lequel|laquelle|lesquel(?:le)?s|quand|lorsqu|si\b|comme|bien que"
    r"|afin|de\b|du|des|d['’]|à\b|au|aux|en|dans|par|pour|sur|sous|sans|avec|chez|vers|entre|depuis"
    r"|dès|après|avant|pendant|selon|malgré|contre|y compris|ni|who|which|that|whose|where|when"
    r"|while|as|if|of|in|on|at|by|for|from|with|without|to|after|before|since|into|under|over"
    r"|nor)(?:\b|(?<=['’]))",
    re.IGNORECASE,
)
_EDGES = " \t\n\u00a0\u202f.,;:!?…—–"


class LinkedPhrase(NamedTuple):
    """A paragraph in three: what stands before the link, its words, what follows."""

    before: str
    text: str
    after: str


@lru_cache(maxsize=1024)
def linked_phrase(summary: str, link_label: str) -> LinkedPhrase | None:
    """The words of a summary that carry its link; None when none can.

    Args:
        summary: one paragraph of plain text.
        link_label: the editor's words: taken when they stand in the summary as they are.

    >>> linked_phrase("Le train roule de nouveau ; onze marchés rouvrent.", "Lire").text
    'onze marchés rouvrent'
    """
    span = _verbatim(summary, link_label) or next(_readable(summary), None)
    if span is None:
        return None
    start, end = span
    return LinkedPhrase(summary[:start], summary[start:end], summary[end:])


def _verbatim(summary: str, label: str) -> tuple[int, int] | None:
    """Where the label stands in the summary, whatever blanks typography put into either."""
    wanted = re.escape(_plain_blanks(label.strip()))
    found = re.search(rf"(?<!\w){wanted}(?!\w)", _plain_blanks(summary)) if wanted else None
    return found.span() if found else None


def _plain_blanks(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def _readable(summary: str) -> Iterator[tuple[int, int]]:
    """Clauses that suit, best first: from the last sentence to the first, the last clause of each
    or the sentence whole, what its commas part from the end, then the same at greater length."""
    for start, end in reversed(list(sentence_spans(summary))):
        last = _cut(summary, start, end, _STRONG)[-1]
        whole = [_trimmed(summary, *span) for span in (last, (start, end))]
        parted = [_trimmed(summary, *span) for span in reversed(_cut(summary, *last, _COMMA))]
        yield from (span for span in whole if _suits(summary, *span, COMFORTABLE))
        for span in parted:
            if _suits(summary, *span, LONGEST) and not _DEPENDENT.match(summary, *span):
                yield span
        yield from (span for span in whole if _suits(summary, *span, LONGEST))


def _cut(text: str, start: int, end: int, mark: re.Pattern[str]) -> list[tuple[int, int]]:
    spans, begin = [], start
    for match in mark.finditer(text, start, end):
        spans.append((begin, match.start()))
        begin = match.end()
    return [*spans, (begin, end)]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without blanks and marks at its ends, and without the word that joins it to the rest."""
    start += len(text[start:end]) - len(text[start:end].lstrip(_EDGES))
    if joining := _JOINING.match(text, start, end):
        start = joining.end()
    return start, start + len(text[start:end].rstrip(_EDGES))


def _suits(text: str, start: int, end: int, longest: int) -> bool:
    words = text[start:end]
    return (
        len(words) <= longest
        and len(_WORD.findall(words)) >= FEWEST_WORDS
        and not pair_marks(words)[1]
    )
