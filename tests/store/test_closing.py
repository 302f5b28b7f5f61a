"""A store that was left takes no changes: nobody's leave is taken where nobody looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import StoreError
from digest.store.database import Database
from digest.store.place.closing import close_store
from digest.store.place.copies import copied_at, forget_copy
from digest.store.place.copying import copy_store
from digest.subscribers import membership

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
READER = "marie@readers.example"


@pytest.fixture
def store(store_url: str) -> Iterator[Database]:
    """A store with one reader."""
    database = Database(store_url, migrate=True)
    membership.add(database, "main", READER, now=NOW)
    yield database
    database.close()


def leave(database: Database) -> None:
    membership.unsubscribe(database, READER, list_name="main", now=NOW)


def status(database: Database) -> str:
    (subscription,) = membership.listing(database, "main")
    return subscription.status


def test_whatever_would_change_it_is_refused_and_told_where_to_go(store: Database) -> None:
    with store.write() as connection:
        close_store(connection)
    for change in (
        lambda: leave(store),
        lambda: membership.remove(store, READER, "main", now=NOW),
        lambda: membership.add(store, "main", "paul@readers.example", now=NOW),
    ):
        with pytest.raises(StoreError, match="was left for another one") as caught:
            change()
        assert "[store] url" in caught.value.hint
        assert "--restored" in caught.value.hint
    assert status(store) == "active", "it can be read all the same"


def test_a_person_who_says_that_it_is_in_use_opens_it_again(store: Database) -> None:
    with store.write() as connection:
        close_store(connection)
        close_store(connection)
    with store.write() as connection:
        forget_copy(connection)
        forget_copy(connection)
    leave(store)
    assert status(store) == "unsubscribed"


def test_a_store_is_closed_when_it_was_copied_and_the_other_one_is_open(
    postgres_url: str, tmp_path: Path
) -> None:
    """As for a `digest serve` that runs with the old one still, there and on the way back."""
    first = Database(f"sqlite:///{tmp_path / 'digest.db'}")
    membership.add(first, "main", READER, now=NOW)
    second = Database(postgres_url, migrate=True)
    third = Database(f"sqlite:///{tmp_path / 'again.db'}")
    for source, target in ((first, second), (second, third)):
        copy_store(source, target, now=NOW, progress=lambda _step, _done, _total: None)
        with pytest.raises(StoreError, match="was left"):
            leave(source)
    leave(third)
    assert status(third) == "unsubscribed"
    with third.read() as connection:
        assert copied_at(connection) is None
    for database in (first, second, third):
        database.close()
