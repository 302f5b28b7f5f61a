"""Before a letter leaves, what happened to its articles since the build is told."""

from __future__ import annotations

import time

import pytest
from tests.collection.conftest import Newspaper, Room, nothing
from tests.collection.test_collecting import LEAD, feed

from digest import pipeline
from digest.collection import rechecking
from digest.errors import CheckError
from digest.publication import Publication


@pytest.fixture
def built(newspaper: Newspaper, room: Room) -> Publication:
    """An edition of two stories, and one reader."""
    publication = room.open(feed(newspaper, more='full_text = "never"'))
    newspaper.feed(
        newspaper.item("digues", "Le port rend ses digues", lead=LEAD),
        newspaper.item("phare", "Le phare change de gardien", lead=LEAD[: LEAD.index("Les pê")]),
    )
    for slug in ("digues", "phare"):
        newspaper.article(slug, slug, LEAD, LEAD)
    room.build(publication)
    return publication


def plan(room: Room, publication: Publication) -> pipeline.SendPlan:
    return pipeline.plan_send(
        publication,
        room.window(publication),
        list_name="main",
        rehearse=True,
        now=room.now,
        progress=nothing,
    )


def found(plan: pipeline.SendPlan) -> dict[str, str]:
    assert plan.prepared is not None
    rules = ("title-changed", "article-gone", "article-moved")
    return {f.rule: f.message for f in plan.prepared.findings if f.rule in rules}


def test_nothing_is_told_when_nothing_happened(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    newspaper.asked.clear()
    assert found(plan(room, built)) == {}
    assert ("/rss.xml", 304) in newspaper.asked


def test_a_title_that_its_publisher_changed_is_told(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    newspaper.feed(newspaper.item("digues", "Le port garde ses digues", lead=LEAD))
    assert found(plan(room, built)) == {
        "title-changed": "its publisher changed the title: “Le port garde ses digues”"
    }


def test_a_page_that_disappeared_stops_the_letter(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    del newspaper.pages["/monde/digues"]
    with pytest.raises(CheckError, match="the page is gone") as stopped:
        plan(room, built)
    assert "digest build" in stopped.value.hint
    again = room.build(built).edition
    assert [story.title for story in again.stories] == ["Le phare change de gardien"]
    assert found(plan(room, built)) == {}


def test_an_address_that_leads_to_the_front_page_is_told(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    newspaper.pages |= {"/monde/digues": "/", "/": "<html><title>Le journal</title></html>"}
    told = found(plan(room, built))
    assert list(told) == ["article-moved"]
    assert "leads to a front page now" in told["article-moved"]


def test_a_page_that_gives_the_title_itself_is_asked_for_it(
    newspaper: Newspaper, room: Room
) -> None:
    url = f"{newspaper.url}/monde/digues"
    newspaper.pages["/sitemap.xml"] = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>'
        f"<loc>{url}</loc><lastmod>2026-11-12T10:00:00+01:00</lastmod></url></urlset>"
    )
    newspaper.article("digues", "Le port rend ses digues", LEAD, LEAD)
    publication = room.open(f'name = "plan"\nkind = "sitemap"\nurl = "{newspaper.url}/sitemap.xml"')
    room.build(publication)
    newspaper.article("digues", "Le port garde ses digues", LEAD, LEAD)
    assert found(plan(room, publication)) == {
        "title-changed": "its publisher changed the title: “Le port garde ses digues”"
    }


def test_a_newspaper_that_cannot_be_reached_stops_nothing(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    newspaper.pages.clear()
    newspaper.pages["/rss.xml"] = "<html>En travaux</html>"
    newspaper.pages |= {f"/monde/{slug}": "En travaux" for slug in ("digues", "phare")}
    assert found(plan(room, built)) == {}


def test_a_newspaper_that_hangs_holds_the_letter_for_a_moment_only(
    newspaper: Newspaper, room: Room, built: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rechecking, "SOURCES_SECONDS", 0.3)
    monkeypatch.setattr(rechecking, "PAGES_SECONDS", 0.3)
    newspaper.hanging.clear()
    start = time.monotonic()
    try:
        assert found(plan(room, built)) == {}
    finally:
        newspaper.hanging.set()
    assert time.monotonic() - start < 20
