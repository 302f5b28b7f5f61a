"""A publication whose edition has left, and what others may say of its deliveries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from tests.delivery.world import Scripted, add_readers, address, freeze, send

from digest.model.events import Event, EventKind
from digest.model.sending import DeliveryState
from digest.store.database import Database
from digest.store.tables import deliveries, events, subscriptions, suppressions

#: A day after the edition left.
LATER = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SENT = datetime(2026, 11, 22, 7, 31, tzinfo=UTC)
FOREIGN = "f" * 32


def dispatched(
    database: Database, readers: int, *, unknown: Sequence[int] = (), provider: str = "scripted"
) -> list[str]:
    """Send the edition; some outcomes stay unknown. Returns the delivery ids by reader."""
    add_readers(database, range(readers))
    script = {address(number): [DeliveryState.UNKNOWN] for number in unknown}
    send(database, freeze(database, provider=provider), Scripted(script))
    with database.write() as connection:
        # As if a run had been killed at SENT: what it was at, and with whom, is noted.
        connection.execute(
            update(deliveries)
            .where(deliveries.c.state == "unknown")
            .values(provider_id=provider, changed_at=SENT)
        )
        rows = connection.execute(select(deliveries.c.email, deliveries.c.id))
        ids = {row.email: row.id for row in rows}
    return [ids[address(number)] for number in range(readers)]


def event(delivery: str, kind: EventKind, *, name: str = "", **values: Any) -> Event:
    """Something that happened to a delivery an hour after it left."""
    values.setdefault("at", SENT.replace(hour=8))
    values.setdefault("source", "sendgrid")
    return Event(id=name or f"{kind}-{delivery}", delivery=delivery, kind=kind, **values)


def posted(delivery: str, word: str, /, **fields: Any) -> dict[str, Any]:
    """An event as SendGrid tells it."""
    return {
        "email": "reader@readers.example",
        "timestamp": int(SENT.timestamp()) + 60,
        "event": word,
        "sg_event_id": f"{word}-{delivery}",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        "delivery": delivery,
        **fields,
    }


def ndjson(*said: Mapping[str, Any]) -> str:
    """Events, one a line."""
    return "".join(json.dumps(one) + "\n" for one in said)


def state_of(database: Database, delivery: str) -> str:
    """Where a delivery stands."""
    with database.read() as connection:
        return str(connection.scalar(select(deliveries.c.state).where(deliveries.c.id == delivery)))


def kept(database: Database) -> list[Any]:
    """The rows of events, by id."""
    with database.read() as connection:
        return list(connection.execute(select(events).order_by(events.c.event_id)))


def suppressed(database: Database) -> dict[str, str]:
    """Address → why it must not be written to."""
    with database.read() as connection:
        rows = connection.execute(select(suppressions.c.email, suppressions.c.reason))
        return {row.email: row.reason for row in rows}


def list_status(database: Database, token: str) -> str:
    """A subscription's status."""
    with database.read() as connection:
        query = select(subscriptions.c.status).where(subscriptions.c.token == token)
        return str(connection.scalar(query))
