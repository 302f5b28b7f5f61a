"""`digest preview`: what a letter will look like, and the letter's own files."""

from __future__ import annotations

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
from digest.cli.preparing import prepare
from digest.cli.weekly import (
    PANEL,
)

if TYPE_CHECKING:
    pass


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=PANEL)(preview)


def preview(
    week: WeekOption = "",
    export: Annotated[
        Path | None,
        typer.Option(
            help="Write edition.html, .txt, .mjml and .eml into this folder.", metavar="DIR"
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page.")] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show the letter at 600 and 375 px and as text, with what the check found.

    Example: digest preview --week 2026-W46
    """
    from digest.cli.exporting import export_letter, write_preview

    publication = open_publication(config)
    prepared = prepare(publication, week)
    files = [write_preview(publication, prepared, now())]
    if export is not None:
        files = export_letter(publication, prepared, export, now())
    if as_json:
        print_json({"edition": prepared.edition.id, "files": [str(file) for file in files]})
        return
    for file in files:
        out().print(str(file), soft_wrap=True)
    if browser and export is None and out().is_terminal:
        typer.launch(files[0].as_uri())
