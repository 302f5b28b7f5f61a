"""Runs a dispatch to its end in this process: opens the provider, heeds Ctrl-C and SIGTERM."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import NoReturn

from digest.config import Config
from digest.delivery import ledger
from digest.delivery.ledger.evidence import settle_what_is_known
from digest.delivery.ledger.recovering import HEARTBEAT, LEASE
from digest.delivery.message.envelope import envelope_for
from digest.delivery.providers import open_provider
from digest.errors import StoppedError, StoreError
from digest.store.database import Database
from digest.store.ledger import claims, runs
from digest.store.place.homes import leave_mark

_INTERRUPTED = "Interrupted: what was in flight may be unknown; the same command goes on."


def run_dispatch(
    database: Database,
    config: Config,
    frozen: ledger.Dispatch,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[ledger.Balance], None],
    stopping: Callable[[], None] = lambda: None,
) -> tuple[ledger.Balance, bool]:
    """Dispatch what is pending; returns the balance, and whether Ctrl-C (or SIGTERM) stopped it.

    It finishes what is in flight and gives the rest back; a second Ctrl-C ends the process at once
    with exit code 130. Runs in the main thread.

    Args:
        stopping: called once, at the first Ctrl-C or SIGTERM.

    Raises:
        CredentialsError, IncompleteError, StoreError: see `ledger.dispatch`.
    """
    stop = asyncio.Event()

    async def run() -> ledger.Balance:
        _heed_signals(asyncio.get_running_loop(), stop, stopping)
        return await deliver(database, config, frozen, clock=clock, progress=progress, stop=stop)

    try:
        with few_collections(), asyncio.Runner(loop_factory=event_loop_factory()) as runner:
            return runner.run(run()), stop.is_set()
    finally:
        if frozen.ledger == "main":
            # Whoever has the store now leaves a mark of their own.
            with (
                suppress(StoreError),
                ledger.sending_lock(database, purpose=f"ending {frozen.edition}", now=clock()),
            ):
                leave_mark(database, clock())


async def deliver(
    database: Database,
    config: Config,
    frozen: ledger.Dispatch,
    *,
    clock: Callable[[], datetime],
    progress: Callable[[ledger.Balance], None],
    stop: asyncio.Event,
    shard: tuple[int, int] | None = None,
    lease: float = LEASE,
    heartbeat: float = HEARTBEAT,
) -> ledger.Balance:
    """Dispatch what is pending, within a loop of the caller's; signals are the caller's business.

    Args:
        stop: set it to finish what is in flight and give the rest back.
        shard: (index, count) to take only that part of the deliveries; None for all.
        lease, heartbeat: seconds, see `ledger.dispatch`.

    Raises:
        CredentialsError, IncompleteError, StoreError: see `ledger.dispatch`.
    """
    letter, rehearse = frozen.letter, frozen.ledger == "rehearsal"
    provider = open_provider(
        config, letter, rehearse=rehearse, clock=clock, dispatch=frozen, database=database
    )
    try:
        balance = await ledger.dispatch(
            database,
            frozen,
            provider,
            envelope_for(config, letter, day=clock().astimezone(config.zone).date()),
            # A request takes a whole batch: as many are claimed as there are requests at a time.
            batch=config.delivery.batch * getattr(provider, "requests_at_once", 1),
            now=clock,
            progress=progress,
            stop=stop,
            shard=shard,
            lease=lease,
            heartbeat=heartbeat,
        )
    finally:
        await provider.close()
        await asyncio.to_thread(settle_what_is_known, database, frozen, clock())
    if balance.unknown:
        balance = ledger.balance(database, frozen.edition, frozen.ledger)
    return balance


def left_by_the_dead(database: Database, frozen: ledger.Dispatch) -> int:
    """How many deliveries stand as submitting though no process is at them any more.

    On SQLite the caller holds the sending lock, so that nobody is at any of them; on PostgreSQL a
    process is alive as long as it holds its run's lock.

    Raises:
        StoreError: the store cannot be read.
    """
    submitting = ledger.balance(database, frozen.edition, frozen.ledger).submitting
    if not submitting or database.is_sqlite:
        return submitting
    dead = 0
    with database.write() as connection:
        for run in runs.others(connection, frozen.id, ""):
            if runs.has_ended(connection, run):
                dead += len(claims.interrupted(connection, frozen.id, run, submitting))
    return dead


def others_at_work(database: Database, frozen: ledger.Dispatch) -> int:
    """How many processes are at a dispatch; none on SQLite, where the caller holds the lock.

    Raises:
        StoreError: the store cannot be read.
    """
    if database.is_sqlite:
        return 0
    with database.write() as connection:
        found = runs.others(connection, frozen.id, "")
        return sum(not runs.has_ended(connection, run) for run in found)


def event_loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop's where it is installed, which it cannot be everywhere; else the standard library's.

    Source: https://github.com/MagicStack/uvloop
    """
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


@contextmanager
def few_collections() -> Iterator[None]:
    """Look for garbage less often, and not among what the program was built of: a run makes a
    million small things, hardly one in a cycle."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def _heed_signals(
    loop: asyncio.AbstractEventLoop,
    stop: asyncio.Event,
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """The first Ctrl-C or SIGTERM lets what is in flight end; a second one ends at once.

    What was in flight then is found as after a kill: unknown, unless the provider can settle it.
    """

    def heed() -> None:
        if stop.is_set():
            _say_interrupted()
            _end_at_once()
        stop.set()
        stopping()

    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, heed)


def _say_interrupted() -> None:
    """Below a progress display, past whatever it has put in the place of `sys.stderr`."""
    with suppress(OSError):
        above = "\x1b[?25h\n" if os.isatty(2) else ""
        os.write(2, f"{above}{_INTERRUPTED}\n".encode())


def _end_at_once() -> NoReturn:
    """Without waiting for anybody; a progress display may have hidden the cursor."""
    if sys.stderr.isatty():
        sys.stderr.write("\x1b[?25h\n")
        sys.stderr.flush()
    os._exit(StoppedError.exit_code)
