"""Moves a publication's store from SQLite to PostgreSQL, or back: every row, or none.

The rows go over table by table in one transaction of the target, are read back within it and
compared with the source's, row by row; only then it commits. The source cannot be written to
meanwhile; afterwards it is marked and closed, so that nobody goes on sending from it and no leave
is taken where nobody looks; until then, the target is marked. That no sender is at work on a SQLite
source is the caller's business (`sending_lock`).
Source of the means: the PostgreSQL manual, "COPY"; the SQLite manual, "Autoincrement".
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from sqlalchemy import Connection, Integer, LargeBinary, String, Table, func, select, text
from sqlalchemy.exc import OperationalError

from digest.errors import StoreError, UsageError
from digest.store.database import Database
from digest.store.ledger.runs import is_alive
from digest.store.place.closing import close_store
from digest.store.place.copies import copied_at, forget_copy, mark_copy
from digest.store.place.homes import HOME
from digest.store.tables import facts, metadata, runs

#: The fact that names the revision of the workers' own tables.
JOBS_SCHEMA = "jobs_schema"

#: Called with what is being done, for how many rows it is done, and how many there are.
CopyProgress = Callable[[str, int, int], None]

Row = tuple[Any, ...]

#: Rows read, written and compared at once; few where each may hold a letter with its pictures.
_ROWS, _LARGE_ROWS = 2000, 20
#: Milliseconds to wait for those who are writing to PostgreSQL.
_PATIENCE = 30_000
_TABLES = tuple(metadata.sorted_tables)
#: Facts about a place, which stay there.
_STAY = (JOBS_SCHEMA, HOME)
#: Where PostgreSQL met what it refused.
_PLACE = re.compile(r"line (?P<line>\d+)(?:, column (?P<column>\w+))?")


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """What arrived: `sha256` is over all rows in the order of their primary key."""

    name: str
    rows: int
    sha256: str


def copy_store(
    source: Database, target: Database, *, now: datetime, progress: CopyProgress
) -> tuple[CopiedTable, ...]:
    """Copy every row of `source` into the empty `target`, verified; then close the source.

    Raises:
        UsageError: both are of one kind.
        StoreError: the target is not empty, somebody is sending, a value cannot be kept there
            (naming table and row), or a row arrived differently; nothing was committed.
    """
    if source.is_sqlite == target.is_sqlite:
        own = "`digest backup`" if source.is_sqlite else "pg_dump and pg_restore"
        raise UsageError(
            f"{target.name} is of the same kind as {source.name}", f"Use {own} for that."
        )
    with source.write() as origin:
        with target.write() as goal:
            for database, connection in ((source, origin), (target, goal)):
                _keep_others_away(database, connection)
            _require_still(source, origin)
            _require_empty(target, goal)
            total = sum(_count(origin, table) for table in _TABLES)
            _copy_rows(origin, goal, lambda done: progress("Copying", done, total))
            copied = tuple(
                _compare_rows(origin, goal, lambda done: progress("Comparing", done, total))
            )
            _carry_counters(origin, goal)
            goal.exec_driver_sql("ANALYZE")
            was_in_use = copied_at(origin) is None
            # Two databases do not commit at once: killed in between, one of them sends at most.
            mark_copy(goal, now)
        mark_copy(origin, now)
        close_store(origin)
    if was_in_use:
        with target.write() as goal:
            forget_copy(goal)
    return copied


# ---- Before ---------------------------------------------------------------------------------


def _keep_others_away(database: Database, connection: Connection) -> None:
    """Others may read, nobody else writes until the transaction ends (SQLite: it began so)."""
    if database.is_sqlite:
        return
    names = ", ".join(table.name for table in _TABLES)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_PATIENCE}")
    try:
        connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
    except OperationalError:
        raise StoreError(
            f"{database.name}: another program is writing to it",
            "Stop `digest worker`, `digest serve` and `digest send`, then run the command again.",
        ) from None


def _require_still(database: Database, connection: Connection) -> None:
    """No run is at work in PostgreSQL; on SQLite the caller holds the sending lock."""
    if database.is_sqlite:
        return
    query = select(runs.c.host, runs.c.pid).where(is_alive(connection)).limit(1)
    row = connection.execute(query).first()
    if row is not None:
        raise StoreError(
            f"{database.name}: process {row.pid} on {row.host} is sending, or was within the last "
            "minute",
            "Wait until it has ended, then run the command again.",
        )


def _require_empty(database: Database, connection: Connection) -> None:
    for table in _TABLES:
        if rows := _count(connection, table):
            raise StoreError(
                f"{database.name}: is not empty: {rows} rows in {table.name}",
                "Name a store that holds nothing yet; it may be at the present revision.",
            )


# ---- Rows -----------------------------------------------------------------------------------


def _copy_rows(origin: Connection, goal: Connection, progress: Callable[[int], None]) -> None:
    write = _insert if goal.dialect.name == "sqlite" else _copy_in
    done = 0
    for table in _TABLES:
        with closing(_pages(origin, table)) as pages:
            for rows in pages:
                write(goal, table, rows)
                done += len(rows)
                progress(done)


def _compare_rows(
    origin: Connection, goal: Connection, progress: Callable[[int], None]
) -> Iterator[CopiedTable]:
    """Read both sides in the order of their keys; the first row that differs ends it."""
    done = 0
    for table in _TABLES:
        seal, number = hashlib.sha256(), 0
        nothing: list[Row] = []
        with closing(_pages(origin, table)) as left, closing(_pages(goal, table)) as right:
            for sent, arrived in zip_longest(left, right, fillvalue=nothing):
                if sent != arrived:
                    raise _difference(table, sent, arrived)
                for row in arrived:
                    seal.update(repr(row).encode())
                number += len(arrived)
                progress(done + number)
        done += number
        yield CopiedTable(table.name, number, seal.hexdigest())


def _difference(table: Table, sent: Sequence[Row], arrived: Sequence[Row]) -> StoreError:
    row = next(
        one or other for one, other in zip_longest(sent, arrived, fillvalue=()) if one != other
    )
    return StoreError(
        f"{_named(table, row)}: arrived differently; nothing was kept",
        "Run the command again; if it happens again, report it.",
    )


def _pages(connection: Connection, table: Table) -> Generator[list[Row], None, None]:
    """Every row in the order of its primary key, some at a time, as the driver gives it."""
    is_sqlite = connection.dialect.name == "sqlite"
    driver: Any = connection.connection.driver_connection
    size = _LARGE_ROWS if any(isinstance(c.type, LargeBinary) for c in table.c) else _ROWS
    # SQLite compares text byte by byte; PostgreSQL does so in this collation only.
    order = ", ".join(
        column.name
        if is_sqlite or not isinstance(column.type, String)
        else f'{column.name} COLLATE "C"'
        for column in table.primary_key
    )
    query = f"SELECT {_columns(table)} FROM {table.name}{_part(table)} ORDER BY {order}"  # noqa: S608
    cursor = driver.cursor() if is_sqlite else driver.cursor(name=f"reading_{table.name}")
    try:
        cursor.execute(query)
        while rows := cursor.fetchmany(size):
            yield rows
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):
            raise
        raise _undecodable(driver, table, query) from None
    finally:
        cursor.close()


def _copy_in(goal: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Rows into PostgreSQL."""
    import psycopg

    driver: Any = goal.connection.driver_connection
    at = 0
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({_columns(table)}) FROM STDIN") as copy,
        ):
            for at, row in enumerate(rows):  # noqa: B007
                copy.write_row(row)
    except psycopg.Error as error:
        raise _refusal(table, rows, at, error) from None


def _insert(goal: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Rows into SQLite."""
    driver: Any = goal.connection.driver_connection
    places = ", ".join("?" * len(table.c))
    try:
        driver.executemany(
            f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({places})",  # noqa: S608
            rows,
        )
    except sqlite3.Error as error:
        raise StoreError(
            f"{table.name}: {error}; nothing was kept", "Make room, then run the command again."
        ) from error


def _refusal(table: Table, rows: Sequence[Row], at: int, error: Any) -> StoreError:
    """Which row PostgreSQL refuses, without the value."""
    found = _PLACE.search(error.diag.context or "")
    column = found["column"] if found else None
    if found:
        at = int(found["line"]) - 1
    why = (error.diag.message_primary or "").partition(': "')[0]
    for name, value in zip(table.c.keys(), rows[at], strict=True):
        if isinstance(value, str) and "\0" in value:
            column, why = name, "holds a NUL character, which PostgreSQL cannot keep"
    if not why:
        why = str(error).splitlines()[0]
    place = _named(table, rows[at]) + (f", {column}" if column else "")
    return StoreError(
        f"{place}: {why}; nothing was kept",
        "Mend that row in the source, then run the command again.",
    )


def _undecodable(driver: Any, table: Table, query: str) -> StoreError:
    """Which row of SQLite holds bytes that are no text."""
    driver.text_factory = bytes
    try:
        for row in driver.execute(query):
            for name, value in zip(table.c.keys(), row, strict=True):
                try:
                    _ = isinstance(value, bytes) and value.decode()
                except UnicodeDecodeError:
                    if isinstance(table.c[name].type, LargeBinary):
                        continue
                    return StoreError(
                        f"{_named(table, row)}, {name}: is no UTF-8; nothing was kept",
                        "Mend that row in the source, then run the command again.",
                    )
    finally:
        driver.text_factory = str
    raise AssertionError(f"{table.name}: every row can be read")


# ---- What numbers the rows ------------------------------------------------------------------


def _carry_counters(origin: Connection, goal: Connection) -> None:
    """A number that was given once is never given again, also where its row is gone."""
    for table in _TABLES:
        key = list(table.primary_key)
        if len(key) == 1 and isinstance(key[0].type, Integer):
            _set_counter(goal, table.name, key[0].name, _counter(origin, table, key[0].name))


def _counter(connection: Connection, table: Table, key: str) -> int:
    highest = connection.scalar(select(func.max(table.c[key]))) or 0
    if connection.dialect.name == "sqlite":
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
        return max(highest, connection.scalar(query, {"table": table.name}) or 0)
    query = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:table, :key)::regclass)")
    return max(highest, connection.scalar(query, {"table": table.name, "key": key}) or 0)


def _set_counter(connection: Connection, table: str, key: str, value: int) -> None:
    if not value:
        return
    values = {"table": table, "key": key, "value": value}
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), values)
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:table, :value)"), values)
    else:
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :key), :value)"), values
        )


# ---- Small things ---------------------------------------------------------------------------


def _columns(table: Table) -> str:
    return ", ".join(f'"{name}"' for name in table.c.keys())  # noqa: SIM118


def _part(table: Table) -> str:
    return f" WHERE name NOT IN {_STAY}" if table is facts else ""


def _count(connection: Connection, table: Table) -> int:
    query = f"SELECT count(*) FROM {table.name}{_part(table)}"  # noqa: S608
    return int(connection.exec_driver_sql(query).scalar_one())


def _named(table: Table, row: Row) -> str:
    """A table and one of its rows by its key, as a person finds it again."""
    values = dict(zip(table.c.keys(), row, strict=True))
    key = ", ".join(f"{column.name} {values[column.name]}" for column in table.primary_key)
    return f"{table.name}, {key}"
