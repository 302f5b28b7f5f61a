"""A dispatch with patience of its own, for tests of runs."""

from __future__ import annotations

import asyncio

from tests.delivery.world import (
    ENVELOPE,
    NOW,
    Scripted,
)

from digest.delivery import ledger
from digest.store.database import Database


async def dispatched(
    database: Database,
    dispatch: ledger.Dispatch,
    provider: Scripted,
    *,
    batch: int = 100,
    shard: tuple[int, int] | None = None,
    heartbeat: float = 10.0,
    lease: float = 60.0,
) -> ledger.Balance:
    """One run within a loop that does other things."""
    return await ledger.dispatch(
        database,
        dispatch,
        provider,
        ENVELOPE,
        batch=batch,
        now=lambda: NOW,
        progress=lambda _balance: None,
        stop=asyncio.Event(),
        patience=(0.0,),
        shard=shard,
        heartbeat=heartbeat,
        lease=lease,
    )
