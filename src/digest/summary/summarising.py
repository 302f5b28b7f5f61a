"""Order of preference: published chapô > the feed's description > verbatim extract.

A third of a chapô's content words do not occur in the body, so the newsroom's own lead always
wins over extraction. Each is used only in whole sentences that fit. A description that was cut
off comes last: its whole sentences are still better than no summary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from digest.model.content import Article, Span, Summary, SummaryOrigin
from digest.summary.extracting import extract
from digest.summary.rules import is_balanced, is_complete
from digest.text import sentence_spans
from digest.text.endings import is_cut_off

#: A lead of fewer characters is a label (“28 mai”), not a lead.
SHORTEST_LEAD = 60

# What blogs append to every description.
_APPENDED = re.compile(
    r"(?:l['’]article|the post|cet article)\b.+\b(?:est apparu en premier|appeared first)\b",
    re.IGNORECASE,
)


def summarise(article: Article, limit: int = 400) -> Summary:
    """Summarise an article in its own words.

    Args:
        article: the article.
        limit: characters of the summary, at most.

    Returns:
        Whole sentences and the spans they stand in, which joined by one space give the text;
        origin NONE and an empty text when nothing fits.
    """
    for origin, spans in _offers(article, limit):
        if spans:
            text = " ".join(text_of(article, span) for span in spans)
            return Summary(text, origin, spans)
    return Summary("", SummaryOrigin.NONE)


def text_of(article: Article, span: Span) -> str:
    """The words of the article that a span stands for."""
    if span.part == "body":
        whole = article.body[span.paragraph].text
    else:
        whole = article.chapo if span.part == "chapo" else article.description
    return whole[span.start : span.end]


def _offers(article: Article, limit: int) -> Iterator[tuple[SummaryOrigin, tuple[Span, ...]]]:
    yield SummaryOrigin.CHAPO, _lead(article.chapo, "chapo", limit)
    cut_off = is_cut_off(article.description)
    description = _lead(article.description, "description", limit)
    if not cut_off:
        yield SummaryOrigin.DESCRIPTION, description
    yield SummaryOrigin.EXTRACT, extract(article, limit)
    if cut_off:
        yield SummaryOrigin.DESCRIPTION, description


def _lead(text: str, part: Literal["chapo", "description"], limit: int) -> tuple[Span, ...]:
    """The first sentences of a lead that fit; none when it is no real lead."""
    chosen: list[Span] = []
    length = -1
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        length += 1 + end - start
        unfinished = part == "description" and is_cut_off(sentence)
        if length > limit or unfinished or not is_complete(sentence) or _APPENDED.match(sentence):
            break
        chosen.append(Span(part, 0, start, end))
    while chosen and not is_balanced(" ".join(text[s.start : s.end] for s in chosen)):
        chosen.pop()
    lead_length = sum(1 + span.end - span.start for span in chosen) - 1
    return tuple(chosen) if lead_length >= SHORTEST_LEAD else ()
