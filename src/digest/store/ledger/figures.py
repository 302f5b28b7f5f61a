"""Queries for figures of a publication at work: how many of what, nobody by name.

Every function takes a connection inside a transaction of `Database.read()`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, func, select

from digest.store.ledger.audience import audience_size
from digest.store.ledger.runs import is_alive
from digest.store.tables import (
    deliveries,
    dispatches,
    events,
    runs,
    subscriptions,
    suppressions,
)


@dataclass(frozen=True, slots=True)
class DispatchFigures:
    """One dispatch: its deliveries by state, its events by kind, the size its audience was noted
    with."""

    edition: str
    frozen_at: datetime
    audience: int
    states: Counter[str]
    events: Counter[str]


def latest_dispatches(connection: Connection, number: int) -> list[DispatchFigures]:
    """The dispatches of the main ledger that were frozen last, the latest first."""
    query = (
        select(dispatches.c.id, dispatches.c.edition, dispatches.c.frozen_at)
        .where(dispatches.c.ledger == "main")
        .order_by(dispatches.c.frozen_at.desc(), dispatches.c.id.desc())
        .limit(number)
    )
    return [
        DispatchFigures(
            edition=row.edition,
            frozen_at=row.frozen_at,
            audience=audience_size(connection, row.id),
            states=_count(connection, deliveries.c.state, deliveries.c.dispatch_id, row.id),
            events=_count(connection, events.c.kind, events.c.dispatch_id, row.id),
        )
        for row in connection.execute(query)
    ]


def subscriptions_of(connection: Connection, list_name: str) -> Counter[str]:
    """Subscriptions of a list by status."""
    return _count(connection, subscriptions.c.status, subscriptions.c.list, list_name)


def suppressed(connection: Connection) -> Counter[str]:
    """Addresses that must not be written to, by reason."""
    query = select(suppressions.c.reason, func.count()).group_by(suppressions.c.reason)
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def runs_alive(connection: Connection) -> int:
    """Processes at work: their lease has not passed by the database's own clock."""
    query = select(func.count()).select_from(runs).where(is_alive(connection))
    return connection.scalars(query).one()


def _count(
    connection: Connection, by: Column[str], where: Column[Any], is_: object
) -> Counter[str]:
    query = select(by, func.count()).where(where == is_).group_by(by)
    return Counter({row[0]: row[1] for row in connection.execute(query)})
