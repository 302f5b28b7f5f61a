"""A process that dispatches to a large audience; prints how many were accepted, and the peak of its
memory in bytes.

Usage: large_child.py FILE READERS

Memory is measured in the process that sends and nothing else: readers are made in another one.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import text
from tests.delivery.world import EDITION, ENVELOPE, Scripted, freeze, open_store

from digest.delivery import ledger
from digest.delivery.running import event_loop_factory
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database

READERS = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO subscribers (id, email, name, created_at)
SELECT i, 'reader' || i || '@readers.example', 'Lecteur ' || i, :now FROM n
"""
SUBSCRIPTIONS = """
INSERT INTO subscriptions (subscriber_id, list, status, token, consent_at, changed_at)
SELECT id, 'main', 'active', lower(hex(randomblob(16))), :now, :now FROM subscribers
"""


class Relay(Scripted):
    """Takes twenty at a time, as twenty connections would."""

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Accept everybody."""
        for first in range(0, len(recipients), 20):
            ids = [recipient.id for recipient in recipients[first : first + 20]]
            await starting(ids)
            for id_ in ids:
                yield Outcome(id_, DeliveryState.ACCEPTED, "250 2.0.0 queued")


def prepare(url: str, readers: int) -> None:
    """A store with a frozen edition for so many."""
    database = open_store(url, "process")
    values = {"count": readers, "now": "2026-11-16T08:00:00.000000+00:00"}
    with database.write() as connection:
        connection.execute(text(READERS), values)
        connection.execute(text(SUBSCRIPTIONS), values)
    freeze(database)
    database.close()


def main(file: str, readers: int) -> None:
    """Prepare elsewhere, dispatch here."""
    url = f"sqlite:///{file}"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        elsewhere.submit(prepare, url, readers).result()
    database = Database(url, durability="process")
    dispatch = ledger.frozen(database, EDITION, "main")
    assert dispatch is not None
    with asyncio.Runner(loop_factory=event_loop_factory()) as runner:
        balance = runner.run(
            ledger.dispatch(
                database,
                dispatch,
                Relay(),
                ENVELOPE,
                batch=1000,
                now=lambda: datetime.now(UTC),
                progress=lambda _balance: None,
                stop=asyncio.Event(),
            )
        )
    print(balance.accepted, peak_memory())


def peak_memory() -> int:
    """Of this program alone: what getrusage tells begins with that of the process before exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
