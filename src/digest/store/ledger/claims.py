"""Queries on single deliveries: claim them for a run, give them back, settle them later.

Every function takes a connection inside a transaction of `Database.write()`. Claims go past rows
that another transaction holds, so that several runs share a dispatch on PostgreSQL. Who is alive
stands in `runs`, how starts and outcomes are written in `writing`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    select,
    update,
)

from digest.model.sending import DeliveryState, Outcome
from digest.store.ledger.audience import hold_audiences, is_suppressed, move
from digest.store.ledger.dispatches import IS_PENDING, IS_SUBMITTING, DeliveryRow
from digest.store.tables import deliveries, dispatches, subscriptions

#: Ids in one statement; both databases allow many more.
_IDS = 500

#: The most shards a dispatch can have: an id's first four hexadecimal digits tell.
_SHARDS = 16**4


def claim(
    connection: Connection,
    dispatch_id: int,
    run: str,
    limit: int,
    now: datetime,
    *,
    again_after: str | None = None,
    shard: tuple[int, int] | None = None,
    held: Container[str] = (),
) -> tuple[list[DeliveryRow], Counter[str]]:
    """Take up to `limit` pending deliveries for a run; those whose reader left are excluded.

    Who left the list but is active on another one of the dispatch is claimed under that one. Of a
    dispatch that was cancelled nothing is claimed, also not what was put off after that.

    Args:
        again_after: None for rows that nobody claimed; otherwise the run's own pending rows with
            a greater id, in order of their ids.
        shard: (index, count): only deliveries whose random id falls into that part of all ids.
        held: ids that the run has as they were. One that was moved to another list meanwhile is
            nobody's, so that it cannot start as it was; it is left for a later claim.

    Returns:
        The claimed rows, and how many were excluded per reason. Both empty: none are left.
    """
    query = _claimable(
        connection.dialect.name, is_again=again_after is not None, is_shard=shard is not None
    )
    first, end = _bounds(*shard) if shard else ("", "")
    values = {
        "dispatch": dispatch_id,
        "limit": limit,
        "run": run,
        "after": again_after,
        "first": first,
        "end": end,
    }
    claimed: list[DeliveryRow] = []
    left: dict[str, DeliveryRow] = {}
    excluded: dict[str, list[str]] = {}
    for found in connection.execute(query, values).all():
        row, reason = DeliveryRow(*found[:-1]), found[-1]
        if row.id in held:
            continue
        if not reason:
            claimed.append(row)
            continue
        excluded.setdefault(reason, []).append(row.id)
        if reason != "suppressed":
            left[row.id] = row
    if left:
        moved = _move(connection, dispatch_id, left, run, now)
        claimed += moved.values()
        excluded = {
            reason: gone
            for reason, ids in excluded.items()
            if (gone := [id_ for id_ in ids if id_ not in moved])
        }
    _mark(connection, claimed, run)
    for reason, gone in excluded.items():
        for ids in _pages(gone):
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id.in_(ids))
                .values(state=DeliveryState.EXCLUDED, detail=reason, run="", changed_at=now)
            )
    return claimed, Counter({reason: len(ids) for reason, ids in excluded.items()})


def settle(connection: Connection, outcomes: Iterable[Outcome], now: datetime) -> int:
    """`unknown → accepted | refused | pending` from what was learnt later; returns how many.

    A delivery that is not unknown stays as it is: whoever was at it knew better, or is at it. One
    that becomes `pending` belongs to nobody and is claimed by the next run; the run that left it
    unknown cannot write over it any more.
    """
    changed = 0
    for outcome in outcomes:
        values: dict[str, object] = {
            "state": outcome.state.value,
            "detail": outcome.detail,
            "changed_at": now,
        }
        if outcome.provider_id:
            values["provider_id"] = outcome.provider_id
        if outcome.state is DeliveryState.PENDING:
            values["run"] = ""
        statement = (
            update(deliveries)
            .where(
                deliveries.c.id == outcome.id,
                deliveries.c.state == DeliveryState.UNKNOWN,
            )
            .values(values)
        )
        changed += connection.execute(statement).rowcount
    return changed


def release(connection: Connection, dispatch_id: int, run: str) -> int:
    """Give back what a run claimed and did not start; returns how many."""
    return connection.execute(
        update(deliveries)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            IS_PENDING,
            deliveries.c.run == run,
        )
        .values(run="")
    ).rowcount


def interrupted(
    connection: Connection, dispatch_id: int, run: str, limit: int
) -> Mapping[str, str]:
    """Deliveries a run left submitting: id → the provider that was at it."""
    query = (
        select(deliveries.c.id, deliveries.c.provider_id)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            IS_SUBMITTING,
            deliveries.c.run == run,
        )
        .limit(limit)
    )
    return {row.id: row.provider_id for row in connection.execute(query)}


def holds_pending(connection: Connection, dispatch_id: int, run: str) -> bool:
    """Whether a run holds deliveries that were put off and may still leave."""
    query = (
        select(deliveries.c.id)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            IS_PENDING,
            deliveries.c.run == run,
            ~_is_cancelled(dispatch_id),
        )
        .limit(1)
    )
    return connection.execute(query).first() is not None


def left_in(connection: Connection, dispatch_id: int, shard: tuple[int, int]) -> int:
    """How many deliveries of a shard are pending or submitting."""
    first, end = _bounds(*shard)
    return sum(
        connection.scalars(
            select(func.count()).where(
                deliveries.c.dispatch_id == dispatch_id,
                state,
                deliveries.c.id >= first,
                deliveries.c.id < end,
            )
        ).one()
        for state in (IS_PENDING, IS_SUBMITTING)
    )


@lru_cache(maxsize=8)
def _claimable(dialect: str, *, is_again: bool, is_shard: bool) -> Select[Any]:
    """The query of `claim`: the columns of DeliveryRow, and why its reader is excluded."""
    dispatch: BindParameter[int] = bindparam("dispatch", type_=Integer)
    query = (
        select(
            *(deliveries.c[name] for name in DeliveryRow._fields if name != "row"),
            literal_column("deliveries.rowid" if dialect == "sqlite" else "0"),
            case(
                (is_suppressed(deliveries.c.email), "suppressed"),
                (subscriptions.c.status.is_(None), "forgotten"),
                (subscriptions.c.status != "active", "unsubscribed"),
                else_="",
            ).label("reason"),
        )
        .outerjoin_from(deliveries, subscriptions, subscriptions.c.token == deliveries.c.token)
        .where(deliveries.c.dispatch_id == dispatch, IS_PENDING, ~_is_cancelled(dispatch))
        .limit(bindparam("limit", type_=Integer))
        .with_for_update(skip_locked=True, of=deliveries)
    )
    if is_again:
        query = query.where(
            deliveries.c.run == bindparam("run"), deliveries.c.id > bindparam("after")
        ).order_by(deliveries.c.id)
    else:
        query = query.where(deliveries.c.run == "")
    if is_shard:
        query = query.where(
            deliveries.c.id >= bindparam("first"), deliveries.c.id < bindparam("end")
        )
    return query


def _is_cancelled(dispatch_id: int | BindParameter[int]) -> ColumnElement[bool]:
    return exists().where(dispatches.c.id == dispatch_id, dispatches.c.cancelled_at.is_not(None))


def _mark(connection: Connection, claimed: Sequence[DeliveryRow], run: str) -> None:
    """Note a run at its claims: past SQLAlchemy, which takes longer to name a thousand ids than
    the database to write them."""
    if not claimed:
        return
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "UPDATE deliveries SET run = ? WHERE rowid IN (SELECT value FROM json_each(?))",
            (run, json.dumps([row.row for row in claimed])),
        )
    else:
        connection.exec_driver_sql(
            "UPDATE deliveries SET run = %s WHERE id = ANY (%s::text[])",
            (run, [row.id for row in claimed]),
        )


def _move(
    connection: Connection,
    dispatch_id: int,
    left: Mapping[str, DeliveryRow],
    run: str,
    now: datetime,
) -> dict[str, DeliveryRow]:
    hold_audiences(connection, dispatch_id)
    moved: dict[str, DeliveryRow] = {}
    for ids in _pages(list(left)):
        for id_, to in move(connection, ids, run, now).items():
            moved[id_] = left[id_]._replace(
                list=to.list, token=to.token, subscribed_at=to.subscribed_at
            )
    return moved


def _bounds(index: int, count: int) -> tuple[str, str]:
    """The ids of a shard: from the first one to before the second one."""
    first, end = (f"{part * _SHARDS // count:04x}" for part in (index, index + 1))
    return first, "g" if index + 1 == count else end


def _pages(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _IDS] for start in range(0, len(ids), _IDS))
