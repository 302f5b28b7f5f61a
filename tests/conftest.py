"""Fixtures for every room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage
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

#: What is not measured by coverage, which makes a test half as long again: browsers, real mail
#: servers, kills, sizes, properties tried with a hundred examples, and on PostgreSQL what was
#: measured on SQLite. Others run the same lines.
_UNMEASURED = (
    "*_in_chromium.py",
    "delivery/test_dispatching.py",
    "delivery/test_runs.py",
    "docs/*",
    "prove/*",
    "relays/*",
    "render/test_html_quality.py",
    "render/test_letter_seen.py",
    "render/test_parity.py",
    "summary/test_against_leads.py",
    "text/test_sentences.py",
    "worker/test_killed_workers.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first."""
    rooms = Path(__file__).parent

    def turn(item: pytest.Item) -> int:
        room = item.path.relative_to(rooms).parts[0]
        return _LONG.index(room) if room in _LONG else len(_LONG)

    items.sort(key=turn)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let coverage, where it runs, rest during what is not measured."""
    running = Coverage.current()
    if running is None or _is_measured(item):
        return (yield)
    running.stop()
    try:
        return (yield)
    finally:
        running.start()


def _is_measured(item: pytest.Item) -> bool:
    path = item.path.relative_to(Path(__file__).parent).as_posix()
    is_long = any(fnmatch(path, pattern) for pattern in _UNMEASURED)
    is_property = item.get_closest_marker("hypothesis") is not None
    return not (is_long or is_property or "postgresql" in item.name)


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
