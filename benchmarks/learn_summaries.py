"""Learns the weights of summaries from leads that a newsroom wrote, and says how well they hold.

For every article all choices of sentences that fit are compared with its lead. The weights raise
the ROUGE that is to be expected when a choice is taken with a probability that grows with its
worth (softmax), over all choices and limits at once; they are kept small (ridge). Adam
(D. P. Kingma, J. Ba, 2015) in a fixed order: the same file gives the same weights. Run it from the
repository: `.venv/bin/python benchmarks/learn_summaries.py FILE --folds 5` for cross-validated
figures, `… FILE --write` to learn from the whole file and write `src/digest/summary/weights.toml`.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence
from operator import mul
from pathlib import Path
from statistics import fmean, pstdev
from typing import NamedTuple

import tomlkit
from summaries import LIMITS, Example, Rouge, interval, read_examples
from tomlkit.items import Table

from digest.summary.candidates import candidates
from digest.summary.extracting import choices
from digest.summary.scoring import CHOICE_TERMS, SENTENCE_TERMS, Weighed, choice_terms, weigh

WEIGHTS = Path(__file__).parents[1] / "src/digest/summary/weights.toml"

#: Candidates of an article that are combined: those that come early and share most with the title.
OFFERED = 16
_EARLY, _TITLE = SENTENCE_TERMS.index("early"), SENTENCE_TERMS.index("title")

_EPOCHS, _BATCH, _RATE, _RIDGE = 14, 64, 0.06, 0.02
#: How much one point of ROUGE counts against the ridge.
_SHARPNESS = 1.0

Weights = list[float]


class Lesson(NamedTuple):
    """The choices that fit one limit in one article: their terms, and what each one reaches."""

    terms: list[tuple[float, ...]]
    reached: list[Rouge]


#: One article at every limit.
Lessons = list[Lesson]


def lessons_of(example: Example) -> Lessons:
    """What can be learnt from an article."""
    weighed = weigh(candidates(example.article), example.article)
    return [_lesson(example, weighed, limit) for limit in LIMITS]


def _lesson(example: Example, weighed: Sequence[Weighed], limit: int) -> Lesson:
    fitting = [sentence for sentence in weighed if len(sentence.candidate.text) <= limit]
    best = sorted(fitting, key=lambda s: -s.terms[_EARLY] / 2 - s.terms[_TITLE])[:OFFERED]
    offered = sorted(best, key=lambda s: s.candidate.number)
    terms, reached = [], []
    for choice in choices(offered, limit):
        own = map(sum, zip(*(sentence.terms for sentence in choice), strict=True))
        terms.append((*own, *choice_terms(choice)))
        text = " ".join(sentence.candidate.text for sentence in choice)
        reached.append(example.reference.rouge(text))
    return Lesson(terms, reached)


def learn(articles: Sequence[Lessons]) -> Weights:
    """The weights for terms of unit spread."""
    size = len(SENTENCE_TERMS) + len(CHOICE_TERMS)
    weights, speed, square = [0.0] * size, [0.0] * size, [0.0] * size
    order = list(range(len(articles)))
    draw = random.Random(1)
    step = 0
    for epoch in range(_EPOCHS):
        draw.shuffle(order)
        rate = _RATE * (1 - epoch / _EPOCHS)
        for start in range(0, len(order), _BATCH):
            batch = [lesson for n in order[start : start + _BATCH] for lesson in articles[n]]
            slope = [-_RIDGE * weight for weight in weights]
            for lesson in batch:
                _add_slope(slope, lesson, weights, 1 / len(batch))
            step += 1
            for n, along in enumerate(slope):
                speed[n] = 0.9 * speed[n] + 0.1 * along
                square[n] = 0.99 * square[n] + 0.01 * along * along
                root = math.sqrt(square[n] / (1 - 0.99**step)) + 1e-9
                weights[n] += rate * speed[n] / (1 - 0.9**step) / root
    return weights


def _add_slope(slope: list[float], lesson: Lesson, weights: Weights, share: float) -> None:
    """How the ROUGE to be expected of a lesson grows with each weight."""
    if len(lesson.terms) < 2:
        return
    worths = [sum(map(mul, terms, weights)) for terms in lesson.terms]
    highest = max(worths)
    chances = [math.exp(worth - highest) for worth in worths]
    whole = sum(chances)
    gains = [_SHARPNESS * fmean(rouge) for rouge in lesson.reached]
    expected = sum(map(mul, chances, gains)) / whole
    for terms, chance, gain in zip(lesson.terms, chances, gains, strict=True):
        pull = share * chance / whole * (gain - expected)
        if abs(pull) > 1e-9:
            slope[:] = [along + pull * term for along, term in zip(slope, terms, strict=True)]


def spreads(articles: Sequence[Lessons]) -> list[float]:
    """The standard deviation of each term over all choices."""
    rows = [terms for lessons in articles for lesson in lessons for terms in lesson.terms]
    return [pstdev(column) or 1.0 for column in zip(*rows, strict=True)]


def scaled(articles: Sequence[Lessons], by: Sequence[float]) -> list[Lessons]:
    """The same lessons with every term divided by its spread."""
    return [
        [
            Lesson(
                [tuple(t / s for t, s in zip(terms, by, strict=True)) for terms in lesson.terms],
                lesson.reached,
            )
            for lesson in lessons
        ]
        for lessons in articles
    ]


def cross_validated(articles: Sequence[Lessons], folds: int) -> list[list[Rouge]]:
    """What is reached at each limit with weights that were learnt without the article."""
    fold_of = [n % folds for n in range(len(articles))]
    random.Random(1).shuffle(fold_of)
    reached = [[Rouge(0, 0, 0)] * len(articles) for _ in LIMITS]
    for fold in range(folds):
        rest = [lessons for lessons, n in zip(articles, fold_of, strict=True) if n != fold]
        weights = learn(rest)
        for number, lessons in enumerate(articles):
            if fold_of[number] == fold:
                for at_limit, lesson in zip(reached, lessons, strict=True):
                    at_limit[number] = _taken(lesson, weights)
    return reached


def _taken(lesson: Lesson, weights: Weights) -> Rouge:
    worths = [sum(map(mul, terms, weights)) for terms in lesson.terms]
    return lesson.reached[worths.index(max(worths))] if worths else Rouge(0, 0, 0)


def write(weights: Sequence[float]) -> None:
    """Put the weights into the file of the summary room, which keeps its comments."""
    document = tomlkit.parse(WEIGHTS.read_text(encoding="utf-8"))
    named = zip((*SENTENCE_TERMS, *CHOICE_TERMS), weights, strict=True)
    for name, weight in named:
        table = document["sentence" if name in SENTENCE_TERMS else "choice"]
        assert isinstance(table, Table)
        table[name] = round(weight, 2)
    WEIGHTS.write_text(tomlkit.dumps(document), encoding="utf-8")


def main() -> None:
    """Print cross-validated figures, or write the weights."""
    options = argparse.ArgumentParser(description="Learn the weights of summaries.")
    options.add_argument("file", type=Path, help="title, body and chapo in one JSON object a line")
    wanted = options.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--folds", type=int, help="cross-validate in so many parts")
    wanted.add_argument("--write", action="store_true", help="write weights.toml")
    chosen = options.parse_args()
    articles = [lessons_of(example) for example in read_examples(chosen.file)]
    by = spreads(articles)
    articles = scaled(articles, by)
    if chosen.write:
        write([weight / spread for weight, spread in zip(learn(articles), by, strict=True)])
        return
    for limit, scores in zip(LIMITS, cross_validated(articles, chosen.folds), strict=True):
        columns = list(zip(*scores, strict=True))
        shown = (
            f"{fmean(column):.2f} ({low:.2f}-{high:.2f})"
            for column in columns
            for low, high in [interval(column)]
        )
        print(f"{limit}: " + "  ".join(shown))


if __name__ == "__main__":
    main()
