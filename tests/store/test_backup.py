"""A copy of the store is whole, sound and private, also while others write."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import StoreError, UsageError
from digest.store.database import Database
from digest.store.place.backup import backup
from digest.store.place.copies import copied_at
from digest.subscribers import membership

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'store' / 'digest.db'}")
    membership.add(database, "main", "marie@example.org", now=NOW)
    return database


def test_copy_is_a_store_of_one_private_file(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    backup(database, target, now=NOW)
    assert target.stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"store", "copy.db"}
    assert membership.listing(Database(f"sqlite:///{target}"), "main") == membership.listing(
        database, "main"
    )


def test_copy_made_while_others_write_is_one_state(database: Database, tmp_path: Path) -> None:
    stop = threading.Event()
    started = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            membership.add(database, "main", f"r{number}@example.org", now=NOW)
            number += 1
            if number == 3:
                started.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert started.wait(30)
        for number in range(5):
            backup(database, tmp_path / f"copy{number}.db", now=NOW)
    finally:
        stop.set()
        writer.join()
    sizes = []
    for number in range(5):
        copy = Database(f"sqlite:///{tmp_path / f'copy{number}.db'}")
        sizes.append(len(membership.listing(copy, "main")))
        with copy.read() as connection:
            people = connection.exec_driver_sql("SELECT count(*) FROM subscribers").scalar_one()
        assert people == sizes[-1]
    assert sizes == sorted(sizes)
    assert sizes[0] >= 4


def test_existing_file_is_replaced_only_when_asked(database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        backup(database, target, now=NOW)
    assert target.read_text() == "mine"
    backup(database, target, now=NOW, force=True)
    with sqlite3.connect(target) as copy:
        assert copy.execute("SELECT count(*) FROM subscribers").fetchone() == (1,)
    copy.close()


def test_wrong_target_is_told_and_the_store_is_safe(database: Database, tmp_path: Path) -> None:
    assert database.path is not None
    link = tmp_path / "link.db"
    link.symlink_to(database.path)
    for target, said in (
        (database.path, "store itself"),
        (link, "store itself"),
        (tmp_path, "folder"),
        (tmp_path / "none" / "copy.db", "No such file"),
    ):
        with pytest.raises(UsageError, match=said) as refused:
            backup(database, target, now=NOW, force=True)
        assert refused.value.hint
    assert len(membership.listing(database, "main")) == 1


def test_damaged_store_gives_no_copy(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}")
    for number in range(200):
        membership.add(database, "main", f"r{number}@example.org", now=NOW)
    assert database.path is not None
    with sqlite3.connect(database.path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'uq_subscribers_email' "
            "OR (type = 'index' AND tbl_name = 'subscribers')"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray(database.path.read_bytes())
    content[(page - 1) * size + 200 : page * size] = bytes(size - 200)
    database.path.write_bytes(content)
    target = tmp_path / "copy.db"
    with pytest.raises(StoreError):
        backup(database, target, now=NOW)
    assert not list(tmp_path.glob("*copy*"))


def test_store_that_is_no_database_gives_no_copy(database: Database, tmp_path: Path) -> None:
    assert database.path is not None
    for file in database.path.parent.glob("digest.db*"):
        file.unlink()
    database.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="not a database"):
        backup(database, tmp_path / "copy.db", now=NOW)
    assert not list(tmp_path.glob("*copy*"))


def test_postgresql_is_told_its_own_tool(postgres_url: str, tmp_path: Path) -> None:
    database = Database(postgres_url, migrate=True)
    with pytest.raises(UsageError) as refused:
        backup(database, tmp_path / "copy.db", now=NOW)
    database.close()
    assert "pg_dump" in refused.value.hint


def test_a_restored_copy_knows_that_it_is_one(database: Database, tmp_path: Path) -> None:
    backup(database, tmp_path / "copy.db", now=NOW)
    with database.read() as connection:
        assert copied_at(connection) is None
    copy = Database(f"sqlite:///{tmp_path / 'copy.db'}")
    with copy.read() as connection:
        assert copied_at(connection) == NOW
