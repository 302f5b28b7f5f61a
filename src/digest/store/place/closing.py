"""Closes a store that `digest db copy` has left, so that nothing is written where nobody looks.

A `digest serve` that still runs with it would otherwise take a reader's leave that the other store
never hears of. The database itself refuses (triggers), whatever program asks and however long it
has been running; only the facts about the store stay open, so that it can be opened again.
"""

from __future__ import annotations

from sqlalchemy import Connection

from digest.store.tables import facts, metadata

#: What the database answers; `digest.store.database` turns it into a sentence with a remedy.
CLOSED = "this store was left for another one"

_TABLES = tuple(table.name for table in metadata.sorted_tables if table is not facts)
_CHANGES = ("INSERT", "UPDATE", "DELETE")

_REFUSE = f"""
CREATE OR REPLACE FUNCTION refuse_closed() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{CLOSED}'; END $$
"""


def close_store(connection: Connection) -> None:
    """From now on nothing but facts can be written."""
    if connection.dialect.name == "sqlite":
        for table in _TABLES:
            for change in _CHANGES:
                connection.exec_driver_sql(
                    f"CREATE TRIGGER IF NOT EXISTS closed_{table}_{change.lower()} "
                    f"BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, '{CLOSED}'); END"
                )
        return
    connection.exec_driver_sql(_REFUSE)
    for table in _TABLES:
        connection.exec_driver_sql(
            f"CREATE OR REPLACE TRIGGER closed BEFORE {' OR '.join(_CHANGES)} ON {table} "
            "EXECUTE FUNCTION refuse_closed()"
        )


def open_again(connection: Connection) -> None:
    """Take back what `close_store` did; nothing happens to a store that is open."""
    for table in _TABLES:
        if connection.dialect.name == "sqlite":
            for change in _CHANGES:
                connection.exec_driver_sql(
                    f"DROP TRIGGER IF EXISTS closed_{table}_{change.lower()}"
                )
        else:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS closed ON {table}")
