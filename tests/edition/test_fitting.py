"""A letter that is too heavy keeps its best stories; the others are told in one sentence."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.letters import make_edition, make_story

from digest.edition.before_fit import FITTED, keep_before, read_fitted, write_fitted
from digest.edition.fitting import (
    Fit,
    brief_as_edited,
    brief_of_story,
    stories_to_move,
    touched_stories,
    with_moved,
)
from digest.errors import StoreError
from digest.model.edition import Brief, Edition


def weight(edition: Edition) -> int:
    """A story weighs 10, a sentence 1, everything else 5."""
    return 5 + 10 * len(edition.stories) + len(edition.briefs)


def fitted(edition: Edition, fit: Fit) -> Edition:
    """The edition after its move."""
    return with_moved(edition, [story.url for story in fit.moved], brief_of_story)


@pytest.mark.parametrize(
    ("limit", "moved"), [(77, []), (76, [7]), (68, [7]), (67, [6, 7]), (41, [4, 5, 6, 7]), (40, [])]
)
def test_as_few_stories_move_as_are_enough_and_three_stay(limit: int, moved: list[int]) -> None:
    edition = make_edition(7, 2)
    fit = stories_to_move(edition, weight, limit)
    assert [story.order for story in fit.moved] == moved
    assert fit.before == 77
    assert fit.after == weight(fitted(edition, fit)) == 77 - 9 * len(moved)


def test_moved_stories_stand_first_in_brief_in_their_order() -> None:
    edition = make_edition(7, 2)
    after = fitted(edition, stories_to_move(edition, weight, 60))
    assert [brief.url for brief in after.briefs] == [
        *(story.url for story in edition.stories[5:]),
        *(brief.url for brief in edition.briefs),
    ]
    assert [brief.order for brief in after.briefs] == [0, 0, 1, 2]
    assert after.stories == edition.stories[:5]
    assert after.placements == edition.placements
    assert stories_to_move(after, weight, 60).moved == ()


def test_nothing_moves_where_a_sponsor_would_lose_its_place() -> None:
    def measure(edition: Edition) -> int | None:
        return weight(edition) if len(edition.stories) >= 6 else None

    edition = make_edition(7, 2)
    assert [story.order for story in stories_to_move(edition, measure, 68).moved] == [7]
    fit = stories_to_move(edition, measure, 60)
    assert (fit.moved, fit.before, fit.after) == ((), 77, 77)
    nowhere = stories_to_move(make_edition(4), measure, 10)
    assert (nowhere.moved, nowhere.before) == ((), 0)


def urls(edition: Edition) -> list[str]:
    """Of stories and then of briefs."""
    return [story.url for story in edition.stories] + [brief.url for brief in edition.briefs]


@given(st.integers(0, 14), st.integers(0, 5), st.integers(0, 160))
def test_no_story_is_lost_and_fitting_twice_changes_nothing(
    stories: int, briefs: int, limit: int
) -> None:
    edition = make_edition(stories, briefs)
    fit = stories_to_move(edition, weight, limit)
    after = fitted(edition, fit)
    assert urls(after) == urls(edition)
    assert len(after.stories) >= min(stories, 3)
    assert fit.after <= limit or not fit.moved
    assert stories_to_move(after, weight, limit).moved == ()


def test_sentence_is_the_first_of_the_summary_else_the_title() -> None:
    brief = brief_of_story(make_story(2))
    assert brief.text == "Résumé du récit numéro 2, en une phrase et demie."
    assert (brief.place, brief.url) == ("Asie centrale", make_story(2).url)
    bare = brief_of_story(make_story(2, summary="", title="Qui garde le phare ?"))
    assert bare.text == "Qui garde le phare ?"


def test_what_an_editor_wrote_is_what_readers_get() -> None:
    before = make_story(6)
    drafted = Brief(before.url, 1, "Islande", "La phrase de la dépêche.", before.url)

    def told(**changes: Any) -> Brief:
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


def orders(fit: Fit) -> list[int]:
    return [story.order for story in fit.moved]


@pytest.mark.parametrize(
    ("limit", "moved", "touched"),
    [(76, [6], 0), (67, [4, 6], 0), (58, [4, 6, 7], 1), (49, [4, 5, 6, 7], 2), (40, [], 0)],
)
def test_story_with_an_editors_words_moves_only_when_the_others_are_not_enough(
    limit: int, moved: list[int], touched: int
) -> None:
    edition = make_edition(7, 2)
    words = {edition.stories[position].url for position in (0, 4, 6)}
    fit = stories_to_move(edition, weight, limit, touched=words)
    assert (orders(fit), len(fit.touched)) == (moved, touched)
    assert fit.touched <= words & {story.url for story in fit.moved}


def test_touched_story_moves_where_another_would_cost_a_sponsor_its_place() -> None:
    edition = make_edition(7, 2)
    last = edition.stories[-1].url

    def measure(candidate: Edition) -> int | None:
        light = len(candidate.stories) < 7
        return None if light and candidate.stories[-1].url == last else weight(candidate)

    assert orders(stories_to_move(edition, measure, 68, touched={last})) == [7]


def test_story_is_touched_by_words_and_not_by_its_place() -> None:
    built = make_edition(5)
    first, second, third, fourth, _ = built.stories
    edited = dataclasses.replace(
        built,
        stories=(
            dataclasses.replace(first, order=9),
            dataclasses.replace(second, title="Autre"),
            dataclasses.replace(third, picture=dataclasses.replace(third.picture, alt="Autre")),
            fourth,
            make_story(8),
        ),
    )
    assert touched_stories(edited, built) == {second.url, third.url, make_story(8).url}
    assert touched_stories(edited, None) == {story.url for story in edited.stories}
    assert touched_stories(built, built) == frozenset()


def test_every_copy_gets_a_name_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "edition.toml"
    for text, name in (
        ("a", "edition.before-fit.toml"),
        ("b", "edition.before-fit-2.toml"),
        ("b", "edition.before-fit-2.toml"),
        ("c", "edition.before-fit-3.toml"),
        ("a", "edition.before-fit.toml"),
    ):
        file.write_text(text, encoding="utf-8")
        assert keep_before(tmp_path) == tmp_path / name
        assert (tmp_path / name).read_text(encoding="utf-8") == text


@pytest.mark.parametrize("held", [None, b"moved = ", b"\xff", b"", b"moved = 3", b'moved = "abc"'])
def test_spoilt_record_of_moves_stops_no_build(tmp_path: Path, held: bytes | None) -> None:
    if held is not None:
        (tmp_path / FITTED).write_bytes(held)
    assert read_fitted(tmp_path) == frozenset()


def test_record_of_moves_goes_when_none_is_left(tmp_path: Path) -> None:
    write_fitted(tmp_path, ["https://example.org/b", "https://example.org/a"])
    assert read_fitted(tmp_path) == {"https://example.org/a", "https://example.org/b"}
    write_fitted(tmp_path, [])
    write_fitted(tmp_path, [])
    assert not (tmp_path / FITTED).exists()
    (tmp_path / FITTED).mkdir()
    with pytest.raises(StoreError, match="cannot be removed"):
        write_fitted(tmp_path, [])
