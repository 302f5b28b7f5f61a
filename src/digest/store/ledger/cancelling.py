"""Queries that take an edition back: what had not left is excluded, and may be let go again.

Every function takes a connection inside a transaction of `Database.write()`. What may be taken
back, and when, is decided in `digest.delivery.ledger.cancelling`. How SendGrid's own name of an
edition stands in `provider_id` is the provider's: alone, or before or after something else.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, delete, exists, or_, select, update

from digest.model.sending import DeliveryState
from digest.store.ledger.dispatches import (
    count_states,
    find_dispatch,
    get_dispatch,
    lock_edition,
    remove_dispatch,
)
from digest.store.tables import deliveries, dispatches, published

#: Why a delivery that was taken back is excluded.
REASON = "cancelled"

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


def withdraw_scheduled(
    connection: Connection, dispatch_id: int, batch: str, now: datetime
) -> Counter[str]:
    """`accepted | unknown → excluded` for what a provider held under a name and has forgotten.

    Returns:
        How many were in which state.
    """
    named = or_(
        deliveries.c.provider_id == batch,
        deliveries.c.provider_id.startswith(f"{batch} ", autoescape=True),
        deliveries.c.provider_id.endswith(f" {batch}", autoescape=True),
    )
    changed: Counter[str] = Counter()
    for state in (DeliveryState.ACCEPTED, DeliveryState.UNKNOWN):
        statement = (
            update(deliveries)
            .where(deliveries.c.dispatch_id == dispatch_id, deliveries.c.state == state, named)
            .values(state=DeliveryState.EXCLUDED, detail=REASON, run="", changed_at=now)
        )
        if count := connection.execute(statement).rowcount:
            changed[state.value] = count
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


def forget_batch(connection: Connection, dispatch_id: int) -> None:
    """Drop the provider's own name for a dispatch: the next run asks for another."""
    connection.execute(
        update(dispatches).where(dispatches.c.id == dispatch_id).values(provider_batch="")
    )


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
