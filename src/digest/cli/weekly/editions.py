"""`digest editions`: the numbers so far, opened again or skipped."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    YesOption,
    confirm,
    new_table,
    now,
    open_publication,
    out,
    print_json,
)

app = typer.Typer(help="List the numbers, open one again, declare a week skipped.")

EditionArgument = Annotated[str, typer.Argument(help="Edition, e.g. 2026-W46.", metavar="EDITION")]


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List the editions, latest week first.

    Example: digest editions list
    """
    from digest.store.content.editions import list_editions

    publication = open_publication(config)
    with publication.database.read() as connection:
        records = list_editions(connection)
    if as_json:
        print_json(
            [
                {
                    "edition": record.id,
                    "number": record.number or None,
                    "state": record.state,
                    "built_at": record.built_at,
                    "approved_at": record.approved_at,
                    "dispatched_at": record.dispatched_at,
                }
                for record in records
            ]
        )
        return
    if not records:
        out().print("No edition yet. Run `digest build`.")
        return

    table = new_table()
    for heading in ("Edition", "N°", "State", "Built", "Dispatched"):
        table.add_column(heading)
    zone = publication.config.zone
    for record in records:
        moments = [
            moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else "–"
            for moment in (record.built_at, record.dispatched_at)
        ]
        table.add_row(record.id, str(record.number or "–"), record.state, *moments)
    out().print(table)


@app.command()
def reopen(edition: EditionArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Open an approved or skipped edition again; its approval is forgotten.

    Example: digest editions reopen 2026-W46
    """
    from digest.edition.lifecycle import reopen as reopen_edition

    publication = open_publication(config)
    reopen_edition(publication.database, edition)
    out().print(f"{edition} is open: change it, run `digest build`, then `digest approve`.")


@app.command()
def skip(
    edition: EditionArgument, yes: YesOption = False, config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """Declare a week without a number. Its N° goes to the next one.

    Example: digest editions skip 2026-W52 --yes
    """
    from digest.edition.lifecycle import skip as skip_edition
    from digest.publication import window_for

    publication = open_publication(config)
    edition = window_for(publication.config, now(), week=edition).edition
    confirm(f"Skip {edition}?", yes=yes)
    skip_edition(publication.database, edition, now())
    out().print(f"{edition} is skipped.")
