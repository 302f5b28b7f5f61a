"""Takes over from runs that ended without a word, and keeps the others from doing so with ours.

A dead run's deliveries are settled where the provider can look, and unknown where it cannot. A
run that only does not answer may still be at its own: nobody can tell, so they are unknown, and it
may say better when it wakes. What either had claimed and not started becomes everybody's.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from sqlalchemy import Connection

from digest.delivery.ledger.journal import Journal
from digest.errors import StoreError
from digest.model.sending import Outcome
from digest.store.ledger import claims, runs
from digest.store.ledger.writing import record_outcomes

_log = logging.getLogger("digest.delivery")

#: Seconds after which a run that does not answer is taken for lost, and between its signs of life.
LEASE = 60.0
HEARTBEAT = 10.0

#: Deliveries of a dead run that are settled together.
_PAGE = 1000


async def recover(
    journal: Journal,
    dispatch_id: int,
    settle: Callable[[Mapping[str, str]], Awaitable[Sequence[Outcome]]],
    now: Callable[[], datetime],
    lease: float,
) -> bool:
    """Take over from runs that are dead or do not answer; whether anything came of it.

    Args:
        settle: what became of deliveries (id → place of the provider that was at it).
        lease: seconds that other runs leave to this one for a dead one's deliveries.

    Raises:
        StoreError: as the store says; what was not done is done by the next run.
    """
    found = 0
    for run in await journal.call(runs.others, dispatch_id, journal.run):
        if not await journal.take_over(run):
            if taken := await journal.call(runs.dispossess, dispatch_id, run, now()):
                _log.warning("lease lost", extra={"digest": {"run": run, "taken": taken}})
                found += taken
            continue
        # A third run that sees the lock held, and the dead run's lease passed, is to keep away.
        await journal.call(runs.renew, run, lease)
        interrupted = 0
        while left := await journal.call(claims.interrupted, dispatch_id, run, _PAGE):
            outcomes = await settle(left)
            await journal.call(record_outcomes, run, outcomes, now())
            interrupted += len(left)
        found += interrupted + await journal.call(claims.release, dispatch_id, run)
        await journal.bury(run)
        fields = {"run": journal.run, "dead": run, "interrupted": interrupted}
        _log.info("run recovered", extra={"digest": fields})
    return found > 0


@asynccontextmanager
async def at_work(
    journal: Journal,
    dispatch_id: int,
    provider: str,
    now: datetime,
    lease: float,
    heartbeat: float,
) -> AsyncIterator[None]:
    """Note in the store that a run is at work while the block runs, and renew its lease."""

    def enlist(connection: Connection) -> None:
        runs.enlist(
            connection,
            journal.run,
            dispatch_id,
            provider=provider,
            host=socket.gethostname(),
            pid=os.getpid(),
            started_at=now,
            lease=lease,
        )

    async def beat() -> None:
        while True:
            await asyncio.sleep(heartbeat)
            # A store that refuses tells those who need it; here it costs the lease at worst.
            with suppress(StoreError):
                await journal.call(runs.renew, journal.run, lease)

    await journal.enlist(enlist)
    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        with suppress(StoreError):
            await journal.call(runs.retire, journal.run)
