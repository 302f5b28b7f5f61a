"""Deliveries a second through the ledger, beside the bare driver making the same commits.

    python benchmarks/ledger.py [ROWS] [POSTGRESQL_URL]

Each delivery is claimed, committed as submitting, and its outcome committed with the next start,
in groups as large as so many connections (or a request of SendGrid) make them. Ours is the whole
run: rows become recipients with their values, everything is counted, conditions are checked. The
bare driver (sqlite3, psycopg) writes the same columns of the same rows, groups and transactions,
and does nothing else. Without a URL of an empty database PostgreSQL is left out. Both take turns;
printed are medians of the rounds.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import scene
from sqlalchemy import update

from digest.delivery import ledger
from digest.delivery.running import event_loop_factory, few_collections
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database, Durability
from digest.store.tables import deliveries, editions

STAMP = "2026-11-22T07:00:00.000000+00:00"
BATCH = 1000
ROUNDS = 3
GROUPS = (1, 20, 100, 1000)
ANSWER = "250 2.0.0 Ok: queued as 4XyZ12"

CLAIM = """
SELECT d.id, d.email, d.name, d.language, d.list, d.token, d.subscribed_at FROM deliveries d
LEFT JOIN subscriptions s ON s.token = d.token
WHERE d.state = 'pending' AND d.run = '' LIMIT {limit} {lock}
"""
MARK = "UPDATE deliveries SET run = 'bare' WHERE id = {p}"
START = (
    "UPDATE deliveries SET state = 'submitting', detail = '', provider_id = 'bare', "
    "changed_at = {p} WHERE id = {p}"
)
RECORD = (
    "UPDATE deliveries SET state = 'accepted', detail = {p}, attempts = attempts + 1, "
    "changed_at = {p} WHERE id = {p}"
)


class Groups:
    """A provider that starts so many at a time and accepts everybody."""

    name = "groups"

    def __init__(self, size: int) -> None:
        self._size = size

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Accept everybody."""
        for first in range(0, len(recipients), self._size):
            ids = [recipient.id for recipient in recipients[first : first + self._size]]
            await starting(ids)
            for id_ in ids:
                yield Outcome(id_, DeliveryState.ACCEPTED, ANSWER)

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """Nothing to tell."""
        return []

    async def close(self) -> None:
        """Nothing is open."""


def fill(database: Database, rows: int) -> ledger.Dispatch:
    """Readers, an edition, and both frozen."""
    with database.write() as connection:
        scene.populate(connection, rows)
    return scene.freeze(database, scene.letter(0), "groups")


def ours(database: Database, dispatch: ledger.Dispatch, group: int) -> float:
    """Seconds of a whole run."""

    async def run() -> ledger.Balance:
        return await ledger.dispatch(
            database,
            dispatch,
            Groups(group),
            scene.ENVELOPE,
            batch=BATCH,
            now=lambda: datetime.now(UTC),
            progress=lambda _balance: None,
            stop=asyncio.Event(),
        )

    start = time.perf_counter()
    with few_collections(), asyncio.Runner(loop_factory=event_loop_factory()) as runner:
        balance = runner.run(run())
    seconds = time.perf_counter() - start
    assert balance.accepted == balance.audience, balance
    return seconds


def bare(connection: Any, group: int, begin: str, mark: str) -> float:
    """Seconds of the same commits through a driver's cursor."""
    cursor = connection.cursor()
    start = time.perf_counter()

    lock = "" if mark == "?" else "FOR UPDATE OF d SKIP LOCKED"
    while True:
        cursor.execute(begin)
        rows = cursor.execute(CLAIM.format(limit=BATCH, lock=lock)).fetchall()
        if rows:
            cursor.executemany(MARK.format(p=mark), [(row[0],) for row in rows])
        cursor.execute("COMMIT")
        if not rows:
            break
        before: Sequence[Any] = ()
        for first in range(0, len(rows) + group, group):
            now = rows[first : first + group]
            cursor.execute(begin)
            if before:
                values = [(ANSWER, STAMP, row[0]) for row in before]
                cursor.executemany(RECORD.format(p=mark), values)
            if now:
                cursor.executemany(START.format(p=mark), [(STAMP, row[0]) for row in now])
            cursor.execute("COMMIT")
            before = now
    return time.perf_counter() - start


def reset(database: Database) -> None:
    """Everybody is pending again."""
    with database.write() as connection:
        connection.execute(
            update(deliveries).values(state="pending", run="", detail="", provider_id="")
        )
        connection.execute(update(editions).values(state="dispatching"))
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("VACUUM ANALYZE deliveries")


def on_sqlite(durability: Durability, rows: int, group: int) -> tuple[float, float]:
    """Rows a second: ours, the driver's."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "digest.db"
        database = Database(f"sqlite:///{file}", durability=durability)
        dispatch = fill(database, rows)
        database.close()
        times: list[tuple[float, float]] = []
        for turn in range(ROUNDS):
            copies = [Path(name) / f"{turn}-{whose}.db" for whose in ("ours", "bare")]
            for copy in copies:
                shutil.copy(file, copy)
            database = Database(f"sqlite:///{copies[0]}", durability=durability)
            mine = ours(database, dispatch, group)
            database.close()
            connection = sqlite3.connect(copies[1], isolation_level=None)
            connection.execute(
                f"PRAGMA synchronous = {'FULL' if durability == 'power' else 'NORMAL'}"
            )
            times.append((mine, bare(connection, group, "BEGIN IMMEDIATE", "?")))
            connection.close()
    mine, other = (statistics.median(column) for column in zip(*times, strict=True))
    return rows / mine, rows / other


def on_postgresql(database: Database, dispatch: ledger.Dispatch, group: int, rows: int) -> Any:
    """Rows a second: ours, the driver's."""
    import psycopg

    times: list[tuple[float, float]] = []
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    for _turn in range(ROUNDS):
        reset(database)
        mine = ours(database, dispatch, group)
        reset(database)
        with psycopg.connect(url, autocommit=True) as connection:
            times.append((mine, bare(connection, group, "BEGIN", "%s")))
    mine, other = (statistics.median(column) for column in zip(*times, strict=True))
    return rows / mine, rows / other


def show(store: str, group: int, found: tuple[float, float]) -> None:
    """One line of the table."""
    mine, other = found
    print(f"{store:20} {group:6,} {mine:12,.0f} {other:12,.0f} {mine / other:8.2f}", flush=True)


def main() -> None:
    """Print the table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    url = sys.argv[2] if len(sys.argv) > 2 else ""
    print(f"{'store':20} {'group':>6} {'ours, rows/s':>12} {'bare driver':>12} {'ratio':>8}")
    durabilities: tuple[Durability, ...] = ("process", "power")
    for durability in durabilities:
        for group in GROUPS:
            # A commit that waits for the disk takes a thousand times as long.
            number = rows if durability == "process" else min(rows, max(group * 200, 2000))
            show(f"SQLite, {durability}", group, on_sqlite(durability, number, group))
    if url:
        database = Database(url, migrate=True)
        dispatch = fill(database, rows)
        for group in GROUPS:
            show("PostgreSQL", group, on_postgresql(database, dispatch, group, rows))


if __name__ == "__main__":
    main()
