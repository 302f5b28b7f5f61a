"""How fast text is split into sentences, against finding the words of the same text.

Finding all words with one compiled expression is about the least that any reading of a text
costs in Python; the ratio says how much more the rules for sentences cost. Run it from the
repository: `.venv/bin/python benchmarks/sentences.py [FILE]`.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from digest.text import sentences

SAMPLE = """M. Arnoux a reçu Mme Delvaux vendredi à 9 h 30, au port de l'Aval. « Nous partons. Rien
ne nous retient », a-t-elle dit. Selon l'O.M.R., le trafic a reculé de 3,4 % à 2.095 navires, contre
2.168 en 2025. Qui paiera les dragues ? Le traité (signé en 1994) ne le dit pas… Les armateurs,
les pilotes, les lamaneurs, etc., se réuniront le 12 janv. 2027. Robert Fields Jr. y sera.
""".replace("\n", " ")


def best_seconds(work: Callable[[], object], times: int = 5) -> float:
    """The shortest of several runs."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found)


def main() -> None:
    """Measure and print megabytes a second and the ratio."""
    named = sys.argv[1:]
    text = Path(named[0]).read_text(encoding="utf-8") if named else (SAMPLE * 3 + "\n") * 1_000
    megabytes = len(text.encode()) / 1e6
    word = re.compile(r"\w+")
    ours = best_seconds(lambda: sentences(text))
    limit = best_seconds(lambda: word.findall(text))
    print(f"{megabytes:.1f} MB, {len(sentences(text)):,} sentences")
    print(f"sentences  {megabytes / ours:6.1f} MB/s")
    print(f"words      {megabytes / limit:6.1f} MB/s (limit: re.findall)")
    print(f"ratio      {ours / limit:6.2f} times the limit's time")


if __name__ == "__main__":
    main()
