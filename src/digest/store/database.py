"""Opens the store, migrates it, and turns the databases' own errors into ours.

SQLite runs in WAL mode with a busy time-out and full synchronisation (what is committed survives
a power cut); every transaction that writes begins IMMEDIATE. Source of the settings: the SQLite
manual, "Write-Ahead Logging", "Transactions" and "PRAGMA synchronous".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from digest.errors import StoreError
from digest.text.masking import mask_url

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

#: Seconds a writer waits for another one to finish.
BUSY_SECONDS = 30


class Database:
    """One publication's store. Use `read()` and `write()` for transactions.

    Args:
        url: SQLAlchemy URL; a SQLite path in it is absolute.
        password: PostgreSQL's password, when it is not part of the URL.
        migrate: bring the tables up to date (always done on SQLite).

    Raises:
        StoreError: it cannot be opened, or needs a migration.
    """

    def __init__(self, url: str, *, password: str = "", migrate: bool = False) -> None:
        #: Seconds that a connection opened from now on waits for another writer (SQLite), where
        #: it is not the usual time.
        self.busy_seconds: int | None = None
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        file = parsed.database or ""
        self.path = Path(file.removeprefix("file:")) if self.is_sqlite and file else None
        if password:
            parsed = parsed.set(password=password)
        self.name = (
            str(self.path) if self.path else mask_url(parsed.render_as_string(hide_password=True))
        )
        # Parameters hold addresses; they have no place in an error's text.
        options: dict[str, Any] = {"hide_parameters": True}
        if self.is_sqlite:
            options["poolclass"] = NullPool
            options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        self.engine: Engine = create_engine(parsed, **options)
        if self.is_sqlite:
            _prepare_sqlite(self)
        try:
            if self.path is not None:
                _make_folder(self.path)
            with self._plain_errors():
                self._bring_up_to_date(migrate=migrate or self.is_sqlite)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; sees one consistent state."""
        with self._plain_errors(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self, connection: Connection | None = None) -> Iterator[Connection]:
        """A transaction that commits when the block ends well and rolls back otherwise.

        Args:
            connection: one of `connect()` to use again; a new one otherwise.

        Raises:
            StoreError: the databases' own errors, and when that connection is lost: whatever it
                held (locks, a session) is gone, so it is not opened again behind your back.
        """
        if connection is not None and connection.invalidated:
            raise StoreError(
                f"{self.name}: the connection was lost", "Run the command again; it goes on."
            )
        with (
            self._plain_errors(),
            nullcontext(connection) if connection is not None else self.engine.connect() as used,
        ):
            try:
                if self.is_sqlite:
                    used.exec_driver_sql("BEGIN IMMEDIATE")
                yield used
                used.commit()
            except BaseException:
                if not used.invalidated:
                    used.rollback()
                raise

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection of one's own for many transactions; really closed at the end."""
        with self._plain_errors(), self.engine.connect() as connection:
            connection.detach()
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def upgrade(self) -> None:
        """Run the migrations."""
        with self._plain_errors():
            self._bring_up_to_date(migrate=True)

    def _bring_up_to_date(self, *, migrate: bool) -> None:
        with self.engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
            current = ""
            if "alembic_version" in tables:
                row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
                current = row[0] if row else ""
        if current == HEAD:
            return
        if current and current not in REVISIONS:
            raise StoreError(
                f"{self.name}: the store was written by a newer version (revision {current})",
                "Install that version of digest, or restore a backup made before it.",
            )
        if not migrate:
            raise StoreError(
                f"{self.name}: the store is at revision {current or 'none'}, this version needs "
                f"{HEAD}",
                "Run `digest db upgrade`.",
            )
        from alembic import command

        command.upgrade(_alembic_config(self.engine), "head")

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _as_store_error(self.name, error) from error


#: Known revisions, oldest first; the last one is what this version needs.
REVISIONS = ("0001", "0002", "0003")
HEAD = REVISIONS[-1]


def _make_folder(file: Path) -> None:
    """The store's folder, and an empty file that only this user may read."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)
    except OSError as error:
        raise StoreError(
            f"{file}: {error.strerror}", "Make its folder exist and writable for this user."
        ) from error


def _alembic_config(engine: Engine) -> AlembicConfig:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "digest:store/migrations")
    config.attributes["engine"] = engine
    return config


def _prepare_sqlite(database: Database) -> None:
    @event.listens_for(database.engine, "connect")
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        seconds = BUSY_SECONDS if database.busy_seconds is None else database.busy_seconds
        connection.execute(f"PRAGMA busy_timeout = {seconds * 1000}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.OperationalError as error:
            if "readonly" not in str(error):
                raise


def _as_store_error(name: str, error: DBAPIError) -> StoreError:
    text = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
    lowered = text.lower()
    if "readonly" in lowered or "read-only" in lowered:
        hint = "Make the file and its folder writable for this user."
    elif "locked" in lowered:
        hint = "Another program holds it; wait for it to end, then run the command again."
    elif "full" in lowered:
        hint = "Free some space, then run the command again; nothing was lost."
    elif "malformed" in lowered or "not a database" in lowered:
        hint = "Restore a backup (`digest backup` makes them)."
    elif isinstance(error, OperationalError):
        hint = "Check [store] url, and that the database runs."
    else:
        raise error
    return StoreError(f"{name}: {text}", hint)
