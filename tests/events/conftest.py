"""An open store for every test of events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.delivery.world import open_store

from digest.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A store on SQLite."""
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}")
    yield store
    store.close()


@pytest.fixture
def either_database(store_url: str) -> Iterator[Database]:
    """A store on SQLite and then on PostgreSQL."""
    store = open_store(store_url)
    yield store
    store.close()
