"""Deliveries a second by 1, 2 and 4 workers on one PostgreSQL, and their ratio to one worker.

    python benchmarks/workers.py POSTGRESQL_URL [READERS]

The URL is that of an empty database. Each worker is `digest worker`, a process of its own that is
ready before the edition is handed over; measured is from there until the last outcome is
committed. Two providers stand for the two limits: one that takes everything at once, so that
PostgreSQL and the processors decide, and a relay that answers after 20 ms on 20 connections, so
that waiting decides. Workers and database share the machine's cores, which are printed.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import scene
from sqlalchemy import func, select

from digest.config import Config, load_config
from digest.delivery import ledger
from digest.delivery.message.envelope import Envelope
from digest.model.sending import DeliveryState, Letter, Outcome, Provider, Recipient, Starting
from digest.publication import Publication
from digest.store.ledger.dispatches import remove_dispatch
from digest.store.tables import deliveries
from digest.worker import hand_over

WORKERS = (1, 2, 4)
ROUNDS = 2
SINKS = {"takes all at once": "workers:at_once", "answers after 20 ms": "workers:relay"}
CONFIG = """\
[publication]
name = "Actualités internationales"
sender = "lettre@example.org"
public_url = "https://lettre.example.org"
postal_address = "1 rue de l'Exemple, 75000 Paris"
[edition]
images = "embed"
[store]
url = "{url}"
[delivery]
provider = "{provider}"
"""


class Sink:
    """A provider that starts so many at once and accepts them after a while."""

    name = "sink"

    def __init__(self, group: int, seconds: float) -> None:
        self._group = group
        self._seconds = seconds

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Everybody is accepted."""
        for first in range(0, len(recipients), self._group):
            part = recipients[first : first + self._group]
            await starting([recipient.id for recipient in part])
            await asyncio.sleep(self._seconds)
            for recipient in part:
                yield Outcome(recipient.id, DeliveryState.ACCEPTED, detail="250 2.0.0 queued")

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """It cannot tell."""
        return []

    async def close(self) -> None:
        """Nothing to close."""


def at_once(_config: Config, _letter: Letter, _envelope: Envelope) -> Provider:
    """The factory that the settings name."""
    return Sink(100, 0.0)


def relay(_config: Config, _letter: Letter, _envelope: Envelope) -> Provider:
    """The factory that the settings name."""
    return Sink(20, 0.02)


def seconds(publication: Publication, workers: int, readers: int) -> float:
    """From handing an edition over to so many workers until its last outcome."""
    provider = publication.config.delivery.provider
    now = datetime.now(UTC)
    dispatch = scene.freeze(publication.database, scene.letter(1000), provider, now)
    command = [sys.executable, "-m", "digest", "worker", "--config", str(publication.config.file)]
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    crew = [
        subprocess.Popen(
            command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
        )
        for _ in range(workers)
    ]
    try:
        for process in crew:
            assert process.stdout is not None
            process.stdout.readline()
        start = time.perf_counter()
        hand_over(publication.database, publication.config, dispatch, now=now)
        while open_deliveries(publication):
            time.sleep(0.02)
        taken = time.perf_counter() - start
    finally:
        for process in crew:
            process.terminate()
        for process in crew:
            process.communicate()
    found = ledger.balance(publication.database, scene.EDITION, "main")
    if found.accepted != readers:
        raise SystemExit(f"not everybody was reached: {found}")
    with publication.database.write() as connection:
        remove_dispatch(connection, dispatch.id)
        connection.exec_driver_sql("DELETE FROM procrastinate_jobs")
    return taken


def open_deliveries(publication: Publication) -> int:
    """How many have no outcome yet."""
    query = select(func.count()).where(deliveries.c.state.in_(["pending", "submitting"]))
    with publication.database.read() as connection:
        return connection.scalar(query) or 0


def main(url: str, readers: int) -> None:
    """Measure and print."""
    print(f"{readers:,} readers, {os.cpu_count()} cores for the workers and PostgreSQL together")
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "config.toml"
        for turn, (label, provider) in enumerate(SINKS.items()):
            file.write_text(CONFIG.format(url=url, provider=provider), encoding="utf-8")
            publication = Publication.open(load_config(file), migrate=True)
            if turn == 0:
                with publication.database.write() as connection:
                    scene.populate(connection, readers)
                    connection.exec_driver_sql("ANALYZE")
            alone = 0.0
            for workers in WORKERS:
                taken = min(seconds(publication, workers, readers) for _ in range(ROUNDS))
                alone = alone or taken
                print(
                    f"  {label:<20}  {workers} {'worker ' if workers == 1 else 'workers'}"
                    f"  {readers / taken:>8,.0f} deliveries/s  ratio {alone / taken:5.2f}"
                )
            publication.database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
