"""Several workers on one PostgreSQL, killed at random while they send; somebody else counts.

`kill_workers` is the measure; the tests run it briefly, `python -m tests.prove` at length.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select
from tests.delivery.world import EDITION, NOW, add_readers, make_letter
from tests.prove.sending import weigh
from tests.prove.witnesses import witness
from tests.worker.world import open_publication, received, start_worker

from digest.delivery import ledger
from digest.publication import Publication
from digest.store.ledger import dispatches as queries
from digest.store.tables import deliveries
from digest.worker import hand_over

#: Seconds after which a round that does not end has lost somebody.
PATIENCE = 60

#: To a relay: connections of a worker, and so outcomes that it may leave unknown.
CONNECTIONS = 2

#: Lines for `[delivery]` that lead to a relay on loopback.
RELAY = """\
provider = "smtp"

[delivery.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
connections = {connections}
"""


@dataclass(frozen=True, slots=True)
class Killed:
    """What came of it. `in_flight` is how many outcomes the kills could leave unknown at most,
    `worst` how many one of them left; `seed` draws the same moments again."""

    seed: int
    kills: int = 0
    sent: int = 0
    duplicates: int = 0
    lost: int = 0
    unknown: int = 0
    in_flight: int = 0
    worst: int = 0
    rounds: int = 0


def drawn_seed() -> int:
    """What the moments of kills are drawn from: `DIGEST_KILL_SEED`, or another one every time."""
    return int(os.environ.get("DIGEST_KILL_SEED") or time.time_ns())


def kill_workers_at_a_relay(
    url: str, folder: Path, *, kills: int, seed: int, readers: int = 2000
) -> Killed:
    """The same with two workers and a relay that writes down what it takes."""
    with witness("smtp", folder / "accepted") as relay:
        return kill_workers(
            url,
            folder,
            readers=readers,
            kills=kills,
            workers=2,
            seed=seed,
            delivery=RELAY.format(port=relay.port, connections=CONNECTIONS),
            provider="smtp",
            connections=CONNECTIONS,
            taken=lambda: relay.accepted,
        )


def kill_workers(
    url: str,
    folder: Path,
    *,
    readers: int = 2000,
    kills: int = 6,
    workers: int = 3,
    seed: int = 0,
    delivery: str = "",
    provider: str = "outbox",
    connections: int = 0,
    taken: Callable[[], Counter[str]] | None = None,
) -> Killed:
    """Send an edition again and again, killing workers, until so many were killed.

    Args:
        url: an empty database on PostgreSQL.
        delivery: lines for `[delivery]`, and tables after it; an outbox in `folder` otherwise.
        connections: outcomes that one killed worker may leave unknown; none with the outbox.
        taken: copies that somebody really has, by the delivery's id; the outbox's files otherwise.

    Raises:
        TimeoutError: a round did not end: somebody was lost, or nobody went on.
    """
    chance = random.Random(seed)
    publication = open_publication(url, folder, more=delivery)
    add_readers(publication.database, range(readers))
    crew = [_Worker(folder / "config.toml") for _ in range(workers)]
    result, seen = Killed(seed), Counter[str]()
    taken = taken or (lambda: received(folder / "outbox"))
    try:
        while result.kills < kills:
            dispatch = _freeze(publication, provider)
            handed = hand_over(
                publication.database,
                publication.config,
                dispatch,
                now=dispatch.frozen_at,
                late=True,
                shards=4 * workers,
            )
            assert handed.shards == 4 * workers
            struck = _strike(publication, crew, chance, kills - result.kills)
            _wait_until_served(publication)
            before, seen = seen, taken()
            result = _counted(
                publication,
                replace(result, kills=result.kills + struck, rounds=result.rounds + 1),
                seen - before,
            )
            _wait_until_idle(publication)
            with publication.database.write() as connection:
                queries.remove_dispatch(connection, dispatch.id)
    except BaseException as error:
        error.add_note(f"DIGEST_KILL_SEED={seed}")
        raise
    finally:
        ends = [worker.end() for worker in crew]
        publication.database.close()
    assert set(ends) == {0}, f"a worker that was asked to stop did not end well: {ends}"
    return replace(result, in_flight=result.kills * connections)


class _Worker:
    """A worker's process, and whether it has begun with a shard."""

    def __init__(self, config: Path) -> None:
        self._config = config
        self._start()

    def _start(self) -> None:
        self.process = start_worker(self._config)
        self.begun, self._ready = threading.Event(), threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._ready.set()
            if line.startswith("begun"):
                self.begun.set()

    def strike(self) -> None:
        """SIGKILL, and another one in its place."""
        self._finish(signal.SIGKILL)
        self._start()

    def end(self) -> int:
        """Ask it to stop; its exit code."""
        assert self._ready.wait(PATIENCE), "a worker did not start"
        return self._finish(signal.SIGTERM)

    def _finish(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        with self.process:
            code = self.process.wait(60)
            self._reader.join()
        return code


def _freeze(publication: Publication, provider: str) -> ledger.Dispatch:
    return ledger.freeze(
        publication.database,
        make_letter(),
        edition_id=EDITION,
        ledger="main",
        list_name="main",
        provider=provider,
        stories=[],
        now=NOW,
    )


def _strike(publication: Publication, crew: list[_Worker], chance: random.Random, most: int) -> int:
    """Kill workers at a random moment of their work until nothing is left; how many."""
    struck = 0
    while struck < most:
        worker = chance.choice(crew)
        deadline = time.monotonic() + PATIENCE
        while not worker.begun.wait(0.1):
            if not _open(publication):
                return struck
            if time.monotonic() > deadline:
                raise TimeoutError("no worker begins")
        time.sleep(chance.uniform(0.0, 0.3))
        if not _open(publication):
            return struck
        worker.strike()
        struck += 1
        assert ledger.balance(publication.database, EDITION, "main").adds_up
    return struck


def _open(publication: Publication) -> int:
    balance = ledger.balance(publication.database, EDITION, "main")
    return balance.left


def _wait_until_served(publication: Publication) -> None:
    deadline = time.monotonic() + PATIENCE
    while _open(publication):
        if time.monotonic() > deadline:
            raise TimeoutError(str(ledger.balance(publication.database, EDITION, "main")))
        time.sleep(0.05)


def _wait_until_idle(publication: Publication) -> None:
    """Until no job is left, so that the dispatch can be taken away."""
    deadline = time.monotonic() + PATIENCE
    query = "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    while True:
        with publication.database.read() as connection:
            if not connection.exec_driver_sql(query).scalar_one():
                return
        if time.monotonic() > deadline:
            raise TimeoutError("jobs are left")
        time.sleep(0.05)


def _counted(publication: Publication, before: Killed, taken: Counter[str]) -> Killed:
    """The ledger's rows beside what was really taken in this round."""
    verdict = weigh(publication.database, EDITION, taken)
    with publication.database.read() as connection:
        # An unknown outcome keeps the name of the run that was at it.
        unknown = select(deliveries.c.run).where(deliveries.c.state == "unknown")
        left = Counter(connection.scalars(unknown))
    return replace(
        before,
        sent=before.sent + len(taken),
        duplicates=before.duplicates + verdict.duplicates,
        lost=before.lost + verdict.lost,
        unknown=before.unknown + verdict.unknown,
        worst=max(before.worst, *left.values(), 0),
    )
