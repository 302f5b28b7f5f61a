"""The mark of a store that is a copy: a restored backup, or what `digest db copy` left behind.

What left since the copy was made still stands as pending in it, so a marked store sends nothing
until a person takes the mark away; who asks stands in `digest.delivery.ledger.aging`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from digest.store.facts import add_fact, find_fact, forget_fact
from digest.store.place.closing import open_again
from digest.store.tables import moment_text

#: The fact that holds the moment of the copy.
COPIED_AT = "copied_at"


def mark_copy(connection: Connection, now: datetime) -> None:
    """This store is a copy, made now; a mark that is there already stays."""
    add_fact(connection, COPIED_AT, moment_text(now))


def copied_at(connection: Connection) -> datetime | None:
    """When the store was copied; None when it is no copy."""
    value = find_fact(connection, COPIED_AT)
    return None if value is None else datetime.fromisoformat(value)


def forget_copy(connection: Connection) -> None:
    """From now on this store is the one in use, and open."""
    forget_fact(connection, COPIED_AT)
    open_again(connection)
