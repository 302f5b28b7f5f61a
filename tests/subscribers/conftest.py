"""A store on each database, and files as people save them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from digest.store.database import Database


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    """An empty store, once on SQLite and once on PostgreSQL."""
    database = Database(store_url, migrate=True)
    yield database
    database.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Database]:
    """An empty store on SQLite, for what does not touch the database's own ways."""
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")
    yield database
    database.close()


WriteCsv = Callable[..., Path]


@pytest.fixture
def write_csv(tmp_path: Path) -> WriteCsv:
    """Write a file from its text."""

    def write(text: str, *, encoding: str = "utf-8", name: str = "readers.csv") -> Path:
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        return file

    return write
