"""What a sentence, and a choice of sentences, is worth for a summary: a sum of weighted terms.

The terms are defined here and their weights in `weights.toml`, which says what each is for.
They were learnt on OrangeSum (AFP and Orange articles with the lead their newsroom wrote) by
`benchmarks/learn_summaries.py`; `benchmarks/README.md` has the figures. Choosing is for
`extracting`.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from digest.model.content import Article
from digest.summary.candidates import Candidate
from digest.text.enclosures import OPENING_QUOTES
from digest.text.words import content_stems

#: Names of the terms, in the order in which they are computed.
SENTENCE_TERMS = (
    *("early", "depth", "title", "recurring", "nominal", "nuanced"),
    *("long_words", "opens_quoted", "names", "long"),
)
CHOICE_TERMS = ("length", "excess", "third", "repeated", "adjacent", "spread", "answered")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# French; sentences in other languages have next to none of them, all alike.
_NOMINAL = _listed("de la le l du des les d à au aux")
_NUANCED = _listed(
    """
    très autre autres certains bien aussi peut plus moins si ou soit car parce puisque quand même
    sans tandis où être y ces dont lui
    """
)
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ](?<=[\w,;:’'] .)\w")
_MOST_NAMES = 5
#: Words of a lead as newsrooms write it, and from where on more of them only dilute.
_USUAL, _ENOUGH = 35, 40


class Weighed(NamedTuple):
    """A candidate with its terms and what choices need to know of it.

    `terms` are in the order of `SENTENCE_TERMS`, `own` is their weighted sum. `answers` has a bit
    for each of the title's words in the sentence, of `asked` words.
    """

    candidate: Candidate
    terms: tuple[float, ...]
    own: float
    words: int
    stems: frozenset[str]
    answers: int
    asked: int


def weigh(candidates: Sequence[Candidate], article: Article) -> list[Weighed]:
    """The candidates of an article with what each is worth on its own."""
    language = article.language or "fr"
    bits = {stem: 1 << n for n, stem in enumerate(set(content_stems(article.title, language)))}
    stems = [frozenset(content_stems(candidate.text, language)) for candidate in candidates]
    spread = Counter(stem for of_sentence in stems for stem in of_sentence if stem not in bits)
    worth = {stem: math.log(count) for stem, count in spread.items() if count > 1}
    weights = weights_of("sentence")
    weighed = []
    for candidate, found in zip(candidates, stems, strict=True):
        answers = sum(bits[stem] for stem in found if stem in bits)
        of_title = answers.bit_count() / len(bits) if bits else 0.0
        recurring = sum(worth[stem] for stem in found if stem in worth)
        used = _words(candidate.text)
        terms = _terms(candidate, used, of_title, recurring)
        own = sum(map(float.__mul__, terms, weights))
        weighed.append(Weighed(candidate, terms, own, len(used), found, answers, len(bits)))
    return weighed


def worth_of(choice: Sequence[Weighed]) -> float:
    """What sentences, in the order of the text, are worth together."""
    of_choice = map(float.__mul__, choice_terms(choice), weights_of("choice"))
    return sum(sentence.own for sentence in choice) + sum(of_choice)


def choice_terms(choice: Sequence[Weighed]) -> tuple[float, ...]:
    """The terms of a choice, not empty and in the order of the text, as in `CHOICE_TERMS`."""
    length = repeated = adjacent = answered = 0
    for number, sentence in enumerate(choice):
        length += sentence.words
        answered |= sentence.answers
        for other in choice[:number]:
            repeated += len(sentence.stems & other.stems)
            adjacent += sentence.candidate.number == other.candidate.number + 1
    first, last = choice[0], choice[-1]
    return (
        math.sqrt(length / _USUAL),
        max(0, length - _ENOUGH) / 20,
        float(len(choice) == 3),
        repeated / 10,
        float(adjacent),
        (last.candidate.number - first.candidate.number) / 10,
        answered.bit_count() / first.asked if first.asked else 0.0,
    )


@cache
def weights_of(table: str) -> tuple[float, ...]:
    """The weights of the terms of a `sentence` or a `choice`, in the order of the terms."""
    written = tomllib.loads(files(__package__).joinpath("weights.toml").read_text("utf-8"))
    terms = SENTENCE_TERMS if table == "sentence" else CHOICE_TERMS
    return tuple(float(written[table][term]) for term in terms)


def _words(text: str) -> list[str]:
    """Its words in small letters; enough to count with, and many times as fast as reading them."""
    return text.lower().replace("'", " ").replace("’", " ").split()


def _terms(
    candidate: Candidate, used: list[str], of_title: float, recurring: float
) -> tuple[float, ...]:
    count = len(used) or 1
    return (
        1 / (1 + candidate.number / 2),
        candidate.depth,
        of_title,
        recurring / 10,
        sum(map(_NOMINAL.__contains__, used)) / count,
        sum(map(_NUANCED.__contains__, used)) / count,
        len(candidate.text) / count / 6,
        float(candidate.text[0] in OPENING_QUOTES),
        min(_MOST_NAMES, len(_NAME.findall(candidate.text))) / _MOST_NAMES,
        (count / 30) ** 2,
    )
