"""How well and how fast text is split into sentences, against a naive splitter and a limit.

The naive splitter ends a sentence at a full stop, question mark, exclamation mark or ellipsis
before a blank and a capital letter, a digit or an opening quotation mark: what most tools do
without rules for abbreviations and quotations. Finding all words with one compiled expression is
about the least that any reading of a text costs in Python. Run it from the repository:
`.venv/bin/python benchmarks/sentences.py [TEXT] [ITEMS ...]`; an item is a line with "|" at each
boundary.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from digest.text import sentences

SAMPLE = """M. Arnoux a reçu Mme Delvaux vendredi à 9 h 30, au port de l'Aval. « Nous partons. Rien
ne nous retient », a-t-elle dit. Selon l'O.M.R., le trafic a reculé de 3,4 % à 2.095 navires, contre
2.168 en 2025. Qui paiera les dragues ? Le traité (signé en 1994) ne le dit pas… Les armateurs,
les pilotes, les lamaneurs, etc., se réuniront le 12 janv. 2027. Robert Fields Jr. y sera.
""".replace("\n", " ")
ITEMS = Path(__file__).parents[1] / "tests" / "text" / "sentences.txt"
NAIVE = re.compile(r"(?<=[.!?…])[»”\"]?\s+(?=[A-ZÀ-ÖØ-Þ0-9«“\"])")

Splitter = Callable[[str], list[str]]


def best_seconds(work: Callable[[], object], times: int = 5) -> float:
    """The shortest of several runs."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found)


def gold(lines: Iterable[str]) -> list[list[str]]:
    """The sentences of each item; titles of classes, comments and labels are left out."""
    items = [line.strip() for line in lines if line.strip() and line[0] != "[" and line[:2] != "# "]
    return [re.sub(r"\A[A-Z]#", "", item).split("|") for item in items]


def boundaries(parts: Iterable[str]) -> set[int]:
    """Where sentences end, counted in characters that are no blanks."""
    ends, position = set(), 0
    for part in parts:
        position += len(re.sub(r"\s", "", part))
        ends.add(position)
    return ends - {position}


def f1(split: Splitter, items: list[list[str]]) -> float:
    """The F1 of the boundaries found within the items."""
    right = found_in_all = gold_in_all = 0
    for parts in items:
        found, expected = boundaries(split(" ".join(parts))), boundaries(parts)
        right += len(found & expected)
        found_in_all += len(found)
        gold_in_all += len(expected)
    return 2 * right / (found_in_all + gold_in_all)


def main() -> None:
    """Measure and print F1, megabytes a second and the ratios."""
    named = sys.argv[1:]
    text = Path(named[0]).read_text(encoding="utf-8") if named else (SAMPLE * 3 + "\n") * 1_000
    for path in (ITEMS, *map(Path, named[1:])):
        items = gold(path.read_text(encoding="utf-8").splitlines())
        ours, naive = f1(sentences, items), f1(NAIVE.split, items)
        print(f"{path.name}: {len(items)} items, F1 {ours:.3f}, naive {naive:.3f}")
    megabytes = len(text.encode()) / 1e6
    word = re.compile(r"\w+")
    seconds = best_seconds(lambda: sentences(text))
    naive_seconds = best_seconds(lambda: NAIVE.split(text))
    limit = best_seconds(lambda: word.findall(text))
    print(f"{megabytes:.1f} MB, {len(sentences(text)):,} sentences")
    print(f"sentences  {megabytes / seconds:6.1f} MB/s")
    print(f"naive      {megabytes / naive_seconds:6.1f} MB/s")
    print(f"words      {megabytes / limit:6.1f} MB/s (limit: re.findall)")
    print(f"ratio      {seconds / limit:6.2f} times the limit's time")


if __name__ == "__main__":
    main()
