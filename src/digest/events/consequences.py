"""What follows from a report: for a delivery nobody knew the outcome of, and for its address. Pure.

    report                               an unknown delivery becomes   the address
    delivered, deferred, opened,
    clicked                              accepted                      stays
    complained                           accepted                      suppressed (complaint)
    unsubscribed                         accepted                      leaves that list
    bounced, permanent                   refused                       suppressed (bounce)
    bounced, otherwise                   refused                       stays

A sign that the provider took a delivery is stronger than a bounce, which may come long after.
Bounces that are not permanent never suppress, however many there are: they are kept and counted,
and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable

from digest.model.events import Event, EventKind, Report
from digest.model.people import SuppressionReason
from digest.model.sending import DeliveryState, Outcome

#: Kinds that are kept without the delivery, so that no reader is followed.
ANONYMOUS = frozenset({EventKind.OPENED, EventKind.CLICKED})

_STRENGTH = (DeliveryState.PENDING, DeliveryState.REFUSED, DeliveryState.ACCEPTED)


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


def settling(reports: Iterable[Report]) -> dict[str, Outcome]:
    """What reports say of deliveries whose outcome is unknown, by delivery id."""
    return strongest(
        outcome_of(report.source, report.kind, report.delivery)
        if isinstance(report, Event)
        else report
        for report in reports
        if not isinstance(report, Event) or report.is_proven
    )


def outcome_of(source: str, kind: EventKind, delivery: str) -> Outcome:
    """What an event says of its delivery."""
    state = DeliveryState.REFUSED if kind is EventKind.BOUNCED else DeliveryState.ACCEPTED
    return Outcome(delivery, state, detail=f"{source}: {kind}")


def strongest(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """Of several outcomes of one delivery the one that counts, by delivery id."""
    known: dict[str, Outcome] = {}
    for outcome in outcomes:
        before = known.get(outcome.id)
        if before is None or _STRENGTH.index(outcome.state) > _STRENGTH.index(before.state):
            known[outcome.id] = outcome
    return known
