"""`digest init`, `serve`, `backup`: setting up and running a publication."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    now,
    open_publication,
    out,
)
from digest.cli.panels import OPERATION
from digest.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (init, serve, backup):
        app.command(rich_help_panel=OPERATION)(command)


def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make.", metavar="DIR")],
) -> None:
    """Make a new publication that sends its first edition to the outbox without an edit.

    Example: digest init ma-lettre
    """
    from zoneinfo import ZoneInfo

    from digest.selection import last_week
    from digest.starter import create

    config = create(folder, last_week=last_week(now(), ZoneInfo("Europe/Paris")))
    out().print(f"[bold]{config.publication.name}[/] stands in {folder}.")
    out().print(f"Next: cd {folder} && digest send", soft_wrap=True)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8460,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Answer readers who leave: a page with a button, and one-click (RFC 8058).

    Takes SendGrid's events too, once \\[delivery.sendgrid] webhook_key is set.
    Put it behind the web server that answers at \\[publication] public_url.

    Example: digest serve --port 8460
    """
    import socket

    import uvicorn

    from digest.web.app import create_app

    publication = open_publication(config)
    app = create_app(publication.database, publication.config, clock=now)
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        raise UsageError(
            f"{host}:{port}: cannot listen there: {error.strerror}",
            "Choose another --port, or stop what uses it.",
        ) from None
    out().print(f"Listening on http://{host}:{port} – stop with Ctrl-C.")
    settings = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    with listener:
        uvicorn.Server(settings).run(sockets=[listener])


def backup(
    file: Annotated[Path, typer.Argument(help="File to write.", metavar="FILE")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Copy the store to a file, consistent also while it is in use.

    Example: digest backup digest-2026-11-22.db
    """
    from digest.store.place.backup import backup as copy_store

    publication = open_publication(config)
    copy_store(publication.database, file, now=now(), force=force)
    out().print(f"{file}: {file.stat().st_size / 1000:.0f} kB, checked.")
