"""Where sponsors stand: never first, never last, never too near each other, never lost."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.letters import make_edition, make_placement

from digest.model.edition import Edition, Note, Quotation
from digest.model.sponsorship import Placement
from digest.render.plan import LetterPlan, letter_plan

MAIN = make_placement("main")
SECOND = make_placement("secondary", sponsor="Thés Oriel", label="Contenu proposé par")
PRESENTING = make_placement("presenting", sponsor="Fonds Bise")
SMALL = make_placement("classified", sponsor="Cours Nid")


def order(plan: LetterPlan) -> list[str]:
    """The letter as words: parts by kind, stories as s1…, sponsors as their position."""
    shown = []
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
    assert planned(edition) == ["masthead", "contents", "s1", "s2", "s3", "s4", "ending"]


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


def test_house_creative_gives_way_to_a_booking_and_is_never_an_error() -> None:
    house = dataclasses.replace(make_placement("main"), booking="house:maison/rejoindre")
    booked = make_placement("secondary")
    plan = letter_plan(make_edition(stories=2), [house, booked])
    assert [group.placement for group in plan.groups if group.placement] == [booked]
    assert plan.problems == ()
