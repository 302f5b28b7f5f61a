"""One sender at a time on SQLite: a lock of the operating system on a file beside the database.

The kernel frees it when the process ends, however it ends, so that a lock never has to be broken
by hand. On PostgreSQL nothing is locked here: a second run joins, see `recovering`.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path

from digest.delivery.ledger.records import LedgerName
from digest.delivery.masking import without_addresses
from digest.errors import StoreError
from digest.store.database import Database

_held: ContextVar[frozenset[Path]] = ContextVar("held", default=frozenset())


@contextmanager
def sending_lock(
    database: Database, *, purpose: str, now: datetime, ledger: LedgerName = "main"
) -> Iterator[None]:
    """Keep every other sender of the same ledger away from this store while the block runs.

    A block inside a block of the same task holds the same lock.

    Raises:
        StoreError: another process holds it; the message names it.
    """
    if database.path is None:
        yield
        return
    suffix = ".sending" if ledger == "main" else ".rehearsing"
    # Beside the file itself: whatever link leads to it, it is the same store.
    store = database.path.resolve()
    path = store.with_name(store.name + suffix)
    if path in _held.get():
        yield
        return
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror}", "Make the file and its folder writable for this user."
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(descriptor, database.name) from None
        except OSError as error:
            raise StoreError(
                f"{path}: cannot be locked: {error.strerror}",
                "Keep the store on a local disk, or use PostgreSQL.",
            ) from None
        try:
            _write_holder(descriptor, purpose, now)
        except OSError as error:
            raise StoreError(
                f"{path}: {error.strerror}", "Free some space, then run the command again."
            ) from None
        token = _held.set(_held.get() | {path})
        try:
            yield
        finally:
            _held.reset(token)
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _write_holder(descriptor: int, purpose: str, now: datetime) -> None:
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "command": without_addresses(" ".join([Path(sys.argv[0]).name, *sys.argv[1:]])),
        "purpose": purpose,
        "since": now.isoformat(timespec="seconds"),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode("utf-8"), 0)


def _taken(descriptor: int, name: str) -> StoreError:
    try:
        holder = json.loads(os.pread(descriptor, 65536, 0))
        who = (
            f"process {holder['pid']} on {holder['host']}, {holder['purpose']} since "
            f"{holder['since']} (`{holder['command']}`)"
        )
        hint = f"Wait until it ends, or stop it with `kill -INT {holder['pid']}`; then run again."
    except (ValueError, KeyError, TypeError):
        who = "another process that has only just begun or is just ending"
        hint = "Wait a moment, then run the command again."
    return StoreError(f"{name}: the store is held by {who}", hint)
