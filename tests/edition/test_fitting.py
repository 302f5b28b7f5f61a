"""A letter that is too heavy keeps its best stories; the others are told in one sentence."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.letters import make_edition, make_story

from digest.edition.fitting import (
    as_sentence,
    brief_as_edited,
    brief_of_story,
    stories_to_move,
    with_moved,
)
from digest.model.edition import Brief, Edition


def weight(edition: Edition) -> int:
    """A story weighs 10, a sentence 1, everything else 5."""
    return 5 + 10 * len(edition.stories) + len(edition.briefs)


@pytest.mark.parametrize(
    ("limit", "moved"), [(77, []), (76, [7]), (68, [7]), (67, [6, 7]), (41, [4, 5, 6, 7]), (40, [])]
)
def test_as_few_stories_move_as_are_enough_and_three_stay(limit: int, moved: list[int]) -> None:
    edition = make_edition(7, 2)
    fit = stories_to_move(edition, weight, limit)
    assert [story.order for story in fit.moved] == moved
    assert fit.before == 77
    assert fit.after == weight(fit.edition) == 77 - 9 * len(moved)


def test_moved_stories_stand_first_in_brief_in_their_order() -> None:
    edition = make_edition(7, 2)
    fit = stories_to_move(edition, weight, 60)
    assert [brief.url for brief in fit.edition.briefs] == [
        *(story.url for story in edition.stories[5:]),
        *(brief.url for brief in edition.briefs),
    ]
    assert [brief.order for brief in fit.edition.briefs] == [0, 0, 1, 2]
    assert fit.edition.stories == edition.stories[:5]
    assert fit.edition.placements == edition.placements
    again = stories_to_move(fit.edition, weight, 60)
    assert (again.edition, again.moved) == (fit.edition, ())


def test_nothing_moves_where_a_sponsor_would_lose_its_place() -> None:
    def measure(edition: Edition) -> int | None:
        return weight(edition) if len(edition.stories) >= 6 else None

    edition = make_edition(7, 2)
    assert [story.order for story in stories_to_move(edition, measure, 68).moved] == [7]
    fit = stories_to_move(edition, measure, 60)
    assert (fit.edition, fit.moved, fit.before, fit.after) == (edition, (), 77, 77)
    nowhere = stories_to_move(make_edition(4), measure, 10)
    assert (nowhere.moved, nowhere.before) == ((), 0)


@given(st.integers(0, 14), st.integers(0, 5), st.integers(0, 160))
def test_no_story_is_lost_and_fitting_twice_changes_nothing(
    stories: int, briefs: int, limit: int
) -> None:
    edition = make_edition(stories, briefs)
    fit = stories_to_move(edition, weight, limit)
    entries = (*fit.edition.stories, *fit.edition.briefs)
    assert [entry.url for entry in entries] == [
        entry.url for entry in (*edition.stories, *edition.briefs)
    ]
    assert len(fit.edition.stories) >= min(stories, 3)
    assert fit.after <= limit or not fit.moved
    assert stories_to_move(fit.edition, weight, limit).moved == ()


def test_sentence_is_the_first_of_the_summary_else_the_title() -> None:
    brief = brief_of_story(make_story(2))
    assert brief.text == "Résumé du récit numéro 2, en une phrase et demie."
    assert (brief.place, brief.url) == ("Asie centrale", make_story(2).url)
    bare = brief_of_story(make_story(2, summary="", title="Qui garde le phare ?"))
    assert bare.text == "Qui garde le phare ?"
    assert as_sentence("Le phare") == "Le phare."
    assert as_sentence("") == ""


def test_what_an_editor_wrote_is_what_readers_get() -> None:
    before = make_story(6)
    drafted = Brief(before.url, 1, "Islande", "La phrase de la dépêche.", before.url)

    def told(**changes: str) -> Brief:
        return brief_as_edited(dataclasses.replace(before, **changes), before, drafted)

    assert told().text == "La phrase de la dépêche."
    assert told(summary="Le pont tient. On le traverse.").text == "Le pont tient."
    assert told(summary=" ").text == "La phrase de la dépêche."
    assert told(title="Le pont tient").text == "Le pont tient."
    assert told(region="Nord").place == "Nord"
    assert told().place == "Islande"
    assert told(link="https://example.org/autre").link == "https://example.org/autre"
    assert told().order == 0
    unknown = brief_as_edited(make_story(6, title="Autre"), None, drafted)
    assert unknown.text == "La phrase de la dépêche."


def test_only_the_named_stories_move() -> None:
    edition = make_edition(4, 0)
    moved = with_moved(edition, [edition.stories[1].url], brief_of_story)
    assert [story.order for story in moved.stories] == [1, 3, 4]
    assert [brief.url for brief in moved.briefs] == [edition.stories[1].url]
