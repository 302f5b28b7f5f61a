"""An address is remembered once what came with it was kept, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from digest.net import History, Visit
from digest.store.content import fetches as module
from digest.store.content.fetches import StoredHistory, forget_visits_before
from digest.store.content.sightings import last_fetch
from digest.store.database import Database

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
URL = "https://gazette.example/rss"
VISIT = Visit(URL, "gazette", '"1"', "Mon, 16 Nov 2026 08:00:00 GMT", 200, NOW)


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    database = Database(store_url, migrate=True)
    yield database
    database.close()


def keep(database: Database, history: StoredHistory, made_for: str) -> None:
    with database.write() as connection:
        history.keep(connection, made_for)


def keep_and_fail(history: StoredHistory, connection: Connection) -> None:
    history.keep(connection, "gazette")
    raise ZeroDivisionError


def last(database: Database, url: str) -> Visit | None:
    """What the next run finds."""
    return StoredHistory(database).last(url)


def test_a_visit_is_remembered_in_the_next_run(database: Database) -> None:
    history = StoredHistory(database)
    as_history: History = history
    as_history.note(VISIT)
    keep(database, history, "gazette")
    assert last(database, URL) == VISIT
    assert last(database, f"{URL}2") is None


def test_a_run_that_is_killed_leaves_no_visit_behind(database: Database) -> None:
    history = StoredHistory(database)
    history.note(VISIT)
    assert history.last(URL) is None
    assert last(database, URL) is None


def test_a_run_takes_nothing_for_known_that_it_noted_itself(database: Database) -> None:
    history = StoredHistory(database)
    assert history.last(URL) is None
    history.note(VISIT)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        keep_and_fail(history, connection)
    assert history.last(URL) is None
    assert last(database, URL) is None


def test_a_source_that_failed_leaves_no_visit_behind(database: Database) -> None:
    history = StoredHistory(database)
    history.note(VISIT)
    history.drop("gazette")
    keep(database, history, "gazette")
    assert last(database, URL) is None


def test_each_source_keeps_its_own_visits(database: Database) -> None:
    history = StoredHistory(database)
    other = replace(VISIT, url="https://courrier.example/rss", made_for="courrier")
    page = replace(VISIT, url="https://gazette.example/a", made_for="gazette 2026-W47")
    alike = replace(VISIT, url="https://gazettes.example/", made_for="gazettes")
    visits = (VISIT, other, page, alike)
    for visit in visits:
        history.note(visit)
    keep(database, history, "gazette")
    assert [last(database, visit.url) for visit in visits] == [VISIT, None, page, None]
    keep(database, history, "courrier")
    assert last(database, other.url) == other


def test_the_latest_visit_replaces_the_one_before(database: Database) -> None:
    history = StoredHistory(database)
    newer = replace(VISIT, etag="", last_modified="today", status=304)
    for visit in (VISIT, newer):
        history.note(visit)
        keep(database, history, "gazette")
    assert last(database, URL) == newer


def test_an_answer_without_validators_is_of_no_use_to_the_next_run(database: Database) -> None:
    history = StoredHistory(database)
    history.note(replace(VISIT, etag="", last_modified="", status=500))
    keep(database, history, "gazette")
    assert last(database, URL) is None


def test_a_run_remembers_the_latest_visits(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST", 2)
    history = StoredHistory(database)
    visits = [
        replace(VISIT, url=f"{URL}/{hour}", fetched_at=NOW + timedelta(hours=hour))
        for hour in range(3)
    ]
    for visit in visits:
        history.note(visit)
    keep(database, history, "gazette")
    assert [last(database, visit.url) for visit in visits] == [None, *visits[1:]]


def test_an_address_longer_than_the_databases_take_is_not_remembered(database: Database) -> None:
    history = StoredHistory(database)
    long = replace(VISIT, url="https://gazette.example/" + "".join(f"{n:x}" for n in range(999)))
    history.note(long)
    history.note(VISIT)
    keep(database, history, "gazette")
    assert last(database, long.url) is None
    assert last(database, URL) == VISIT


def test_old_visits_are_forgotten(database: Database) -> None:
    history = StoredHistory(database)
    recent = replace(VISIT, url=f"{URL}2", fetched_at=NOW + timedelta(days=1))
    for visit in (VISIT, recent):
        history.note(visit)
    keep(database, history, "gazette")
    with database.write() as connection:
        assert forget_visits_before(connection, recent.fetched_at) == 1
    assert last(database, URL) is None
    assert last(database, recent.url) == recent


def test_several_threads_ask_and_note_at_once(database: Database) -> None:
    history = StoredHistory(database)
    visits = [replace(VISIT, url=f"{URL}/{number}") for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(history.last, [visit.url for visit in visits]))
        list(pool.map(history.note, visits))
    keep(database, history, "gazette")
    later = StoredHistory(database)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(later.last, [visit.url for visit in visits])) == visits


def test_passwords_and_keys_of_addresses_do_not_reach_the_store(database: Database) -> None:
    first, second = (f"https://ana:geheim@gazette.example/rss?token={t}" for t in ("un", "deux"))
    history = StoredHistory(database)
    history.note(replace(VISIT, url=first))
    keep(database, history, "gazette")
    with database.read() as connection:
        (kept,) = connection.exec_driver_sql("SELECT url FROM fetches").scalars()
    assert kept.startswith("https://***@gazette.example/rss?token=***#")
    assert last(database, first) == replace(VISIT, url=first)
    assert last(database, second) is None
    with database.read() as connection:
        seen = last_fetch(connection, first)
    assert seen is not None
    assert seen.status == 200
