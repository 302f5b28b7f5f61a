"""What earlier editions published is known again, and as it was then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.model.content import Article, Published
from digest.store.content import articles as article_store
from digest.store.content import editions
from digest.store.database import Database
from digest.store.ledger import dispatches as ledger
from digest.text.fingerprint import fingerprint

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ARTICLE = Article("gazette", "https://gazette.example/a", "Le pont rouvre", chapo="Enfin.")


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    database = Database(store_url, migrate=True)
    yield database
    database.close()


def publish(database: Database, edition: str, *urls: str) -> None:
    with database.write() as connection:
        editions.record_built(connection, edition, first=1, now=NOW)
        ledger.mark_published(connection, edition, [(url, "Un titre") for url in urls])


def before(database: Database, edition: str, memory: int = 8) -> dict[str, Published]:
    with database.read() as connection:
        return editions.published_before(connection, edition, memory)


def test_what_was_published_is_known_as_it_was_then(database: Database) -> None:
    with database.write() as connection:
        article_store.keep(connection, [ARTICLE], NOW)
    publish(database, "2026-W46", ARTICLE.url)
    with database.write() as connection:
        article_store.keep(connection, [replace(ARTICLE, title="Le pont ferme")], NOW)
    publish(database, "2026-W46", ARTICLE.url)
    assert before(database, "2026-W47") == {
        ARTICLE.url: Published("2026-W46", fingerprint(ARTICLE))
    }


def test_a_completed_article_counts_with_what_its_page_says(database: Database) -> None:
    completed = replace(ARTICLE, chapo="Un chapô de la page.")
    with database.write() as connection:
        article_store.keep(connection, [ARTICLE], NOW)
        article_store.complete(connection, ARTICLE, completed)
    publish(database, "2026-W46", ARTICLE.url)
    assert before(database, "2026-W47")[ARTICLE.url].fingerprint == fingerprint(completed)


def test_what_the_store_does_not_know_has_no_fingerprint(database: Database) -> None:
    publish(database, "2026-W46", ARTICLE.url)
    assert before(database, "2026-W47") == {ARTICLE.url: Published("2026-W46", "")}


def test_the_latest_edition_that_published_it_is_named(database: Database) -> None:
    publish(database, "2026-W44", ARTICLE.url, "https://gazette.example/b")
    publish(database, "2026-W46", ARTICLE.url)
    found = before(database, "2026-W47")
    assert found[ARTICLE.url].edition == "2026-W46"
    assert found["https://gazette.example/b"].edition == "2026-W44"


def test_only_the_last_editions_count_and_never_this_one(database: Database) -> None:
    for number in (43, 44, 45, 46, 47):
        publish(database, f"2026-W{number}", f"https://gazette.example/{number}")
    found = before(database, "2026-W47", memory=2)
    assert sorted(one.edition for one in found.values()) == ["2026-W45", "2026-W46"]
