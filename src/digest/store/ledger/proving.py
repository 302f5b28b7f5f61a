"""Queries that prove a dispatch: every row one by one, and what stands beside it. No decisions.

They count nothing that `dispatches` counts, so that the one can be held against the other, and
believe no value of a row: whoever changed it by hand may have put anything there. Every function
takes a connection inside `Database.read()`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    exists,
    func,
    select,
    type_coerce,
)

from digest.model.sending import DeliveryState
from digest.store.tables import (
    audiences,
    deliveries,
    dispatches,
    editions,
    events,
    runs,
    subscribers,
    subscriptions,
)

#: Rows fetched from the database at once.
_PAGE = 5000


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A delivery as it stands. `subscriber` is the address that its token belongs to, or None.

    `attempts` and `changed_at` are None where no number and no moment stands there.
    """

    id: str
    email: str
    list: str
    state: str
    detail: str
    attempts: int | None
    provider_id: str
    run: str
    changed_at: datetime | None
    subscriber: str | None


@dataclass(frozen=True, slots=True)
class FrozenList:
    """A list of the audience: how many deliveries it brought in, and when."""

    list: str
    size: int
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class RunRow:
    """A process at work. `lease_until` is in seconds since 1970, by the database's clock."""

    id: str
    host: str
    pid: int
    started_at: datetime
    lease_until: float


def dispatch_row(connection: Connection, edition: str, ledger: str) -> Row[Any] | None:
    """The dispatch with the state of its edition (None: there is no such edition), or None when
    nothing was frozen."""
    query = (
        select(dispatches, editions.c.state)
        .outerjoin(editions, editions.c.id == dispatches.c.edition)
        .where(dispatches.c.edition == edition, dispatches.c.ledger == ledger)
    )
    return connection.execute(query).one_or_none()


def edition_state(connection: Connection, edition: str) -> str:
    """The state of an edition, or "" when there is none."""
    return connection.scalar(select(editions.c.state).where(editions.c.id == edition)) or ""


def damage(connection: Connection, most: int) -> list[str]:
    """What SQLite finds wrong with the deliveries' table and indexes in its file, so many at most;
    nothing on PostgreSQL, which looks after its own.

    Source: the SQLite manual, "PRAGMA integrity_check".
    """
    if connection.dialect.name != "sqlite":
        return []
    found = connection.exec_driver_sql(f"PRAGMA integrity_check('{deliveries.name}')").scalars()
    return [str(said) for said in found if said != "ok"][:most]


def frozen_lists(connection: Connection, dispatch_id: int) -> list[FrozenList]:
    """The lists of the audience, first frozen first."""
    query = (
        select(*(audiences.c[name] for name in FrozenList.__slots__))
        .where(audiences.c.dispatch_id == dispatch_id)
        .order_by(audiences.c.frozen_at, audiences.c.list)
    )
    return [FrozenList(*row) for row in connection.execute(query)]


def every_row(connection: Connection, dispatch_id: int) -> Iterator[LedgerRow]:
    """Each delivery of the dispatch, in no order."""
    query = _rows().where(deliveries.c.dispatch_id == dispatch_id)
    found = connection.execution_options(yield_per=_PAGE).execute(query)
    return map(_ledger_row, found)


def rows_of_no_dispatch(connection: Connection) -> Iterator[LedgerRow]:
    """Deliveries that belong to no dispatch at all, whatever edition they were of."""
    query = _rows().where(~exists().where(dispatches.c.id == deliveries.c.dispatch_id))
    return map(_ledger_row, connection.execute(query))


def repeated_addresses(connection: Connection, dispatch_id: int) -> Counter[str]:
    """Addresses with several rows in the dispatch, however they are written."""
    same = func.lower(func.trim(deliveries.c.email))
    query = (
        select(same, func.count())
        .where(deliveries.c.dispatch_id == dispatch_id)
        .group_by(same)
        .having(func.count() > 1)
    )
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def delivered_although(connection: Connection, dispatch_id: int) -> Iterator[LedgerRow]:
    """Rows a provider reported as delivered that are pending, excluded, or refused without a
    bounce."""
    bounced = exists().where(events.c.delivery_id == deliveries.c.id, events.c.kind == "bounced")
    delivered = exists().where(
        events.c.delivery_id == deliveries.c.id, events.c.kind == "delivered"
    )
    query = _rows().where(
        deliveries.c.dispatch_id == dispatch_id,
        delivered,
        deliveries.c.state.in_((DeliveryState.PENDING, DeliveryState.EXCLUDED))
        | ((deliveries.c.state == DeliveryState.REFUSED) & ~bounced),
    )
    return map(_ledger_row, connection.execute(query))


def events_without_row(connection: Connection, dispatch_id: int) -> list[str]:
    """Delivery ids that a provider reported about and that have no row any more."""
    query = (
        select(events.c.delivery_id)
        .where(
            events.c.dispatch_id == dispatch_id,
            events.c.delivery_id.is_not(None),
            ~exists().where(deliveries.c.id == events.c.delivery_id),
        )
        .distinct()
        .order_by(events.c.delivery_id)
    )
    return [id_ for id_ in connection.scalars(query) if id_]


def runs_of(connection: Connection, dispatch_id: int) -> dict[str, RunRow]:
    """The processes that said they are at work on a dispatch, by id."""
    query = select(*(runs.c[name] for name in RunRow.__slots__)).where(
        runs.c.dispatch_id == dispatch_id
    )
    return {row.id: RunRow(*row) for row in connection.execute(query)}


def _rows() -> Select[Any]:
    names = [name for name in LedgerRow.__slots__ if name != "subscriber"]
    columns: list[ColumnElement[Any]] = [type_coerce(deliveries.c[name], String) for name in names]
    return (
        select(*columns, subscribers.c.email)
        .outerjoin_from(
            deliveries,
            subscriptions,
            (subscriptions.c.token == deliveries.c.token) & (deliveries.c.token != ""),
        )
        .outerjoin(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
    )


def _ledger_row(row: Row[Any]) -> LedgerRow:
    values: tuple[Any, ...] = tuple(row)
    id_, email, list_, state, detail, attempts, provider_id, run, changed_at, subscriber = values
    return LedgerRow(
        _text(id_),
        _text(email),
        _text(list_),
        _text(state),
        _text(detail),
        attempts if isinstance(attempts, int) else None,
        _text(provider_id),
        _text(run),
        _moment(_text(changed_at)),
        None if subscriber is None else _text(subscriber),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
