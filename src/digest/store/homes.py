"""Notices that a PostgreSQL store was put back from a dump: its tables have other numbers then.

A dump does not know that it is one, so the store keeps where it lives: the database's and a
table's object identifiers, which every restore gives anew. A backup of SQLite is marked when it
is made, see `digest.store.copies`. A physical backup (PITR) keeps the numbers and is not noticed;
there only the age of an edition stops it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from digest.store.copies import mark_copy
from digest.store.database import Database
from digest.store.facts import find_fact, set_fact

#: The fact that says where the store lives.
HOME = "home"

_HERE = text(
    "SELECT (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || "
    "'deliveries'::regclass::oid"
)


def notice_restored(database: Database, now: datetime) -> bool:
    """Mark the store as a copy when it was restored since it was last asked; True if it was.

    The first time it is asked, it settles. SQLite has another way, and is never marked here.
    """
    if database.is_sqlite:
        return False
    with database.write() as connection:
        here = str(connection.scalar(_HERE))
        known = find_fact(connection, HOME)
        if known == here:
            return False
        set_fact(connection, HOME, here)
        if known is not None:
            mark_copy(connection, now)
    return known is not None
