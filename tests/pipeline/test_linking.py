"""Before a letter leaves its links are asked where that is wanted, and no page is asked twice."""

from __future__ import annotations

import pytest
from tests.collection.conftest import SETTINGS, Newspaper, Room, newspaper, nothing, room
from tests.collection.test_collecting import LEAD, feed

from digest import pipeline
from digest.errors import CheckError
from digest.publication import Publication

__all__ = ["newspaper", "room"]

OTHER = (
    "Au bout de la jetée, une horlogère de Korvane remonte désormais la lampe à la main, parce que "
    "la commune ne trouve plus personne pour l’ancien moteur."
)
ASKING = "\n[check]\nlinks = true\n"


@pytest.fixture
def built(newspaper: Newspaper, room: Room) -> Publication:
    """An edition of two stories whose links are asked before a send."""
    publication = room.open(feed(newspaper, more='full_text = "never"'), more=ASKING)
    newspaper.feed(
        newspaper.item("digues", "Le port rend ses digues", lead=LEAD),
        newspaper.item("phare", "Le phare change de gardien", lead=OTHER),
    )
    for slug in ("digues", "phare"):
        newspaper.article(slug, slug, LEAD, LEAD)
    room.build(publication)
    newspaper.asked.clear()
    return publication


def plan(room: Room, publication: Publication) -> pipeline.Prepared:
    planned = pipeline.plan_send(
        publication,
        room.window(publication),
        list_name="main",
        rehearse=True,
        now=room.now,
        progress=nothing,
    )
    assert planned.prepared is not None
    return planned.prepared


def rules(prepared: pipeline.Prepared, *wanted: str) -> list[str]:
    beginnings = wanted or ("link-d", "link-m", "link-u", "link-slow", "article")
    return [f.rule for f in prepared.findings if f.rule.startswith(beginnings)]


def test_page_that_was_just_looked_at_is_not_asked_again(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    prepared = plan(room, built)
    assert sorted(newspaper.paths()) == ["/monde/digues", "/monde/phare"]
    assert rules(prepared) == []
    assert "link-dead" in prepared.checked.passed


def test_page_that_is_gone_is_told_once(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    del newspaper.pages["/monde/digues"]
    with pytest.raises(CheckError, match=r"1 error: .*the page is gone"):
        plan(room, built)


def test_link_that_an_editor_wrote_is_asked_too(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    file = built.folder("2026-W46") / "edition.toml"
    text = file.read_text(encoding="utf-8")
    old = f'link = "{newspaper.url}/monde/phare"'
    assert old in text
    file.write_text(text.replace(old, f'link = "{newspaper.url}/ailleurs"'), encoding="utf-8")
    with pytest.raises(CheckError, match=r"/ailleurs: the page is not there \(404\)"):
        plan(room, built)


def test_finding_names_the_line_and_can_be_silenced(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    file = built.folder("2026-W46") / "edition.toml"
    old = f'link = "{newspaper.url}/monde/phare"'
    text = file.read_text(encoding="utf-8").replace(old, f'link = "{newspaper.url}/ailleurs"')
    file.write_text(text, encoding="utf-8")
    line = 1 + text[: text.index("/ailleurs")].count("\n")
    prepared = pipeline.prepare(built, "2026-W46", now=room.now)
    looked = pipeline.look_at_links(prepared, now=room.now, progress=nothing)
    [finding] = [f for f in looked.findings if f.rule == "link-dead"]
    assert (finding.file, finding.line) == ("editions/2026-W46/edition.toml", line)
    quiet = room.open(
        feed(newspaper), more='[[check.silenced]]\nrule = "link-dead"\nreason = "Paraît lundi."\n'
    )
    prepared = pipeline.prepare(quiet, "2026-W46", now=room.now)
    looked = pipeline.look_at_links(prepared, now=room.now, progress=nothing)
    assert rules(looked) == []
    assert [s.finding.rule for s in looked.checked.silenced] == ["link-dead"]


def test_links_are_not_asked_unless_wanted(newspaper: Newspaper, room: Room) -> None:
    assert "links = true" not in SETTINGS
    publication = room.open(feed(newspaper, more='full_text = "never"'))
    newspaper.feed(newspaper.item("digues", "Le port rend ses digues", lead=LEAD))
    newspaper.article("digues", "digues", LEAD, LEAD)
    room.build(publication)
    prepared = plan(room, publication)
    assert "link-dead" not in prepared.checked.passed


def test_offline_says_so_and_asks_nobody(
    newspaper: Newspaper, room: Room, built: Publication
) -> None:
    prepared = pipeline.prepare(built, "2026-W46", now=room.now)
    looked = pipeline.look_at_links(prepared, now=room.now, progress=nothing, offline=True)
    [finding] = [f for f in looked.findings if f.rule == "link-unsure"]
    assert "were not asked: this is offline" in finding.message
    assert not {"link-dead", "link-down"} & set(looked.checked.passed)
    assert newspaper.asked == []
