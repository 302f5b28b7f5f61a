"""Notices that a store was put back from a dump, or that its file is a copy: it lives elsewhere.

A dump or a file copied by hand does not know that it is one, so the store keeps where it lives: on
PostgreSQL the database's and a table's object identifiers, which every restore gives anew, on
SQLite the number of its file (inode). What `digest backup` makes is marked when it is made, see
`copies`. A physical backup (PITR) keeps the numbers and is not noticed, nor is a whole disk put
back; there only the age of an edition stops it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from digest.store.database import Database
from digest.store.facts import find_fact, set_fact
from digest.store.place.copies import mark_copy

#: The fact that says where the store lives.
HOME = "home"

_HERE = text(
    "SELECT (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || "
    "'deliveries'::regclass::oid"
)


def notice_restored(database: Database, now: datetime) -> bool:
    """Mark the store as a copy when it was restored since it was last asked; True if it was.

    The first time it is asked, it settles.
    """
    if database.is_sqlite and database.path is None:
        return False
    with database.write() as connection:
        if database.path is not None:
            here = str(database.path.stat().st_ino)
        else:
            here = str(connection.scalar(_HERE))
        known = find_fact(connection, HOME)
        if known == here:
            return False
        set_fact(connection, HOME, here)
        if known is not None:
            mark_copy(connection, now)
    return known is not None
