"""Runs a dispatch to its end in this process: opens the provider, heeds Ctrl-C and SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime

from digest.config import Config
from digest.delivery import ledger
from digest.delivery.message.envelope import envelope_for
from digest.delivery.providers import open_provider
from digest.store.database import Database


def run_dispatch(
    database: Database,
    config: Config,
    frozen: ledger.Dispatch,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[ledger.Balance], None],
) -> tuple[ledger.Balance, bool]:
    """Dispatch what is pending; returns the balance, and whether Ctrl-C (or SIGTERM) stopped it.

    It finishes what is in flight and gives the rest back. Runs in the main thread.

    Raises:
        CredentialsError, IncompleteError, StoreError: see `ledger.dispatch`.
    """
    return asyncio.run(_run(database, config, frozen, clock, progress))


async def _run(
    database: Database,
    config: Config,
    frozen: ledger.Dispatch,
    clock: Callable[[], datetime],
    progress: Callable[[ledger.Balance], None],
) -> tuple[ledger.Balance, bool]:
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    letter, rehearse = frozen.letter, frozen.ledger == "rehearsal"
    provider = open_provider(config, letter, rehearse=rehearse, clock=clock)
    try:
        balance = await ledger.dispatch(
            database,
            frozen,
            provider,
            envelope_for(config, letter, day=clock().astimezone(config.zone).date()),
            batch=config.delivery.batch,
            now=clock,
            progress=progress,
            stop=stop,
        )
    finally:
        await provider.close()
    return balance, stop.is_set()
