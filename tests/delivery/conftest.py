"""An open store for every delivery test, on SQLite unless the test asks for both."""

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


@pytest.fixture(params=["power", "process", "postgresql"])
def either_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store on SQLite with either durability, and then on PostgreSQL."""
    if request.param == "postgresql":
        store = open_store(request.getfixturevalue("postgres_url"))
    else:
        store = open_store(f"sqlite:///{tmp_path / 'digest.db'}", request.param)
    yield store
    store.close()


@pytest.fixture(params=["power", "process"])
def lite_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store on SQLite with either durability."""
    store = open_store(f"sqlite:///{tmp_path / 'digest.db'}", request.param)
    yield store
    store.close()
