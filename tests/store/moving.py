"""A store with rows in every table, and a copy of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, insert, select

from digest.store.database import Database
from digest.store.place.copying import CopiedTable, copy_store
from digest.store.tables import (
    articles,
    audiences,
    choices,
    deliveries,
    dispatches,
    editions,
    events,
    facts,
    fetches,
    metadata,
    published,
    runs,
    subscribers,
    subscriptions,
    suppressions,
)

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
READERS = 2_100
ARTICLES = 45
TEXTS = ("", "Élise Œuvrard\t«\\N»\n\\.", "“”\u202f😀", "NULL")


def fill(database: Database) -> None:
    """At least one row in every table, more than a page of some, texts that are hard to carry."""
    numbers = range(1, READERS + 1)
    rows: dict[Table, list[dict[str, Any]]] = {
        facts: [{"name": "key", "value": TEXTS[1]}],
        subscribers: [
            {
                "id": number,
                "email": f"reader{number}@readers.example",
                "name": TEXTS[number % len(TEXTS)],
                "created_at": NOW,
            }
            for number in numbers
        ],
        subscriptions: [
            {
                "id": number,
                "subscriber_id": number,
                "list": "main",
                "status": "active",
                "token": f"token{number}",
                "consent_at": NOW if number % 2 else None,
                "changed_at": NOW,
            }
            for number in numbers
        ],
        suppressions: [
            {"address_hash": "a" * 64, "email": None, "reason": "forgotten", "added_at": NOW}
        ],
        editions: [{"id": "2026-W47", "number": 1, "state": "dispatching"}],
        published: [{"edition": "2026-W47", "url": "https://example.org/a", "title": "A"}],
        articles: [
            {
                "source": "journal",
                # In the order of most languages é stands before z; byte by byte it does not.
                "url": f"https://example.org/{'éaZz'[number % 4]}{number}",
                "title": "Le détroit rouvre",
                "content": bytes(range(256)) * number,
                "first_seen": NOW,
                "last_seen": NOW,
                "changed_at": NOW,
            }
            for number in range(ARTICLES)
        ],
        fetches: [{"url": "https://example.org/", "status": 200, "fetched_at": NOW}],
        choices: [{"edition": "2026-W48", "url": "https://example.org/b", "choice": "pin",
                   "at": NOW}],
        dispatches: [
            {
                "id": 7,
                "edition": "2026-W47",
                "ledger": "main",
                "provider": "outbox",
                "letter": b"\x00\xff",
                "letter_hash": "b" * 64,
                "frozen_at": NOW,
            }
        ],
        audiences: [{"dispatch_id": 7, "list": "main", "size": 1, "frozen_at": NOW}],
        deliveries: [
            {
                "id": "c" * 32,
                "dispatch_id": 7,
                "email": "reader1@readers.example",
                "list": "main",
                "state": "pending",
                "changed_at": NOW,
            }
        ],
        runs: [
            {
                "id": "d" * 32,
                "dispatch_id": 7,
                "provider": "outbox",
                "host": "machine",
                "pid": 1,
                "started_at": NOW,
                "lease_until": 1_795_000_000.125,
            }
        ],
        events: [
            {
                "source": "sendgrid",
                "event_id": "e",
                "kind": "delivered",
                "dispatch_id": 7,
                "at": NOW,
                "received_at": NOW,
            }
        ],
    }  # fmt: skip
    assert set(rows) == set(metadata.sorted_tables), "a table was added: fill it here"
    with database.write() as connection:
        for table in metadata.sorted_tables:
            connection.execute(insert(table), rows[table])
        connection.execute(subscribers.delete().where(subscribers.c.id == READERS))


def content(database: Database) -> dict[str, list[Any]]:
    """Every row of every table but the facts that a copy writes itself."""
    with database.read() as connection:
        return {
            table.name: sorted([tuple(row) for row in connection.execute(select(table))], key=repr)
            for table in metadata.sorted_tables
            if table is not facts
        }


def copied(
    source: Database, target: Database, progress: Callable[..., None] = lambda *_: None
) -> tuple[CopiedTable, ...]:
    return copy_store(source, target, now=NOW, progress=progress)
