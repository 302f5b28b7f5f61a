"""Workers are killed at random on PostgreSQL: the balance holds, nobody twice, nobody lost.

`DIGEST_KILLS` sets how many are killed, `DIGEST_KILL_SEED` when.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.worker.killing import (
    CONNECTIONS,
    drawn_seed,
    kill_workers,
    kill_workers_at_a_relay,
)

READERS = 1000
KILLS = int(os.environ.get("DIGEST_KILLS", "3"))


def test_killed_workers_lose_nobody_and_write_to_nobody_twice(
    postgres_url: str, tmp_path: Path
) -> None:
    """The outbox settles its own: nothing is unknown either."""
    result = kill_workers(postgres_url, tmp_path, readers=READERS, kills=KILLS, seed=drawn_seed())
    assert result.kills == KILLS
    assert (result.duplicates, result.lost, result.unknown) == (0, 0, 0), result
    assert result.sent == result.rounds * READERS, result


def test_killed_workers_leave_one_unknown_a_connection_at_a_relay(
    postgres_url: str, tmp_path: Path
) -> None:
    result = kill_workers_at_a_relay(
        postgres_url, tmp_path, readers=READERS, kills=KILLS, seed=drawn_seed()
    )
    assert result.kills == KILLS
    assert (result.duplicates, result.lost) == (0, 0), result
    assert result.worst <= CONNECTIONS, result
    assert result.unknown <= result.in_flight == KILLS * CONNECTIONS, result
