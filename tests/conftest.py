"""Fixtures for every room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from tests.browser import browser
from tests.postgres import postgres_cluster, postgres_url, store_url

from digest.store.database import Database

__all__ = ["browser", "postgres_cluster", "postgres_url", "store_url"]


# A process of tests that run side by side inherits a width that no user set.
os.environ.pop("COLUMNS", None)

# How long an example takes says nothing on a busy machine.
settings.register_profile("digest", deadline=None)
settings.load_profile("digest")

#: Rooms with the longest files: begun first, so that none is left over when all others are done.
_LONG = ("prove", "worker", "docs", "cli")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first."""
    rooms = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        room = item.path.relative_to(rooms).parts[0]
        return _LONG.index(room) if room in _LONG else len(_LONG)

    items.sort(key=turn)


@pytest.fixture(autouse=True)
def stores_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close every store that a test opened: a forgotten connection would warn in another test."""
    opened: list[Database] = []
    real = Database.__init__

    def noting(self: Database, *arguments: Any, **options: Any) -> None:
        opened.append(self)
        real(self, *arguments, **options)

    monkeypatch.setattr(Database, "__init__", noting)
    yield
    for database in opened:
        if hasattr(database, "engine"):
            database.close()
