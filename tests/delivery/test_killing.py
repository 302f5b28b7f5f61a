"""SIGKILL at random moments: no reader is lost, none gets a second copy.

`DIGEST_KILLS` sets how many kills are tried on each store.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

from sqlalchemy import select
from tests.delivery.test_outbox import open_outbox, readers_of
from tests.delivery.world import EDITION, add_readers, address, freeze, open_store, send

from digest.delivery import ledger
from digest.store.database import Database
from digest.store.ledger import dispatches as queries
from digest.store.tables import deliveries, editions

KILLS = int(os.environ.get("DIGEST_KILLS", "6"))
READERS = 3000
ROOT = Path(__file__).parents[2]


def killed(url: str, outbox: Path, batch: int, durability: str, seconds: float) -> bool:
    """Start a sender, kill it after that time; False when it had ended before."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    environment.pop("COVERAGE_PROCESS_START", None)
    environment.pop("COVERAGE_PROCESS_CONFIG", None)
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.delivery.sending_child",
            url,
            str(outbox),
            str(batch),
            durability,
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
    return child.returncode < 0


def test_killed_send_resumes_without_second_copy_and_without_a_lost_reader(
    store_url: str, tmp_path: Path
) -> None:
    chance = random.Random(time.time_ns())
    database = open_store(store_url)
    add_readers(database, range(READERS))
    kills = 0
    for turn in count():
        dispatch = freeze(database)
        outbox = tmp_path / f"outbox-{turn}"
        kills += kill_until_served(database, store_url, outbox, chance, KILLS - kills)
        # PostgreSQL may take a moment to notice that the last of the killed is dead.
        while (balance := send(database, dispatch, open_outbox(outbox), batch=1000)).submitting:
            assert balance.adds_up
        assert balance.accepted == READERS
        assert readers_of(outbox) == sorted(address(number) for number in range(READERS))
        with database.read() as connection:
            ids = set(connection.scalars(select(deliveries.c.id)))
            assert connection.scalar(select(editions.c.state)) == "dispatched"
        assert {file.stem for file in (outbox / "new").iterdir()} == ids
        if kills >= KILLS:
            break
        with database.write() as connection:
            queries.remove_dispatch(connection, dispatch.id)
    database.close()


def kill_until_served(
    database: Database, url: str, outbox: Path, chance: random.Random, most: int
) -> int:
    """Start senders and kill them until nothing is left to send; how many were killed."""
    kills = 0
    while kills < most:
        batch = chance.choice([50, 230, 1000])
        durability = chance.choice(["power", "process"])
        kills += killed(url, outbox, batch, durability, chance.uniform(0.0, 0.15))
        balance = ledger.balance(database, EDITION, "main")
        assert balance.adds_up
        if not balance.pending + balance.submitting:
            break
    return kills
