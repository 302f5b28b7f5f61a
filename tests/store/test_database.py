"""The store opens, migrates, keeps what it confirmed, and speaks plainly when it cannot."""

from __future__ import annotations

import itertools
import sqlite3
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic import command, op
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, create_engine, exc, insert, inspect, select
from sqlalchemy import text as sql

from digest.config import load_config
from digest.errors import ConfigError, StoreError
from digest.model.content import Published
from digest.publication import Publication
from digest.store import database as module
from digest.store.content.editions import list_editions, published_before
from digest.store.database import HEAD, Database
from digest.store.tables import facts, metadata, moment_text, subscribers

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def put(database: Database, name: str) -> None:
    with database.write() as connection:
        connection.execute(insert(facts).values(name=name, value="1"))


def put_and_fail(connection: Connection) -> None:
    connection.execute(insert(facts).values(name="lost", value="1"))
    raise ZeroDivisionError


def differences(connection: Connection) -> list[Any]:
    """Between the database and the tables, without indexes that only the other database has."""
    elsewhere = {
        index.name
        for table in metadata.tables.values()
        for index in table.indexes
        if index._ddl_if is not None and index._ddl_if.dialect != connection.dialect.name
    }
    found = compare_metadata(MigrationContext.configure(connection), metadata)
    return [
        difference
        for difference in found
        if difference[0] != "add_index" or difference[1].name not in elsewhere
    ]


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.scalars(select(facts.c.name).order_by(facts.c.name)))


def test_the_migrations_make_exactly_the_tables(store_url: str) -> None:
    database = Database(store_url, migrate=True)
    with database.read() as connection:
        assert differences(connection) == []
        found = inspect(connection)
        for table in metadata.sorted_tables:
            checks = {check["name"] for check in found.get_check_constraints(table.name)}
            wanted = {
                str(constraint.name)
                for constraint in table.constraints
                if isinstance(constraint, CheckConstraint)
            }
            assert checks == wanted, table.name
            for column in table.foreign_key_constraints:
                (key,) = (
                    key
                    for key in found.get_foreign_keys(table.name)
                    if key["constrained_columns"] == list(column.column_keys)
                )
                assert (key["options"] or {}).get("ondelete") == column.ondelete
    database.close()


def test_opening_again_changes_nothing(store_url: str) -> None:
    first = Database(store_url, migrate=True)
    put(first, "kept")
    first.close()
    second = Database(store_url)
    assert names(second) == ["kept"]
    second.upgrade()
    assert names(second) == ["kept"]
    second.close()


def test_a_store_of_a_newer_version_is_left_alone(store_url: str) -> None:
    database = Database(store_url, migrate=True)
    with database.write() as connection:
        connection.execute(sql("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="newer version") as caught:
        Database(store_url, migrate=True)
    assert caught.value.hint


def test_postgresql_is_migrated_only_when_asked(postgres_url: str) -> None:
    with pytest.raises(StoreError, match=f"needs {HEAD}") as caught:
        Database(postgres_url)
    assert "digest db upgrade" in caught.value.hint


def test_a_store_of_the_first_version_keeps_what_it_holds(store_url: str) -> None:
    engine = create_engine(store_url)
    command.upgrade(module._alembic_config(engine), "0001")
    with engine.begin() as connection:
        connection.execute(
            sql("INSERT INTO editions (id, number, state) VALUES ('2026-W46', 7, 'dispatched')")
        )
        connection.execute(
            sql("INSERT INTO published VALUES ('2026-W46', 'https://gazette.example/a', 'Un pont')")
        )
        connection.execute(sql("INSERT INTO facts VALUES ('kept', '1')"))
    engine.dispose()
    if store_url.startswith("postgresql"):
        with pytest.raises(StoreError, match="is at revision 0001"):
            Database(store_url)
    database = Database(store_url, migrate=True)
    with database.read() as connection:
        assert published_before(connection, "2026-W47", 8) == {
            "https://gazette.example/a": Published("2026-W46", "")
        }
        assert [record.number for record in list_editions(connection)] == [7]
        assert differences(connection) == []
    assert names(database) == ["kept"]
    database.close()


def test_what_fails_is_rolled_back(store_url: str) -> None:
    database = Database(store_url, migrate=True)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        put_and_fail(connection)
    put(database, "kept")
    assert names(database) == ["kept"]
    database.close()


def test_a_reader_sees_one_state_while_others_write(store_url: str) -> None:
    database = Database(store_url, migrate=True)
    with database.read() as connection:
        before = connection.scalars(select(facts.c.name)).all()
        put(database, "meanwhile")
        assert connection.scalars(select(facts.c.name)).all() == before == []
    assert names(database) == ["meanwhile"]
    database.close()


def test_a_connection_of_ones_own_serves_many_transactions(store_url: str) -> None:
    database = Database(store_url, migrate=True)
    with database.connect() as own:
        for name in ("a", "b"):
            with database.write(own) as connection:
                assert connection is own
                connection.execute(insert(facts).values(name=name, value="1"))
        with pytest.raises(ZeroDivisionError), database.write(own) as connection:
            put_and_fail(connection)
        with database.write(own) as connection:
            connection.execute(insert(facts).values(name="d", value="1"))
    assert names(database) == ["a", "b", "d"]
    database.close()


def test_a_lost_connection_is_not_opened_again_behind_ones_back(postgres_url: str) -> None:
    database = Database(postgres_url, migrate=True)
    with database.connect() as own:
        with database.write(own) as connection:
            pid = connection.scalar(sql("SELECT pg_backend_pid()"))
        with database.write() as connection:
            connection.execute(sql(f"SELECT pg_terminate_backend({pid})"))
        with pytest.raises(StoreError), database.write(own) as connection:
            connection.execute(select(facts))
        with pytest.raises(StoreError, match="lost"), database.write(own):
            pass
    database.close()


def test_what_is_committed_on_sqlite_survives_a_power_cut(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}")
    with database.read() as connection:
        assert connection.scalar(sql("PRAGMA synchronous")) == 2
        assert connection.scalar(sql("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(sql("PRAGMA foreign_keys")) == 1


def test_with_durability_process_only_the_process_may_die(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}", durability="process")
    with database.read() as connection:
        assert connection.scalar(sql("PRAGMA synchronous")) == 1
        assert connection.scalar(sql("PRAGMA journal_mode")) == "wal"


@pytest.mark.parametrize("durability", ["process", "power"])
def test_the_settings_say_what_a_commit_survives(tmp_path: Path, durability: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[publication]\nname = "Essai"\n[store]\ndurability = "{durability}"\n')
    publication = Publication.open(load_config(file))
    assert publication.database.durability == durability
    publication.database.close()


def test_postgresql_without_its_driver_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match="psycopg") as caught:
        Database("postgresql+psycopg://127.0.0.1/digest")
    assert "pip install" in caught.value.hint


def test_a_drivers_own_error_is_explained_as_well(store_url: str) -> None:
    database = Database(store_url, migrate=True)
    with pytest.raises(StoreError) as caught, database.read():
        raise database.engine.dialect.loaded_dbapi.OperationalError("disk I/O error")
    assert "quotas" in caught.value.hint
    with pytest.raises(database.driver_error, match="odd"), database.read():
        raise database.engine.dialect.loaded_dbapi.ProgrammingError("odd")
    database.close()


def test_moments_come_back_as_they_went_in(store_url: str) -> None:
    database = Database(store_url, migrate=True)
    summer = NOW.astimezone(timezone(timedelta(hours=2)))
    with database.write() as connection:
        connection.execute(insert(subscribers).values(email="a@b.example", created_at=summer))
    with database.read() as connection:
        assert connection.scalar(select(subscribers.c.created_at)) == NOW
    database.close()


def test_naive_moments_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        moment_text(datetime(2026, 11, 22))  # noqa: DTZ001


def test_no_address_stands_in_an_error(store_url: str) -> None:
    database = Database(store_url, migrate=True)
    with database.write() as connection:
        connection.execute(insert(subscribers).values(email="zoe@b.example", created_at=NOW))
    with pytest.raises(exc.IntegrityError) as caught, database.write() as connection:
        connection.execute(
            insert(subscribers).values(email="zoe@b.example", name="Zoé", created_at=NOW)
        )
    assert "Zoé" not in str(caught.value)
    assert "parameters hidden" in str(caught.value)
    database.close()


def test_the_folder_of_a_new_store_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'deep' / 'down' / 'digest.db'}")
    put(database, "kept")
    assert names(database) == ["kept"]


def test_a_store_where_a_file_stands_in_the_way_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        Database(f"sqlite:///{tmp_path / 'file' / 'digest.db'}")
    assert caught.value.hint


def test_what_goes_wrong_with_another_file_is_not_blamed_on_the_store(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}")
    with pytest.raises(FileNotFoundError), database.write():
        (tmp_path / "missing.csv").read_text()


def test_a_file_that_is_no_database_is_explained(tmp_path: Path) -> None:
    (tmp_path / "digest.db").write_text("just words, " * 400)
    with pytest.raises(StoreError, match="not a database") as caught:
        Database(f"sqlite:///{tmp_path / 'digest.db'}")
    assert "backup" in caught.value.hint


def test_a_locked_store_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0)
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}")
    holder = sqlite3.connect(tmp_path / "digest.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked") as caught:
        put(database, "late")
    assert "wait" in caught.value.hint
    holder.execute("ROLLBACK")
    holder.close()
    put(database, "in time")
    assert names(database) == ["in time"]


def test_a_full_disk_says_so_and_keeps_what_was_there(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}")
    put(database, "kept")
    with database.connect() as own:
        pages = own.exec_driver_sql("PRAGMA page_count").scalar()
        own.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        own.rollback()
        with pytest.raises(StoreError, match="full") as caught, database.write(own) as connection:
            connection.execute(
                insert(facts), [{"name": f"n{n}", "value": "x" * 4000} for n in range(50)]
            )
        assert "space" in caught.value.hint
    assert names(database) == ["kept"]


def test_a_store_that_may_only_be_read_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "digest.db"
    Database(f"sqlite:///{file}").close()
    database = Database(f"sqlite:///file:{file}?mode=ro&uri=true")
    with pytest.raises(StoreError, match="readonly") as caught:
        put(database, "x")
    assert "writable" in caught.value.hint


def test_a_server_that_is_not_there_is_explained() -> None:
    with pytest.raises(StoreError) as caught:
        Database("postgresql+psycopg://digest:secret@127.0.0.1:1/digest")
    assert "secret" not in caught.value.message
    assert "url" in caught.value.hint


def test_a_password_is_never_shown(postgres_url: str) -> None:
    database = Database(postgres_url, password="secret", migrate=True)
    assert "secret" not in database.name
    database.close()


def test_a_fault_of_ours_is_not_dressed_up(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}")
    put(database, "twice")
    with pytest.raises(exc.IntegrityError):
        put(database, "twice")


def test_migration_that_breaks_off_leaves_nothing_half_made(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = op.create_table, itertools.count()

    def breaking(*arguments: Any, **options: Any) -> object:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(op, "create_table", breaking)
    with pytest.raises(KeyboardInterrupt):
        Database(store_url, migrate=True)
    monkeypatch.undo()
    database = Database(store_url, migrate=True)
    put(database, "kept")
    assert names(database) == ["kept"]
    database.close()
