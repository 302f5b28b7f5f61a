"""Where sponsors stand: never first, never last, never too near each other, never lost."""

from __future__ import annotations

import dataclasses
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.letters import make_edition, make_placement, make_story

from digest.model.edition import Edition, Note, Quotation
from digest.model.sponsorship import Placement
from digest.render.parts import LetterPlan
from digest.render.plan import letter_plan
from digest.text.typography import french

MAIN = make_placement("main")
SECOND = make_placement("secondary", sponsor="Thés Oriel", label="Contenu proposé par")
PRESENTING = make_placement("presenting", sponsor="Fonds Bise")
SMALL = make_placement("classified", sponsor="Cours Nid")


def order(plan: LetterPlan) -> list[str]:
    """The letter as words: parts by kind, stories as s1…, sponsors as their position."""
    shown: list[str] = []
    for group in plan.groups:
        if group.placement:
            shown.append(group.placement.slot.position)
        shown.extend(f"s{part.story.order}" if part.story else part.kind for part in group.parts)
    return shown


def planned(edition: Edition, *placements: Placement) -> list[str]:
    plan = letter_plan(edition, placements)
    assert not plan.problems
    return order(plan)


def test_full_letter_stands_as_designed() -> None:
    assert planned(make_edition(), SECOND, MAIN, PRESENTING) == [
        "masthead",
        "presenting",
        "note",
        "contents",
        "s1",
        "s2",
        "s3",
        "main",
        "s4",
        "s5",
        "s6",
        "s7",
        "briefs",
        "secondary",
        "quotation",
        "ending",
    ]


def test_letter_without_note_sponsor_and_extras_has_no_gap() -> None:
    edition = make_edition(stories=4, briefs=0, note=Note(), quotation=Quotation())
    assert planned(edition) == ["masthead", "s1", "s2", "s3", "s4", "ending"]


def test_three_stories_have_no_contents_list() -> None:
    assert "contents" not in planned(make_edition(stories=3))


def test_main_sponsor_of_three_stories_needs_something_after_it() -> None:
    assert planned(make_edition(stories=3, briefs=2), MAIN)[-4:-2] == ["main", "briefs"]
    alone = make_edition(stories=3, briefs=0, quotation=Quotation())
    [problem] = letter_plan(alone, [MAIN]).problems
    assert problem.placement is MAIN
    assert "follow" in problem.message
    assert problem.hint


def test_three_stories_carry_one_sponsor() -> None:
    plan = letter_plan(make_edition(stories=3), [MAIN, SECOND])
    assert [problem.placement for problem in plan.problems] == [SECOND]
    assert "one sponsor" in plan.problems[0].message
    assert "main" in order(plan)


def test_second_sponsor_moves_between_short_stories_without_briefs() -> None:
    shown = planned(make_edition(briefs=0), MAIN, SECOND)
    assert shown[shown.index("main") :][:4] == ["main", "s4", "s5", "secondary"]
    assert shown[shown.index("secondary") + 1] == "s6"


def test_second_sponsor_stands_before_briefs_that_end_the_letter() -> None:
    shown = planned(make_edition(quotation=Quotation()), MAIN, SECOND)
    assert shown[-3:] == ["secondary", "briefs", "ending"]


@pytest.mark.parametrize(
    "edition",
    [
        make_edition(stories=5, briefs=0),
        make_edition(stories=4, quotation=Quotation()),
        make_edition(stories=4, briefs=0, quotation=Quotation()),
    ],
)
def test_second_sponsor_without_room_is_a_problem_to_settle(edition: Edition) -> None:
    plan = letter_plan(edition, [MAIN, SECOND])
    assert [problem.placement for problem in plan.problems] == [SECOND]
    assert "two stories" in plan.problems[0].message


def test_one_presenting_sponsor_only() -> None:
    other = make_placement("presenting", sponsor="Banque Sel", name="presenting-2")
    plan = letter_plan(make_edition(), [PRESENTING, other])
    assert [problem.placement for problem in plan.problems] == [other]
    assert order(plan).count("presenting") == 1


def test_main_sponsor_stands_where_its_slot_says() -> None:
    shown = planned(make_edition(), make_placement("main", after=5))
    assert shown[shown.index("main") - 1] == "s5"


@given(
    stories=st.integers(0, 10),
    briefs=st.integers(0, 2),
    quotation=st.booleans(),
    booked=st.lists(st.sampled_from([MAIN, SECOND, SMALL, PRESENTING]), unique=True),
    after=st.integers(1, 12),
)
def test_no_booking_is_lost_and_no_rule_is_broken(
    stories: int, briefs: int, quotation: bool, booked: list[Placement], after: int
) -> None:
    booked = [
        make_placement("main", after=after) if placement is MAIN else placement
        for placement in booked
    ]
    edition = make_edition(stories, briefs)
    if not quotation:
        edition = make_edition(stories, briefs, quotation=Quotation())
    plan = letter_plan(edition, booked)
    placed = [group.placement for group in plan.groups if group.placement]
    lost = [problem.placement for problem in plan.problems]
    assert sorted(p.booking for p in placed + lost) == sorted(p.booking for p in booked)

    shown = [name for name in order(plan) if name not in ("masthead", "note", "contents")]
    assert shown[-1] == "ending"
    blocks = [i for i, name in enumerate(shown) if name in ("main", "secondary", "classified")]
    for index in blocks:
        before = [name for name in shown[:index] if name.startswith("s") and name[1:].isdigit()]
        assert before or "briefs" in shown[:index]
        assert shown[index + 1] != "ending"
    for one, other in pairwise(blocks):
        between = shown[one + 1 : other]
        assert "briefs" in between or len(between) >= 2
    if stories <= 3:
        assert len(blocks) <= 1


def whole(*kinds: str) -> Edition:
    """An edition of one story whose body has these pieces: p, h, q or i, each of ten words."""
    marks = {"p": "{}", "h": "## {}", "q": "> {}\n> — Ana Reul", "i": '![Un quai](a.jpg "{}")'}
    body = "\n\n".join(marks[kind].format("mot " * 9 + "fin") for kind in kinds)
    return with_body(body)


def with_body(body: str) -> Edition:
    return dataclasses.replace(make_edition(1, 0), stories=(make_story(1, body=body),))


def shape(plan: LetterPlan) -> str:
    """The body of a single story as letters, sponsors as M and S."""
    letters = {"paragraph": "p", "intertitle": "h", "quotation": "q", "picture": "i"}
    shown = ""
    for group in plan.groups:
        if group.placement:
            shown += group.placement.slot.position[0].upper()
        shown += "".join(letters[part.body.kind] for part in group.parts if part.body)
    return shown


def single(edition: Edition, *placements: Placement) -> LetterPlan:
    return letter_plan(edition, placements, "single")


def test_brief_is_ten_paragraphs_with_the_sponsors_after_the_fifth_and_the_eighth() -> None:
    edition = make_edition(10, 0, quotation=Quotation())
    plan = letter_plan(edition, [SECOND, MAIN, PRESENTING], "brief")
    assert plan.problems == ()
    assert " ".join(order(plan)) == (
        "masthead presenting note s1 s2 s3 s4 s5 main s6 s7 s8 secondary s9 s10 ending"
    )


@pytest.mark.parametrize(
    ("stories", "shown"),
    [
        (7, "s1 s2 s3 s4 s5 main s6 s7 ending"),
        (5, "s1 s2 s3 s4 main s5 ending"),
        (3, "s1 s2 main s3 ending"),
    ],
)
def test_shorter_brief_keeps_its_sponsor_away_from_both_ends(stories: int, shown: str) -> None:
    plan = letter_plan(
        make_edition(stories, 0, note=Note(), quotation=Quotation()), [MAIN], "brief"
    )
    assert " ".join(order(plan)) == f"masthead {shown}"


def test_brief_too_short_for_its_sponsors_is_a_problem_to_settle() -> None:
    two = make_edition(2, 0, quotation=Quotation())
    [problem] = letter_plan(two, [MAIN], "brief").problems
    assert "after paragraph 5" in problem.message
    four = make_edition(4, 0, quotation=Quotation())
    [problem] = letter_plan(four, [MAIN, SECOND], "brief").problems
    assert problem.placement is SECOND
    assert "between two paragraphs" in problem.message


def test_second_sponsor_of_a_brief_stands_by_the_briefs_an_editor_added() -> None:
    shown = order(letter_plan(make_edition(10, 2), [MAIN, SECOND], "brief"))
    assert shown[-4:] == ["briefs", "secondary", "quotation", "ending"]


def test_story_printed_whole_stands_piece_by_piece_and_leads_onward() -> None:
    plan = single(whole("p", "h", "p"))
    [group] = plan.groups
    kinds = [part.kind for part in group.parts]
    assert kinds == ["masthead", "note", "story", *["body"] * 3, "onward", "quotation", "ending"]
    assert [part.index for part in group.parts if part.body] == [1, 2, 3]
    assert all(part.story for part in group.parts if part.kind in ("story", "body", "onward"))


def test_typography_is_set_in_a_body() -> None:
    [group] = letter_plan(with_body("Oui : non."), [], "single", setter=french).groups
    assert [part.body.text for part in group.parts if part.body] == ["Oui\u00a0:\u00a0non."]


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        # The design's own letter: before the intertitle nearer the middle.
        ("pphppipqphpp", "pphppipqpMhpp"),
        # Without an intertitle: between two paragraphs, the middle first.
        ("pppp", "ppMpp"),
        # Never against the quotation.
        ("ppqpp", "pMpqpp"),
        ("pqhpphp", "pqhppMhp"),
        # Never first, never last, never against a picture.
        ("hpphip", "hpMphip"),
    ],
)
def test_main_sponsor_interrupts_a_story_where_a_reader_breathes(body: str, shown: str) -> None:
    plan = single(whole(*body), MAIN)
    assert plan.problems == ()
    assert shape(plan) == shown


def test_one_story_carries_one_sponsor() -> None:
    plan = single(whole(*"pphpphpp"), MAIN, SECOND)
    assert shape(plan) == "pphppMhpp"
    [problem] = plan.problems
    assert problem.placement is SECOND
    assert problem.message == "a letter of one story carries one sponsor, and this is another"
    house = dataclasses.replace(SECOND, booking="house:maison/rejoindre")
    plan = single(whole(*"pphpphpp"), MAIN, house)
    assert (shape(plan), plan.problems) == ("pphppMhpp", ())


def test_two_sponsors_of_a_long_letter_have_two_paragraphs_between_them() -> None:
    stories = tuple(make_story(order, body="p\n\np") for order in range(1, 5))
    plan = single(dataclasses.replace(make_edition(4, 0), stories=stories), MAIN, SECOND)
    assert plan.problems == ()
    assert shape(plan) == "pppMppppSp"


@pytest.mark.parametrize("body", ["", "p", "pqp", "phq", "ph"])
def test_story_without_room_for_its_sponsor_is_a_problem_to_settle(body: str) -> None:
    [problem] = single(whole(*body), MAIN).problems
    assert "between two paragraphs of the body" in problem.message
    assert problem.hint


def test_second_story_of_a_long_read_is_not_lost() -> None:
    edition = make_edition(2, 0, quotation=Quotation())
    kinds = [part.kind for group in single(edition).groups for part in group.parts]
    assert kinds.count("story") == kinds.count("onward") == 2


@given(
    body=st.text("ppphqi", max_size=14),
    booked=st.lists(st.sampled_from([MAIN, SECOND, SMALL, PRESENTING]), unique=True),
)
def test_no_booking_is_lost_in_a_story_and_no_rule_is_broken(
    body: str, booked: list[Placement]
) -> None:
    plan = single(whole(*body), *booked)
    placed = [group.placement for group in plan.groups if group.placement]
    lost = [problem.placement for problem in plan.problems]
    assert sorted(p.booking for p in placed + lost) == sorted(p.booking for p in booked)
    shown = shape(plan).replace("P", "")
    for place in (index for index, letter in enumerate(shown) if letter.isupper()):
        assert shown[place - 1] == "p"
        assert shown[place + 1 :].startswith(("p", "hp"))
    for between in re.split("[MSC]", shown)[1:-1]:
        assert len(between.replace("h", "")) >= 2


def test_house_creative_gives_way_to_a_booking_and_is_never_an_error() -> None:
    house = dataclasses.replace(make_placement("main"), booking="house:maison/rejoindre")
    booked = make_placement("secondary")
    plan = letter_plan(make_edition(stories=2), [house, booked])
    assert [group.placement for group in plan.groups if group.placement] == [booked]
    assert plan.problems == ()
