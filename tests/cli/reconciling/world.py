"""What a publication holds after its edition has left, and a relay's log of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import select, update

from digest.config import load_config
from digest.publication import Publication
from digest.store.database import Database
from digest.store.tables import deliveries, dispatches, events

#: A day after the edition left.
NEXT_DAY = "2026-11-17T08:00:00+01:00"
SENT = "Nov 16 07:30:05"

#: Makes deliveries unknown, as a run does that is killed at them; returns their ids.
Doubt = Callable[..., list[str]]


def open_store() -> Database:
    """The store of the publication in the working directory."""
    return Publication.open(load_config(Path("config.toml"))).database


def states() -> dict[str, str]:
    """Delivery → state."""
    with closing(open_store()) as database, database.read() as connection:
        query = select(deliveries.c.id, deliveries.c.state).where(deliveries.c.state != "excluded")
        rows = connection.execute(query)
        return {row.id: row.state for row in rows}


def kept() -> int:
    """How many events are kept."""
    with closing(open_store()) as database, database.read() as connection:
        return len(list(connection.execute(select(events.c.event_id))))


def sent_by(provider: str) -> None:
    """Say which provider the edition was frozen for."""
    with closing(open_store()) as database, database.write() as connection:
        connection.execute(update(dispatches).values(provider=provider))


def message(delivery: str, queue: str, status: str = "sent", dsn: str = "2.0.0") -> list[str]:
    """A letter's lines in the relay's log."""
    host = f"{SENT} relais postfix"
    return [
        f"{host}/smtpd[7]: {queue}: client=envoi.example.org[192.0.2.7]",
        f"{host}/cleanup[8]: {queue}: message-id=<{delivery}@lettre.example.org>",
        f"{host}/qmgr[9]: {queue}: from=<lettre@example.org>, size=30211, nrcpt=1 (queue active)",
        (
            f"{host}/smtp[10]: {queue}: to=<x@readers.example>, relay=mx[192.0.2.1]:25, delay=1, "
            f"delays=0/0/0/1, dsn={dsn}, status={status} (250 ok)"
        ),
        f"{host}/qmgr[9]: {queue}: removed",
    ]


def log_of(ids: list[str], **options: str) -> str:
    """A relay's log of deliveries."""
    lines = [
        line
        for number, id_ in enumerate(ids)
        for line in message(id_, f"4B{number:08X}", **options)
    ]
    return "\n".join(lines) + "\n"
