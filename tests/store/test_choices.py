"""What editors say of single articles is kept for its edition, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from digest.model.content import Choice
from digest.store.content import choices as store
from digest.store.content.choices import ChoiceRecord
from digest.store.database import Database

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
WEEK, URL = "2026-W47", "https://gazette.example/a"


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    database = Database(store_url, migrate=True)
    yield database
    database.close()


def choose(
    database: Database, url: str, choice: Choice, edition: str = WEEK, hour: int = 0
) -> None:
    with database.write() as connection:
        now = NOW + timedelta(hours=hour)
        store.choose(connection, edition, url, "Un titre", choice, "ana", now)


def test_a_choice_holds_for_its_edition_before_that_is_built(database: Database) -> None:
    choose(database, URL, "pin")
    choose(database, "https://gazette.example/b", "ban")
    choose(database, URL, "ban", "2026-W48")
    with database.read() as connection:
        assert store.choices_for(connection, WEEK) == {
            URL: "pin",
            "https://gazette.example/b": "ban",
        }
        assert store.choices_for(connection, "2026-W49") == {}


def test_a_second_thought_replaces_the_first(database: Database) -> None:
    choose(database, URL, "pin")
    choose(database, URL, "ban", hour=1)
    with database.read() as connection:
        assert store.listing(connection, WEEK) == [
            ChoiceRecord(URL, "Un titre", "ban", "ana", NOW + timedelta(hours=1))
        ]


def test_choices_are_listed_in_the_order_they_were_made(database: Database) -> None:
    for hour, name in enumerate("cab"):
        choose(database, f"https://gazette.example/{name}", "pin", hour=hour)
    with database.read() as connection:
        listed = [record.url[-1] for record in store.listing(connection, WEEK)]
    assert listed == ["c", "a", "b"]


def test_a_choice_can_be_taken_back(database: Database) -> None:
    choose(database, URL, "pin")
    with database.write() as connection:
        assert store.unchoose(connection, WEEK, URL)
        assert not store.unchoose(connection, WEEK, URL)
        assert store.choices_for(connection, WEEK) == {}
