"""A run's own connection to the store, and what happens when the store is away or in use.

What the database certainly did not do is done again: after a deadlock, and on a new connection
when the old one was lost (PostgreSQL restarted, a session ended by hand). A run is known by its
advisory lock; with the connection that is gone, others may take what the run held, and a new one
begins by taking the lock again. That is safe because every start and every outcome names the run
and the state that it expects: whatever was taken meanwhile is simply not found any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from digest.errors import StoreError
from digest.model.sending import Outcome
from digest.store import database as store
from digest.store.database import Database, is_conflict
from digest.store.ledger import runs
from digest.store.ledger.dispatches import DeliveryRow
from digest.store.ledger.writing import Writer, writer

T = TypeVar("T")

#: Seconds between attempts to reach a store that went away; together the time a restart takes.
PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)

#: Seconds to wait for another program on SQLite when it has just been waited for in vain.
_SHORT_WAIT = 3


class InUseError(Exception):
    """Another program is writing to SQLite at this moment, and nobody wanted to wait."""


class Session:
    """One connection, one transaction at a time; used from any thread.

    Args:
        run: the run's id.
        place: where its deliveries go.
        pauses: seconds between attempts to connect again.
    """

    def __init__(
        self, database: Database, run: str, place: str, pauses: Sequence[float] = PAUSES
    ) -> None:
        self.is_quick = database.is_sqlite and database.durability == "process"
        self._database = database
        self._run = run
        self._place = place
        self._pauses = pauses
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._connection: Connection | None = None
        self._writer: Writer
        self._raw: Any = None
        self._enlist: Callable[[Connection], None] | None = None
        self._has_given_up = False

    def open(self) -> None:
        """Connect and take the run's lock.

        Raises:
            StoreError: the store cannot be reached.
        """
        try:
            self._connection = self._stack.enter_context(self._database.connect())
            self._raw = self._connection.connection.dbapi_connection
            self._writer = writer(self._connection, self._run, self._place)
            if self._database.is_sqlite:
                self._raw.execute("PRAGMA busy_timeout = 0")
            elif not self._transaction(lambda connection: runs.try_run_lock(connection, self._run)):
                raise StoreError(
                    f"{self._database.name}: another run is clearing up after this one",
                    "Run the command again; it goes on.",
                )
            if self._enlist is not None:
                self._transaction(self._enlist)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Disconnect, which frees the run's lock."""
        stack, self._stack = self._stack, ExitStack()
        connection, self._connection = self._connection, None
        if connection is not None and self._is_lost:
            connection.invalidate()
        self._raw = None
        stack.close()

    def enlist(self, enlist: Callable[[Connection], None]) -> None:
        """Note the run in the store, and again on every new connection."""
        self.call(enlist)
        self._enlist = enlist

    def call(self, query: Callable[[Connection], T], *, at_once: bool = False) -> T:
        """Run a query in a transaction of its own.

        Args:
            at_once: do not wait; only for SQLite.

        Raises:
            InUseError: `at_once`, and it would have had to wait; nothing was done.
            StoreError: as the store says; nothing was done, or the connection was lost and it is
                not known.
        """
        return self._persist(lambda _again: self._transaction(query), at_once=at_once)

    def know(self, rows: Iterable[DeliveryRow]) -> None:
        """Remember where claimed deliveries are kept."""
        if self._connection is not None:
            self._writer.know(rows)

    def write(
        self,
        outcomes: Sequence[Outcome],
        starts: Sequence[Sequence[str]],
        now: datetime,
        *,
        at_once: bool = False,
    ) -> list[Collection[str]]:
        """One transaction of outcomes and starts; see `digest.store.ledger.writing.Writer`.

        Raises:
            InUseError, StoreError: see `call`.
        """

        def work(again: bool) -> list[Collection[str]]:
            try:
                return self._writer.write(outcomes, starts, now, again=again)
            except self._database.driver_error as error:
                raise self._database.store_error(error) from error

        return self._persist(work, at_once=at_once)

    def _persist(self, work: Callable[[bool], T], *, at_once: bool) -> T:
        if at_once:
            return self._try_at_once(work)
        with self._lock:
            try:
                done = (self._wait if self._database.is_sqlite else self._reconnect)(work)
            except StoreError:
                self._has_given_up = True
                raise
            self._has_given_up = False
            return done

    def _try_at_once(self, work: Callable[[bool], T]) -> T:
        if not self._lock.acquire(blocking=False):
            raise InUseError
        try:
            return work(False)
        except StoreError as error:
            if is_conflict(error):
                raise InUseError from error
            raise
        finally:
            self._lock.release()

    def _wait(self, work: Callable[[bool], T]) -> T:
        """On SQLite, let another program finish writing; not as long once that was in vain."""
        seconds = self._database.busy_seconds
        seconds = store.BUSY_SECONDS if seconds is None else seconds
        if self._has_given_up:
            seconds = min(seconds, _SHORT_WAIT)
        self._raw.execute(f"PRAGMA busy_timeout = {seconds * 1000}")
        try:
            return work(False)
        finally:
            self._raw.execute("PRAGMA busy_timeout = 0")

    def _reconnect(self, work: Callable[[bool], T]) -> T:
        """On PostgreSQL, connect again and again; only once when that was in vain before."""
        again = False
        for pause in () if self._has_given_up else self._pauses:
            try:
                return self._connected(work, again=again)
            except StoreError as error:
                if self._is_lost:
                    self.close()
                    again = True
                elif self._connection is not None and not is_conflict(error):
                    raise
            time.sleep(pause)
        return self._connected(work, again=again)

    def _connected(self, work: Callable[[bool], T], *, again: bool) -> T:
        if self._is_lost:
            self.close()
        if self._connection is None:
            self.open()
        return work(again)

    @property
    def _is_lost(self) -> bool:
        return not self._database.is_sqlite and self._raw is not None and bool(self._raw.closed)

    def _transaction(self, query: Callable[[Connection], T]) -> T:
        with self._database.write(self._connection) as connection:
            return query(connection)
