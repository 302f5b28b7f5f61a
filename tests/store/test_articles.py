"""The store remembers articles as they were last seen, and gives them back whole."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from digest.model.content import Article, Paragraph, Picture, SectionSignal, Window
from digest.store.content import articles as store
from digest.store.content.articles import Counts
from digest.store.content.packing import compress, decompress, pack, unpack
from digest.store.database import Database
from digest.store.tables import articles as table

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
WEEK = Window("2026-W47", datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
FULL = Article(
    "gazette",
    "https://gazette.example/monde/pont",
    "Le pont de Vauxrive rouvre",
    published=datetime(2026, 11, 18, 7, 5, 30, tzinfo=ZoneInfo("Europe/Paris")),
    chapo="Après deux ans de travaux.",
    description="Une description.",
    body=(
        Paragraph("Le pont a rouvert."),
        Paragraph("Une attente", "subhead"),
        Paragraph("Enfin !", "quote"),
        Paragraph("Ana Roc, riveraine", "attribution"),
    ),
    sections=(SectionSignal("url", "monde"), SectionSignal("printed", "International")),
    categories=("ponts", "travaux"),
    author="Léo Sand",
    language="fr",
    region="Europe",
    picture=Picture("https://gazette.example/p.jpg", "Un pont", "Le pont", "L. Sand", 800, 600),
    pinned=True,
    inferred=("published: from the file's name",),
    location="articles/pont.md",
)


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    database = Database(store_url, migrate=True)
    yield database
    database.close()


def article(name: str, day: int | None = 18, source: str = "gazette", **more: object) -> Article:
    published = None if day is None else datetime(2026, 11, day, 8, tzinfo=UTC)
    url = f"https://{source}.example/{name}"
    return replace(Article(source, url, f"Titre {name}", published), **more)


def keep(database: Database, *found: Article, now: datetime = NOW) -> Counts:
    with database.write() as connection:
        counted = store.keep(connection, found, now).values()
        return Counts(*map(sum, zip(Counts(), *counted, strict=True)))


def stored(database: Database, source: str | None = None, window: Window = WEEK) -> list[Article]:
    with database.read() as connection:
        return list(store.stored(connection, source=source, window=window))


def row(database: Database, url: str) -> dict[str, object]:
    with database.read() as connection:
        found = connection.execute(select(table).where(table.c.url == url)).mappings().one()
        return dict(found)


# Whole and exact


def test_an_article_comes_back_as_it_went_in(database: Database) -> None:
    bare = Article("gazette", "https://gazette.example/b", "Sans rien d’autre")
    keep(database, FULL, bare)
    (found, undated) = stored(database)
    assert (found, undated) == (FULL, bare)
    assert found.published is not None
    assert found.published.utcoffset() == timedelta(hours=1)


def test_the_example_fills_every_field() -> None:
    """So that a field added to the model cannot be forgotten here."""
    for field in fields(Article):
        assert getattr(FULL, field.name), field.name


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_MOMENTS = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.timezones()
    | st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))),
)


@given(
    st.builds(
        Article,
        source=_TEXT,
        url=_TEXT,
        title=_TEXT,
        published=st.none() | _MOMENTS,
        chapo=_TEXT,
        body=st.lists(
            st.builds(
                Paragraph, _TEXT, st.sampled_from(["text", "subhead", "quote", "attribution"])
            ),
            max_size=4,
        ).map(tuple),
        sections=st.lists(st.builds(SectionSignal, st.just("feed"), _TEXT), max_size=2).map(tuple),
        categories=st.lists(_TEXT, max_size=2).map(tuple),
        picture=st.none() | st.builds(Picture, _TEXT, _TEXT, _TEXT, _TEXT),
        pinned=st.booleans(),
    )
)
def test_every_article_comes_back(given_article: Article) -> None:
    back = unpack(decompress(compress(pack(given_article))))
    assert in_utc(back) == in_utc(given_article)


def test_a_long_article_takes_less_room_and_a_short_one_no_more() -> None:
    long = replace(FULL, body=(Paragraph("Le pont de Vauxrive a rouvert. " * 100),))
    assert len(compress(pack(long))) < len(pack(long)) / 2
    assert len(compress(pack(FULL))) <= len(pack(FULL))
    assert unpack(decompress(compress(pack(long)))) == long


def in_utc(one: Article) -> Article:
    """Its date in UTC: an hour that a zone has twice equals no other moment (PEP 495)."""
    return replace(one, published=one.published and one.published.astimezone(UTC))


def test_what_a_database_cannot_keep_is_left_out(database: Database) -> None:
    odd = replace(
        FULL,
        source="ga\x00zette",
        url=FULL.url + "\ud800",
        title="Le \x00pont",
        body=(Paragraph("Un \udfffpont\x00."),),
        picture=Picture("https://gazette.example/p.jpg", "\x00Un pont"),
    )
    plain = replace(FULL, title="Le \\u0000 pont")
    assert unpack(pack(replace(FULL, title="Le \ud800pont"))).title == "Le pont"
    keep(database, odd, replace(plain, url="https://gazette.example/plain"))
    found = {one.url: one for one in stored(database)}
    clean = found[FULL.url]
    assert (clean.source, clean.title, clean.text) == ("gazette", "Le pont", "Un pont.")
    assert clean.picture is not None
    assert clean.picture.alt == "Un pont"
    assert found["https://gazette.example/plain"].title == "Le \\u0000 pont"


# Seen again


def test_what_is_new_changed_and_the_same_is_counted(database: Database) -> None:
    assert keep(database, article("a"), article("b"), article("c")) == Counts(new=3)
    again = keep(
        database,
        article("a"),
        article("b", title="Un autre titre"),
        article("d"),
        now=LATER,
    )
    assert again == Counts(new=1, changed=1, same=1)
    assert {one.title for one in stored(database)} == {
        "Titre a",
        "Un autre titre",
        "Titre c",
        "Titre d",
    }


def test_moments_say_when_an_article_was_first_seen_last_seen_and_changed(
    database: Database,
) -> None:
    keep(database, article("a"), article("b"), article("c"))
    keep(
        database,
        article("a"),
        article("b", title="Un autre titre"),
        article("c", title="« Titre C »"),
        now=LATER,
    )
    moments = {
        name: tuple(
            row(database, f"https://gazette.example/{name}")[column]
            for column in ("first_seen", "last_seen", "changed_at")
        )
        for name in "abc"
    }
    assert moments["a"] == (NOW, LATER, NOW)
    assert moments["b"] == (NOW, LATER, LATER)
    assert moments["c"] == (NOW, LATER, NOW)


def test_a_new_picture_is_kept_without_calling_it_a_change(database: Database) -> None:
    keep(database, FULL)
    newer = replace(FULL, picture=Picture("https://gazette.example/q.jpg"))
    assert keep(database, newer) == Counts(same=1)
    assert stored(database) == [newer]


def test_of_two_with_one_address_the_later_stays(database: Database) -> None:
    assert keep(database, article("a"), article("a", title="Plus tard")) == Counts(new=1)
    assert [one.title for one in stored(database)] == ["Plus tard"]


def test_an_address_longer_than_the_databases_take_is_refused(database: Database) -> None:
    address = "https://gazette.example/" + "".join(f"{n:x}-" for n in range(700))
    long = article("a", url=address)
    assert keep(database, long, article("b")) == Counts(new=1, refused=1)
    fits = article("c", url=address[: store.LONGEST_KEY - len("gazette")])
    assert keep(database, fits) == Counts(new=1)


def test_nothing_is_kept_without_articles(database: Database) -> None:
    assert keep(database) == Counts()
    assert stored(database) == []


def test_a_stream_of_articles_is_kept_in_constant_memory(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/digest.db")
    body = (Paragraph("Une phrase fictive de la Gazette. " * 60),)
    found = (replace(article(f"{number:05}"), body=body) for number in range(3_000))
    tracemalloc.start()
    try:
        with database.write() as connection:
            assert store.keep(connection, found, NOW) == {"gazette": Counts(new=3_000)}
        with database.read() as connection:
            read = sum(1 for _ in store.stored(connection, source=None, window=WEEK))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == 3_000
    assert peak < 6_000_000


# Read


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


def candidates(database: Database, **asked: object) -> list[str]:
    wanted = {"local": ["dossier"], "distant": ["fil"], "window": WEEK, **asked}
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


# Gone, and forgotten


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


# Completed from their pages


def complete(database: Database, one: Article, **more: object) -> Article:
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


# Several at once


def test_articles_are_read_while_others_are_written(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/digest.db")
    keep(database, *(article(f"{number:04}") for number in range(1_200)))
    with database.read() as connection:
        reading = store.stored(connection, source=None, window=WEEK)
        first = next(reading)
        keep(database, article("autre"))
        rest = list(reading)
    assert first.title == "Titre 0000"
    assert len(rest) == 1_199


def test_the_store_can_be_read_with_plain_sqlite(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/digest.db")
    keep(database, FULL)
    connection = sqlite3.connect(f"{tmp_path}/digest.db")
    found = connection.execute("SELECT title, published FROM articles").fetchone()
    connection.close()
    assert found == (FULL.title, "2026-11-18T06:05:30.000000+00:00")


def test_a_run_that_began_earlier_does_not_take_back_what_another_saw(database: Database) -> None:
    same, changed = article("pont"), article("quai")
    with database.write() as connection:
        store.keep(connection, [same, changed], LATER)
        store.keep(connection, [same, replace(changed, title="Le quai rouvre")], NOW)
        store.drop_unseen(connection, "gazette", LATER)
        assert store.count(connection, "gazette") == 2
