"""Queries on the ledger: dispatches, and what became of their deliveries. No decisions.

Every function takes a connection inside a transaction of `Database.read()` or `Database.write()`.
Who a dispatch goes to stands in `audience`, what a run does with single deliveries in `claims`;
what a state means, and who may change it when, is decided in `digest.delivery`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from digest.model.sending import DeliveryState
from digest.store.content.articles import fingerprints
from digest.store.tables import (
    audiences,
    deliveries,
    dispatches,
    editions,
    published,
)

#: With the state in the text of the query, so that the indexes of rows at work are used.
IS_PENDING = deliveries.c.state == literal_column("'pending'")
IS_SUBMITTING = deliveries.c.state == literal_column("'submitting'")


class DeliveryRow(NamedTuple):
    """A delivery as it was claimed. `subscribed_at` is None when nobody knows.

    `row` is where SQLite keeps it, a hint that saves a search; 0 on PostgreSQL.
    """

    id: str
    email: str
    name: str
    language: str
    list: str
    token: str
    subscribed_at: datetime | None
    row: int = 0


# ---- Freezing -------------------------------------------------------------------------------


def lock_edition(connection: Connection, edition: str) -> str | None:
    """The edition's state, or None; others wait until this transaction ends."""
    query = select(editions.c.state).where(editions.c.id == edition).with_for_update()
    return connection.scalar(query)


def find_dispatch(connection: Connection, edition: str, ledger: str) -> int | None:
    """The id of a dispatch, or None."""
    return connection.scalar(
        select(dispatches.c.id).where(
            dispatches.c.edition == edition, dispatches.c.ledger == ledger
        )
    )


def last_frozen(connection: Connection) -> tuple[str, datetime] | None:
    """The edition that was frozen last by the clocks there were, and when; None before the first.

    Rehearsals do not count.
    """
    query = (
        select(dispatches.c.edition, dispatches.c.frozen_at)
        .where(dispatches.c.ledger == "main")
        .order_by(dispatches.c.frozen_at.desc())
        .limit(1)
    )
    found = connection.execute(query).first()
    return None if found is None else (found.edition, found.frozen_at)


def get_dispatch(connection: Connection, dispatch_id: int) -> Row[Any]:
    """The whole row of a dispatch, its letter included."""
    return connection.execute(select(dispatches).where(dispatches.c.id == dispatch_id)).one()


def add_dispatch(connection: Connection, **values: object) -> int:
    """Insert a row of `dispatches`; returns its id."""
    query = insert(dispatches).values(**values).returning(dispatches.c.id)
    return int(connection.execute(query).scalar_one())


def set_send_at(connection: Connection, dispatch_id: int, send_at: datetime | None) -> None:
    """When a dispatch may leave at the earliest; None for at once."""
    _set(connection, dispatch_id, send_at=send_at)


def set_batch(connection: Connection, dispatch_id: int, provider_batch: str) -> str:
    """Keep the provider's own name for a dispatch, unless it has one; returns the one it has."""
    connection.execute(
        update(dispatches)
        .where(dispatches.c.id == dispatch_id, dispatches.c.provider_batch == "")
        .values(provider_batch=provider_batch)
    )
    query = select(dispatches.c.provider_batch).where(dispatches.c.id == dispatch_id)
    return str(connection.scalars(query).one())


def set_cancelled(connection: Connection, dispatch_id: int, cancelled_at: datetime | None) -> None:
    """When a dispatch was called back; None when it may leave after all."""
    _set(connection, dispatch_id, cancelled_at=cancelled_at)


def remove_dispatch(connection: Connection, dispatch_id: int) -> None:
    """Delete a dispatch with its audience and its deliveries."""
    connection.execute(delete(deliveries).where(deliveries.c.dispatch_id == dispatch_id))
    connection.execute(delete(audiences).where(audiences.c.dispatch_id == dispatch_id))
    connection.execute(delete(dispatches).where(dispatches.c.id == dispatch_id))


def mark_published(
    connection: Connection, edition: str, stories: Sequence[tuple[str, str]]
) -> None:
    """Keep what an edition published, as (url, title); what is kept already stays.

    Each with the fingerprint of the article as the store has it now, "" when it has not.
    """
    known = set(connection.scalars(select(published.c.url).where(published.c.edition == edition)))
    rows = {url: title for url, title in stories if url not in known}
    if rows:
        marks = fingerprints(connection, rows)
        connection.execute(
            insert(published),
            [
                {"edition": edition, "url": url, "title": title, "fingerprint": marks.get(url, "")}
                for url, title in rows.items()
            ],
        )


def mark_dispatching(connection: Connection, edition: str) -> None:
    """The edition has a frozen audience that is not served yet."""
    connection.execute(
        update(editions)
        .where(editions.c.id == edition)
        .values(state="dispatching", dispatched_at=None)
    )


def mark_dispatched_when_served(
    connection: Connection, edition: str, dispatch_id: int, now: datetime
) -> None:
    """Close an edition that has no pending and no submitting delivery any more.

    In a transaction of its own: of two runs that end together, the later one sees it.
    """
    lock_edition(connection, edition)
    if not has_open(connection, dispatch_id):
        connection.execute(
            update(editions)
            .where(editions.c.id == edition, editions.c.state == "dispatching")
            .values(state="dispatched", dispatched_at=now)
        )


# ---- Counting -------------------------------------------------------------------------------


def count_states(connection: Connection, dispatch_id: int) -> Counter[str]:
    """Rows per state."""
    query = (
        select(deliveries.c.state, func.count())
        .where(deliveries.c.dispatch_id == dispatch_id)
        .group_by(deliveries.c.state)
    )
    return _as_counter(connection.execute(query))


def count_exclusions(connection: Connection, dispatch_id: int) -> Counter[str]:
    """Excluded rows per reason."""
    query = (
        select(deliveries.c.detail, func.count())
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.EXCLUDED,
        )
        .group_by(deliveries.c.detail)
    )
    return _as_counter(connection.execute(query))


def has_open(connection: Connection, dispatch_id: int) -> bool:
    """Whether a delivery is pending or submitting."""
    return any(
        connection.execute(
            select(deliveries.c.id).where(deliveries.c.dispatch_id == dispatch_id, state).limit(1)
        ).first()
        for state in (IS_PENDING, IS_SUBMITTING)
    )


# ---- Detail ---------------------------------------------------------------------------------


def _set(connection: Connection, dispatch_id: int, **values: object) -> None:
    connection.execute(update(dispatches).where(dispatches.c.id == dispatch_id).values(**values))


def _as_counter(rows: Iterable[Row[str, int]]) -> Counter[str]:
    return Counter({row[0]: row[1] for row in rows})
