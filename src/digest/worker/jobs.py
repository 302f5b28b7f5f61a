"""Procrastinate in the publication's own database: its tables, its connection, its two queues.

It carries coarse jobs only, one a shard of an edition and the schedule's tick; who has received
what is the ledger's business alone. Its tables are made and brought up to date here, under a lock,
from the scripts that the package brings; a fact keeps how far they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, text

from digest.errors import ConfigError, StoreError, UsageError
from digest.store.database import Database
from digest.store.facts import find_fact, set_fact
from digest.store.place.copying import JOBS_SCHEMA

if TYPE_CHECKING:
    from procrastinate import App

#: Queues: shards of editions, and the schedule.
DELIVERIES, SCHEDULE = "deliveries", "schedule"
#: Names of the tasks as they stand in the database.
DELIVER, TICK = "digest.deliver", "digest.tick"

#: Any number, as long as nobody else takes it.
_ADVISORY_LOCK = 4_620_251_123


def require_workers(database: Database) -> None:
    """Stop where no worker can be.

    Raises:
        UsageError: the store is SQLite.
        ConfigError: Procrastinate is not installed.
    """
    if database.is_sqlite:
        raise UsageError(
            f"{database.name}: workers need PostgreSQL; on SQLite one process sends at a time",
            "`digest send` does it here, `digest schedule --systemd` or --cron starts it every "
            "week; `digest db copy` moves the store to PostgreSQL.",
        )
    try:
        import procrastinate  # noqa: F401
    except ModuleNotFoundError:
        raise ConfigError(
            "workers need Procrastinate, which is not installed",
            "Run `pip install 'digest[postgresql]'`.",
        ) from None


def prepare_jobs(database: Database) -> str:
    """Make the jobs' tables or bring them up to date; returns their revision.

    Raises:
        StoreError: a newer version made them, or somebody else did.
    """
    from procrastinate.schema import SchemaManager

    scripts = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    newest = scripts[-1].stem
    with database.read() as connection:
        if find_fact(connection, JOBS_SCHEMA) == newest:
            return newest
    with database.write() as connection:
        connection.execute(select(text(f"pg_advisory_xact_lock({_ADVISORY_LOCK})")))
        known = find_fact(connection, JOBS_SCHEMA)
        if known == newest:
            return newest
        if known is None:
            _require_no_tables(database, connection)
            missing = [SchemaManager.get_schema()]
        elif known in {script.stem for script in scripts}:
            missing = [script.read_text("utf-8") for script in scripts if script.stem > known]
        else:
            raise StoreError(
                f"{database.name}: the jobs' tables were made by a newer Procrastinate ({known})",
                "Install the version of digest that the other machines have.",
            )
        driver: Any = connection.connection.driver_connection
        for script in missing:
            driver.execute(script)
        set_fact(connection, JOBS_SCHEMA, newest)
    return newest


@contextmanager
def open_jobs(database: Database) -> Iterator[App]:
    """The jobs of a store, to look at and to add to from synchronous code."""
    from procrastinate import App, SyncPsycopgConnector

    app = App(connector=SyncPsycopgConnector(kwargs=connection_values(database), min_size=1))
    with app.open():
        yield app


def connection_values(database: Database) -> dict[str, Any]:
    """What psycopg is given to reach the store."""
    _, values = database.engine.dialect.create_connect_args(database.engine.url)
    return dict(values)


def open_shards(app: App) -> list[dict[str, Any]]:
    """The arguments of the shards that wait for a worker or have one."""
    return [
        dict(job.task_kwargs)
        for status in ("todo", "doing")
        for job in app.job_manager.list_jobs(task=DELIVER, status=status)
    ]


def bring_forward(connection: Connection, dispatch_id: int, moment: datetime) -> None:
    """Let a dispatch's shards that wait for a later moment begin at this one."""
    connection.execute(
        text(
            "UPDATE procrastinate_jobs SET scheduled_at = :moment WHERE task_name = :task "
            "AND status = 'todo' AND scheduled_at > :moment AND args->'dispatch' = to_jsonb(:id)"
        ),
        {"moment": moment, "task": DELIVER, "id": dispatch_id},
    )


def _require_no_tables(database: Database, connection: Connection) -> None:
    if connection.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is not None:
        raise StoreError(
            f"{database.name}: holds Procrastinate's tables of another program",
            "Give digest a database of its own.",
        )
