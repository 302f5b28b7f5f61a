"""Writes the ledger for one run: claims, starts and outcomes, many of them per commit.

All of a run's transactions go through one connection (`session`). Where a commit waits for a disk
or a server, it is made in a thread, and what arrives meanwhile rides in the next one, so that
durability costs a transaction per group and not per message. Where it costs microseconds (SQLite
with durability “process”) it is made at once in the loop's own thread, because the way to another
thread and back takes longer; only when another program is writing does the thread wait for it.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Collection, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection

from digest.delivery.ledger.session import PAUSES, InUseError, Session
from digest.delivery.ledger.starting import WithdrawnError
from digest.errors import StoreError
from digest.model.sending import Outcome
from digest.store.database import Database
from digest.store.ledger import claims, runs
from digest.store.ledger.dispatches import DeliveryRow

P = ParamSpec("P")
T = TypeVar("T")

#: Deliveries claimed in one transaction that is made in the loop's own thread: a millisecond.
_PORTION = 100

#: Outcomes that wait for a start to ride with, at most; and for how many seconds.
_WAITING = 500
_WAITING_SECONDS = 0.25

#: Seconds between attempts to write outcomes that are known when the store refuses.
_STORE_PAUSES = (0.1, 0.5)


class Journal:
    """The ledger's writer for one run; an asynchronous context manager.

    `run` is its random id. `portion` is how many deliveries are claimed in one transaction, so that
    nothing else waits for long. `provider` says where deliveries go; it is written with every
    start, so that only that provider is asked later what became of it.

    Args:
        now: the clock.
        pauses: seconds between attempts to reach a store that went away.
    """

    def __init__(
        self,
        database: Database,
        provider: str,
        now: Callable[[], datetime],
        *,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.run = secrets.token_hex(16)
        self.provider = provider
        self._database = database
        self._now = now
        self._session = Session(database, self.run, provider, pauses)
        self.portion = _PORTION if self._session.is_quick else sys.maxsize
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._outcomes: list[Outcome] = []
        self._starts: list[tuple[Sequence[str], asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None
        self._tending: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._in_thread(self._session.open)
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        if self._tending is not None:
            self._tending.cancel()
        try:
            await self._in_thread(self._session.close)
        finally:
            self._thread.shutdown()

    async def call(
        self,
        query: Callable[Concatenate[Connection, P], T],
        *arguments: P.args,
        **options: P.kwargs,
    ) -> T:
        """Run a query in a transaction of its own.

        Raises:
            StoreError: as the store says; nothing was written.
        """

        def work(connection: Connection) -> T:
            return query(connection, *arguments, **options)

        if self._session.is_quick:
            with suppress(InUseError):
                return self._session.call(work, at_once=True)
        return await self._in_thread(self._session.call, work)

    async def claim(
        self,
        dispatch_id: int,
        limit: int,
        *,
        again_after: str | None = None,
        shard: tuple[int, int] | None = None,
        held: Container[str] = (),
    ) -> tuple[list[DeliveryRow], Counter[str]]:
        """Take pending deliveries for this run; see `digest.store.ledger.claims.claim`.

        Raises:
            StoreError: as the store says.
        """
        rows, excluded = await self.call(
            claims.claim,
            dispatch_id,
            self.run,
            limit,
            self._now(),
            again_after=again_after,
            shard=shard,
            held=held,
        )
        self._session.know(rows)
        return rows, excluded

    async def enlist(self, enlist: Callable[[Connection], None]) -> None:
        """Note the run in the store, again whenever the connection had to be made anew."""
        await self._in_thread(self._session.enlist, enlist)

    async def take_over(self, run: str) -> bool:
        """Take a run's place if its process is gone; on PostgreSQL its lock is held until `bury`.

        On SQLite only the holder of the sending lock gets here: every other run is dead.
        """
        return self._database.is_sqlite or await self.call(runs.try_run_lock, run)

    async def bury(self, run: str) -> None:
        """Forget a dead run."""
        await self.call(runs.retire, run)
        if not self._database.is_sqlite:
            await self.call(runs.drop_run_lock, run)

    def record(self, outcome: Outcome) -> None:
        """Take an outcome; it is committed with the next start, by `flush`, or soon."""
        self._outcomes.append(outcome)
        if len(self._outcomes) >= _WAITING:
            self._wake()
        elif self._tending is None:
            loop = asyncio.get_running_loop()
            self._tending = loop.call_later(_WAITING_SECONDS, self._tend)

    async def starting(self, ids: Sequence[str]) -> None:
        """Commit deliveries as submitting, together with every outcome recorded before.

        Raises:
            WithdrawnError: some are not this run's pending deliveries any more, or suppressed;
                none was started.
            StoreError: as the store says; none was started.
        """
        if self._session.is_quick and self._committing is None:
            with suppress(InUseError):
                (gone,) = self._write_at_once([ids])
                if gone:
                    raise WithdrawnError(gone)
                return
        done = asyncio.get_running_loop().create_future()
        self._starts.append((ids, done))
        self._wake()
        await done

    async def flush(self) -> None:
        """Commit every recorded outcome, trying again when the store refuses.

        Raises:
            StoreError: it refuses still; the outcomes stay here for another attempt.
        """
        for pause in (*_STORE_PAUSES, None):
            if self._committing is not None:
                await asyncio.shield(self._committing)
            try:
                await self._commit()
            except StoreError:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
            else:
                return

    def _tend(self) -> None:
        self._tending = None
        if self._outcomes:
            self._wake()

    def _wake(self) -> None:
        if self._committing is None:
            self._committing = asyncio.get_running_loop().create_task(self._commit_all())

    async def _commit_all(self) -> None:
        try:
            while self._starts or self._outcomes:
                try:
                    await self._commit()
                except StoreError:
                    if not self._starts:
                        return
        finally:
            self._committing = None

    async def _commit(self) -> None:
        """One transaction of what waits; a failure is told to the starts, outcomes are kept."""
        starts, self._starts = self._starts, []
        outcomes, self._outcomes = self._outcomes, []
        if not starts and not outcomes:
            return
        try:
            withdrawn = await self._write(outcomes, [ids for ids, _done in starts])
        except BaseException as error:
            self._outcomes = outcomes + self._outcomes
            for _ids, done in starts:
                if not done.done():
                    done.set_exception(
                        error if isinstance(error, StoreError) else asyncio.CancelledError()
                    )
            raise
        for (_ids, done), gone in zip(starts, withdrawn, strict=True):
            if done.done():
                continue
            if gone:
                done.set_exception(WithdrawnError(gone))
            else:
                done.set_result(None)

    def _write_at_once(self, starts: Sequence[Sequence[str]]) -> list[Collection[str]]:
        outcomes = self._outcomes
        withdrawn = self._session.write(outcomes, starts, self._now(), at_once=True)
        self._outcomes = []
        return withdrawn

    async def _write(
        self, outcomes: Sequence[Outcome], starts: Sequence[Sequence[str]]
    ) -> list[Collection[str]]:
        if self._session.is_quick:
            with suppress(InUseError):
                return self._session.write(outcomes, starts, self._now(), at_once=True)
        return await self._in_thread(self._session.write, outcomes, starts, self._now())

    async def _in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *arguments)
