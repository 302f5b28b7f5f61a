"""Articles in the store come back as they went in, and what changed is counted."""

from __future__ import annotations

import sqlite3
import tracemalloc
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st
from tests.store.keeping import FULL, LATER, NOW, WEEK, article, keep, row, stored

from digest.model.content import Article, Paragraph, Picture, SectionSignal
from digest.store.content import articles as store
from digest.store.content.articles import Counts
from digest.store.content.packing import compress, decompress, pack, unpack
from digest.store.database import Database


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
