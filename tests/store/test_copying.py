"""A publication moves between SQLite and PostgreSQL: every row the same, or nothing at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update
from tests.store.moving import NOW, READERS, content, copied

from digest.errors import StoreError
from digest.store.database import Database
from digest.store.place import copying
from digest.store.place.copies import copied_at, mark_copy
from digest.store.tables import (
    facts,
    runs,
    subscribers,
)


def test_every_row_arrives_and_comes_back_the_same(
    full: Database, postgres: Database, tmp_path: Path
) -> None:
    before = content(full)
    shown: list[tuple[str, int, int]] = []
    there = copied(full, postgres, lambda *step: shown.append(step))
    assert content(postgres) == before
    assert {table.name: table.rows for table in there} == {
        **{name: len(rows) for name, rows in before.items()},
        "facts": 1,
    }
    total = sum(table.rows for table in there)
    assert ("Copying", total, total) in shown
    assert shown[-1] == ("Comparing", total, total)
    with postgres.write() as connection:
        connection.execute(update(runs).values(lease_until=0))
    again = Database(f"sqlite:///{tmp_path / 'again.db'}")
    back = copied(postgres, again)
    seals = {table.name: table.sha256 for table in there}
    assert {table.name: table.sha256 for table in back if table.name != "runs"} == {
        name: seal for name, seal in seals.items() if name != "runs"
    }
    again.close()


def test_a_number_that_was_given_is_never_given_again(
    full: Database, postgres: Database, tmp_path: Path
) -> None:
    """The last subscriber was removed before; his number belongs to nobody else."""
    copied(full, postgres)
    assert next_subscriber(postgres) == READERS + 1
    with postgres.write() as connection:
        connection.execute(subscribers.delete().where(subscribers.c.id > READERS))
        connection.execute(update(runs).values(lease_until=0))
    again = Database(f"sqlite:///{tmp_path / 'again.db'}")
    copied(postgres, again)
    assert next_subscriber(again) == READERS + 2
    again.close()


def next_subscriber(database: Database) -> int:
    with database.write() as connection:
        added: int = connection.execute(
            insert(subscribers)
            .values(email="nouvelle@readers.example", created_at=NOW)
            .returning(subscribers.c.id)
        ).scalar_one()
        return added


def test_an_empty_store_moves_too(sqlite: Database, postgres: Database) -> None:
    assert sum(table.rows for table in copied(sqlite, postgres)) == 0
    assert next_subscriber(postgres) == 1


def test_the_old_store_is_marked_so_that_it_does_not_send_by_itself(
    full: Database, postgres: Database
) -> None:
    copied(full, postgres)
    query = select(facts.c.value).where(facts.c.name == "copied_at")
    with full.read() as connection:
        assert connection.scalar(query) == "2026-11-22T07:30:00.000000+00:00"
    with postgres.read() as connection:
        assert connection.scalar(query) is None


def test_killed_between_the_two_commits_only_the_old_store_sends(
    full: Database, postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked: list[bool] = []

    def killed_at_the_source(connection: Connection, now: datetime) -> None:
        if connection.dialect.name == "sqlite":
            raise KeyboardInterrupt
        mark_copy(connection, now)

    monkeypatch.setattr(copying, "mark_copy", killed_at_the_source)
    with pytest.raises(KeyboardInterrupt):
        copied(full, postgres)
    for database in (full, postgres):
        with database.read() as connection:
            marked.append(copied_at(connection) is not None)
    assert marked == [False, True]


def test_a_copy_of_a_copy_is_one_too(full: Database, postgres: Database) -> None:
    with full.write() as connection:
        mark_copy(connection, NOW)
    copied(full, postgres)
    with postgres.read() as connection:
        assert copied_at(connection) == NOW


def test_what_the_workers_keep_about_their_tables_stays_there(
    full: Database, postgres: Database
) -> None:
    with postgres.write() as connection:
        connection.execute(insert(facts).values(name=copying.JOBS_SCHEMA, value="3"))
    copied(full, postgres)
    with postgres.read() as connection:
        assert set(connection.scalars(select(facts.c.name))) == {"key", copying.JOBS_SCHEMA}


def test_nobody_writes_to_the_old_store_meanwhile(full: Database, postgres: Database) -> None:
    refused: list[str] = []

    def write(*_step: object) -> None:
        if refused:
            return
        other = Database(f"sqlite:///{full.path}")
        other.busy_seconds = 0
        with pytest.raises(StoreError) as caught, other.write():
            pass
        refused.append(caught.value.message)
        other.close()

    copied(full, postgres, write)
    assert "locked" in refused[0]


def test_moments_of_leases_keep_their_fractions(full: Database, postgres: Database) -> None:
    later = 1_795_000_000.1 + timedelta(microseconds=1).total_seconds()
    with full.write() as connection:
        connection.execute(update(runs).values(lease_until=later))
    copied(full, postgres)
    with postgres.read() as connection:
        assert connection.scalar(select(runs.c.lease_until)) == later
