"""Which articles a week may choose from, and what is gone or forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from tests.store.keeping import FULL, LATER, NOW, WEEK, article, keep, row, stored

from digest.model.content import Article, Paragraph, Window
from digest.store.content import articles as store
from digest.store.content.articles import Counts
from digest.store.database import Database


def test_the_week_comes_oldest_first_and_without_its_neighbours(database: Database) -> None:
    keep(
        database,
        article("fin", published=WEEK.end),
        article("b", 20),
        article("sans-date", None),
        article("debut", published=WEEK.start),
        article("a", 20),
        article("avant", published=WEEK.start - timedelta(microseconds=1)),
    )
    names = [one.url.rpartition("/")[2] for one in stored(database)]
    assert names == ["debut", "a", "b", "sans-date"]


def test_an_undated_article_belongs_to_the_week_it_was_last_seen_in(database: Database) -> None:
    keep(database, article("a", None))
    keep(database, article("b", None), now=WEEK.end)
    assert [one.title for one in stored(database)] == ["Titre a"]


def test_a_week_is_compared_in_utc(database: Database) -> None:
    paris = ZoneInfo("Europe/Paris")
    week = Window(
        "2026-W43", datetime(2026, 10, 19, tzinfo=paris), datetime(2026, 10, 26, tzinfo=paris)
    )
    inside = datetime(2026, 10, 25, 23, 30, tzinfo=paris)
    outside = datetime(2026, 10, 26, 0, 30, tzinfo=paris)
    keep(database, article("a", published=inside), article("b", published=outside))
    assert [one.title for one in stored(database, window=week)] == ["Titre a"]


def test_a_date_beyond_the_calendar_counts_as_none(database: Database) -> None:
    edge = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    keep(database, article("a", published=edge))
    assert [one.published for one in stored(database)] == [edge]


def test_one_source_is_read_alone(database: Database) -> None:
    keep(database, article("a"), article("a", source="courrier"))
    assert [one.source for one in stored(database, "courrier")] == ["courrier"]
    assert len(stored(database)) == 2
    with database.read() as connection:
        assert store.count(connection, "courrier") == 1
        assert store.count(connection, "inconnue") == 0


def candidates(database: Database, **asked: Any) -> list[str]:
    wanted: dict[str, Any] = {"local": ["dossier"], "distant": ["fil"], "window": WEEK, **asked}
    with database.read() as connection:
        return [one.url.removeprefix("https://") for one in store.candidates(connection, **wanted)]


def test_files_may_be_chosen_whenever_they_were_published(database: Database) -> None:
    keep(database, article("a", source="dossier"), article("ancien", 2, source="dossier"))
    keep(database, article("a", source="autre"))
    assert candidates(database) == ["dossier.example/ancien", "dossier.example/a"]
    assert candidates(database, local=[], distant=[]) == []


def test_of_a_feed_what_it_lists_now_and_the_week_may_be_chosen(database: Database) -> None:
    keep(database, *(article(name, day, "fil") for name, day in (("a", 18), ("b", 17), ("c", 2))))
    keep(database, article("a", source="fil"), article("ancien", 1, source="fil"), now=LATER)
    assert candidates(database) == ["fil.example/ancien", "fil.example/b", "fil.example/a"]


def test_what_was_pinned_may_be_chosen_however_old_it_is(database: Database) -> None:
    keep(database, article("c", 2, source="fil"), article("c", 2, source="autre"))
    keep(database, article("a", source="fil"), now=LATER)
    pinned = ["https://fil.example/c", "https://autre.example/c"]
    assert candidates(database, pinned=pinned) == ["fil.example/c", "fil.example/a"]


def test_what_a_source_that_is_read_whole_no_longer_holds_is_dropped(database: Database) -> None:
    keep(database, article("a"), article("b"), article("b", source="courrier"))
    with database.write() as connection:
        moment = store.reading_moment(connection, NOW)
        store.keep(connection, [article("a")], moment)
        store.drop_unseen(connection, "gazette", moment)
    assert [(one.source, one.title) for one in stored(database)] == [
        ("courrier", "Titre b"),
        ("gazette", "Titre a"),
    ]


def test_readings_follow_each_other_also_when_the_clock_goes_back(database: Database) -> None:
    with database.read() as connection:
        assert store.reading_moment(connection, NOW) == NOW
    keep(database, article("a"), now=LATER)
    with database.read() as connection:
        assert store.reading_moment(connection, NOW) > LATER
        assert store.reading_moment(connection, LATER) > LATER
        later = LATER + timedelta(hours=1)
        assert store.reading_moment(connection, later) == later


def test_an_article_that_only_moved_in_its_feed_is_the_same(database: Database) -> None:
    first = article("a", location="fil, article 1")
    keep(database, first)
    complete(database, first, chapo="De la page.")
    assert keep(database, replace(first, location="fil, article 2"), now=LATER) == Counts(same=1)
    assert [one.chapo for one in stored(database)] == ["De la page."]
    assert row(database, first.url)["last_seen"] == LATER


def test_articles_are_found_by_source_and_address(database: Database) -> None:
    keep(database, FULL, article("a"), *(article(str(number)) for number in range(600)))
    wanted = [
        (FULL.source, FULL.url),
        ("courrier", FULL.url),
        *(("gazette", f"https://gazette.example/{number}") for number in range(600)),
    ]
    with database.read() as connection:
        found = store.full(connection, wanted)
        assert store.full(connection, []) == {}
    assert found[FULL.source, FULL.url] == FULL
    assert len(found) == 601


def test_what_is_gone_is_not_read_until_its_source_says_something_new_of_it(
    database: Database,
) -> None:
    gone, stays = article("a"), article("b")
    keep(database, gone, stays)
    with database.write() as connection:
        store.mark_gone(connection, gone.source, gone.url, NOW)
        store.mark_gone(connection, gone.source, gone.url, LATER)
        store.mark_gone(connection, gone.source, "https://gazette.example/inconnu", NOW)
    assert stored(database) == [stays]
    assert row(database, gone.url)["gone_at"] == NOW
    keep(database, gone, now=LATER)
    assert stored(database) == [stays]
    back = replace(gone, title=f"{gone.title} (mis à jour)")
    keep(database, back, now=LATER)
    assert stored(database) == [back, stays]


def test_what_no_source_gave_for_long_is_forgotten(database: Database) -> None:
    keep(database, article("a"), article("b"))
    keep(database, article("b"), now=LATER)
    with database.write() as connection:
        assert store.forget_before(connection, LATER) == 1
        assert store.forget_before(connection, LATER) == 0
    assert [one.title for one in stored(database)] == ["Titre b"]


def complete(database: Database, one: Article, **more: Any) -> Article:
    completed = replace(one, **more)
    with database.write() as connection:
        store.complete(connection, one, completed)
    return completed


def uncompleted(database: Database, *sources: str) -> list[str]:
    with database.read() as connection:
        return [one.title for one in store.uncompleted(connection, sources, WEEK)]


def test_a_page_is_read_once(database: Database) -> None:
    bare = article("a")
    keep(database, bare, article("b"), article("c", 2), article("a", source="courrier"))
    assert uncompleted(database, "gazette") == ["Titre a", "Titre b"]
    completed = complete(database, bare, chapo="Un chapô.", body=(Paragraph("Un texte."),))
    assert uncompleted(database, "gazette") == ["Titre b"]
    assert completed in stored(database, "gazette")
    keep(database, bare, now=LATER)
    assert uncompleted(database, "gazette") == ["Titre b"]
    assert completed in stored(database, "gazette")


def test_a_page_is_read_again_when_its_article_changed(database: Database) -> None:
    bare = article("a")
    keep(database, bare)
    complete(database, bare, chapo="Un chapô.")
    changed = replace(bare, title="Un autre titre")
    assert keep(database, changed) == Counts(changed=1)
    assert stored(database) == [changed]
    assert uncompleted(database, "gazette") == ["Un autre titre"]


def test_a_date_that_stands_on_the_page_puts_the_article_into_its_week(
    database: Database,
) -> None:
    undated = article("a", None)
    keep(database, undated, now=WEEK.end)
    assert stored(database) == []
    complete(database, undated, published=datetime(2026, 11, 18, tzinfo=UTC), title="De la page")
    assert [one.title for one in stored(database)] == ["De la page"]


def test_a_page_that_names_another_address_leaves_the_article_where_it_is(
    database: Database,
) -> None:
    bare = article("a")
    keep(database, bare)
    complete(database, bare, url="https://gazette.example/canonique", source="autre")
    assert [(one.source, one.url) for one in stored(database)] == [(bare.source, bare.url)]


def test_a_run_that_began_earlier_does_not_take_back_what_another_saw(database: Database) -> None:
    same, changed = article("pont"), article("quai")
    with database.write() as connection:
        store.keep(connection, [same, changed], LATER)
        store.keep(connection, [same, replace(changed, title="Le quai rouvre")], NOW)
        store.drop_unseen(connection, "gazette", LATER)
        assert store.count(connection, "gazette") == 2
