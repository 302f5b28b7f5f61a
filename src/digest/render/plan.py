"""Decides in which order a letter's parts stand.

Pure: an edition and its placements in, an order and its problems out. Where sponsors' blocks find
a place is `placing`'s business, how a part looks the template's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from digest.edition.body import read_body
from digest.model.edition import Edition
from digest.model.sponsorship import Placement
from digest.render.parts import Group, LetterPlan, Part, PlanKind
from digest.render.placing import Placed, place_sponsors
from digest.render.typeset import typeset_part

#: With more stories a weekly letter has a contents list.
MOST_WITHOUT_CONTENTS = 5


def letter_plan(
    edition: Edition,
    placements: Sequence[Placement],
    kind: PlanKind = "weekly",
    *,
    setter: Callable[[str], str] = str,
) -> LetterPlan:
    """Order the parts of a letter and find the sponsors' blocks their places.

    Args:
        edition: its stories in their order.
        placements: what is booked; the slot's position decides where each may stand.
        kind: how the template's parts follow each other.
        setter: the typography of a body's texts; the edition's own are set before.

    Raises:
        BodyError: a body has a mistake in its mark-up (`single`).
    """
    parts = list(_editorial(edition, kind, setter))
    placed = place_sponsors(parts, placements, kind)
    head = [Part("note")] if edition.note else []
    if kind == "weekly" and len(edition.stories) > MOST_WITHOUT_CONTENTS:
        head.append(Part("contents"))
    groups = tuple(_groups(head, parts, placed))
    return LetterPlan(groups, placed.problems, len(edition.stories), kind)


def _editorial(edition: Edition, kind: PlanKind, setter: Callable[[str], str]) -> Iterator[Part]:
    """The parts that sponsors' blocks may stand between."""
    for story in edition.stories:
        yield Part("story", story)
        if kind == "single":
            for index, piece in enumerate(read_body(story), 1):
                yield Part("body", story, typeset_part(piece, setter), index)
            yield Part("onward", story)
    if edition.briefs:
        yield Part("briefs")
    if edition.quotation:
        yield Part("quotation")


def _groups(head: Sequence[Part], editorial: Sequence[Part], placed: Placed) -> list[Group]:
    groups: list[Group] = []
    parts: list[Part] = [Part("masthead")]

    def interrupt(placement: Placement | None) -> None:
        above = groups[-1].placement if groups else None
        spaced = above is not None and above.slot.position != "presenting"
        groups.append(Group(tuple(parts), spaced=spaced))
        parts.clear()
        if placement is not None:
            groups.append(Group(placement=placement))

    if placed.presenting is not None:
        interrupt(placed.presenting)
    parts.extend(head)
    for index, part in enumerate(editorial):
        if index in placed.blocks:
            interrupt(placed.blocks[index])
        parts.append(part)
    parts.append(Part("ending"))
    interrupt(None)
    return groups
