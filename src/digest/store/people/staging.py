"""Rows of an import, staged in temporary tables and applied in one transaction.

The database sees all rows at once, so that memory stays flat and a million rows go quickly: rows
are loaded past SQLAlchemy, compared with who is there, and written by a handful of statements
that are the same on SQLite and PostgreSQL. SQLite's write lock is taken only after loading. What
each comparison means for a reader is decided and told by `digest.subscribers.importing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text

from digest.store.database import Database
from digest.store.people.subscribers import address_key, hold_suppressions
from digest.store.tables import moment_text, suppressions

#: The keyed hash of an address, from `digest.subscribers.suppression`.
AddressHash = Callable[[bytes, str], str]

#: Memory for SQLite's pages while importing; its default of 2 MB makes large imports slow.
_CACHE_KIB = 65_536
_LOOKUP = 5000


#: One checked row: its number, email, name, language, status, consent_at (a moment as the store
#: keeps it), consent_source and token. Empty fields say nothing. Plain, for a million of them.
StagedRow = tuple[int, str, str, str, str, str | None, str, str]


class Refusal(NamedTuple):
    """A row that is not applied: `duplicate` (`detail`: the first row's number), `suppressed` (the
    reason), `unsubscribed` (the moment) or `unconfirmed`."""

    number: int
    kind: str
    detail: str


class Counts(NamedTuple):
    """How many subscriptions are (or would be) added, changed or left as they were."""

    added: int
    updated: int
    unchanged: int


class Staging:
    """The temporary tables of one import into one list; made by `open_staging`.

    `load` all rows, then inside one `transaction()` `compare` and, if wanted, `apply`.
    """

    def __init__(self, database: Database, connection: Connection, list_name: str) -> None:
        self._database = database
        self._connection = connection
        self._list = list_name

    def load(self, rows: Sequence[StagedRow]) -> None:
        """Stage some rows."""
        driver: Any = self._connection.connection.dbapi_connection
        if self._database.is_sqlite:
            driver.executemany("INSERT INTO staged VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            return
        with driver.cursor() as cursor, cursor.copy("COPY staged FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """The one transaction that holds everybody else who adds, forgets or suppresses."""
        for statement in _SORTINGS:
            self._connection.exec_driver_sql(statement)
        self._connection.commit()
        with self._database.write(self._connection) as connection:
            if not self._database.is_sqlite:
                hold_suppressions(connection)
                connection.exec_driver_sql("LOCK TABLE subscribers IN SHARE ROW EXCLUSIVE MODE")
                connection.exec_driver_sql("ANALYZE ordered")
            yield

    def compare(self, address_hash: AddressHash) -> Counts:
        """Find out what each row means beside who is there."""
        self._run(_COMPARISON)
        if self._connection.execute(text("SELECT 1 FROM suppressions LIMIT 1")).first():
            self._refuse_suppressed(address_hash)
        for statement in _REFUSALS:
            self._run(statement)
        rows = self._number("SELECT count(*) FROM ordered")
        refused = self._number("SELECT count(*) FROM refused")
        present = self._number(_COUNT_PRESENT)
        updated = self._number(_COUNT_CHANGED)
        return Counts(rows - refused - present, updated, present - updated)

    def refusals(self) -> Iterator[Refusal]:
        """The refused rows, in the file's order."""
        rows = self._connection.execute(
            text("SELECT number, kind, detail FROM refused ORDER BY number")
        )
        for row in rows:
            yield Refusal(*row)

    def apply(self, now: datetime) -> None:
        """Write what `compare` found."""
        rows = self._number("SELECT count(*) FROM ordered")
        base = self._number(
            _LAST_ID_SQLITE if self._database.is_sqlite else _LAST_ID_POSTGRESQL, rows=rows
        )
        for statement in _WRITES:
            self._run(statement, base=base, now=moment_text(now))

    def _refuse_suppressed(self, address_hash: AddressHash) -> None:
        key = address_key(self._connection)
        last = 0
        while True:
            batch = self._connection.execute(
                text(_NEXT_ORDERED), {"last": last, "limit": _LOOKUP}
            ).all()
            if not batch:
                return
            last = batch[-1].position
            rows = {address_hash(key, row.email): row for row in batch}
            found = self._connection.execute(
                select(suppressions.c.address_hash, suppressions.c.reason).where(
                    suppressions.c.address_hash.in_(rows)
                )
            )
            refused = [
                {
                    "position": rows[hashed].position,
                    "number": rows[hashed].number,
                    "detail": reason,
                }
                for hashed, reason in found
            ]
            if refused:
                self._connection.execute(text(_REFUSE_SUPPRESSED), refused)

    def _run(self, statement: str, **values: object) -> None:
        self._connection.execute(text(statement), {"list": self._list, **values})

    def _number(self, statement: str, **values: object) -> int:
        return int(self._connection.execute(text(statement), values).scalar_one())


@contextmanager
def open_staging(database: Database, list_name: str) -> Iterator[Staging]:
    """Temporary tables for one import; nothing is written unless `Staging.apply` was called."""
    with database.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.exec_driver_sql(f"PRAGMA temp.cache_size = -{_CACHE_KIB}")
            connection.exec_driver_sql("BEGIN")
        counter = "INTEGER" if database.is_sqlite else "SERIAL"
        for table in _TABLES:
            connection.exec_driver_sql(table.format(counter=counter))
        yield Staging(database, connection, list_name)


_COLUMNS = """
    number INTEGER NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, language TEXT NOT NULL,
    status TEXT NOT NULL, consent_at TEXT, consent_source TEXT NOT NULL, token TEXT NOT NULL"""

_TABLES = (
    f"CREATE TEMPORARY TABLE staged ({_COLUMNS})",
    # The same by address; `position` counts from 1.
    f"CREATE TEMPORARY TABLE ordered (position {{counter}} PRIMARY KEY, {_COLUMNS})",
    """
    CREATE TEMPORARY TABLE refused (
        position INTEGER PRIMARY KEY, number INTEGER NOT NULL, kind TEXT NOT NULL,
        detail TEXT NOT NULL
    )""",
    # Rows whose subscriber exists, and 1 for each part that the row changes.
    """
    CREATE TEMPORARY TABLE known (
        position INTEGER PRIMARY KEY, subscriber_id INTEGER NOT NULL, subscription_id INTEGER,
        old_status TEXT, old_changed_at TEXT,
        person INTEGER NOT NULL, status INTEGER NOT NULL, consent INTEGER NOT NULL
    )""",
    # Rows of people who are not here at all.
    """
    CREATE TEMPORARY VIEW fresh AS
    SELECT g.* FROM ordered AS g
    WHERE NOT EXISTS (SELECT 1 FROM known AS k WHERE k.position = g.position)
        AND NOT EXISTS (SELECT 1 FROM refused AS r WHERE r.position = g.position)""",
)

_SORTINGS = (
    """
    INSERT INTO ordered
        (number, email, name, language, status, consent_at, consent_source, token)
    SELECT * FROM staged ORDER BY email, number""",
    "DROP TABLE staged",
    """
    INSERT INTO refused
    SELECT g.position, g.number, 'duplicate', CAST(f.first AS TEXT)
    FROM (SELECT email, min(number) AS first FROM ordered GROUP BY email HAVING count(*) > 1) AS f
    JOIN ordered AS g ON g.email = f.email
    WHERE g.number <> f.first""",
)

_COMPARISON = """
    INSERT INTO known
    SELECT g.position, s.id, p.id, p.status, p.changed_at,
        CASE WHEN (g.name <> '' AND g.name <> s.name)
            OR (g.language <> '' AND g.language <> s.language) THEN 1 ELSE 0 END,
        CASE WHEN (g.status = 'unsubscribed' AND p.status <> 'unsubscribed')
            OR (g.status = 'active' AND p.status = 'pending') THEN 1 ELSE 0 END,
        CASE WHEN (p.consent_at IS NULL AND g.consent_at IS NOT NULL)
            OR (p.consent_source = '' AND g.consent_source <> '') THEN 1 ELSE 0 END
    FROM ordered AS g
    JOIN subscribers AS s ON s.email = g.email
    LEFT JOIN subscriptions AS p ON p.subscriber_id = s.id AND p.list = :list
    WHERE NOT EXISTS (SELECT 1 FROM refused AS r WHERE r.position = g.position)"""

_NEXT_ORDERED = """
    SELECT position, number, email FROM ordered AS g
    WHERE position > :last
        AND NOT EXISTS (SELECT 1 FROM refused AS r WHERE r.position = g.position)
    ORDER BY position LIMIT :limit"""

_REFUSE_SUPPRESSED = "INSERT INTO refused VALUES (:position, :number, 'suppressed', :detail)"

_REFUSALS = (
    """
    INSERT INTO refused
    SELECT g.position, g.number, 'unsubscribed', k.old_changed_at
    FROM known AS k JOIN ordered AS g ON g.position = k.position
    WHERE k.old_status = 'unsubscribed' AND g.status <> 'unsubscribed'
    ON CONFLICT DO NOTHING""",
    """
    INSERT INTO refused
    SELECT g.position, g.number, 'unconfirmed', ''
    FROM known AS k JOIN ordered AS g ON g.position = k.position
    WHERE k.old_status = 'pending' AND g.status = 'active'
        AND g.consent_at IS NULL AND g.consent_source = ''
    ON CONFLICT DO NOTHING""",
    "DELETE FROM known WHERE position IN (SELECT position FROM refused)",
)

_COUNT_PRESENT = "SELECT count(*) FROM known WHERE subscription_id IS NOT NULL"
_COUNT_CHANGED = f"{_COUNT_PRESENT} AND person + status + consent > 0"

# In the order of addresses and with ids of our own, so that the indexes grow at their ends and
# nobody has to be looked up again.
_WRITES = (
    """
    UPDATE subscribers
    SET name = CASE WHEN g.name <> '' THEN g.name ELSE subscribers.name END,
        language = CASE WHEN g.language <> '' THEN g.language ELSE subscribers.language END
    FROM known AS k JOIN ordered AS g ON g.position = k.position
    WHERE subscribers.id = k.subscriber_id AND k.person = 1""",
    """
    UPDATE subscriptions
    SET status = CASE WHEN k.status = 1 THEN g.status ELSE subscriptions.status END,
        consent_at = CASE WHEN k.status = 1 AND g.consent_at IS NOT NULL THEN g.consent_at
            ELSE coalesce(subscriptions.consent_at, g.consent_at) END,
        consent_source = CASE
            WHEN g.consent_source <> '' AND (k.status = 1 OR subscriptions.consent_source = '')
            THEN g.consent_source ELSE subscriptions.consent_source END,
        changed_at = :now
    FROM known AS k JOIN ordered AS g ON g.position = k.position
    WHERE subscriptions.id = k.subscription_id AND k.status + k.consent > 0
        AND subscriptions.status = k.old_status""",
    """
    INSERT INTO subscribers (id, email, name, language, created_at)
    SELECT CAST(:base AS INTEGER) + g.position, g.email, g.name, g.language, :now
    FROM fresh AS g ORDER BY g.position""",
    """
    INSERT INTO subscriptions
        (subscriber_id, list, status, token, consent_at, consent_source, changed_at)
    SELECT CAST(:base AS INTEGER) + g.position, :list, g.status, g.token, g.consent_at,
        g.consent_source, :now
    FROM fresh AS g ORDER BY g.position""",
    """
    INSERT INTO subscriptions
        (subscriber_id, list, status, token, consent_at, consent_source, changed_at)
    SELECT k.subscriber_id, :list, g.status, g.token, g.consent_at, g.consent_source, :now
    FROM known AS k JOIN ordered AS g ON g.position = k.position
    WHERE k.subscription_id IS NULL""",
)

# The last id given so far; PostgreSQL's sequence is moved past those that `apply` gives.
_LAST_ID_SQLITE = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'subscribers'"
_LAST_ID_POSTGRESQL = """
    SELECT setval(ids, nextval(ids) + :rows) - :rows
    FROM (SELECT pg_get_serial_sequence('subscribers', 'id') AS ids) AS sequence"""
