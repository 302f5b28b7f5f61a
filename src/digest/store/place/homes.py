"""Notices that a store was put back: from a dump, from a copy made by hand, or with its server.

A dump or a file copied by hand does not know that it is one, so the store keeps where it lives.

- PostgreSQL: the object identifiers of the database and a table, which every restore of a dump
  gives anew, and the timeline, which a recovery to a point in time or a promoted standby begins.
- SQLite: the number of its file (inode), and a random mark that changes with every run. The mark
  also stands in a small file beside the store (`digest.db.home`), so that an older copy is
  recognised although it was written over the store in place.

What `digest backup` makes is marked when it is made, see `copies`. Not noticed: a whole folder or
disk put back as it was; there only the age of an edition stops it. Source of the timeline: the
PostgreSQL manual, “Continuous Archiving and Point-in-Time Recovery”.
"""

from __future__ import annotations

import re
import secrets
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from digest.errors import StoreError
from digest.store.database import Database
from digest.store.facts import find_fact, set_fact
from digest.store.files import sync, write_whole
from digest.store.place.copies import mark_copy

#: The fact that says where the store lives.
HOME = "home"

_MARK = re.compile("[0-9a-f]{16}")

_HERE = text(
    "SELECT (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || "
    "'deliveries'::regclass::oid || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8)"
)


def notice_restored(database: Database, now: datetime) -> bool:
    """Mark the store as a copy when it was put back since it was last asked; True if it was.

    The first time it is asked, it settles. On SQLite the caller holds the sending lock.

    Raises:
        StoreError: the store, or the file beside it, cannot be written.
    """
    if database.path is not None:
        return _turn_leaf(database, database.path, now)
    if database.is_sqlite:
        return False
    with database.write() as connection:
        here = str(connection.scalar(_HERE))
        known = find_fact(connection, HOME)
        if known == here:
            return False
        set_fact(connection, HOME, here)
        # An earlier version did not keep the timeline.
        is_restored = known is not None and not here.startswith(f"{known}/")
        if is_restored:
            mark_copy(connection, now)
    return is_restored


def leave_mark(database: Database, now: datetime) -> None:
    """After a run, so that a copy made while it was at work is recognised too (SQLite)."""
    if database.path is not None:
        with suppress(StoreError):
            _turn_leaf(database, database.path, now)


def _turn_leaf(database: Database, store: Path, now: datetime) -> bool:
    """Look at the mark and change it: the new one stands in the file beside the store before it
    stands in the store, the old one goes from there after, so that a kill leaves one that fits."""
    # Where the file itself lies: several links may lead to it.
    store = store.resolve()
    beside = store.with_name(f"{store.name}.home")
    mark = secrets.token_hex(8)
    with database.write() as connection:
        place = str(store.stat().st_ino)
        known = find_fact(connection, HOME)
        known_place, _, known_mark = (known or "").partition("/")
        marks = _marks(beside)
        is_restored = known is not None and (
            known_place != place or bool(known_mark and marks and known_mark not in marks)
        )
        # Killed before it is marked, a copy is to be noticed again.
        _write_marks(beside, *(marks if is_restored else [known_mark]), mark)
        set_fact(connection, HOME, f"{place}/{mark}")
        if is_restored:
            mark_copy(connection, now)
    _write_marks(beside, mark)
    return is_restored


def _marks(beside: Path) -> list[str]:
    """Nothing where there is no file yet, or it was lost or cut with the power: then it says
    nothing."""
    try:
        marks = beside.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return marks if all(map(_MARK.fullmatch, marks)) else []


def _write_marks(beside: Path, *marks: str) -> None:
    write_whole(beside, "\n".join([*filter(None, marks), ""]).encode("ascii"))
    try:
        for path in (beside, beside.parent):
            sync(path)
    except OSError as error:
        raise StoreError(
            f"{beside}: {error.strerror}", "Look at the disk, then run the command again."
        ) from None
