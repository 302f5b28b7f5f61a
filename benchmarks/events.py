"""Events a second of `digest reconcile --events`, beside sqlite3's bare executemany of the same.

    python benchmarks/events.py [EVENTS]

The file is a webhook's dump, an event a line: one in fifty is a bounce that suppresses, one in a
hundred a click, one in twenty belongs to somebody else. The peer decodes the same JSON and inserts
it into one table with a unique id, without looking at a field, in WAL mode and one transaction.
Both run in turn, three times, each time into a new file; the best of each is printed, with their
ratio, and what it takes to apply the same file again.
"""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from digest.events.applying import apply
from digest.events.files import read_event_file
from digest.store.database import Database
from digest.store.tables import deliveries, dispatches, editions

ROUNDS = 3
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def generate(file: Path, number: int) -> list[str]:
    """A dump of events; returns the deliveries they are about."""
    chance = random.Random(number)
    ids = [f"{chance.getrandbits(128):032x}" for _ in range(number)]
    with file.open("w", encoding="utf-8") as stream:
        for place, id_ in enumerate(ids):
            word = "bounce" if place % 50 == 0 else "click" if place % 100 == 1 else "delivered"
            said = {
                "email": f"lecteur{place}@courrier.example",
                "timestamp": 1_795_332_720 + place % 3600,
                "event": word,
                "sg_event_id": f"{chance.getrandbits(128):x}",
                "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
                "response": "250 2.0.0 OK",
                "delivery": id_,
            }
            if word == "bounce":
                said |= {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 no such user"}
            if word == "click":
                said |= {"url": "https://example.org/detroit"}
            stream.write(json.dumps(said) + "\n")
    return [id_ for place, id_ in enumerate(ids) if place % 20 != 3]


def bare(file: Path, store: Path) -> None:
    """The peer."""
    with closing(sqlite3.connect(store)) as connection, file.open(encoding="utf-8") as stream:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE events (id TEXT PRIMARY KEY, kind, delivery, at, detail)")
        rows = (
            (one["sg_event_id"], one["event"], one["delivery"], one["timestamp"], one["response"])
            for one in map(json.loads, stream)
        )
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()


def prepared(store: Path, ids: list[str]) -> Database:
    """A store with the deliveries of an edition."""
    database = Database(f"sqlite:///{store}")
    with database.write() as connection:
        connection.execute(insert(editions).values(id="2026-W47", number=1, state="dispatched"))
        connection.execute(
            insert(dispatches).values(
                id=1,
                edition="2026-W47",
                ledger="main",
                provider="sendgrid",
                letter=b"",
                letter_hash="",
                frozen_at=NOW,
            )
        )
        row = {"dispatch_id": 1, "list": "main", "state": "accepted", "changed_at": NOW}
        readers = [
            {**row, "id": id_, "email": f"lecteur{place}@courrier.example", "token": f"{place:043}"}
            for place, id_ in enumerate(ids)
        ]
        connection.execute(insert(deliveries), readers)
    return database


def ours(database: Database, file: Path) -> float:
    """What the program does; seconds."""
    start = time.perf_counter()
    reports = (report for report in read_event_file(file, NOW) if report is not None)
    apply(database, reports, now=NOW)
    return time.perf_counter() - start


def main(number: int) -> None:
    """Run both in turn and print the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "events.ndjson"
        ids = generate(file, number)
        best = {"bare": float("inf"), "first": float("inf"), "again": float("inf")}
        for turn in range(ROUNDS):
            start = time.perf_counter()
            bare(file, folder / f"bare{turn}.db")
            best["bare"] = min(best["bare"], time.perf_counter() - start)
            with closing(prepared(folder / f"ours{turn}.db", ids)) as database:
                best["first"] = min(best["first"], ours(database, file))
                best["again"] = min(best["again"], ours(database, file))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{number:,} events, best of {ROUNDS}, peak memory {peak:.0f} MB")
    print(f"  executemany, one table, nothing follows  {number / best['bare']:>10,.0f} events/s")
    print(f"  kept and applied                         {number / best['first']:>10,.0f} events/s")
    print(f"  ratio                                    {best['bare'] / best['first']:>10.2f}")
    print(f"  the same file again                      {number / best['again']:>10,.0f} events/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
