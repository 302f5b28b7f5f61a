"""Stores that several tests begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.moving import fill

from digest.store.database import Database


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


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """An empty store, once on each database."""
    database = Database(store_url, migrate=True)
    yield database
    database.close()
