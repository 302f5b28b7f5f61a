"""Decides in which order a letter's parts stand, and where its sponsors' blocks find a place.

Pure: an edition and its placements in, an order and its problems out. The rules are those of the
letter's design: a sponsor's block is never first and never last before the footer, and between
two of them stand at least two stories or “En bref”. Bookings are placed before house creatives. A
booking that finds no place is a problem to settle, never a silent loss; a house creative without a
place is left out. How a part looks is the template's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from digest.model.edition import Edition, Story
from digest.model.sponsorship import Placement

PartKind = Literal["masthead", "note", "contents", "story", "briefs", "quotation", "ending"]

#: With so few stories a letter has no contents list, no rule above the lead and one sponsor.
FEW_STORIES = 3
#: The first stories are set large; those after them are short.
LARGE_STORIES = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the letter; `story` is set for a story."""

    kind: PartKind
    story: Story | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring editorial parts on one ground, or one sponsor's block with its placement.

    `spaced` says that a sponsor's block other than the presenting line stands right above.
    """

    parts: tuple[Part, ...] = ()
    placement: Placement | None = None
    spaced: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A placement that finds no place: why, and what can be done."""

    placement: Placement
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class LetterPlan:
    """The letter's groups from masthead to ending, and what found no place in it."""

    groups: tuple[Group, ...]
    problems: tuple[Problem, ...]
    story_count: int

    @property
    def is_short(self) -> bool:
        """Whether the letter has so few stories that it needs no contents list."""
        return self.story_count <= FEW_STORIES


_SETTLE = "Move the booking to another edition, make it good, or cancel it."


@dataclass
class _Flow:
    """The stories, “En bref” and the quotation, with the blocks that stand before each index."""

    parts: list[Part]
    stories: int
    blocks: dict[int, Placement] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def has_room(self, index: int) -> bool:
        if not 0 < index < len(self.parts) or index in self.blocks:
            return False
        if self.blocks and self.stories <= FEW_STORIES:
            return False
        return all(self._apart(*sorted((index, other))) for other in self.blocks)

    def _apart(self, start: int, end: int) -> bool:
        between = [part.kind for part in self.parts[start:end]]
        return "briefs" in between or between.count("story") >= 2

    def place(self, placement: Placement, candidates: Sequence[int], wanted: str) -> None:
        for index in candidates:
            if self.has_room(index):
                self.blocks[index] = placement
                return
        if placement.is_house:
            return
        if self.blocks and self.stories <= FEW_STORIES:
            count = "one story" if self.stories == 1 else f"{self.stories} stories"
            message = f"a letter of {count} carries one sponsor, and this is another"
        else:
            message = f"there is no place for it: {wanted}"
        self.problems.append(Problem(placement, message, _SETTLE))


def letter_plan(edition: Edition, placements: Sequence[Placement]) -> LetterPlan:
    """Order the parts of a letter and find the sponsors' blocks their places.

    Args:
        edition: its stories in their order.
        placements: what is booked; the slot's position decides where each may stand.
    """
    flow = _Flow([Part("story", story) for story in edition.stories], len(edition.stories))
    if edition.briefs:
        flow.parts.append(Part("briefs"))
    if edition.quotation:
        flow.parts.append(Part("quotation"))
    presenting = sorted(
        (p for p in placements if p.slot.position == "presenting"), key=lambda p: p.is_house
    )
    for placement in sorted(placements, key=_precedence):
        if placement.slot.position == "main":
            flow.place(
                placement,
                [min(placement.slot.after, flow.stories)],
                f"it stands after story {placement.slot.after}, apart from other sponsors, and "
                "something must follow it",
            )
        elif placement.slot.position != "presenting":
            flow.place(
                placement,
                _places_for_text(edition),
                "it stands by “En bref” or between two short stories, two stories from "
                "other sponsors, and something must follow it",
            )
    flow.problems.extend(
        Problem(placement, "a letter has one presenting sponsor, and this is another", _SETTLE)
        for placement in presenting[1:]
        if not placement.is_house
    )
    return LetterPlan(
        tuple(_groups(edition, flow, presenting[:1])), tuple(flow.problems), flow.stories
    )


def _precedence(placement: Placement) -> tuple[bool, int, int]:
    """Bookings before house creatives; main, secondary, classified; main slots from the top."""
    positions = ("presenting", "main", "secondary", "classified")
    rank = positions.index(placement.slot.position)
    return placement.is_house, rank, placement.slot.after if rank == 1 else 0


def _places_for_text(edition: Edition) -> list[int]:
    """Where a block without a picture may stand, best first."""
    stories = len(edition.stories)
    places = []
    if edition.briefs:
        if edition.quotation:
            places.append(stories + 1)
        places.append(stories)
    return [*places, *range(LARGE_STORIES + 1, stories)]


def _groups(edition: Edition, flow: _Flow, presenting: Sequence[Placement]) -> list[Group]:
    groups: list[Group] = []
    parts: list[Part] = [Part("masthead")]

    def end_group() -> None:
        above = groups[-1].placement if groups else None
        spaced = above is not None and above.slot.position != "presenting"
        groups.append(Group(tuple(parts), spaced=spaced))
        parts.clear()

    for placement in presenting:
        end_group()
        groups.append(Group(placement=placement))
    if edition.note:
        parts.append(Part("note"))
    if flow.stories > FEW_STORIES:
        parts.append(Part("contents"))
    for index, part in enumerate(flow.parts):
        if index in flow.blocks:
            end_group()
            groups.append(Group(placement=flow.blocks[index]))
        parts.append(part)
    parts.append(Part("ending"))
    end_group()
    return groups
