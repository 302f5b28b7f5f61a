"""Opens the store, migrates it, and turns the databases' own errors into ours.

SQLite runs in WAL mode with a busy time-out; every transaction that writes begins IMMEDIATE. What
is committed survives a power cut (`synchronous = FULL`), or with durability “process” only the
death of the process (`NORMAL`: the log is written, and synchronised at checkpoints). Source of the
settings: the SQLite manual, "Write-Ahead Logging", "Transactions" and "PRAGMA synchronous".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from digest.errors import StoreError
from digest.store.place.closing import CLOSED
from digest.store.place.url import driver_missing, parse_store_url, shown_url

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig

Durability = Literal["process", "power"]

#: Seconds a writer waits for another one to finish.
BUSY_SECONDS = 30


#: A server that cannot be reached any more is noticed within a minute, not in hours
#: (libpq, "Parameter Key Words").
_ALIVE = {
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 50_000,
}


class Database:
    """One publication's store. Use `read()` and `write()` for transactions.

    Args:
        url: SQLAlchemy URL; a SQLite path in it is absolute.
        password: PostgreSQL's password, when it is not part of the URL.
        migrate: bring the tables up to date (always done on SQLite).
        durability: what a commit survives on SQLite: “process”, or “power” too. PostgreSQL's own
            configuration decides there.

    Raises:
        ConfigError: the URL is none, or the database's driver is not installed.
        StoreError: it cannot be opened, or needs a migration.
    """

    def __init__(
        self,
        url: str,
        *,
        password: str = "",
        migrate: bool = False,
        durability: Durability = "power",
    ) -> None:
        self.durability = durability
        #: Seconds that a connection opened from now on waits for another writer (SQLite), where
        #: it is not the usual time.
        self.busy_seconds: int | None = None
        parsed = parse_store_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        file = parsed.database or ""
        self.path = Path(file.removeprefix("file:")) if self.is_sqlite and file else None
        if password:
            parsed = parsed.set(password=password)
        self.name = str(self.path) if self.path else shown_url(parsed)
        # Parameters hold addresses; they have no place in an error's text.
        options: dict[str, Any] = {"hide_parameters": True}
        if self.is_sqlite:
            options["poolclass"] = NullPool
            options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        else:
            options["connect_args"] = {
                name: value for name, value in _ALIVE.items() if name not in parsed.query
            }
        try:
            self.engine: Engine = create_engine(parsed, **options)
        except ModuleNotFoundError as error:
            raise driver_missing(parsed, error.name or "its driver") from None
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

    @property
    def driver_error(self) -> type[Exception]:
        """The class of the driver's own errors, for those who go past SQLAlchemy."""
        error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return error

    def store_error(self, error: Exception) -> StoreError:
        """A driver's error in our words.

        Raises:
            Exception: the error itself, when it is a fault of ours.
        """
        operational = self.engine.dialect.loaded_dbapi.OperationalError
        found = _as_store_error(self.name, error, is_operational=isinstance(error, operational))
        if found is None:
            raise error
        return found

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
            found = _as_store_error(
                self.name,
                error.orig or error,
                is_operational=isinstance(error, OperationalError),
            )
            if found is None:
                raise
            raise found from error
        except self.driver_error as error:
            raise self.store_error(error) from error


#: Known revisions, oldest first; the last one is what this version needs.
REVISIONS = ("0001", "0002", "0003", "0004")
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
            connection.execute(
                f"PRAGMA synchronous = {'FULL' if database.durability == 'power' else 'NORMAL'}"
            )
        except sqlite3.OperationalError as error:
            if "readonly" not in str(error):
                raise


def is_conflict(error: StoreError) -> bool:
    """Whether two transactions were in each other's way, so that trying again helps."""
    cause = error.__cause__
    origin = cause.orig if isinstance(cause, DBAPIError) else cause
    return (
        getattr(origin, "sqlite_errorcode", 0) & _PRIMARY_CODE == sqlite3.SQLITE_BUSY
        or getattr(origin, "sqlstate", None) in _CONFLICTS
    )


#: What is left of SQLite's extended result codes is the primary one.
_PRIMARY_CODE = 0xFF

#: PostgreSQL's serialization_failure and deadlock_detected.
_CONFLICTS = ("40001", "40P01")


def _as_store_error(name: str, error: BaseException, *, is_operational: bool) -> StoreError | None:
    """What a driver's error says, with what to do; None when it is a fault of ours."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0]
    # What cannot be decoded is quoted, and may be an address.
    text = text.partition(" with text ")[0]
    lowered = text.lower()
    if CLOSED in lowered:
        hint = (
            "Put the other one's URL into [store] url and start the program again; `digest send "
            "--restored` opens this one."
        )
    elif "readonly" in lowered or "read-only" in lowered:
        hint = "Make the file and its folder writable for this user."
    elif "locked" in lowered:
        hint = "Another program holds it; wait for it to end, then run the command again."
    elif "disk i/o error" in lowered:
        hint = "Look at the disk: its room, quotas and health; then run the command again."
    elif "full" in lowered:
        hint = "Free some space, then run the command again; nothing was lost."
    elif any(word in lowered for word in ("malformed", "not a database", "could not decode")):
        hint = "Restore a backup (`digest backup` makes them)."
    elif is_operational:
        hint = "Check [store] url, and that the database runs."
    else:
        return None
    return StoreError(f"{name}: {text}", hint)
