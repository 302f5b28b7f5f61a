"""Processor time and memory of selecting a large week, beside reading its articles once.

    python benchmarks/selection.py [ARTICLES [FILE.jsonl]]

Every section is wanted, which is the worst case: each article is compared with all others. The
peers are limits: finding the words of every text once, and holding the articles without their
bodies. Each runs in a process of its own, reading the same made-up articles from a generator
(invented words as frequent as French ones, a fifth republished with other words in places); with
FILE, an article a line (`title`, `chapo`, `body`), they are made of those, with words exchanged.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from zoneinfo import ZoneInfo

from digest.config.settings import SelectionSettings
from digest.model.content import Article, Paragraph, Verdict
from digest.selection import select, tally, week_window

WEEK = week_window("2026-W46", ZoneInfo("Europe/Paris"))
BODY = 2_850
FREQUENT = (
    "de la le les l et des d en à du un dans a que pour une est qui par sur au il plus avec ce pas "
    "ne se son sont mais été ont ou sa cette on selon après aux ses entre comme président deux ans "
    "pays contre leur fait était être même elle millions avait nous ministre où sous lors monde"
)


def articles(count: int, file: str) -> Iterator[Article]:
    """The week's articles, one at a time; the same ones in every process."""
    chance = random.Random(20261109)
    for number, (title, chapo, body) in enumerate(_texts(chance, count, file)):
        yield Article(
            source=f"journal{number % 23}",
            url=f"https://journal{number % 23}.example/monde/article-{number}",
            title=title,
            published=WEEK.start + timedelta(seconds=chance.randrange(7 * 86_400)),
            chapo=chapo,
            body=tuple(map(Paragraph, body)),
            language="fr",
        )


def _texts(chance: random.Random, count: int, file: str) -> Iterator[tuple[str, str, list[str]]]:
    given = []
    if file:
        with Path(file).open(encoding="utf-8") as lines:
            given = [json.loads(line) for line in lines]
    invented = _Language(chance)
    title, chapo, body = "", "", [""]
    for number in range(count):
        if given:
            row = given[number % len(given)]
            changed = 0.0 if number < len(given) else 0.3
            yield (
                invented.altered(row["title"], changed),
                invented.altered(row["chapo"], changed),
                [invented.altered(paragraph, changed) for paragraph in row["body"]],
            )
        elif number % 5 == 4:
            yield title, invented.altered(chapo, 0.3), [invented.altered(t, 0.02) for t in body]
        else:
            title, chapo = invented.prose(80), invented.prose(220)
            body = [invented.prose(BODY // 8) for _ in range(8)]
            yield title, chapo, body


class _Language:
    """Invented words, the n-th n times rarer than the first (Zipf)."""

    def __init__(self, chance: random.Random) -> None:
        parts = [
            "ba",
            "cor",
            "di",
            "fal",
            "gue",
            "lin",
            "mo",
            "nar",
            "pe",
            "ro",
            "sti",
            "tur",
            "ve",
        ]
        self.chance = chance
        self.words = [*FREQUENT]
        self.words += [
            "".join(chance.choices(parts, k=chance.randint(2, 4))) for _ in range(30_000)
        ]
        self.weights = list(accumulate(1 / (rank + 2) for rank in range(len(self.words))))

    def prose(self, characters: int) -> str:
        words = self.chance.choices(self.words, cum_weights=self.weights, k=characters // 4)
        return " ".join(words)[:characters].capitalize() + "."

    def altered(self, text: str, part: float) -> str:
        if not part:
            return text
        words = text.split()
        for place in range(len(words)):
            if self.chance.random() < part:
                words[place] = self.chance.choices(self.words, cum_weights=self.weights)[0]
        return " ".join(words)


def read_words(count: int, file: str) -> str:
    """The limit in time: every word of every text is found once."""
    word = re.compile(r"\w+")
    return f"{sum(len(word.findall(article.text)) for article in articles(count, file)):,} words"


def hold_light(count: int, file: str) -> str:
    """The limit in memory: the articles without bodies."""
    return f"{len([article.light for article in articles(count, file)]):,} articles"


def choose(count: int, file: str) -> str:
    """The selection."""
    decisions = select(
        articles(count, file),
        WEEK,
        SelectionSettings(sections=()),
        language="fr",
        now=WEEK.end,
        source_weights={},
        published={},
        choices={},
    )
    if sum(decision.verdict is Verdict.STORY for decision in decisions) != 7:
        raise SystemExit("the selection did not find seven stories")
    return tally(decisions)


def nothing(count: int, file: str) -> str:
    """What making the articles costs, to be taken off."""
    return f"{sum(1 for _ in articles(count, file)):,} articles"


def measured(work: Callable[[int, str], str], count: int, file: str) -> tuple[float, float, str]:
    """Seconds of one core, peak memory in MB, and what the work found."""
    start = time.process_time()
    found = work(count, file)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.process_time() - start, peak, found


def alone(work: Callable[[int, str], str], count: int, file: str) -> tuple[float, float, str]:
    """The same in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(measured, work, count, file).result()


def main() -> None:
    """Run each in turn and print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    file = sys.argv[2] if len(sys.argv) > 2 else ""
    making, bare, _ = alone(nothing, count, file)
    print(f"{count:,} articles; made in {making:.1f} s, which is taken off below")
    figures = {}
    for label, work in (("words", read_words), ("light", hold_light), ("select", choose)):
        seconds, peak, found = alone(work, count, file)
        figures[label] = (max(seconds - making, 0.001), peak)
        print(f"  {label:<7} {seconds - making:6.2f} s  {peak:5.0f} MB at most  ({found})")
    seconds, peak = figures["select"]
    print(f"  select  {count / seconds:,.0f} articles/s")
    print(f"  ratio   {seconds / figures['words'][0]:.1f} times finding every word once")
    print(f"  memory  {peak - figures['light'][1]:.0f} MB more than holding the articles;")
    print(f"          the interpreter with the selection alone takes {bare:.0f} MB")


if __name__ == "__main__":
    main()
