"""When an article or an address was seen can be told afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.model.content import Article
from digest.net import Visit
from digest.store.content.articles import keep
from digest.store.content.fetches import StoredHistory
from digest.store.content.sightings import LastFetch, Sighting, last_fetch, sightings
from digest.store.database import Database

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ARTICLE = Article("gazette", "https://gazette.example/pont", "Le pont rouvre", chapo="Enfin.")
KEY = (ARTICLE.source, ARTICLE.url)


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    database = Database(store_url, migrate=True)
    yield database
    database.close()


def test_change_is_told_apart_from_being_seen_again(database: Database) -> None:
    latest = LATER + timedelta(hours=1)
    for article, moment in (
        (ARTICLE, NOW),
        (replace(ARTICLE, chapo="Il rouvre."), LATER),
        (replace(ARTICLE, chapo="Il rouvre."), latest),
    ):
        with database.write() as connection:
            keep(connection, [article], moment)
    with database.read() as connection:
        assert sightings(connection, [KEY, ("gazette", "https://gazette.example/none")]) == {
            KEY: Sighting(first=NOW, last=latest, changed=LATER)
        }


def test_last_fetch_is_that_of_the_address_or_of_what_is_below_it(database: Database) -> None:
    history = StoredHistory(database)
    for path, moment, status in (
        ("", NOW, 200),
        ("wp-json/posts?page=1", LATER, 304),
        ("../other/", LATER + timedelta(hours=1), 500),
    ):
        address = f"https://gazette.example/a_b/{path}".replace("a_b/../", "")
        history.note(Visit(address, "gazette", "", "", status, moment))
    with database.write() as connection:
        history.keep(connection, "gazette")
    with database.read() as connection:
        assert last_fetch(connection, "https://gazette.example/a_b/") == LastFetch(LATER, 304)
        assert last_fetch(connection, "https://gazette.example/aXb/") is None
