"""`digest preview`: the studio, where a letter is seen as readers will meet it, or as a folder."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    now,
    open_publication,
    out,
    print_json,
)
from digest.cli.panels import WEEKLY
from digest.cli.weekly.preparing import prepare
from digest.errors import ContentError

if TYPE_CHECKING:
    from digest.publication import Publication


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(preview)


def preview(
    week: WeekOption = "",
    export: Annotated[
        Path | None,
        typer.Option(
            help="Write the page as a folder that can be put online, with edition.html, .txt, "
            ".mjml and .eml.",
            metavar="DIR",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1. Default: a free one.")
    ] = 0,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page.")] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Open the studio: the letter in every face readers may see, beside what the check found.

    It follows every save of a template, the edition, a sponsor or config.toml
    until Ctrl-C. Only this machine reaches it, with the address it prints.

    Example: digest preview --week 2026-W46
    """
    publication = open_publication(config)
    if export is not None:
        _export(publication, week, export, as_json=as_json)
        return
    _serve(publication, week, port, browser=browser, as_json=as_json)


def _export(publication: Publication, week: str, folder: Path, *, as_json: bool) -> None:
    from digest.cli.weekly.exporting import export_preview

    prepared = prepare(publication, week)
    files = export_preview(publication, prepared, folder, now())
    if as_json:
        print_json({"edition": prepared.edition.id, "files": [str(file) for file in files]})
        return
    for file in files:
        out().print(str(file), soft_wrap=True)


def _serve(publication: Publication, week: str, port: int, *, browser: bool, as_json: bool) -> None:
    from digest.pipeline import is_built
    from digest.publication import window_for
    from digest.web.studio.serving import serve
    from digest.web.studio.session import Studio

    edition = window_for(publication.config, now(), week=week).edition
    if not is_built(publication, edition):
        raise ContentError(f"{edition} was not built yet", f"Run `digest build --week {edition}`.")
    studio = Studio(publication, edition, clock=now, user=getpass.getuser())
    studio.render()

    def ready(address: str) -> None:
        if as_json:
            sys.stdout.write(json.dumps({"url": address, "edition": edition}) + "\n")
            sys.stdout.flush()
        else:
            out().print(f"{edition} is shown at {address}", soft_wrap=True)
            out().print("Stop with Ctrl-C.")
        if browser and out().is_terminal:
            typer.launch(address)

    serve(studio, port=port, ready=ready)
