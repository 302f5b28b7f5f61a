"""Workers that share an edition on PostgreSQL and a relay, killed at random: a row of the proof."""

from __future__ import annotations

import random
import time
import uuid
from pathlib import Path

import psycopg
from tests.prove.tally import Tally
from tests.worker.killing import CONNECTIONS, kill_workers_at_a_relay


def kill_several_workers(cluster: str, folder: Path, kills: int, seed: str) -> Tally:
    """Kill so many of two workers.

    Args:
        cluster: URL of a PostgreSQL server without a database.

    Raises:
        AssertionError, TimeoutError: a worker does not end, or nobody goes on.
    """
    begun, home = time.monotonic(), folder / "workers"
    home.mkdir()
    name = f"prove_{uuid.uuid4().hex}"
    with psycopg.connect(cluster.replace("+psycopg", "") + "/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
    found = kill_workers_at_a_relay(
        f"{cluster}/{name}", home, kills=kills, seed=random.Random(seed).getrandbits(32)
    )
    return Tally(
        provider="smtp, 2 workers",
        store="postgresql",
        limit=CONNECTIONS,
        rounds=found.rounds,
        kills=found.kills,
        duplicates=found.duplicates,
        lost=found.lost,
        unknown=found.unknown,
        in_flight=found.in_flight,
        worst=found.worst,
        seconds=time.monotonic() - begun,
    )
