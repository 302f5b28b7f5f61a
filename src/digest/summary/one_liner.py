"""The one sentence that tells an article's news, for "En bref": verbatim, whole, standing alone.

The newsroom's own first sentence wins; then the sentence among the first of the body that shares
most with the title and alludes to nothing before it. None is better than one that only sets the
scene: the caller has the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from digest.model.content import Article, Span, Summary, SummaryOrigin
from digest.summary.rules import broken_rules, is_complete
from digest.text import sentence_spans
from digest.text.furniture import is_furniture, without_dateline
from digest.text.words import content_stems

#: A shorter sentence is a label (“28 mai.”) or an exclamation.
SHORTEST = 40

#: Sentences of the body looked at.
_FIRST = 8
#: Share of the title's words that a sentence of the body has at least.
_OF_TITLE = 0.4
_DECAY = 0.08
_CUT_OFF = ("…", "...", "[…]", "(…)", "[...]", "(...)")
# What speaks of something told before, or long before: a surname alone, « cet inédit », « avait ».
_ALLUDES = re.compile(
    r"\b(?:M|MM|Mme|Mmes|Mlle|Mr|Mrs|Ms)\.? [A-ZÀ-ÖØ-Þ]"
    r"|\b\w+(?<![rf])(?<!souh)ai(?:en)?t\b|\bhad\b"
    r"|\b(?:ainsi|donc|également|aussi|d['’]abord|ensuite|(?:lui|elle)-même|also|instead)\b"
    r"|\b(?i:ce(?:tte|t)? (?!qu|jour|semaine|année|mois|week-end|matin|soir|nuit|printemps|été"
    r"|automne|hiver|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\w+|ces|celui|celles?|ceux"
    r"|th[eo]se|such)\b"
    r"|\A(?:Les|The) (?:deux|trois|quatre|cinq|two|three|four|\d+)\b"
    r"|\A(?:En (?:échange|outre|effet|revanche|conséquence)|De (?:plus|son|leur)|Au (?:total|final)"
    r"|Parmi|Outre|Autre|Résultat|Pour (?:sa|leur|autant|l['’])|Dans (?:la (?:matinée|soirée|foulée"
    r"|nuit)|un premier)|[ÀA] (?:noter|ce)|Depuis|Pendant ce|Entre-temps"
    r"|Selon (?:lui|elle|eux))\b"
)


def one_liner(article: Article, limit: int = 160) -> Summary:
    """One complete sentence of the article that tells its news.

    Args:
        article: the article.
        limit: characters of the sentence, at most.

    Returns:
        The sentence and the one span it stands in; origin NONE and an empty text when no
        sentence fits, stands alone and speaks of what the title announces.
    """
    chapo = _first(article.chapo, "chapo", limit)
    if chapo is not None:
        return Summary(article.chapo[chapo.start : chapo.end], SummaryOrigin.CHAPO, (chapo,))
    description = _first(article.description, "description", limit)
    if description is not None:
        text = article.description[description.start : description.end]
        return Summary(text, SummaryOrigin.DESCRIPTION, (description,))
    return _from_body(article, limit)


def _first(text: str, part: Literal["chapo", "description"], limit: int) -> Span | None:
    """The first sentence of a lead, when it can stand alone."""
    start, end = next(_sentences(text), (0, 0))
    return Span(part, 0, start, end) if _can_stand(text[start:end], limit) else None


def _from_body(article: Article, limit: int) -> Summary:
    language = article.language or "fr"
    title = set(content_stems(article.title, language))
    best, best_score = Summary("", SummaryOrigin.NONE), -1.0
    for place, span in enumerate(_first_of_body(article)):
        text = article.body[span.paragraph].text[span.start : span.end]
        shared = len(title.intersection(content_stems(text, language)))
        told = bool(title) and shared >= _OF_TITLE * len(title)
        if not told or _ALLUDES.search(text) or not _can_stand(text, limit):
            continue
        score = shared / len(title) - _DECAY * place
        if score > best_score:
            best, best_score = Summary(text, SummaryOrigin.EXTRACT, (span,)), score
    return best


def _first_of_body(article: Article) -> Iterator[Span]:
    seen = 0
    for number, paragraph in enumerate(article.body):
        if paragraph.role != "text" or is_furniture(paragraph.text):
            continue
        for start, end in _sentences(paragraph.text):
            yield Span("body", number, start, end)
            seen += 1
            if seen == _FIRST:
                return


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a text as spans, behind its dateline."""
    begin = without_dateline(text)
    for start, end in sentence_spans(text[begin:]):
        yield begin + start, begin + end


def _can_stand(sentence: str, limit: int) -> bool:
    return (
        SHORTEST <= len(sentence) <= limit
        and (sentence[0].isupper() or sentence[0].isdigit())
        and is_complete(sentence)
        and not sentence.endswith(_CUT_OFF)
        and not broken_rules(sentence, limit)
        and not is_furniture(sentence)
    )
