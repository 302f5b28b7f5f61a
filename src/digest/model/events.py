"""What a provider, a relay or a returned mail reports of a delivery after it was submitted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.sending import Outcome


class EventKind(StrEnum):
    """One vocabulary for every provider. Only `delivered` says that the reader's server has it;
    `accepted` that the provider took it, which is news only while nobody knew."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a delivery.

    Attributes:
        source: who says so: `sendgrid`, `postfix`, `mail`.
        id: the source's own name for it, so that it counts once; never an address.
        delivery: id of the delivery, 32 hexadecimal digits.
        kind: what happened.
        at: when, as the source says; aware.
        detail: the source's own words; addresses in them are masked before they are kept.
        url: what was clicked.
        is_permanent: a bounce that says the address itself cannot be written to.
        is_proven: False when anybody who saw the letter could have written it: it is
            counted, and neither suppresses, unsubscribes nor settles.
        recipient: whom the message that failed was for, where the source says so; it silences
            nobody else. Empty: the delivery's reader. It is not kept.
    """

    source: str
    id: str
    delivery: str
    kind: EventKind
    at: datetime
    detail: str = ""
    url: str = ""
    is_permanent: bool = False
    is_proven: bool = True
    recipient: str = ""


#: What readers of events yield: an event, or the mere knowledge that a provider refused a delivery
#: or put it off.
Report = Event | Outcome
