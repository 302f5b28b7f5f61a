"""The last answer of each address, kept only once what came with it was kept.

A run notes its visits here; `keep` writes them in the transaction that keeps the articles, for the
next run. A run that is killed before, or a source that failed, leaves no note behind, so that
“not modified” is never taken for an answer about something that was not kept. Passwords and keys
in addresses do not reach the store.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, select

from digest.net.visits import Visit
from digest.store.database import Database
from digest.store.tables import fetches, insert_into
from digest.text.masking import mask_url

#: Visits that a run remembers, the latest; 12 MB. What is older than these is fetched anew.
_MOST = 20_000
#: Bytes of an address that PostgreSQL's indexes hold; visits to longer ones are not kept.
_LONGEST_URL = 2_400


class StoredHistory:
    """The history of a publication's fetches (`digest.net.History`); safe in several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: dict[str, Visit] | None = None
        self._noted: dict[str, Visit] = {}
        self._lock = threading.Lock()

    def last(self, url: str) -> Visit | None:
        """The last visit whose validators are known, as the store was when first asked for one."""
        with self._lock:
            if self._kept is None:
                self._kept = self._read()
            known = self._kept.get(_stored_as(url))
        return known and replace(known, url=url)

    def note(self, visit: Visit) -> None:
        """Remember a visit until `keep` or `drop` is called."""
        with self._lock:
            self._noted[visit.url] = visit

    def keep(self, connection: Connection, *made_for: str) -> None:
        """Write what was noted for some purposes; in the transaction that keeps what it gave.

        Narrower purposes, which begin with one and a blank, are part of it.
        """
        rows = [
            {
                "url": address,
                "made_for": visit.made_for,
                "etag": visit.etag,
                "last_modified": visit.last_modified,
                "status": visit.status,
                "fetched_at": visit.fetched_at,
            }
            for visit in self._taken(made_for)
            if len((address := _stored_as(visit.url)).encode()) <= _LONGEST_URL
        ]
        if not rows:
            return
        insert = insert_into(connection, fetches)
        new = {column.name: column for column in insert.excluded if column.name != "url"}
        connection.execute(insert.on_conflict_do_update(index_elements=["url"], set_=new), rows)

    def drop(self, *made_for: str) -> None:
        """Forget what was noted for some purposes, for they failed."""
        self._taken(made_for)

    def _read(self) -> dict[str, Visit]:
        query = (
            select(fetches)
            .where((fetches.c.etag != "") | (fetches.c.last_modified != ""))
            .order_by(fetches.c.fetched_at.desc())
            .limit(_MOST)
        )
        with self._database.read() as connection:
            return {row.url: Visit(*row) for row in connection.execute(query)}

    def _taken(self, made_for: tuple[str, ...]) -> list[Visit]:
        beginnings = tuple(f"{purpose} " for purpose in made_for)
        with self._lock:
            taken = [
                visit
                for visit in self._noted.values()
                if f"{visit.made_for} ".startswith(beginnings)
            ]
            for visit in taken:
                del self._noted[visit.url]
        return taken


def _stored_as(url: str) -> str:
    """An address without its secrets, and still another than the same with other ones."""
    shown = mask_url(url)
    if shown == url:
        return url
    return f"{shown}#{hashlib.sha256(url.encode('utf-8', 'replace')).hexdigest()[:16]}"


def forget_visits_before(connection: Connection, moment: datetime) -> int:
    """Delete visits older than `moment`; returns how many."""
    return connection.execute(delete(fetches).where(fetches.c.fetched_at < moment)).rowcount
