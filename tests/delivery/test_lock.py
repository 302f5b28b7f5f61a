"""One sender at a time, and a lock that a dead process never leaves behind."""

from __future__ import annotations

import errno
import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.delivery.world import NOW, Scripted, add_readers, freeze, open_store, send

from digest.config import Config
from digest.delivery import running
from digest.delivery.ledger import sending_lock
from digest.errors import StoreError
from digest.store.database import Database
from digest.store.place.homes import notice_restored

HOLDER = """
import sys
from datetime import UTC, datetime
from digest.delivery.ledger import sending_lock
from digest.store.database import Database
sys.argv = ["digest", "send", "--to", "zoe@readers.example"]
now = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
with sending_lock(Database(sys.stdin.readline().strip()), purpose="sending 2026-W47", now=now):
    print("held", flush=True)
    sys.stdin.readline()
"""


def hold(url: str) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.write(f"{url}\n")
    holder.stdin.flush()
    assert holder.stdout.readline() == "held\n"
    return holder


def end(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.communicate()


def test_a_second_sender_is_told_who_holds_the_store(database: Database) -> None:
    add_readers(database, [0])
    dispatch = freeze(database)
    provider = Scripted()
    holder = hold(f"sqlite:///{database.path}")
    try:
        with pytest.raises(StoreError) as caught:
            send(database, dispatch, provider)
    finally:
        end(holder)
    assert provider.seen == []
    assert caught.value.exit_code == 8
    for word in (f"process {holder.pid}", "sending 2026-W47", "2026-11-22T07:30:00", "digest send"):
        assert word in caught.value.message
    assert "zoe@" not in caught.value.message
    assert str(holder.pid) in caught.value.hint


def test_a_second_sender_by_another_link_to_the_store_is_kept_away(
    database: Database, tmp_path: Path
) -> None:
    link = tmp_path / "link.db"
    assert database.path is not None
    link.symlink_to(database.path)
    holder = hold(f"sqlite:///{link}")
    try:
        with (
            pytest.raises(StoreError, match=f"process {holder.pid}"),
            sending_lock(database, purpose="a", now=NOW),
        ):
            pass
    finally:
        end(holder)


def test_who_is_kept_away_leaves_the_mark_of_the_store_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that change it at once might leave one that does not fit."""
    dispatch = freeze(database)
    notice_restored(database, NOW)
    mark = Path(f"{database.path}.home").read_text()

    async def kept_away(*_arguments: object, **_options: object) -> None:
        raise StoreError("held", "")

    monkeypatch.setattr(running, "deliver", kept_away)
    holder = hold(f"sqlite:///{database.path}")
    try:
        with pytest.raises(StoreError):
            running.run_dispatch(
                database, Config(), dispatch, clock=lambda: NOW, progress=lambda _balance: None
            )
    finally:
        end(holder)
    assert Path(f"{database.path}.home").read_text() == mark


def test_a_killed_sender_holds_nothing(database: Database) -> None:
    add_readers(database, [0])
    dispatch = freeze(database)
    end(hold(f"sqlite:///{database.path}"))
    assert send(database, dispatch, Scripted()).accepted == 1


def test_a_lock_within_a_lock_of_the_same_task_is_the_same(database: Database) -> None:
    with sending_lock(database, purpose="a", now=NOW), sending_lock(database, purpose="b", now=NOW):
        assert database.path is not None
        holder = json.loads(Path(f"{database.path}.sending").read_text())
        assert holder["purpose"] == "a"
    assert Path(f"{database.path}.sending").read_text() == ""


def test_a_holder_that_has_not_written_its_name_yet_is_still_respected(
    database: Database, tmp_path: Path
) -> None:
    holder = hold(f"sqlite:///{database.path}")
    try:
        Path(f"{database.path}.sending").write_text("")
        with (
            pytest.raises(StoreError, match="just"),
            sending_lock(database, purpose="a", now=NOW),
        ):
            pass
    finally:
        end(holder)


def test_a_lock_that_cannot_be_made_is_explained(database: Database) -> None:
    Path(f"{database.path}.sending").mkdir()
    with pytest.raises(StoreError) as caught, sending_lock(database, purpose="a", now=NOW):
        pass
    assert caught.value.hint


def test_a_disk_that_cannot_lock_is_explained(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_arguments: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with (
        pytest.raises(StoreError, match="No locks available") as caught,
        sending_lock(database, purpose="a", now=NOW),
    ):
        pass
    assert "PostgreSQL" in caught.value.hint


def test_on_postgresql_senders_are_not_kept_away(postgres_url: str) -> None:
    database = open_store(postgres_url)
    with sending_lock(database, purpose="a", now=NOW), sending_lock(database, purpose="b", now=NOW):
        pass
    database.close()
