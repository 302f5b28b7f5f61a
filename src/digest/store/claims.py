"""Queries of a run on single deliveries: claim, start, record, give back. No decisions.

Every function takes a connection inside a transaction of `Database.write()`. Claims go past rows
that another transaction holds, so that several runs share a dispatch on PostgreSQL; there a run
is alive as long as its session holds the advisory lock made from its id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, case, func, or_, select, update

from digest.model.sending import DeliveryState, Outcome
from digest.store.ledger import DeliveryRow, hold_audiences, is_open, is_suppressed, move
from digest.store.tables import deliveries, subscriptions

#: Ids in one statement; both databases allow many more.
_IDS = 500

_UNSETTLED = (DeliveryState.PENDING, DeliveryState.SUBMITTING, DeliveryState.UNKNOWN)


def claim(
    connection: Connection,
    dispatch_id: int,
    run: str,
    limit: int,
    now: datetime,
    *,
    again_after: str | None = None,
) -> tuple[list[DeliveryRow], Counter[str]]:
    """Take up to `limit` pending deliveries for a run; those whose reader left are excluded.

    Who left the list but is active on another one of the dispatch is claimed under that one.

    Args:
        again_after: None for rows that nobody claimed; otherwise the run's own pending rows with
            a greater id, in order of their ids.

    Returns:
        The claimed rows, and how many were excluded per reason. Both empty: none are left.
    """
    query = (
        select(
            *(deliveries.c[name] for name in DeliveryRow.__slots__),
            case(
                (is_suppressed(deliveries.c.email), "suppressed"),
                (subscriptions.c.status.is_(None), "forgotten"),
                (subscriptions.c.status != "active", "unsubscribed"),
                else_="",
            ).label("reason"),
        )
        .outerjoin_from(deliveries, subscriptions, subscriptions.c.token == deliveries.c.token)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.PENDING,
        )
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)
    )
    if again_after is None:
        query = query.where(deliveries.c.run == "")
    else:
        query = query.where(deliveries.c.run == run, deliveries.c.id > again_after)
        query = query.order_by(deliveries.c.id)
    claimed: list[DeliveryRow] = []
    left: dict[str, DeliveryRow] = {}
    excluded: dict[str, list[str]] = {}
    for *values, reason in connection.execute(query):
        row = DeliveryRow(*values)
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
    for ids in _pages([row.id for row in claimed]):
        connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(run=run))
    for reason, gone in excluded.items():
        for ids in _pages(gone):
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id.in_(ids))
                .values(state=DeliveryState.EXCLUDED, detail=reason, run="", changed_at=now)
            )
    return claimed, Counter({reason: len(ids) for reason, ids in excluded.items()})


def mark_submitting(
    connection: Connection, run: str, ids: Sequence[str], provider: str, now: datetime
) -> set[str]:
    """`pending → submitting` for those that are still pending and this run's; returns them.

    `provider` is kept so that the right one is asked afterwards.
    """
    begun: set[str] = set()
    for page in _pages(ids):
        statement = (
            update(deliveries)
            .where(
                deliveries.c.id.in_(page),
                deliveries.c.run == run,
                deliveries.c.state == DeliveryState.PENDING,
            )
            .values(
                state=DeliveryState.SUBMITTING,
                detail="",
                provider_id=provider,
                changed_at=now,
            )
            .returning(deliveries.c.id)
        )
        begun.update(connection.scalars(statement))
    return begun


def take_back(connection: Connection, ids: Sequence[str], now: datetime) -> None:
    """`submitting → pending`, in the transaction that marked them: nothing has left."""
    for page in _pages(ids):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(page))
            .values(state=DeliveryState.PENDING, changed_at=now)
        )


def record_outcomes(
    connection: Connection, run: str, outcomes: Iterable[Outcome], now: datetime
) -> None:
    """Write what became of a run's deliveries. `pending` stays claimed by the run.

    A row that another run gave up as unknown takes the outcome too: it is better knowledge.
    """
    statement = (
        update(deliveries)
        .where(
            deliveries.c.id == bindparam("of_id"),
            deliveries.c.run == bindparam("of_run"),
            or_(*(deliveries.c.state == state for state in _UNSETTLED)),
        )
        .values(
            state=bindparam("to_state"),
            detail=bindparam("to_detail"),
            provider_id=bindparam("to_provider_id"),
            attempts=deliveries.c.attempts + 1,
            changed_at=bindparam("at"),
        )
    )
    rows = [
        {
            "of_id": outcome.id,
            "of_run": run,
            "to_state": outcome.state.value,
            "to_detail": outcome.detail,
            "to_provider_id": outcome.provider_id,
            "at": now,
        }
        for outcome in outcomes
    ]
    if rows:
        connection.execute(statement, rows)


# ---- Runs -----------------------------------------------------------------------------------


def runs(connection: Connection, dispatch_id: int) -> list[str]:
    """The runs that hold a pending or submitting delivery."""
    query = select(deliveries.c.run).where(is_open(dispatch_id), deliveries.c.run != "").distinct()
    return list(connection.scalars(query))


def release(connection: Connection, dispatch_id: int, run: str) -> int:
    """Give back what a run claimed and did not start; returns how many."""
    return connection.execute(
        update(deliveries)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.PENDING,
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
            deliveries.c.state == DeliveryState.SUBMITTING,
            deliveries.c.run == run,
        )
        .limit(limit)
    )
    return {row.id: row.provider_id for row in connection.execute(query)}


def run_key(run: str) -> int:
    """The number of a run's advisory lock on PostgreSQL: its first 64 bits, signed."""
    return int.from_bytes(bytes.fromhex(run[:16]), "big", signed=True)


def try_run_lock(connection: Connection, run: str) -> bool:
    """Take a run's advisory lock for this session; False while its process lives."""
    return bool(connection.scalar(select(func.pg_try_advisory_lock(run_key(run)))))


def drop_run_lock(connection: Connection, run: str) -> None:
    """Give a run's advisory lock back."""
    connection.execute(select(func.pg_advisory_unlock(run_key(run))))


def holds_pending(connection: Connection, dispatch_id: int, run: str) -> bool:
    """Whether a run holds deliveries that were put off."""
    query = (
        select(deliveries.c.id)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.run == run,
        )
        .limit(1)
    )
    return connection.execute(query).first() is not None


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
            moved[id_] = replace(
                left[id_], list=to.list, token=to.token, subscribed_at=to.subscribed_at
            )
    return moved


def _pages(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _IDS] for start in range(0, len(ids), _IDS))
