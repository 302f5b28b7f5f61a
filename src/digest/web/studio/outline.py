"""The plan of an edition: its parts in the letter's order, with what was found about each.

Pure. The keys are the `id`s that the parts bear in the letter's HTML, so that the page can lead
from one to the other. In which order parts stand is `digest.render.plan`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from digest.check import Finding
from digest.model.edition import Edition
from digest.model.sponsorship import Placement, Slot, Sponsor
from digest.render.parts import Part, PlanKind
from digest.render.plan import letter_plan

Row = dict[str, Any]

#: How a booking stands that found no place in the letter.
UNPLACED: Final = "unplaced"


class Booked(NamedTuple):
    """A sponsor's name and the id of its booking."""

    sponsor: str
    booking: str


_PLACES = (
    (re.compile(r"story (\d+)\b"), "story-{}"),
    (re.compile(r"slot “([^”]+)”"), "slot-{}"),
    (re.compile(r"briefs?\b"), "briefs"),
    (re.compile(r"(?:subject|preheader|sender)\b"), "inbox"),
    (re.compile(r"(masthead|note|contents|quotation|ending|footer)\b"), "{}"),
)


def outline(
    edition: Edition,
    placements: Sequence[Placement],
    slots: Sequence[Slot],
    kind: PlanKind,
    *,
    publishers: Mapping[str, str],
    sentences: Mapping[str, int],
    bookings: Mapping[str, str],
    booked: Mapping[str, Booked],
    targets: Sequence[str],
) -> list[Row]:
    """The rows of the plan.

    Args:
        edition: stories numbered from 1.
        placements: what stands in its slots.
        slots: every slot of the template; those without a placement are free.
        kind: how the template orders its parts.
        publishers: the publisher's name of each source.
        sentences: how many sentences each story's summary has, by `story-N`.
        bookings: how each placement's booking stands, by its id.
        booked: who booked a slot of this edition, by the slot's name.
        targets: the part that each finding is about, in their order; “” for none.
    """
    # The body of a story that is printed whole is one row with it, and may be half written.
    bare = replace(edition, stories=tuple(replace(s, body="") for s in edition.stories))
    plan = letter_plan(bare, placements, kind)
    rows: list[Row] = []
    for group in plan.groups:
        if group.placement is not None:
            rows.append(_placement(group.placement, bookings))
        for part in group.parts:
            rows.extend(_part(part, edition, publishers, sentences))
    placed = {row["key"] for row in rows}
    for problem in plan.problems:
        if (key := f"slot-{problem.placement.slot.name}") not in placed:
            rows.append(_placement(problem.placement, {problem.placement.booking: UNPLACED}))
            placed.add(key)
    for slot in slots:
        if f"slot-{slot.name}" not in placed:
            rows.insert(_place_of(slot, rows), _empty(slot, booked.get(slot.name)))
    for row in rows:
        row["findings"] = [n for n, target in enumerate(targets, 1) if target == row["key"]]
    return rows


def target_of(finding: Finding) -> str:
    """The part that a finding is about, by its key: of the letter, or `inbox`; “” for none."""
    for pattern, key in _PLACES:
        if match := pattern.match(finding.place):
            return key.format(*match.groups())
    return ""


def booking_states(sponsors: Sequence[Sponsor], placements: Sequence[Placement]) -> dict[str, str]:
    """How the booking of each placement stands, by its id: `confirmed`, …, or `house`."""
    known = {booking.id: str(booking.status) for s in sponsors for booking in s.bookings}
    return {
        placement.booking: "house" if placement.is_house else known.get(placement.booking, "")
        for placement in placements
    }


def booked_slots(sponsors: Sequence[Sponsor], edition_id: str) -> dict[str, Booked]:
    """Who booked which slot of an edition, by the slot's name."""
    return {
        booking.slot: Booked(sponsor.name, booking.id)
        for sponsor in sponsors
        for booking in sponsor.bookings
        if booking.edition == edition_id and booking.status.runs
    }


def _part(
    part: Part, edition: Edition, publishers: Mapping[str, str], sentences: Mapping[str, int]
) -> Iterator[Row]:
    story = part.story
    if part.kind == "story" and story is not None:
        key = f"story-{story.order}"
        yield _row(
            key,
            "story",
            story.title,
            publishers.get(story.source) or story.source,
            number=str(story.order),
            sentences=sentences.get(key, 0),
            origin=str(story.summary_origin),
        )
    elif part.kind == "note":
        yield _row("note", "note", edition.note.opening, edition.note.name)
    elif part.kind == "contents":
        yield _row("contents", "contents", "", count=len(edition.stories))
    elif part.kind == "briefs":
        yield _row("briefs", "briefs", "", count=len(edition.briefs))
    elif part.kind == "quotation":
        yield _row("quotation", "quotation", edition.quotation.text, edition.quotation.name)


def _placement(placement: Placement, bookings: Mapping[str, str]) -> Row:
    return _row(
        f"slot-{placement.slot.name}",
        "placement",
        placement.sponsor,
        placement.label,
        position=placement.slot.position,
        creative=placement.creative.headline,
        booking=bookings.get(placement.booking, ""),
        booking_id=placement.booking,
    )


def _empty(slot: Slot, booked: Booked | None) -> Row:
    """The row of a slot that nothing is shown in: it is free, or its booking waits for a place."""
    key = f"slot-{slot.name}"
    if booked is None:
        return _row(key, "free", slot.name, position=slot.position)
    return _row(
        key,
        "placement",
        booked.sponsor,
        position=slot.position,
        creative="",
        booking=UNPLACED,
        booking_id=booked.booking,
    )


def _row(
    key: str, kind: str, title: str, detail: str = "", *, number: str = "", **more: Any
) -> Row:
    return {"key": key, "kind": kind, "number": number, "title": title, "detail": detail, **more}


def _place_of(slot: Slot, rows: Sequence[Row]) -> int:
    """Where a free slot's row stands: about where its block would."""
    stories = [index for index, row in enumerate(rows) if row["kind"] == "story"]
    if slot.position == "presenting" or not stories:
        return 0
    if slot.position == "main":
        return stories[min(slot.after, len(stories)) - 1] + 1
    after = [index for index, row in enumerate(rows) if row["kind"] in ("story", "briefs")]
    return after[-1] + 1
