"""Workers are killed at random on PostgreSQL: the balance holds, nobody twice, nobody lost.

`DIGEST_KILLS` sets how many are killed, `DIGEST_KILL_SEED` when.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.prove.witnesses import witness
from tests.worker.killing import drawn_seed, kill_workers

KILLS = int(os.environ.get("DIGEST_KILLS", "3"))
SMTP = """\
provider = "smtp"

[delivery.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
connections = {connections}

[fetch]
allow = ["127.0.0.1"]
"""


def test_killed_workers_lose_nobody_and_write_to_nobody_twice(
    postgres_url: str, tmp_path: Path
) -> None:
    """The outbox settles its own: nothing is unknown either."""
    result = kill_workers(postgres_url, tmp_path, kills=KILLS, seed=drawn_seed())
    assert result.kills == KILLS
    assert (result.duplicates, result.lost, result.unknown) == (0, 0, 0), result
    assert result.sent == result.rounds * 2000, result


def test_killed_workers_leave_one_unknown_a_connection_at_a_relay(
    postgres_url: str, tmp_path: Path
) -> None:
    connections = 2
    with witness("smtp", tmp_path / "accepted") as relay:
        result = kill_workers(
            postgres_url,
            tmp_path,
            kills=KILLS,
            workers=2,
            seed=drawn_seed(),
            delivery=SMTP.format(port=relay.port, connections=connections),
            provider="smtp",
            connections=connections,
            witness=lambda: relay.accepted,
        )
    assert result.kills == KILLS
    assert (result.duplicates, result.lost) == (0, 0), result
    assert result.worst <= connections, result
    assert result.unknown <= result.in_flight == KILLS * connections, result
