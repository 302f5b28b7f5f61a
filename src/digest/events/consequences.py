"""What follows from a report: for a delivery nobody knew the outcome of, and for its address. Pure.

    report                               an unknown delivery becomes   the address
    accepted, delivered, deferred,
    opened, clicked                      accepted                      stays
    complained                           accepted                      suppressed (complaint)
    unsubscribed                         accepted                      leaves that list
    bounced, permanent                   refused                       suppressed (bounce)
    bounced, otherwise                   refused                       stays

Which of several reports counts stands in `digest.delivery.ledger.evidence`. Bounces that are not
permanent never suppress, however many there are: they are kept and counted, and a person decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from digest.delivery.ledger.evidence import outcome_of, strongest
from digest.model.events import Event, EventKind, Report
from digest.model.people import SuppressionReason
from digest.model.sending import Outcome

#: Kinds that are kept without the delivery, so that no reader is followed.
ANONYMOUS = frozenset({EventKind.OPENED, EventKind.CLICKED})


def suppression(event: Event) -> SuppressionReason | None:
    """Why the address must not be written to any more, if so."""
    if not event.is_proven:
        return None
    if event.kind is EventKind.COMPLAINED:
        return SuppressionReason.COMPLAINT
    if event.kind is EventKind.BOUNCED and event.is_permanent:
        return SuppressionReason.BOUNCE
    return None


def unsubscribes(event: Event) -> bool:
    """Whether the reader leaves the list the delivery came from."""
    return event.kind is EventKind.UNSUBSCRIBED and event.is_proven


def taken(event: Event) -> Event:
    """That the provider took a delivery, as an event says which is kept without its delivery."""
    return Event(
        source=event.source,
        id=hashlib.sha256(f"{event.delivery} {EventKind.ACCEPTED}".encode()).hexdigest(),
        delivery=event.delivery,
        kind=EventKind.ACCEPTED,
        at=event.at,
    )


def settling(reports: Iterable[Report]) -> dict[str, Outcome]:
    """What reports say of deliveries whose outcome is unknown, by delivery id."""
    return strongest(
        outcome_of(report.source, report.kind, report.delivery)
        if isinstance(report, Event)
        else report
        for report in reports
        if not isinstance(report, Event) or report.is_proven
    )
