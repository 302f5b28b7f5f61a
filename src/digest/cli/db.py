"""`digest db`: the store's tables."""

from __future__ import annotations

import typer

from digest.cli.frame import DEFAULT_CONFIG, ConfigOption, out

app = typer.Typer(help="The store.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep the store's tables up to date."""


@app.command()
def upgrade(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Bring the store's tables up to date (SQLite does it by itself).

    Example: digest db upgrade
    """
    from digest.config import load_config
    from digest.publication import Publication
    from digest.store.database import HEAD

    publication = Publication.open(load_config(config), migrate=True)
    publication.database.close()
    out().print(f"{publication.database.name}: up to date (revision {HEAD}).")
