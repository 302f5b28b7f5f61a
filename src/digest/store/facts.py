"""Queries on facts about the store itself, by name: random keys, whether it is a copy, its home.

Every function takes a connection inside a transaction of `Database.read()` or `Database.write()`.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, delete, select

from digest.store.tables import facts, insert_into


def find_fact(connection: Connection, name: str) -> str | None:
    """What is kept under a name, or None."""
    return connection.scalar(select(facts.c.value).where(facts.c.name == name))


def add_fact(connection: Connection, name: str, value: str) -> str:
    """Keep a fact unless there is one of that name; returns the one that is there now."""
    statement = insert_into(connection, facts).values(name=name, value=value)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["name"]))
    kept: str = connection.scalars(select(facts.c.value).where(facts.c.name == name)).one()
    return kept


def set_fact(connection: Connection, name: str, value: str) -> None:
    """Keep a fact, whatever stood there before."""
    statement = insert_into(connection, facts).values(name=name, value=value)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )


def forget_fact(connection: Connection, name: str) -> None:
    """Keep nothing under a name any more."""
    connection.execute(delete(facts).where(facts.c.name == name))


def random_key(connection: Connection, name: str) -> bytes:
    """The store's random key of that name (32 bytes), made when first needed and kept for good."""
    return bytes.fromhex(add_fact(connection, name, secrets.token_hex(32)))


def find_key(connection: Connection, name: str) -> bytes | None:
    """The store's random key of that name, or None when it was never needed."""
    value = find_fact(connection, name)
    return None if value is None else bytes.fromhex(value)
