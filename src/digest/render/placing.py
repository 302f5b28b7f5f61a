"""Finds each sponsor's block of a letter its place among the editorial parts.

A block is never first and never last before the footer, between two of them stand at least two
stories (or two paragraphs of one story) or “En bref”, and none stands against a quotation in a
story. Bookings come before house creatives. A booking that finds no place is a problem to settle,
never a silent loss; a house creative without one is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from digest.model.sponsorship import Placement
from digest.render.parts import FEW_STORIES, Part, PlanKind, Problem
from digest.text.saying import Said, say

#: The first stories of a weekly letter are set large; those after them are short.
LARGE_STORIES = 3
#: `brief`: the main sponsor stands after this paragraph, the second one after that.
_MAIN_AFTER, _SECOND_AFTER = 5, 8
#: `single`: how far into the body each would stand, as a share of its words.
_MAIN_AT, _SECOND_AT = 0.5, 0.85
_SETTLE = say("Move the booking to another edition, make it good, or cancel it.")


@dataclass(frozen=True, slots=True)
class Placed:
    """The presenting placement, the blocks by the index of the part that they stand before, and
    what found no place."""

    presenting: Placement | None
    blocks: dict[int, Placement]
    problems: tuple[Problem, ...]


def place_sponsors(
    parts: Sequence[Part], placements: Sequence[Placement], kind: PlanKind
) -> Placed:
    """Find a place for every placement.

    Args:
        parts: the editorial parts between contents and ending, in order.
        placements: what is booked; the slot's position decides where each may stand.
        kind: how the template's parts follow each other.
    """
    flow = _Flow(parts, kind)
    ordered = sorted(placements, key=_precedence)
    for placement in ordered:
        if placement.slot.position != "presenting":
            flow.place(placement, _PLACES[kind](flow, placement))
    presenting = [p for p in ordered if p.slot.position == "presenting"]
    flow.problems.extend(
        Problem(placement, say("a letter has one presenting sponsor, and this is another"), _SETTLE)
        for placement in presenting[1:]
        if not placement.is_house
    )
    return Placed(next(iter(presenting), None), flow.blocks, tuple(flow.problems))


def _precedence(placement: Placement) -> tuple[bool, int, int]:
    """Bookings before house creatives; main, secondary, classified; main slots from the top."""
    positions = ("presenting", "main", "secondary", "classified")
    rank = positions.index(placement.slot.position)
    return placement.is_house, rank, placement.slot.after if rank == 1 else 0


@dataclass
class _Flow:
    """The editorial parts, with the blocks that stand before each index."""

    parts: Sequence[Part]
    kind: PlanKind
    blocks: dict[int, Placement] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def stories(self) -> int:
        return self.count("story")

    def count(self, kind: str) -> int:
        return sum(part.kind == kind for part in self.parts)

    @property
    def _carries_one(self) -> bool:
        """Whether the letter is too short for two sponsors."""
        return self.stories <= FEW_STORIES

    def _has_room(self, index: int) -> bool:
        if not 0 < index < len(self.parts) or index in self.blocks:
            return False
        if self.blocks and self._carries_one:
            return False
        return all(self._apart(*sorted((index, other))) for other in self.blocks)

    def _apart(self, start: int, end: int) -> bool:
        between = [part for part in self.parts[start:end] if not _is(part, "intertitle")]
        kinds = [part.kind for part in between]
        return "briefs" in kinds or kinds.count("body" if self.kind == "single" else "story") >= 2

    def place(self, placement: Placement, candidates: Sequence[int]) -> None:
        for index in candidates:
            if self._has_room(index):
                self.blocks[index] = placement
                return
        if placement.is_house:
            return
        if self.blocks and self._carries_one:
            length = say("{number} stories", number=self.stories)
            message = say(
                "a letter of {length} carries one sponsor, and this is another",
                length=say("one story") if self.stories == 1 else length,
            )
        else:
            wanted = _wanted(self.kind, placement)
            message = say("there is no place for it: {wanted}", wanted=wanted)
        self.problems.append(Problem(placement, message, _SETTLE))


def _weekly_places(flow: _Flow, placement: Placement) -> Sequence[int]:
    if placement.slot.position == "main":
        return [min(placement.slot.after, flow.stories)]
    return [*_by_the_briefs(flow), *range(LARGE_STORIES + 1, flow.stories)]


def _brief_places(flow: _Flow, placement: Placement) -> Sequence[int]:
    if placement.slot.position == "main":
        upwards = range(min(_MAIN_AFTER, flow.stories), 1, -1)
        return [*upwards, *range(_MAIN_AFTER + 1, flow.stories)]
    nearest = sorted(range(2, flow.stories), key=lambda place: (abs(place - _SECOND_AFTER), -place))
    return [*_by_the_briefs(flow), *nearest]


def _single_places(flow: _Flow, placement: Placement) -> Sequence[int]:
    share = _MAIN_AT if placement.slot.position == "main" else _SECOND_AT
    words = [len(part.body.text.split()) if part.body else 0 for part in flow.parts]
    before = [sum(words[:index]) for index in range(len(words))]

    def worth(index: int) -> tuple[bool, float]:
        return not _is(flow.parts[index], "intertitle"), abs(before[index] - share * sum(words))

    return sorted(_between_paragraphs(flow.parts), key=worth)


#: Where a placement may stand, best first: before the parts of these indexes.
_PLACES: dict[PlanKind, Callable[[_Flow, Placement], Sequence[int]]] = {
    "weekly": _weekly_places,
    "brief": _brief_places,
    "single": _single_places,
}


def _wanted(kind: PlanKind, placement: Placement) -> Said:
    """The same in words."""
    is_main = placement.slot.position == "main"
    if kind == "single":
        return say(
            "it stands between two paragraphs of the body, before an intertitle where there is "
            "one, away from the quotation and two paragraphs from other sponsors"
        )
    if kind == "brief" and is_main:
        return say(
            "it stands after paragraph {number} or nearby, two paragraphs from other sponsors, "
            "and something must follow it",
            number=_MAIN_AFTER,
        )
    if kind == "brief":
        return say(
            "it stands between two paragraphs, two paragraphs from other sponsors, and something "
            "must follow it"
        )
    if is_main:
        return say(
            "it stands after story {number}, apart from other sponsors, and something must follow "
            "it",
            number=placement.slot.after,
        )
    return say(
        "it stands by “En bref” or between two short stories, two stories from other sponsors, and "
        "something must follow it"
    )


def _by_the_briefs(flow: _Flow) -> list[int]:
    """After “En bref” where the quotation follows it, or before."""
    if not flow.count("briefs"):
        return []
    return [flow.stories + 1, flow.stories] if flow.count("quotation") else [flow.stories]


def _between_paragraphs(parts: Sequence[Part]) -> Iterator[int]:
    """Where a paragraph ends above and another begins below, at most an intertitle between."""
    for index in range(1, len(parts) - 1):
        below = index + _is(parts[index], "intertitle")
        if _is(parts[index - 1], "paragraph") and _is(parts[below], "paragraph"):
            yield index


def _is(part: Part, kind: str) -> bool:
    return part.body is not None and part.body.kind == kind
