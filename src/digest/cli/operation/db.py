"""`digest db`: the store's tables, and the way from one database to the other."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    now,
    out,
    plain,
    print_json,
    progress,
    read_settings,
)
from digest.errors import InputError, UsageError

if TYPE_CHECKING:
    from digest.store.database import Database
    from digest.store.place.copying import CopiedTable

app = typer.Typer(help="The store.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep the store's tables up to date."""


@app.command()
def upgrade(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Bring the store's tables up to date (SQLite does it by itself).

    Example: digest db upgrade
    """
    from importlib.util import find_spec

    from digest.publication import Publication
    from digest.store.database import HEAD
    from digest.worker.jobs import prepare_jobs

    publication = Publication.open(read_settings(config), migrate=True)
    if not publication.database.is_sqlite and find_spec("procrastinate"):
        prepare_jobs(publication.database)
    publication.database.close()
    out().print(f"{publication.database.name}: up to date (revision {HEAD}).")


@app.command()
def copy(
    source: Annotated[
        str, typer.Argument(help="File, or URL as in \\[store] url.", metavar="FROM")
    ],
    target: Annotated[str, typer.Argument(help="The same, of an empty store.", metavar="TO")],
    password_env: Annotated[
        str,
        typer.Option(
            help="Variable that holds PostgreSQL's password. Default: \\[store] password_env.",
            metavar="NAME",
        ),
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Move a publication from SQLite to PostgreSQL, or back: every row, compared, or none.

    The old store takes no changes any more, neither meanwhile nor afterwards.

    Example: digest db copy subscribers/digest.db postgresql+psycopg://host/digest
    """
    from digest.delivery.ledger import sending_lock
    from digest.store.place.copying import copy_store

    password = _password(password_env, config)
    with ExitStack() as opened:
        databases: list[Database] = []
        for place, is_new in ((source, False), (target, True)):
            database = _open(place, password, is_new=is_new)
            opened.callback(database.close)
            databases.append(database)
            opened.enter_context(sending_lock(database, purpose="copying the store", now=now()))
            opened.enter_context(
                sending_lock(database, purpose="copying the store", now=now(), ledger="rehearsal")
            )
        with progress() as display:
            task = display.add_task("Copying", total=None)

            def show(step: str, done: int, total: int) -> None:
                display.update(task, description=step, completed=done, total=total)

            copied = copy_store(databases[0], databases[1], now=now(), progress=show)
    source, target = (database.name for database in databases)
    if as_json:
        _print_copied(source, target, copied)
        return
    variable = "" if databases[1].is_sqlite else password_env
    _tell_copied(source, target, copied, password_env=variable)


def _password(variable: str, config: Path) -> str:
    """PostgreSQL's password where a variable for it is named; libpq looks for it otherwise."""
    from digest.config.secrets import read_secret

    if not variable and config.exists():
        variable = read_settings(config).store.password_env
    return read_secret(variable, "the store's password") if variable else ""


def _open(place: str, password: str, *, is_new: bool) -> Database:
    from digest.store.database import Database
    from digest.store.place.url import parse_store_url

    if "://" not in place:
        place = f"sqlite:///{place}"
    url = parse_store_url(place, "TO" if is_new else "FROM")
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database).absolute()
        if not is_new and not file.is_file():
            raise InputError(f"{file}: there is no such store", "Name the file of [store] url.")
        return Database(f"sqlite:///{file}")
    if url.get_backend_name() != "postgresql":
        raise UsageError(
            "a store is a file, sqlite:///path or postgresql+psycopg://host/database",
            "Name the two as [store] url does.",
        )
    if url.password is not None or "password" in url.query:
        raise UsageError(
            "the URL carries a password, which the list of processes and the shell's history show",
            "Leave it out; name the variable that holds it with --password-env.",
        )
    return Database(
        url.set(drivername="postgresql+psycopg").render_as_string(),
        password=password,
        migrate=is_new,
    )


def _print_copied(source: str, target: str, copied: tuple[CopiedTable, ...]) -> None:
    print_json(
        {
            "source": source,
            "target": target,
            "rows": sum(table.rows for table in copied),
            "tables": {
                table.name: {"rows": table.rows, "sha256": table.sha256} for table in copied
            },
        }
    )


def _tell_copied(
    source: str, target: str, copied: tuple[CopiedTable, ...], *, password_env: str
) -> None:
    """What arrived, and what is to be done next; `password_env` if the settings are to name it."""
    width = max(len(f"{table.rows:,}") for table in copied)
    for table in filter(lambda table: table.rows, copied):
        out().print(f"{table.rows:>{width},}  {table.name}")
    out().print(f"{target}: holds every row of {source}, compared one by one.", soft_wrap=True)
    secret = f' and password_env = "{plain(password_env)}"' if password_env else ""
    out().print(
        f"Next: put its URL into \\[store] url{secret} of config.toml, start `digest serve` and "
        "workers again (the old store takes no changes any more, also nobody's leave), then run "
        "`digest status`.",
        soft_wrap=True,
    )
