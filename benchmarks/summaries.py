"""How close extracts come to the leads that a newsroom wrote, against two ways to make them.

ROUGE-1, -2 and -L of the body's extract against the published chapô, which the extract never
sees. Peers: the lead sentences that fit, and a formula of three terms (position, overlap with the
title, openings) with the same hard rules. Run it from the repository, with a file of one JSON
object a line (`title`, `body`: list of paragraphs, `chapo`):
`.venv/bin/python benchmarks/summaries.py FILE`. ROUGE: C.-Y. Lin, "ROUGE: A Package for Automatic
Evaluation of Summaries" (2004), F1, unstemmed.
"""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from digest.model.content import Article, Paragraph
from digest.summary import broken_rules, summarise
from digest.summary.candidates import Candidate, candidates
from digest.text import sentences
from digest.text.enclosures import OPENING_QUOTES
from digest.text.words import content_stems

#: Characters of a summary.
LIMITS = (160, 280, 400)

_TOKEN = re.compile(r"[0-9a-zà-ÿœæ]+")
_MOST = 3
_DRAWS = 1000


class Rouge(NamedTuple):
    """F1 of single words, pairs of words, longest common subsequence; 0 to 100."""

    one: float
    two: float
    longest: float


class Reference:
    """A lead as it was published, to compare summaries with."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self._words = Counter(self.tokens)
        self._pairs = Counter(pairwise(self.tokens))
        self._places: dict[str, int] = {}
        for place, token in enumerate(self.tokens):
            self._places[token] = self._places.get(token, 0) | 1 << place

    def rouge(self, text: str) -> Rouge:
        """How much of the lead `text` has."""
        tokens = _tokens(text)
        pairs = Counter(pairwise(tokens))
        sizes = len(tokens) + len(self.tokens)
        return Rouge(
            _f1((Counter(tokens) & self._words).total(), sizes),
            _f1((pairs & self._pairs).total(), sizes - 2),
            _f1(self._common_subsequence(tokens), sizes),
        )

    def _common_subsequence(self, tokens: Sequence[str]) -> int:
        """Its length, by bit-parallel dynamic programming (Hyyrö 2004)."""
        whole = (1 << len(self.tokens)) - 1
        row = whole
        for token in tokens:
            matches = row & self._places.get(token, 0)
            row = (row + matches | row - matches) & whole
        return len(self.tokens) - row.bit_count()


class Example(NamedTuple):
    """An article without its lead, and the lead."""

    article: Article
    reference: Reference


def read_examples(path: Path) -> list[Example]:
    """The examples of a file, one JSON object a line."""
    examples = []
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        body = tuple(Paragraph(text) for text in row["body"])
        article = Article("file", row.get("url", ""), row["title"], body=body, language="fr")
        examples.append(Example(article, Reference(row["chapo"])))
    return examples


def lead(article: Article, limit: int) -> str:
    """The first sentences of the body, up to three, as many as fit."""
    taken: list[str] = []
    for paragraph in article.body:
        for sentence in sentences(paragraph.text):
            if len(taken) == _MOST or len(" ".join([*taken, sentence])) > limit:
                return " ".join(taken)
            taken.append(sentence)
    return " ".join(taken)


def lead_or_over(article: Article, limit: int) -> str:
    """The same, but always the first sentence, even where it is over the limit."""
    return lead(article, limit) or next(
        (found for paragraph in article.body for found in sentences(paragraph.text)), ""
    )


def three_terms(article: Article, limit: int) -> str:
    """The best sentences one by one by position, overlap with the title and openings."""
    offered = {candidate.number: candidate for candidate in candidates(article)}
    title = set(content_stems(article.title, article.language))
    chosen: dict[int, Candidate] = {}
    for candidate in sorted(offered.values(), key=lambda c: -_three_terms(c, title)):
        added = {candidate.number: candidate}
        first: Candidate | None = candidate
        while first and first.leans and first.number - 1 not in chosen:
            first = offered.get(first.number - 1)
            added |= {first.number: first} if first else {}
        together = {**chosen, **added}
        length = sum(len(c.text) + 1 for c in together.values()) - 1
        if first and len(together) <= _MOST and length <= limit:
            chosen = together
    return " ".join(chosen[index].text for index in sorted(chosen))


def _three_terms(candidate: Candidate, title: set[str]) -> float:
    shared = len(title.intersection(content_stems(candidate.text)))
    return (
        0.55 / (1 + 0.5 * candidate.number)
        + (shared / len(title) if title else 0.0)
        - 0.3 * (candidate.text[0] in OPENING_QUOTES)
        - 0.15 * candidate.leans
    )


def ours(article: Article, limit: int) -> str:
    """What the newsletter prints."""
    return summarise(article, limit).text


SYSTEMS: dict[str, Callable[[Article, int], str]] = {
    "lead that fits": lead,
    "lead, may overflow": lead_or_over,
    "three terms": three_terms,
    "digest": ours,
}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of a mean, by the bootstrap, always the same for the same values."""
    draw = random.Random(1)
    means = sorted(fmean(draw.choices(values, k=len(values))) for _ in range(_DRAWS))
    return means[int(0.025 * _DRAWS)], means[int(0.975 * _DRAWS)]


def main() -> None:
    """Measure and print each system at each limit, then the ratios."""
    if len(sys.argv) != 2:
        sys.exit("usage: summaries.py FILE (title, body and chapo in one JSON object a line)")
    examples = read_examples(Path(sys.argv[1]))
    print(f"{len(examples):,} articles\n")
    print(f"{'':24}{'R1':^20}{'R2':^20}{'RL':^20}characters  articles/s  empty  rules broken")
    for limit in LIMITS:
        means: dict[str, Rouge] = {}
        for name, system in SYSTEMS.items():
            begun = time.process_time()
            texts = [system(example.article, limit) for example in examples]
            speed = len(examples) / (time.process_time() - begun)
            scores = [e.reference.rouge(text) for e, text in zip(examples, texts, strict=True)]
            columns = list(zip(*scores, strict=True))
            means[name] = Rouge(*map(fmean, columns))
            shown = "".join(
                f"{fmean(column):6.2f} ({low:5.2f}-{high:5.2f})"
                for column in columns
                for low, high in [interval(column)]
            )
            broken = sum(bool(broken_rules(text, limit)) for text in texts)
            print(
                f"{limit:4} {name:19}{shown}{fmean(map(len, texts)):9.0f}{speed:12,.0f}"
                f"{sum(not text for text in texts):8}{broken:10}"
            )
        for peer in list(SYSTEMS)[:-1]:
            ratios = (a / b for a, b in zip(means["digest"], means[peer], strict=True))
            print(f"     digest / {peer:19}" + "".join(f"{ratio:6.3f}" for ratio in ratios))
        print()


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def _f1(shared: int, sizes: int) -> float:
    return 200 * shared / sizes if sizes > 0 else 0.0


if __name__ == "__main__":
    main()
