"""Ends a process with SIGKILL at a place that can be counted, so that every place is tried.

`commits`: every statement that begins or ends a transaction of either database is one place, just
before it is carried out. `lines`: every line of `digest.delivery` and `digest.store` that is run,
in whatever thread. `refuse_commits` is the other thing that may happen there: a full disk.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

_ROOMS = tuple(os.sep + str(Path("digest") / room) + os.sep for room in ("delivery", "store"))


def die_at(kind: str, place: int) -> Callable[[], int]:
    """From now on, end at the nth place of that kind; gives a function that says how many were
    passed."""
    counter = count(1)
    passed = [0]

    def pass_by() -> None:
        passed[0] = next(counter)
        if passed[0] == place:
            os.kill(os.getpid(), signal.SIGKILL)

    {"commits": _watch_commits, "lines": _watch_lines}[kind](pass_by)
    return lambda: passed[0]


def refuse_commits(numbers: frozenset[int]) -> None:
    """From now on these commits fail, as on a full disk (SQLite)."""
    if not numbers:
        return
    real, seen = sqlite3.dbapi2.connect, [0]

    class Full(sqlite3.Connection):
        def commit(self) -> None:
            self._count()
            super().commit()

        def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            if statement == "COMMIT":
                self._count()
            return super().execute(statement, *arguments)

        def _count(self) -> None:
            if not self.in_transaction:
                return
            seen[0] += 1
            if seen[0] in numbers:
                raise sqlite3.OperationalError("database or disk is full")

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        return real(*arguments, factory=Full, **options)

    sqlite3.dbapi2.connect = connect  # type: ignore[assignment]


def _watch_commits(pass_by: Callable[[], None]) -> None:
    import psycopg

    real = sqlite3.dbapi2.connect

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = real(*arguments, **options)
        connection.set_trace_callback(
            lambda statement: pass_by() if statement.startswith(("BEGIN", "COMMIT")) else None
        )
        return connection

    sqlite3.dbapi2.connect = connect  # type: ignore[assignment]
    for name in ("commit", "execute"):
        _before_and_after(psycopg.Connection, name, pass_by)


def _before_and_after(owner: type, name: str, pass_by: Callable[[], None]) -> None:
    real = getattr(owner, name)

    def watched(*arguments: Any, **options: Any) -> Any:
        pass_by()
        result = real(*arguments, **options)
        pass_by()
        return result

    setattr(owner, name, watched)


def _watch_lines(pass_by: Callable[[], None]) -> None:
    def line(_frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            pass_by()
        return line

    def call(frame: FrameType, _event: str, _argument: object) -> Any:
        return line if any(room in frame.f_code.co_filename for room in _ROOMS) else None

    threading.settrace(call)
    sys.settrace(call)
