"""A `digest send` in a process of its own, to be killed; and the verdict over what it left."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import psycopg
from sqlalchemy import select as query
from tests.prove.scene import BATCH, WEEK, Scene
from tests.prove.witnesses import ROOT, _environment

from digest.delivery.ledger.proving import prove
from digest.store.database import Database
from digest.store.tables import deliveries

COMMAND = ("send", "--yes", "--week", WEEK)

#: Seconds after which a run that does not end is a fault of its own.
DEADLINE = 60.0


class Launcher:
    """Starts one `digest` after the other, see `launcher`; a context manager."""

    def __enter__(self) -> Self:
        """Load the program once."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.prove.launcher"],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._child = 0
        assert self._answer(DEADLINE) == "ready"
        return self

    def __exit__(self, *_exception: object) -> None:
        """End it, with what it started."""
        if self._child:
            self.signal(signal.SIGKILL)
            self.wait()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(DEADLINE)
        self._process.stdout.close()

    def start(
        self,
        scene: Scene,
        arguments: Sequence[str] = COMMAND,
        *,
        die_at: tuple[str, int] | None = None,
        file_size: int = 0,
    ) -> None:
        """Start a command in a scene.

        Args:
            die_at: kind and number of the place where it ends, see `dying`.
            file_size: the most bytes that any file may grow to: a full disk. 0: no limit.
        """
        assert self._process.stdin is not None
        order = {
            "folder": str(scene.folder),
            "environment": scene.environment,
            "arguments": list(arguments),
            "said": str(scene.folder / "said"),
            "passed": str(scene.folder / "passed"),
            "die_at": die_at,
            "file_size": file_size,
            "most": BATCH,
            "power": scene.is_cut_off,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._child = int(self._answer(DEADLINE) or 0)

    def signal(self, number: signal.Signals) -> None:
        """Send what was started a signal, if it still runs."""
        with suppress(ProcessLookupError):
            os.kill(self._child, number)

    def wait(self, seconds: float = DEADLINE) -> int | None:
        """How it ended: its exit code, minus the signal that killed it, None: not yet."""
        answer = self._answer(seconds)
        if answer is None:
            return None
        self._child = 0
        return int(answer)

    def _answer(self, seconds: float) -> str | None:
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            return None
        return self._process.stdout.readline().strip()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a round left: readers with two copies or more, readers who are nowhere, and the rest.

    `lost` counts rows that are missing, accepted ones that no witness has, refused ones that a
    witness has, and those that are still open at the end.
    """

    duplicates: int
    lost: int
    unknown: int
    refused: int
    said: str = ""


def in_doubt(scene: Scene) -> dict[str, str]:
    """Deliveries that are submitting or unknown, each with which of it; nobody is at work."""
    if scene.url:
        _wait_for_sessions(scene.url)
    with scene.open() as publication, publication.database.read() as connection:
        rows = connection.execute(
            query(deliveries.c.id, deliveries.c.state).where(
                deliveries.c.state.in_(("submitting", "unknown"))
            )
        )
        return {row.id: row.state for row in rows}


def submitting(scene: Scene) -> int:
    """How many deliveries a sender that is no more was at."""
    return list(in_doubt(scene).values()).count("submitting")


def _wait_for_sessions(url: str) -> None:
    """Until PostgreSQL has ended what a killed client asked of it."""
    end = time.monotonic() + DEADLINE
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        while connection.execute(others + "pg_backend_pid()").fetchone() != (0,):
            assert time.monotonic() < end, "a session outlives its client"
            time.sleep(0.01)


def judge(scene: Scene) -> Verdict:
    """Hold the ledger against the witness, after everything ended."""
    with scene.open() as publication:
        return weigh(publication.database, WEEK, scene.accepted())


def weigh(database: Database, edition: str, seen: Counter[str]) -> Verdict:
    """Hold an edition's ledger against the copies that a witness has, by the delivery's id."""
    rows: dict[str, str] = {}
    proof = prove(database, edition, show=lambda row: rows.__setitem__(row.id, row.state))
    assert proof is not None
    duplicates = sum(count - 1 for count in seen.values() if count > 1)
    lost = abs(proof.missing) + sum(fault.count for fault in proof.faults)
    lost += sum(1 for id_ in seen if id_ not in rows)
    for id_, state in rows.items():
        expected = {"accepted": 1, "refused": 0, "excluded": 0}.get(state)
        is_open = state in ("pending", "submitting")
        lost += is_open or (expected is not None and min(seen[id_], 1) != expected)
    faults = "; ".join(fault.what for fault in proof.faults)
    return Verdict(duplicates, lost, proof.balance.unknown, proof.balance.refused, faults)
