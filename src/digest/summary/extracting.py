"""Chooses up to three sentences of the body that together make the best summary that fits.

Every choice among the most promising candidates is weighed (`scoring`), not one sentence after
the other: what the first one says need not be said again, and a summary should have a lead's
length rather than fill its limit.
"""

from __future__ import annotations

from collections.abc import Iterable

from digest.model.content import Article, Span
from digest.summary.candidates import candidates
from digest.summary.scoring import Weighed, weigh, worth_of

#: Sentences of an extract, at most.
MOST = 3

#: With this share of the shorter one's words in common, two sentences say the same.
THE_SAME = 0.6

#: Candidates whose choices are all weighed.
PROMISING = 10


def extract(article: Article, limit: int) -> tuple[Span, ...]:
    """The spans of an extract, in the order of the text; empty when no sentence fits.

    Together, with one space between them, they have at most `limit` characters.
    """
    offered = _promising(weigh(candidates(article), article), limit)
    best = max(choices(offered, limit), key=worth_of, default=())
    return tuple(sentence.candidate.span for sentence in best)


def choices(offered: Iterable[Weighed], limit: int) -> list[tuple[Weighed, ...]]:
    """Every choice of up to `MOST` sentences that fits and keeps the rules.

    Nothing in it is said twice or leans on a sentence that is absent. `offered` is in the order of
    the text, and so is each choice.
    """
    found: list[tuple[tuple[Weighed, ...], int]] = [((), -1)]
    for sentence in offered:
        candidate = sentence.candidate
        room = limit - len(candidate.text) - 1
        found += [
            ((*choice, sentence), length + 1 + len(candidate.text))
            for choice, length in found
            if length <= room
            and len(choice) < MOST
            and (not candidate.leans or (choice and _follows(sentence, choice[-1])))
            and not any(_repeats(sentence, other) for other in choice)
        ]
    return [choice for choice, _ in found[1:]]


def _promising(weighed: list[Weighed], limit: int) -> list[Weighed]:
    """The candidates that are worth most and fit, and those that they lean on."""
    fitting = [sentence for sentence in weighed if len(sentence.candidate.text) <= limit]
    promising = sorted(fitting, key=lambda sentence: -sentence.own)[:PROMISING]
    kept = {sentence.candidate.number for sentence in promising}
    for sentence in reversed(fitting):
        if sentence.candidate.leans and sentence.candidate.number in kept:
            kept.add(sentence.candidate.number - 1)
    return [sentence for sentence in fitting if sentence.candidate.number in kept]


def _follows(sentence: Weighed, other: Weighed) -> bool:
    return sentence.candidate.number == other.candidate.number + 1


def _repeats(sentence: Weighed, other: Weighed) -> bool:
    shorter = min(len(sentence.stems), len(other.stems))
    return len(sentence.stems & other.stems) > THE_SAME * shorter
