"""Queries on editions: numbers, states, approvals, and what was published before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from digest.model.content import Published
from digest.model.edition import EditionState
from digest.store.tables import editions, published


@dataclass(frozen=True, slots=True)
class EditionRecord:
    """An edition as the store knows it. `number` is 0 for a skipped week."""

    id: str
    number: int
    state: EditionState
    approved_hash: str
    approved_parts: Mapping[str, str]
    approved_at: datetime | None
    approved_by: str
    built_at: datetime | None
    dispatched_at: datetime | None


def get_edition(connection: Connection, edition: str) -> EditionRecord | None:
    """One edition, or None."""
    row = connection.execute(select(editions).where(editions.c.id == edition)).mappings().first()
    return None if row is None else _record(row)


def list_editions(connection: Connection) -> list[EditionRecord]:
    """All editions, latest week first."""
    rows = connection.execute(select(editions).order_by(editions.c.id.desc())).mappings()
    return [_record(row) for row in rows]


def next_number(connection: Connection, first: int) -> int:
    """The N° that the next new edition gets."""
    highest = connection.scalar(select(func.max(editions.c.number)))
    return first if highest is None else max(first, highest + 1)


def record_built(connection: Connection, edition: str, *, first: int, now: datetime) -> int:
    """Note that an edition was built; returns its N°, given once and kept."""
    record = get_edition(connection, edition)
    if record is None:
        number = next_number(connection, first)
        connection.execute(
            insert(editions).values(id=edition, number=number, state="built", built_at=now)
        )
        return number
    number = record.number or next_number(connection, first)
    connection.execute(
        update(editions)
        .where(editions.c.id == edition)
        .values(number=number, state="built", built_at=now)
    )
    return number


def record_approval(
    connection: Connection,
    edition: str,
    *,
    letter_hash: str,
    parts: Mapping[str, str],
    by: str,
    now: datetime,
) -> None:
    """Keep an approval."""
    connection.execute(
        update(editions)
        .where(editions.c.id == edition)
        .values(
            state="approved",
            approved_hash=letter_hash,
            approved_parts=json.dumps(dict(parts)),
            approved_by=by,
            approved_at=now,
        )
    )


def record_reopened(connection: Connection, edition: str) -> None:
    """Forget the approval; the edition can be changed again."""
    connection.execute(
        update(editions)
        .where(editions.c.id == edition)
        .values(
            state="built", approved_hash=None, approved_parts=None, approved_at=None, approved_by=""
        )
    )


def record_skipped(connection: Connection, edition: str, now: datetime) -> None:
    """Declare a week without a number; its N° is free again."""
    values = {"number": None, "state": "skipped", "built_at": now}
    if get_edition(connection, edition) is None:
        connection.execute(insert(editions).values(id=edition, **values))
    else:
        record_reopened(connection, edition)
        connection.execute(update(editions).where(editions.c.id == edition).values(**values))


def published_before(connection: Connection, edition: str, memory: int) -> dict[str, Published]:
    """What the last `memory` other editions published: URL → the latest of them."""
    recent = (
        select(published.c.edition)
        .where(published.c.edition != edition)
        .distinct()
        .order_by(published.c.edition.desc())
        .limit(memory)
        .subquery()
    )
    rows = connection.execute(
        select(published.c.url, published.c.edition, published.c.fingerprint)
        .where(published.c.edition.in_(select(recent.c.edition)))
        .order_by(published.c.edition)
    )
    return {row.url: Published(row.edition, row.fingerprint) for row in rows}


def _record(values: RowMapping) -> EditionRecord:
    return EditionRecord(
        id=values["id"],
        number=values["number"] or 0,
        state=cast(EditionState, values["state"]),
        approved_hash=values["approved_hash"] or "",
        approved_parts=json.loads(values["approved_parts"] or "{}"),
        approved_at=values["approved_at"],
        approved_by=values["approved_by"],
        built_at=values["built_at"],
        dispatched_at=values["dispatched_at"],
    )
