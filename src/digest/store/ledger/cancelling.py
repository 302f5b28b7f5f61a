"""Queries that take an edition back: what had not left is excluded, and may be let go again.

Every function takes a connection inside a transaction of `Database.write()`. What may be taken
back, and when, is decided in `digest.delivery.ledger.cancelling`. How SendGrid's own name of an
edition stands in `provider_id` is the provider's: a word of it, alone or beside others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, func, or_, select, update

from digest.model.events import EventKind
from digest.model.sending import DeliveryState
from digest.store.ledger.dispatches import (
    count_states,
    find_dispatch,
    get_dispatch,
    lock_edition,
    remove_dispatch,
)
from digest.store.tables import deliveries, dispatches, events, published

#: Why a delivery that was taken back is excluded.
REASON = "cancelled"

#: What an unknown delivery says that was accepted until the provider was asked to forget it.
ASKED = "called back, and not confirmed"

#: States of those who have the letter, or may have it.
_REACHED = (DeliveryState.ACCEPTED, DeliveryState.UNKNOWN, DeliveryState.SUBMITTING)


def withdraw_pending(connection: Connection, edition: str, dispatch_id: int, now: datetime) -> int:
    """`pending → excluded` of a dispatch that is cancelled, also what a run has claimed or was put
    off meanwhile; returns how many. Nothing happens to one that is not, or not any more."""
    lock_edition(connection, edition)
    cancelled = exists().where(
        dispatches.c.id == dispatch_id, dispatches.c.cancelled_at.is_not(None)
    )
    statement = (
        update(deliveries)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.PENDING,
            cancelled,
        )
        .values(state=DeliveryState.EXCLUDED, detail=REASON, run="", changed_at=now)
    )
    return connection.execute(statement).rowcount


def set_names(
    connection: Connection, dispatch_id: int, *, current: str, called_back: Sequence[str]
) -> None:
    """The provider's names for a dispatch: that for what is still to be handed over, or "", and
    those it was asked to forget."""
    connection.execute(
        update(dispatches)
        .where(dispatches.c.id == dispatch_id)
        .values(provider_batch=current, called_back=" ".join(called_back))
    )


def doubt_scheduled(
    connection: Connection, dispatch_id: int, batch: str, provider: str, now: datetime
) -> int:
    """`accepted → unknown` for what a provider holds under a name and is asked to forget.

    Args:
        provider: goes before what the provider calls them: by it alone is such a delivery settled.
    """
    statement = (
        update(deliveries)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.ACCEPTED,
            _is_held_under(batch),
        )
        .values(
            state=DeliveryState.UNKNOWN,
            detail=ASKED,
            provider_id=f"{provider} " + deliveries.c.provider_id,
            changed_at=now,
        )
    )
    return connection.execute(statement).rowcount


def believe_scheduled(
    connection: Connection, dispatch_id: int, batch: str, provider: str, now: datetime
) -> None:
    """`unknown → accepted` again: the provider goes on holding what it was asked to forget."""
    connection.execute(
        update(deliveries)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.UNKNOWN,
            deliveries.c.detail == ASKED,
            _is_held_under(batch),
        )
        .values(
            state=DeliveryState.ACCEPTED,
            detail="",
            provider_id=func.substr(deliveries.c.provider_id, len(f"{provider} ") + 1),
            changed_at=now,
        )
    )


def withdraw_scheduled(
    connection: Connection, dispatch_id: int, batch: str, now: datetime
) -> Counter[str]:
    """`accepted | unknown → excluded` for what a provider held under a name and has forgotten.

    That it once took them says nothing of them any more; the events stay, so that they count once.

    Returns:
        How many were in which state.
    """
    changed: Counter[str] = Counter()
    for state in (DeliveryState.ACCEPTED, DeliveryState.UNKNOWN):
        statement = (
            update(deliveries)
            .where(
                deliveries.c.dispatch_id == dispatch_id,
                deliveries.c.state == state,
                _is_held_under(batch),
            )
            .values(state=DeliveryState.EXCLUDED, detail=REASON, run="", changed_at=now)
        )
        if count := connection.execute(statement).rowcount:
            changed[state.value] = count
    taken_back = select(deliveries.c.id).where(
        deliveries.c.dispatch_id == dispatch_id,
        deliveries.c.state == DeliveryState.EXCLUDED,
        deliveries.c.detail == REASON,
    )
    connection.execute(
        update(events)
        .where(
            events.c.dispatch_id == dispatch_id,
            events.c.kind == EventKind.ACCEPTED,
            events.c.delivery_id.in_(taken_back),
        )
        .values(delivery_id=None)
    )
    return changed


def restore(connection: Connection, dispatch_id: int, now: datetime) -> int:
    """`excluded → pending` for all that was taken back; returns how many."""
    statement = (
        update(deliveries)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.EXCLUDED,
            deliveries.c.detail == REASON,
        )
        .values(state=DeliveryState.PENDING, detail="", provider_id="", run="", changed_at=now)
    )
    return connection.execute(statement).rowcount


def holds(connection: Connection, dispatch_id: int, batch: str) -> bool:
    """Whether a provider has, or may have, letters under a name."""
    query = select(deliveries.c.id).where(
        deliveries.c.dispatch_id == dispatch_id,
        deliveries.c.state.in_(_REACHED),
        _is_held_under(batch),
    )
    return connection.execute(query.limit(1)).first() is not None


def forget_unsent(connection: Connection, edition: str) -> bool:
    """Drop the frozen letter and audience of a cancelled edition that nobody has.

    Returns:
        False when it was not cancelled, or somebody has or may have it; nothing was changed.
    """
    dispatch_id = find_dispatch(connection, edition, "main")
    if dispatch_id is None or get_dispatch(connection, dispatch_id).cancelled_at is None:
        return False
    states = count_states(connection, dispatch_id)
    if any(states[state] for state in (*_REACHED, DeliveryState.PENDING)):
        return False
    remove_dispatch(connection, dispatch_id)
    connection.execute(delete(published).where(published.c.edition == edition))
    return True


def has_left_somewhere(connection: Connection, dispatch_id: int) -> bool:
    """Whether somebody has the letter, or may have it."""
    query = (
        select(deliveries.c.id)
        .where(deliveries.c.dispatch_id == dispatch_id, deliveries.c.state.in_(_REACHED))
        .limit(1)
    )
    return connection.execute(query).first() is not None


def _is_held_under(batch: str) -> ColumnElement[bool]:
    name = deliveries.c.provider_id
    return or_(
        name == batch,
        name.startswith(f"{batch} ", autoescape=True),
        name.endswith(f" {batch}", autoescape=True),
        name.contains(f" {batch} ", autoescape=True),
    )
