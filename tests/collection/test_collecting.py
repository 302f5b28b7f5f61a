"""What the store remembers for the sources: nothing is lost, nothing is asked for twice."""

from __future__ import annotations

import pytest
from tests.collection.conftest import WEEK, Newspaper, Room

from digest.errors import SourceError
from digest.store.content.choices import choose

LEAD = (
    "Le conseil du port a rendu ses deux digues au large mardi soir. "
    "Les pêcheurs reprendront la mer jeudi, après onze jours à quai."
)


def feed(paper: Newspaper, *, name: str = "journal", more: str = "") -> str:
    return f'name = "{name}"\nkind = "feed"\nurl = "{paper.url}/rss.xml"\n{more}'


def test_what_a_feed_no_longer_lists_is_still_there_for_its_week(
    newspaper: Newspaper, room: Room
) -> None:
    publication = room.open(feed(newspaper))
    newspaper.feed(newspaper.item("digues", "Le port rend ses digues", lead=LEAD))
    room.collect(publication)
    newspaper.feed(newspaper.item("phare", "Le phare change de gardien", lead=LEAD))
    report = room.collect(publication).reports[0]
    assert (report.articles, report.new, report.changed) == (1, 1, 0)
    assert room.titles(publication) == ["Le phare change de gardien", "Le port rend ses digues"]


def test_an_unchanged_feed_costs_one_question_and_changes_nothing(
    newspaper: Newspaper, room: Room
) -> None:
    publication = room.open(feed(newspaper))
    newspaper.feed(newspaper.item("digues", "Le port rend ses digues", lead=LEAD))
    first = room.build(publication).edition
    newspaper.asked.clear()
    assert room.build(publication).edition == first
    assert newspaper.asked == [("/rss.xml", 304)]


def test_other_settings_read_an_unchanged_feed_anew(newspaper: Newspaper, room: Room) -> None:
    newspaper.feed(newspaper.item("digues", "Le port rend ses digues", lead=LEAD))
    room.collect(room.open(feed(newspaper)))
    publication = room.open(feed(newspaper, more='section = "Sport"'))
    assert room.collect(publication).reports[0].articles == 1
    assert newspaper.paths() == ["/rss.xml", "/rss.xml"]


def test_a_run_that_ended_before_it_kept_anything_is_no_reason_to_skip_the_feed(
    newspaper: Newspaper, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    publication = room.open(feed(newspaper))
    newspaper.feed(newspaper.item("digues", "Le port rend ses digues", lead=LEAD))
    with monkeypatch.context() as patch:
        patch.setattr("digest.store.content.articles.keep", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            room.collect(publication)
    assert room.titles(publication) == []
    room.collect(publication)
    assert room.titles(publication) == ["Le port rend ses digues"]


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_offline_the_same_edition_is_built_without_any_question(
    newspaper: Newspaper, room: Room
) -> None:
    publication = room.open(feed(newspaper))
    newspaper.feed(
        newspaper.item("digues", "Le port rend ses digues", lead=LEAD),
        newspaper.item("phare", "Le phare change de gardien"),
    )
    newspaper.article("phare", "Le phare change de gardien", LEAD, LEAD)
    edition = room.build(publication).edition
    newspaper.asked.clear()
    built = room.build(publication, offline=True)
    assert built.edition == edition
    assert not built.collected.reports[0].asked
    assert newspaper.asked == []


def test_to_explain_a_build_nobody_is_asked_twice(newspaper: Newspaper, room: Room) -> None:
    publication = room.open(feed(newspaper))
    newspaper.feed(newspaper.item("digues", "Le port rend ses digues", lead=LEAD))
    assert room.collect(publication, offline=None).reports[0].asked
    assert not room.collect(publication, offline=None).reports[0].asked
    assert newspaper.paths() == ["/rss.xml"]


def test_only_the_page_of_an_article_without_a_lead_is_read_and_only_once(
    newspaper: Newspaper, room: Room
) -> None:
    publication = room.open(feed(newspaper))
    newspaper.feed(
        newspaper.item("digues", "Le port rend ses digues", lead=LEAD),
        newspaper.item("phare", "Le phare change de gardien"),
        newspaper.item("vieux", "Une vieille affaire", day=2),
    )
    newspaper.article("phare", "Le phare change de gardien", LEAD, LEAD)
    collected = room.collect(publication)
    assert collected.reports[0].pages == 1
    assert newspaper.paths() == ["/rss.xml", "/monde/phare"]
    newspaper.feed(
        newspaper.item("phare", "Le phare change de gardien"),
        newspaper.item("brume", "La brume se lève", lead=LEAD),
    )
    room.collect(publication)
    assert newspaper.paths() == ["/rss.xml", "/monde/phare", "/rss.xml"]
    edition = room.build(publication).edition
    (story,) = [story for story in edition.stories if "phare" in story.title]
    assert story.summary == LEAD


def test_an_article_whose_page_is_gone_is_not_published(newspaper: Newspaper, room: Room) -> None:
    publication = room.open(feed(newspaper))
    newspaper.feed(
        newspaper.item("digues", "Le port rend ses digues", lead=LEAD),
        newspaper.item("phare", "Le phare change de gardien"),
    )
    collected = room.collect(publication)
    (rejected,) = collected.rejected
    assert "404" in rejected.reason
    assert room.titles(publication) == ["Le port rend ses digues"]


def test_no_page_is_read_for_a_source_that_does_not_want_it(
    newspaper: Newspaper, room: Room
) -> None:
    publication = room.open(feed(newspaper, more='full_text = "never"'))
    newspaper.feed(newspaper.item("phare", "Le phare change de gardien"))
    room.collect(publication)
    assert newspaper.paths() == ["/rss.xml"]


def test_a_file_that_was_removed_does_not_come_back(room: Room) -> None:
    publication = room.open('name = "maison"\nkind = "files"\npath = "textes"')
    folder = room.folder / "textes"
    folder.mkdir()
    for name in ("un", "deux"):
        (folder / f"2026-11-12-{name}.txt").write_text(f"Titre {name}\n\n{LEAD}\n")
    room.collect(publication)
    assert room.titles(publication) == ["Titre deux", "Titre un"]
    (folder / "2026-11-12-deux.txt").unlink()
    room.collect(publication)
    assert room.titles(publication) == ["Titre un"]


def test_a_source_that_is_no_longer_named_gives_nothing_any_more(
    newspaper: Newspaper, room: Room
) -> None:
    newspaper.feed(newspaper.item("digues", "Le port rend ses digues", lead=LEAD))
    room.collect(room.open(feed(newspaper)))
    folder = room.folder / "textes"
    folder.mkdir()
    (folder / "2026-11-12-un.txt").write_text(f"Titre un\n\n{LEAD}\n")
    publication = room.open('name = "maison"\nkind = "files"\npath = "textes"')
    room.collect(publication)
    assert room.titles(publication) == ["Titre un"]


def test_one_source_fails_and_the_others_make_the_week(newspaper: Newspaper, room: Room) -> None:
    newspaper.feed(newspaper.item("digues", "Le port rend ses digues", lead=LEAD))
    broken = f'name = "panne"\nkind = "feed"\nurl = "{newspaper.url}/nothing.xml"'
    publication = room.open(broken, feed(newspaper))
    collected = room.collect(publication)
    ((name, error),) = collected.failed
    assert name == "panne"
    assert "404" in error.message
    assert room.titles(publication) == ["Le port rend ses digues"]


@pytest.mark.parametrize("required", [True, False])
def test_without_a_required_source_or_without_any_there_is_no_week(
    newspaper: Newspaper, room: Room, required: bool
) -> None:
    broken = f'name = "panne"\nkind = "feed"\nurl = "{newspaper.url}/nothing.xml"'
    if required:
        newspaper.feed(newspaper.item("digues", "Le port rend ses digues", lead=LEAD))
        publication = room.open(f"{broken}\nrequired = true", feed(newspaper))
    else:
        publication = room.open(broken)
    with pytest.raises(SourceError, match="404"):
        room.collect(publication)


def test_names_and_addresses_of_our_own_tokens_are_harmless(
    newspaper: Newspaper, room: Room
) -> None:
    publication = room.open(feed(newspaper))
    newspaper.feed(newspaper.item("a", "Un %%{unsubscribe_url}%% titre", lead=LEAD))
    room.collect(publication)
    assert room.titles(publication) == ["Un %{unsubscribe_url}%% titre"]


def test_a_pinned_article_is_read_whatever_its_section(newspaper: Newspaper, room: Room) -> None:
    publication = room.open(feed(newspaper, more='section = "Sport"'))
    newspaper.feed(newspaper.item("phare", "Le phare change de gardien"))
    newspaper.article("phare", "Le phare change de gardien", LEAD, LEAD)
    assert room.collect(publication).reports[0].pages == 0
    url = f"{newspaper.url}/monde/phare"
    with publication.database.write() as connection:
        choose(connection, WEEK, url, "Le phare", "pin", "Ana", room.now)
    (story,) = room.build(publication).edition.stories
    assert story.summary == LEAD


def test_offline_a_picture_is_the_one_that_was_kept_or_none(
    newspaper: Newspaper, room: Room
) -> None:
    publication = room.open(feed(newspaper))
    item = newspaper.item("digues", "Le port rend ses digues", lead=LEAD)
    picture = f'<enclosure url="{newspaper.url}/digues.png" type="image/png"/>'
    newspaper.feed(item.replace("</item>", f"{picture}</item>"))
    room.collect(publication)
    newspaper.asked.clear()
    built = room.build(publication, offline=True)
    assert newspaper.asked == []
    assert "picture of “Le port rend ses digues” left out" in built.problems[0]
    folder = publication.folder(WEEK) / "pictures"
    newspaper.pages["/digues.png"] = "\x89PNG\r\n\x1a\n"
    assert not room.build(publication).edition.stories[0].picture  # UTF-8 is no picture
    (online,) = newspaper.paths()[-1:]
    assert online == "/digues.png"
    assert not folder.exists()
