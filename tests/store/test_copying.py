"""A publication moves between SQLite and PostgreSQL: every row the same, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, insert, select, text, update

from digest.errors import StoreError, UsageError
from digest.store.database import Database
from digest.store.place import copying
from digest.store.place.copies import copied_at, mark_copy
from digest.store.place.copying import CopiedTable, copy_store
from digest.store.tables import (
    articles,
    audiences,
    choices,
    deliveries,
    dispatches,
    editions,
    events,
    facts,
    fetches,
    metadata,
    published,
    runs,
    subscribers,
    subscriptions,
    suppressions,
)

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
READERS = 2_100
ARTICLES = 45
TEXTS = ("", "Élise Œuvrard\t«\\N»\n\\.", "“”\u202f😀", "NULL")


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    """An empty store on SQLite."""
    return Database(f"sqlite:///{tmp_path / 'digest.db'}")


@pytest.fixture
def full(sqlite: Database) -> Database:
    """A store on SQLite that holds rows in every table."""
    fill(sqlite)
    return sqlite


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """An empty store on PostgreSQL."""
    database = Database(postgres_url, migrate=True)
    yield database
    database.close()


def fill(database: Database) -> None:
    """At least one row in every table, more than a page of some, texts that are hard to carry."""
    numbers = range(1, READERS + 1)
    rows: dict[Table, list[dict[str, Any]]] = {
        facts: [{"name": "key", "value": TEXTS[1]}],
        subscribers: [
            {
                "id": number,
                "email": f"reader{number}@readers.example",
                "name": TEXTS[number % len(TEXTS)],
                "created_at": NOW,
            }
            for number in numbers
        ],
        subscriptions: [
            {
                "id": number,
                "subscriber_id": number,
                "list": "main",
                "status": "active",
                "token": f"token{number}",
                "consent_at": NOW if number % 2 else None,
                "changed_at": NOW,
            }
            for number in numbers
        ],
        suppressions: [
            {"address_hash": "a" * 64, "email": None, "reason": "forgotten", "added_at": NOW}
        ],
        editions: [{"id": "2026-W47", "number": 1, "state": "dispatching"}],
        published: [{"edition": "2026-W47", "url": "https://example.org/a", "title": "A"}],
        articles: [
            {
                "source": "journal",
                # In the order of most languages é stands before z; byte by byte it does not.
                "url": f"https://example.org/{'éaZz'[number % 4]}{number}",
                "title": "Le détroit rouvre",
                "content": bytes(range(256)) * number,
                "first_seen": NOW,
                "last_seen": NOW,
                "changed_at": NOW,
            }
            for number in range(ARTICLES)
        ],
        fetches: [{"url": "https://example.org/", "status": 200, "fetched_at": NOW}],
        choices: [{"edition": "2026-W48", "url": "https://example.org/b", "choice": "pin",
                   "at": NOW}],
        dispatches: [
            {
                "id": 7,
                "edition": "2026-W47",
                "ledger": "main",
                "provider": "outbox",
                "letter": b"\x00\xff",
                "letter_hash": "b" * 64,
                "frozen_at": NOW,
            }
        ],
        audiences: [{"dispatch_id": 7, "list": "main", "size": 1, "frozen_at": NOW}],
        deliveries: [
            {
                "id": "c" * 32,
                "dispatch_id": 7,
                "email": "reader1@readers.example",
                "list": "main",
                "state": "pending",
                "changed_at": NOW,
            }
        ],
        runs: [
            {
                "id": "d" * 32,
                "dispatch_id": 7,
                "provider": "outbox",
                "host": "machine",
                "pid": 1,
                "started_at": NOW,
                "lease_until": 1_795_000_000.125,
            }
        ],
        events: [
            {
                "source": "sendgrid",
                "event_id": "e",
                "kind": "delivered",
                "dispatch_id": 7,
                "at": NOW,
                "received_at": NOW,
            }
        ],
    }  # fmt: skip
    assert set(rows) == set(metadata.sorted_tables), "a table was added: fill it here"
    with database.write() as connection:
        for table in metadata.sorted_tables:
            connection.execute(insert(table), rows[table])
        connection.execute(subscribers.delete().where(subscribers.c.id == READERS))


def content(database: Database) -> dict[str, list[Any]]:
    """Every row of every table but the facts that a copy writes itself."""
    with database.read() as connection:
        return {
            table.name: sorted([tuple(row) for row in connection.execute(select(table))], key=repr)
            for table in metadata.sorted_tables
            if table is not facts
        }


def copied(
    source: Database, target: Database, progress: Callable[..., None] = lambda *_: None
) -> tuple[CopiedTable, ...]:
    return copy_store(source, target, now=NOW, progress=progress)


def holds_nothing(database: Database) -> bool:
    with database.read() as connection:
        tables = metadata.sorted_tables
        return not any(connection.scalar(select(func.count()).select_from(t)) for t in tables)


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
        return connection.execute(
            insert(subscribers)
            .values(email="nouvelle@readers.example", created_at=NOW)
            .returning(subscribers.c.id)
        ).scalar_one()


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


def test_a_target_that_holds_something_is_left_alone(full: Database, postgres: Database) -> None:
    with postgres.write() as connection:
        connection.execute(insert(editions).values(id="2026-W01", state="skipped"))
    before = content(postgres)
    with pytest.raises(StoreError, match="not empty: 1 rows in editions"):
        copied(full, postgres)
    assert content(postgres) == before


def test_what_the_workers_keep_about_their_tables_stays_there(
    full: Database, postgres: Database
) -> None:
    with postgres.write() as connection:
        connection.execute(insert(facts).values(name=copying.JOBS_SCHEMA, value="3"))
    copied(full, postgres)
    with postgres.read() as connection:
        assert set(connection.scalars(select(facts.c.name))) == {"key", copying.JOBS_SCHEMA}


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


def test_moments_of_leases_keep_their_fractions(full: Database, postgres: Database) -> None:
    later = 1_795_000_000.1 + timedelta(microseconds=1).total_seconds()
    with full.write() as connection:
        connection.execute(update(runs).values(lease_until=later))
    copied(full, postgres)
    with postgres.read() as connection:
        assert connection.scalar(select(runs.c.lease_until)) == later
