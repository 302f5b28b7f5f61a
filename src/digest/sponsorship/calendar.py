"""Editions down, slots across: who stands where, for the sponsorship manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.model.sponsorship import Booking, Slot, Sponsor


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """One slot of one edition; `bookings` is empty when it is free, and has more than one entry
    when it is sold twice. Cancelled bookings are not shown."""

    edition: str
    slot: str
    bookings: tuple[Booking, ...]


def calendar(
    editions: Sequence[str], slots: Sequence[Slot], sponsors: Sequence[Sponsor]
) -> list[list[CalendarCell]]:
    """One row an edition, one cell a slot, in the order given."""
    bookings = [
        booking for sponsor in sponsors for booking in sponsor.bookings if booking.status.takes_slot
    ]
    return [
        [
            CalendarCell(
                edition,
                slot.name,
                tuple(b for b in bookings if b.edition == edition and b.slot == slot.name),
            )
            for slot in slots
        ]
        for edition in editions
    ]
