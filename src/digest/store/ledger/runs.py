"""Queries on runs: the processes at work on a dispatch, alive by a lock and by a lease.

On PostgreSQL a run is dead at once when its session ends: that frees the advisory lock made from
its id. A run whose session stands, but which has not renewed its lease, hangs or is cut off: what
it holds is taken from it, and should it wake, its starts find nothing. On SQLite there is one
sender at a time and the rows only tell who it is. Leases run by the database's clock, so that the
clocks of the machines do not matter.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Float, cast, delete, func, select, update

from digest.model.sending import DeliveryState
from digest.store.ledger.claims import release
from digest.store.ledger.dispatches import IS_PENDING, IS_SUBMITTING
from digest.store.tables import deliveries, insert_into, runs


def enlist(
    connection: Connection,
    run: str,
    dispatch_id: int,
    *,
    provider: str,
    host: str,
    pid: int,
    started_at: datetime,
    lease: float,
) -> None:
    """Note a run with a lease of so many seconds; again for a run that is known renews it."""
    row = {
        "id": run,
        "dispatch_id": dispatch_id,
        "provider": provider,
        "host": host,
        "pid": pid,
        "started_at": started_at,
        "lease_until": _seconds(connection) + lease,
    }
    statement = insert_into(connection, runs).values(row)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"lease_until": row["lease_until"]}
        )
    )


def is_alive(connection: Connection) -> ColumnElement[bool]:
    """The condition on a row of `runs` that its lease has not passed."""
    return runs.c.lease_until > _seconds(connection)


def renew(connection: Connection, run: str, lease: float) -> None:
    """Begin a run's lease anew."""
    connection.execute(
        update(runs).where(runs.c.id == run).values(lease_until=_seconds(connection) + lease)
    )


def retire(connection: Connection, run: str) -> None:
    """Forget a run that has ended."""
    connection.execute(delete(runs).where(runs.c.id == run))


def others(connection: Connection, dispatch_id: int, run: str) -> list[str]:
    """The other runs of a dispatch: those that are noted, and those that hold a delivery."""
    noted = select(runs.c.id).where(runs.c.dispatch_id == dispatch_id)
    claimed = select(deliveries.c.run).where(
        deliveries.c.dispatch_id == dispatch_id, IS_PENDING, deliveries.c.run > ""
    )
    submitting = select(deliveries.c.run).where(
        deliveries.c.dispatch_id == dispatch_id, IS_SUBMITTING
    )
    found = connection.scalars(noted.union(claimed, submitting))
    return sorted(other for other in found if other != run)


def dispossess(connection: Connection, dispatch_id: int, run: str, now: datetime) -> int:
    """Take from a run whose lease has passed what it holds; returns how many deliveries.

    Its claims become everybody's, what it was submitting is unknown: it may still be at it, so
    nobody else can tell. Nothing happens to a run that has renewed its lease meanwhile; it is
    looked at under the lock that renewing takes.
    """
    query = select(runs.c.lease_until < _seconds(connection)).where(runs.c.id == run)
    if not connection.scalar(query.with_for_update()):
        return 0
    doubtful = connection.execute(
        update(deliveries)
        .where(
            deliveries.c.dispatch_id == dispatch_id,
            IS_SUBMITTING,
            deliveries.c.run == run,
        )
        .values(
            state=DeliveryState.UNKNOWN,
            detail="the run that was at it does not answer any more",
            attempts=deliveries.c.attempts + 1,
            changed_at=now,
        )
    ).rowcount
    return release(connection, dispatch_id, run) + doubtful


def try_run_lock(connection: Connection, run: str) -> bool:
    """Take a run's advisory lock for this session; False while another session holds it."""
    return bool(connection.scalar(select(func.pg_try_advisory_lock(_run_key(run)))))


def drop_run_lock(connection: Connection, run: str) -> None:
    """Give a run's advisory lock back."""
    connection.execute(select(func.pg_advisory_unlock(_run_key(run))))


def has_ended(connection: Connection, run: str) -> bool:
    """Whether a run's process is gone. One that hangs has not ended, its lease passes.

    On SQLite one sender at a time holds the sending lock; who asks holds it, or has asked for it.
    """
    if connection.dialect.name == "sqlite":
        return True
    if not try_run_lock(connection, run):
        return False
    drop_run_lock(connection, run)
    return True


def _run_key(run: str) -> int:
    """The number of a run's advisory lock: its first 64 bits, signed."""
    return int.from_bytes(bytes.fromhex(run[:16]), "big", signed=True)


def _seconds(connection: Connection) -> ColumnElement[float]:
    """Seconds since 1970 by the database's clock."""
    if connection.dialect.name == "sqlite":
        return cast((func.julianday("now") - 2440587.5) * 86400.0, Float)
    return func.date_part("epoch", func.clock_timestamp())
