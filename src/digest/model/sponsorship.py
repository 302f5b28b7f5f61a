"""Who pays for what: sponsors, campaigns, bookings, creatives, slots and placements."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Literal

#: How the reference to a house creative begins.
HOUSE_PREFIX = "house:"

SlotPosition = Literal["presenting", "main", "secondary", "classified"]


class BookingStatus(StrEnum):
    """Where a booking stands. A hold keeps the slot but does not run."""

    HOLD = "hold"
    CONFIRMED = "confirmed"
    RUN = "run"
    MAKE_GOOD = "make-good"
    CANCELLED = "cancelled"

    @property
    def takes_slot(self) -> bool:
        """Whether nobody else may book the slot."""
        return self is not BookingStatus.CANCELLED

    @property
    def runs(self) -> bool:
        """Whether the booking appears in its edition."""
        return self in (BookingStatus.CONFIRMED, BookingStatus.RUN, BookingStatus.MAKE_GOOD)


@dataclass(frozen=True, slots=True)
class Creative:
    """The words and picture of a placement. `picture` is an absolute path or empty.

    The picture is shown in the main slot only, at 536 × 200 CSS pixels.
    """

    id: str
    headline: str
    body: str
    call_to_action: str
    url: str
    picture: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """The deal that bookings belong to."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Booking:
    """One slot of one edition for one sponsor, at a price (net, in `currency`)."""

    sponsor: str
    campaign: str
    edition: str
    slot: str
    status: BookingStatus
    creative: str
    price: Decimal = Decimal(0)
    currency: str = "EUR"

    @property
    def id(self) -> str:
        """How an edition refers to it: `sponsor/edition/slot`."""
        return f"{self.sponsor}/{self.edition}/{self.slot}"


@dataclass(frozen=True, slots=True)
class Sponsor:
    """A sponsor's file `sponsors/<id>.toml`. `house` marks the publication's own creatives."""

    id: str
    name: str
    campaigns: tuple[Campaign, ...] = ()
    creatives: tuple[Creative, ...] = ()
    bookings: tuple[Booking, ...] = ()
    house: bool = False
    file: str = ""

    def creative(self, creative_id: str) -> Creative | None:
        """The creative of that id, if the file has it."""
        return next((c for c in self.creatives if c.id == creative_id), None)


@dataclass(frozen=True, slots=True)
class Slot:
    """A position of the template that can carry a sponsor.

    `after` is the number of stories before a `main` slot. `house` is `sponsor/creative` of the
    creative shown when nobody booked the slot, or empty for nothing.
    """

    name: str
    position: SlotPosition
    label: str
    after: int = 3
    house: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """A booking (or a house creative) as it stands in an edition; label and name are never empty.

    `url` already carries the tracking parameters. `booking` is a booking's id, or
    `house:sponsor/creative`.
    """

    slot: Slot
    booking: str
    label: str
    sponsor: str
    creative: Creative
    url: str

    @property
    def is_house(self) -> bool:
        """Whether it is the publication's own creative, which nobody paid for."""
        return self.booking.startswith(HOUSE_PREFIX)

    def __post_init__(self) -> None:
        if not self.label.strip() or not self.sponsor.strip():
            raise ValueError("a placement bears its label and its sponsor's name")
