"""The sentences of a body that may stand in a summary, by the hard rules; none is judged here.

Pull-quotes, their attributions, subheads, furniture, datelines, pieces of a longer speech and
fragments never may. What the rules are is for `rules` to say, what the rest is worth for
`scoring`.
"""

from __future__ import annotations

from typing import NamedTuple

from digest.model.content import Article, Span
from digest.summary.rules import leans_back, stands_alone
from digest.summary.speech import speeches
from digest.text import sentence_spans
from digest.text.furniture import is_furniture, without_dateline

#: Sentences of a body looked at: what comes later is no summary.
HORIZON = 20

_SHORTEST = 25
_LIST_MARKS = "-–—•●▪►▶■·*>→"


class Candidate(NamedTuple):
    """A sentence that may be taken.

    `number` counts the body's sentences from 0, `depth` is the share of the body's characters
    before it, and `leans` says that it may only follow the sentence before it, `number - 1`.
    """

    number: int
    span: Span
    text: str
    depth: float
    leans: bool


def candidates(article: Article) -> list[Candidate]:
    """The candidates of an article's body, in the order of the text."""
    paragraphs = [paragraph.text for paragraph in article.body]
    whole = sum(map(len, paragraphs))
    spoken = speeches(paragraphs)
    found: list[Candidate] = []
    count = before = 0
    for place, paragraph in enumerate(article.body):
        text = paragraph.text
        if paragraph.role != "text":
            count += 1  # nothing leans across a subhead or a pull-quote
        else:
            begin = 0 if found else without_dateline(text)  # it opens an article
            for start, end in sentence_spans(text[begin:] if begin else text):
                span = Span("body", place, begin + start, begin + end)
                sentence = text[span.start : span.end]
                if _may_be_taken(sentence, span, spoken[place]):
                    depth = (before + span.start) / whole
                    found.append(Candidate(count, span, sentence, depth, leans_back(sentence)))
                count += 1
        before += len(text)
        if count >= HORIZON:
            break
    return found


def _may_be_taken(sentence: str, span: Span, spoken: tuple[int, int]) -> bool:
    return (
        len(sentence) >= _SHORTEST
        and sentence[0] not in _LIST_MARKS
        and not (span.start < spoken[1] and spoken[0] < span.end)
        and stands_alone(sentence)
        and not is_furniture(sentence)
    )
