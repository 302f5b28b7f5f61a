"""Rows a second of `import_csv` on SQLite, beside sqlite3's bare executemany of the same rows.

    python benchmarks/import_csv.py [ROWS]

The peer reads the same file with the csv module and inserts it into one table with a unique
address, without looking at a single field, in WAL mode and one transaction. Both run in turn,
three times, each time into a new file; the best of each is printed, and their ratio.
"""

from __future__ import annotations

import csv
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from digest.store.database import Database
from digest.subscribers.exporting import COLUMNS
from digest.subscribers.importing import import_csv

ROUNDS = 3


def generate(file: Path, rows: int) -> None:
    """Fictional readers in no order."""
    chance = random.Random(rows)
    numbers = list(range(rows))
    chance.shuffle(numbers)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for number in numbers:
            writer.writerow(
                (
                    f"lecteur{number}.{chance.randrange(10**6)}@courrier{number % 97}.example",
                    f"Prénom Nom-{number}",
                    "fr",
                    "active",
                    "2025-03-12",
                    "formulaire",
                )
            )


def bare(file: Path, store: Path) -> None:
    """The peer."""
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE subscribers (email TEXT UNIQUE, name, language, status, at, source)"
        )
        with file.open(encoding="utf-8", newline="") as stream:
            rows = csv.reader(stream)
            next(rows)
            connection.executemany("INSERT INTO subscribers VALUES (?, ?, ?, ?, ?, ?)", rows)
        connection.commit()


def ours(file: Path, store: Path) -> None:
    """What the program does."""
    database = Database(f"sqlite:///{store}")
    report = import_csv(database, file, "main", now=datetime(2026, 11, 22, tzinfo=UTC))
    database.close()
    if report.added != report.rows:
        raise SystemExit(f"only {report.added} of {report.rows} rows were added")


def seconds(work: Callable[[Path, Path], None], file: Path, store: Path) -> float:
    """How long one run takes."""
    start = time.perf_counter()
    work(file, store)
    return time.perf_counter() - start


def main(rows: int) -> None:
    """Run both in turn and print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "readers.csv"
        generate(file, rows)
        best = {"bare": float("inf"), "ours": float("inf")}
        for turn in range(ROUNDS):
            for label, work in (("bare", bare), ("ours", ours)):
                taken = seconds(work, file, folder / f"{label}{turn}.db")
                best[label] = min(best[label], taken)
        size = file.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows:,} rows, {size:.0f} MB, best of {ROUNDS}, peak memory {peak:.0f} MB")
    print(f"  executemany, one table, no check  {rows / best['bare']:>10,.0f} rows/s")
    print(f"  digest subscribers import         {rows / best['ours']:>10,.0f} rows/s")
    print(f"  ratio                             {best['bare'] / best['ours']:>10.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
