"""What keeps a store from being moved: nothing is kept then, and the row is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from tests.store.moving import READERS, content, copied, fill

from digest.errors import StoreError, UsageError
from digest.store.database import Database
from digest.store.place import copying
from digest.store.tables import (
    editions,
    facts,
    metadata,
    runs,
)


def holds_nothing(database: Database) -> bool:
    with database.read() as connection:
        tables = metadata.sorted_tables
        return not any(connection.scalar(select(func.count()).select_from(t)) for t in tables)


def test_a_target_that_holds_something_is_left_alone(full: Database, postgres: Database) -> None:
    with postgres.write() as connection:
        connection.execute(insert(editions).values(id="2026-W01", state="skipped"))
    before = content(postgres)
    with pytest.raises(StoreError, match="not empty: 1 rows in editions"):
        copied(full, postgres)
    assert content(postgres) == before


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Zoé\0", "subscribers, id 1500, name: holds a NUL character"),
        (b"Zo\xe9", "subscribers, id 1500, name: is no UTF-8"),
    ],
)
def test_text_that_postgresql_cannot_keep_is_named_by_table_row_and_column(
    full: Database, postgres: Database, name: str | bytes, found: str
) -> None:
    with full.write() as connection:
        connection.exec_driver_sql(
            "UPDATE subscribers SET name = CAST(? AS TEXT) WHERE id = 1500", (name,)
        )
    with pytest.raises(StoreError, match=found) as caught:
        copied(full, postgres)
    assert "Zo" not in caught.value.message
    assert holds_nothing(postgres)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            f"UPDATE subscriptions SET list = '{'x' * 65}' WHERE id = 3",
            "subscriptions, id 3, list: value too long",
        ),
        (
            "UPDATE dispatches SET letter_hash = printf('%065d', 1)",
            "dispatches, id 7, letter_hash: value too long",
        ),
        (
            "UPDATE deliveries SET attempts = 'reader9@readers.example'",
            f"deliveries, id {'c' * 32}, attempts: invalid input syntax for type integer",
        ),
        (
            f"UPDATE subscriptions SET subscriber_id = {READERS} WHERE id = 1",
            "subscriptions.*violates foreign key constraint",
        ),
    ],
)
def test_a_value_that_postgresql_refuses_is_named_without_being_shown(
    full: Database, postgres: Database, change: str, found: str
) -> None:
    with full.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql(change)
    with pytest.raises(StoreError, match=found) as caught:
        copied(full, postgres)
    assert "@" not in caught.value.message
    assert caught.value.hint
    assert holds_nothing(postgres)


def test_a_value_that_would_turn_into_another_is_noticed(
    full: Database, postgres: Database
) -> None:
    """SQLite keeps bytes in a column of text; PostgreSQL would write them as text."""
    with full.write() as connection:
        connection.exec_driver_sql("UPDATE subscribers SET name = x'00ff' WHERE id = 2")
    with pytest.raises(StoreError, match="subscribers, id 2: arrived differently"):
        copied(full, postgres)
    assert holds_nothing(postgres)


def test_a_row_that_the_target_changes_or_drops_is_noticed(
    full: Database, postgres: Database
) -> None:
    with postgres.write() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
            "IF NEW.id = 2050 THEN RETURN NULL; END IF; RETURN NEW; END$$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER meddle BEFORE INSERT ON subscriptions "
            "FOR EACH ROW EXECUTE FUNCTION meddle()"
        )
    with pytest.raises(StoreError, match="subscriptions, id 2050: arrived differently"):
        copied(full, postgres)
    assert holds_nothing(postgres)


def test_a_store_on_postgresql_that_is_being_sent_stays(
    postgres: Database, sqlite: Database
) -> None:
    fill(postgres)
    with postgres.write() as connection:
        connection.execute(
            update(runs).values(lease_until=text("extract(epoch from clock_timestamp()) + 60"))
        )
    with pytest.raises(StoreError, match="process 1 on machine is sending"):
        copied(postgres, sqlite)
    assert holds_nothing(sqlite)


def test_a_store_on_postgresql_that_is_written_to_is_waited_for_and_then_left(
    postgres: Database, full: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_PATIENCE", 50)
    with postgres.write() as connection:
        connection.execute(insert(facts).values(name="another", value="program"))
        with pytest.raises(StoreError, match="another program is writing"):
            copied(full, postgres)


def test_a_full_disk_leaves_nothing_behind(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(postgres)
    with postgres.write() as connection:
        connection.execute(update(runs).values(lease_until=0))
    target = Database(f"sqlite:///{tmp_path / 'small.db'}")
    with target.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    real = copying._keep_others_away

    def confine(database: Database, connection: Any) -> None:
        real(database, connection)
        if database is target:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")

    monkeypatch.setattr(copying, "_keep_others_away", confine)
    with pytest.raises(StoreError, match="full"):
        copied(postgres, target)
    assert holds_nothing(target)
    target.close()


def test_two_stores_of_one_kind_have_better_means(sqlite: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(UsageError) as caught:
        copied(sqlite, other)
    assert "digest backup" in caught.value.hint
    other.close()
