"""What events say of deliveries whose outcome is unknown, and settling by those that were kept.

An event may come before the run that is at its delivery knows the outcome, or dies without one: it
is kept, and asked when the delivery has become unknown. A sign that the provider took a delivery is
stronger than a bounce, which may come long after. That it took one which it was asked to forget
says nothing: it may have forgotten it since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection

from digest.delivery.ledger.records import Dispatch
from digest.errors import StoreError
from digest.model.events import EventKind
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database
from digest.store.ledger import claims
from digest.store.ledger.events import kept_of_unknown

_STRENGTH = (DeliveryState.PENDING, DeliveryState.REFUSED, DeliveryState.ACCEPTED)


def outcome_of(source: str, kind: EventKind, delivery: str) -> Outcome:
    """What an event says of its delivery. Pure."""
    state = DeliveryState.REFUSED if kind is EventKind.BOUNCED else DeliveryState.ACCEPTED
    return Outcome(delivery, state, detail=f"{source}: {kind}")


def strongest(outcomes: Iterable[Outcome]) -> dict[str, Outcome]:
    """Of several outcomes of one delivery the one that counts, by delivery id. Pure."""
    known: dict[str, Outcome] = {}
    for outcome in outcomes:
        before = known.get(outcome.id)
        if before is None or _STRENGTH.index(outcome.state) > _STRENGTH.index(before.state):
            known[outcome.id] = outcome
    return known


def settle_by_kept(connection: Connection, dispatch_id: int, now: datetime) -> Counter[str]:
    """Settle a dispatch's unknown deliveries by the events that were kept; how many, by their new
    state. Inside a transaction of `Database.write()`."""
    outcomes = strongest(
        outcome_of(source, EventKind(kind), delivery)
        for source, kind, delivery in kept_of_unknown(connection, dispatch_id)
    )
    settled: Counter[str] = Counter()
    # In one order, so that two that settle do not wait for each other.
    for _id, outcome in sorted(outcomes.items()):
        settled[outcome.state.value] += claims.settle(connection, [outcome], now)
    return +settled


def settle_what_is_known(database: Database, dispatch: Dispatch, now: datetime) -> None:
    """The same after a run; a store that refuses leaves it to `digest reconcile`."""
    if dispatch.ledger == "main":
        with suppress(StoreError), database.write() as connection:
            settle_by_kept(connection, dispatch.id, now)
