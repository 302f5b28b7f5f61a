"""Finds slots that are sold twice. A hold keeps its slot as much as a confirmed booking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from digest.errors import SponsorshipError
from digest.model.sponsorship import Booking, Sponsor


@dataclass(frozen=True, slots=True)
class Conflict:
    """One slot of one edition, and the bookings that want it (two or more), with their files."""

    edition: str
    slot: str
    bookings: tuple[tuple[Booking, str], ...]

    @property
    def message(self) -> str:
        """Who wants the slot, in words."""
        wants = " and ".join(
            f"{booking.sponsor} ({booking.status}, {file})" for booking, file in self.bookings
        )
        return f"slot “{self.slot}” of {self.edition} is booked twice: {wants}"


def find_conflicts(sponsors: Sequence[Sponsor], edition: str | None = None) -> list[Conflict]:
    """Every slot with more than one booking that takes it; of one edition, or of all."""
    wanted: dict[tuple[str, str], list[tuple[Booking, str]]] = defaultdict(list)
    for sponsor in sponsors:
        for booking in sponsor.bookings:
            if booking.status.takes_slot and edition in (None, booking.edition):
                wanted[booking.edition, booking.slot].append((booking, sponsor.file))
    return [
        Conflict(*key, tuple(bookings))
        for key, bookings in sorted(wanted.items())
        if len(bookings) > 1
    ]


def require_no_conflict(sponsors: Sequence[Sponsor], edition: str) -> None:
    """Stop before anything renders when a slot of the edition is sold twice.

    Raises:
        SponsorshipError: naming slot, bookings and files.
    """
    if conflicts := find_conflicts(sponsors, edition):
        raise SponsorshipError(
            "; ".join(conflict.message for conflict in conflicts),
            "Cancel one of them or move it to another slot or edition.",
        )
