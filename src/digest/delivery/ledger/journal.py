"""Writes the ledger for one run: claims, starts and outcomes, many of them per commit.

All of a run's transactions go through one connection in one thread. What arrives while a commit
is on its way rides in the next one, so that durability costs a transaction per group and not per
message. On PostgreSQL the connection also holds the run's advisory lock: when it breaks, the lock
is gone and nothing more can be written, so that a run taken for dead really is.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection

from digest.delivery.ledger.starting import WithdrawnError
from digest.errors import StoreError
from digest.model.sending import Outcome
from digest.store import claims
from digest.store.database import Database

P = ParamSpec("P")
T = TypeVar("T")

#: Outcomes that wait for a start to ride with, at most.
_WAITING = 500

#: Seconds between attempts to write outcomes that are known when the store refuses.
_STORE_PAUSES = (0.1, 0.5)


class Journal:
    """The ledger's writer for one run; an asynchronous context manager.

    `run` is its random id. `provider` says where deliveries go; it is written with every start,
    so that only that provider is asked later what became of it.
    """

    def __init__(self, database: Database, provider: str, now: Callable[[], datetime]) -> None:
        self.run = secrets.token_hex(16)
        self._database = database
        self.provider = provider
        self._now = now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._stack = ExitStack()
        self._connection: Connection | None = None
        self._outcomes: list[Outcome] = []
        self._starts: list[tuple[Sequence[str], asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._in_thread(self._open)
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        try:
            await self._in_thread(self._stack.close)
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
        return await self._in_thread(
            self._transaction, lambda connection: query(connection, *arguments, **options)
        )

    async def is_dead(self, run: str) -> bool:
        """Whether a run's process is gone; on PostgreSQL its lock is then held until `bury`.

        On SQLite only the holder of the sending lock gets here: every other run is dead.
        """
        return self._database.is_sqlite or await self.call(claims.try_run_lock, run)

    async def bury(self, run: str) -> None:
        """Forget a dead run."""
        if not self._database.is_sqlite:
            await self.call(claims.drop_run_lock, run)

    def record(self, outcome: Outcome) -> None:
        """Take an outcome; it is committed with the next start, or by `flush`."""
        self._outcomes.append(outcome)
        if len(self._outcomes) >= _WAITING:
            self._wake()

    async def starting(self, ids: Sequence[str]) -> None:
        """Commit deliveries as submitting, together with every outcome recorded before.

        Raises:
            WithdrawnError: some are not this run's pending deliveries any more; none was started.
            StoreError: as the store says; none was started.
        """
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

    def _wake(self) -> None:
        if self._committing is None:
            self._committing = asyncio.get_running_loop().create_task(self._commit_starts())

    async def _commit_starts(self) -> None:
        try:
            while self._starts or len(self._outcomes) >= _WAITING:
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
            withdrawn = await self.call(self._write, outcomes, starts)
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

    def _write(
        self,
        connection: Connection,
        outcomes: Sequence[Outcome],
        starts: Sequence[tuple[Sequence[str], asyncio.Future[None]]],
    ) -> list[set[str]]:
        now = self._now()
        claims.record_outcomes(connection, self.run, outcomes, now)
        asked = [id_ for ids, _done in starts for id_ in ids]
        begun = claims.mark_submitting(connection, self.run, asked, self.provider, now)
        withdrawn = [set(ids) - begun for ids, _done in starts]
        claims.take_back(
            connection,
            [
                id_
                for (ids, _done), gone in zip(starts, withdrawn, strict=True)
                if gone
                for id_ in ids
                if id_ not in gone
            ],
            now,
        )
        return withdrawn

    def _open(self) -> None:
        self._connection = self._stack.enter_context(self._database.connect())
        if not self._database.is_sqlite:
            self._transaction(lambda connection: claims.try_run_lock(connection, self.run))

    def _transaction(self, query: Callable[[Connection], T]) -> T:
        with self._database.write(self._connection) as connection:
            return query(connection)

    async def _in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *arguments)
