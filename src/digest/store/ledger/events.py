"""Queries on events and on what they are about. What follows from an event is not decided here.

Every function takes a connection inside a transaction of `Database.read()` or `Database.write()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, case, exists, func, select

from digest.model.events import EventKind
from digest.model.sending import DeliveryState
from digest.store.ledger.cancelling import ASKED
from digest.store.ledger.dispatches import IS_SUBMITTING
from digest.store.ledger.runs import is_alive
from digest.store.tables import deliveries, dispatches, events, insert_into, runs

#: Ids in one statement; both databases allow many more.
_IDS = 1000


@dataclass(frozen=True, slots=True)
class Reported:
    """A delivery that something was reported of. A forgotten reader has no `token`, and a random
    mark for an address. `is_asked`: the provider was asked to forget it, and has not confirmed."""

    id: str
    dispatch_id: int
    edition: str
    email: str
    token: str
    state: str
    is_asked: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of `events`. `delivery_id` is None where nobody shall be followed."""

    source: str
    event_id: str
    kind: str
    dispatch_id: int
    delivery_id: str | None
    at: datetime
    received_at: datetime
    detail: str
    url: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A dispatch with deliveries whose outcome is unknown, or that a run is at or died at."""

    edition: str
    dispatch_id: int
    provider: str
    unknown: int
    submitting: int


@dataclass(frozen=True, slots=True)
class UnknownDelivery:
    """A delivery whose outcome is unknown; `place` is the provider that was at it, if noted, and
    `run` the process."""

    id: str
    place: str
    run: str
    changed_at: datetime


def hold_suppressions_alone(connection: Connection) -> None:
    """Let nobody else suppress or forget until the transaction ends; take it before anything."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE suppressions IN SHARE ROW EXCLUSIVE MODE")


def find_reported(connection: Connection, ids: Sequence[str]) -> dict[str, Reported]:
    """Which of these ids are deliveries of the ledger proper."""
    found: dict[str, Reported] = {}
    for start in range(0, len(ids), _IDS):
        query = (
            select(
                deliveries.c.id,
                deliveries.c.dispatch_id,
                dispatches.c.edition,
                deliveries.c.email,
                deliveries.c.token,
                deliveries.c.state,
                deliveries.c.detail == ASKED,
            )
            .join_from(deliveries, dispatches)
            .where(deliveries.c.id.in_(ids[start : start + _IDS]), dispatches.c.ledger == "main")
        )
        found.update((row.id, Reported(*row)) for row in connection.execute(query))
    return found


def keep_events(connection: Connection, rows: Sequence[Kept]) -> set[tuple[str, str]]:
    """Insert events; returns (source, event id) of those that were not there before."""
    if not rows:
        return set()
    statement = (
        insert_into(connection, events)
        .on_conflict_do_nothing()
        .returning(events.c.source, events.c.event_id)
    )
    # In one order, so that two transactions with the same events do not wait for each other.
    values = [
        {name: getattr(row, name) for name in Kept.__slots__}
        for row in sorted(rows, key=lambda row: (row.source, row.event_id))
    ]
    return {(row.source, row.event_id) for row in connection.execute(statement, values)}


def in_doubt(connection: Connection, edition: str = "") -> list[InDoubt]:
    """Dispatches of the ledger proper with deliveries that are unknown or submitting, or that of
    one edition however it stands."""
    unknown = func.count(case((deliveries.c.state == DeliveryState.UNKNOWN, 1)))
    submitting = func.count(case((deliveries.c.state == DeliveryState.SUBMITTING, 1)))
    query = (
        select(dispatches.c.edition, dispatches.c.id, dispatches.c.provider, unknown, submitting)
        .outerjoin_from(
            dispatches,
            deliveries,
            (deliveries.c.dispatch_id == dispatches.c.id)
            & deliveries.c.state.in_((DeliveryState.UNKNOWN, DeliveryState.SUBMITTING)),
        )
        .where(dispatches.c.ledger == "main")
        .group_by(dispatches.c.edition, dispatches.c.id, dispatches.c.provider)
        .order_by(dispatches.c.edition)
    )
    if edition:
        query = query.where(dispatches.c.edition == edition)
    else:
        query = query.having(func.count(deliveries.c.id) > 0)
    return [InDoubt(*row) for row in connection.execute(query)]


def submitting_by_run(connection: Connection, dispatch_id: int) -> dict[str, int]:
    """How many deliveries of a dispatch each run is at, or died at."""
    query = (
        select(deliveries.c.run, func.count())
        .where(deliveries.c.dispatch_id == dispatch_id, IS_SUBMITTING)
        .group_by(deliveries.c.run)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def leased_runs(connection: Connection, dispatch_id: int) -> set[str]:
    """The runs of a dispatch whose lease has not passed."""
    query = select(runs.c.id).where(runs.c.dispatch_id == dispatch_id, is_alive(connection))
    return set(connection.scalars(query))


def unknown_deliveries(connection: Connection, dispatch_id: int) -> Iterator[UnknownDelivery]:
    """The deliveries of a dispatch whose outcome is unknown, by id."""
    query = (
        select(deliveries.c.id, deliveries.c.provider_id, deliveries.c.run, deliveries.c.changed_at)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.UNKNOWN,
        )
        .order_by(deliveries.c.id)
    )
    return (UnknownDelivery(*row) for row in connection.execute(query))


def kept_of_unknown(connection: Connection, dispatch_id: int) -> list[tuple[str, str, str]]:
    """(source, kind, delivery id) of every event kept for a delivery that is unknown; not that the
    provider took what it was asked to forget."""
    query = (
        select(events.c.source, events.c.kind, deliveries.c.id)
        .join_from(deliveries, events, events.c.delivery_id == deliveries.c.id)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.UNKNOWN,
            (events.c.kind != EventKind.ACCEPTED) | (deliveries.c.detail != ASKED),
        )
    )
    return [(row.source, row.kind, row.id) for row in connection.execute(query)]


def count_accepted(connection: Connection, dispatch_id: int, source: str) -> tuple[int, int]:
    """How many deliveries of a dispatch are accepted, and of how many a source said something.

    Those of readers who were forgotten are left out: nothing is kept about them.
    """
    accepted = and_(
        deliveries.c.dispatch_id == dispatch_id,
        deliveries.c.state == DeliveryState.ACCEPTED,
        deliveries.c.email.contains("@"),
    )
    spoken_of = exists().where(events.c.delivery_id == deliveries.c.id, events.c.source == source)
    count = select(func.count()).select_from(deliveries)
    total = connection.execute(count.where(accepted)).scalar_one()
    seen = connection.execute(count.where(accepted, spoken_of)).scalar_one()
    return int(total), int(seen)
