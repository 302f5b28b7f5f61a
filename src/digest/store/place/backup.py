"""Copies the store to one file while it is in use: checked first, put in place last.

SQLite's online backup interface gives one consistent state whoever is writing. PostgreSQL has
tools of its own for that, and they are named. Source: the SQLite manual, "Online Backup API".

A copy knows that it is one; what that means stands in `digest.store.place.copies`.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from digest.errors import StoreError, UsageError
from digest.store.database import Database
from digest.store.files import sync
from digest.store.place.copies import COPIED_AT
from digest.store.tables import moment_text


def backup(database: Database, target: Path, *, now: datetime, force: bool = False) -> None:
    """Write a copy of the store to `target`, readable by its owner only.

    Args:
        database: the store.
        target: the file to write; it appears whole or not at all.
        now: the moment that is noted in the copy.
        force: replace an existing file.

    Raises:
        UsageError: the store is not SQLite, or `target` cannot be written to.
        StoreError: the copy could not be made, or is not sound; nothing was written.
    """
    if database.path is None:
        raise UsageError(
            f"{database.name}: `digest backup` copies SQLite stores only.",
            "Use PostgreSQL's own: pg_dump --format=custom --file=FILE DATABASE",
        )
    _refuse_target(database.path, target, force=force)
    try:
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = Path(file.name)
    except OSError as error:
        raise UsageError(
            f"{target}: {error.strerror}.", "Make the folder exist and writable."
        ) from None
    try:
        _copy(database.path, temporary, now)
        temporary.replace(target)
        sync(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(
            f"{target}: the copy failed: {error}", "Make room or choose another place; retry."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_target(store: Path, target: Path, *, force: bool) -> None:
    if target.is_dir():
        raise UsageError(f"{target}: is a folder.", "Name a file in it.")
    if not target.exists():
        return
    if target.samefile(store):
        raise UsageError(f"{target}: is the store itself.", "Name another file.")
    if not force:
        raise UsageError(f"{target}: exists already.", "Name another file, or add --force.")


def _copy(store: Path, copy: Path, now: datetime) -> None:
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(copy)) as destination:
        source.backup(destination)
        with destination:
            destination.execute(
                "INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)",
                (COPIED_AT, moment_text(now)),
            )
        # One file, without a log beside it.
        destination.execute("PRAGMA journal_mode = DELETE")
        found = destination.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise StoreError(
            f"{store}: the copy is not sound: {found}",
            "Keep the last good backup; the store is damaged.",
        )
    sync(copy)
