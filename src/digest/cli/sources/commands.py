"""`digest sources`: where articles come from, tried, found, added, and fetched into the store.

How a source is read is `digest.sources`' matter; finding and adding stands in `source_adding`.
"""

from __future__ import annotations

import shlex
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    new_table,
    now,
    open_publication,
    out,
    print_json,
    read_settings,
)
from digest.cli.sources import adding as source_adding
from digest.cli.sources.trial import print_trial, trial_json, try_source
from digest.cli.weekly.week import step_by_step, tell_failed
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.config import SourceSettings

app = typer.Typer(help="Where articles come from: look, try, add, fetch.", no_args_is_help=True)

#: Days that `test` and `fetch` look back.
_DAYS = 7


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List the sources with what the store keeps of them and when they last answered.

    Example: digest sources list
    """
    from digest.store.content.articles import count
    from digest.store.content.sightings import last_fetch

    publication = open_publication(config)
    rows = []
    with publication.database.read() as connection:
        for source in publication.config.sources:
            fetched = last_fetch(connection, source.url) if source.url else None
            rows.append((source, count(connection, source.name), fetched))
    if as_json:
        print_json(
            [
                {
                    "name": source.name,
                    "kind": source.kind,
                    "where": where_of(source),
                    "articles": kept,
                    "fetched_at": fetched.at if fetched else None,
                    "status": fetched.status if fetched else None,
                }
                for source, kept, fetched in rows
            ]
        )
        return
    if not rows:
        out().print("No source yet. Run `digest sources add URL`.")
        return
    from rich.markup import escape

    table = new_table()
    table.add_column("Source", overflow="fold")
    table.add_column("Kind", overflow="fold")
    table.add_column("Where", overflow="fold", ratio=1)
    table.add_column("Kept", justify="right")
    table.add_column("Last fetched", no_wrap=True)
    table.add_column("Answer")
    zone = publication.config.zone
    for source, kept, fetched in rows:
        table.add_row(
            escape(source.name),
            source.kind,
            escape(where_of(source)),
            f"{kept:,}",
            f"{fetched.at.astimezone(zone):%Y-%m-%d %H:%M}" if fetched else "–",
            status_words(fetched.status) if fetched else "–",
        )
    out().print(table)


def where_of(source: SourceSettings) -> str:
    """A source's folder, file or address, without a password."""
    from digest.text.masking import mask_url

    return mask_url(source.url) if source.url else source.path


def status_words(status: int) -> str:
    """What a server's answer means, in a word or two."""
    if status == 0:
        return "none"
    if status == 304:
        return "304 unchanged"
    return f"{status} ok" if 200 <= status < 300 else f"{status}"


@app.command()
def fetch(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Fetch what is new of the last seven days into the store, for an hourly clock.

    Ends with 3 only when a required source failed, or all of them.

    Example: digest sources fetch
    """
    from digest.collection import collect
    from digest.publication import window_for

    publication, moment = open_publication(config), now()
    day = moment.astimezone(publication.config.zone).date()
    window = window_for(publication.config, moment, since=day - timedelta(days=_DAYS), until=day)
    with step_by_step() as show:
        collected = collect(publication, window, show, now=moment, offline=False)
    unusable = Counter(rejected.source for rejected in collected.rejected)
    if as_json:
        print_json(
            [
                {
                    "name": report.name,
                    "articles": report.articles,
                    "new": report.new,
                    "changed": report.changed,
                    "pages": report.pages,
                    "not_usable": unusable[report.name],
                    "error": report.error.message if report.error else None,
                }
                for report in collected.reports
            ]
        )
        return
    tell_failed(collected)
    from rich.markup import escape

    table = new_table()
    table.add_column("Source", overflow="fold")
    for heading in ("Articles", "New", "Changed", "Unchanged", "Pages"):
        table.add_column(heading, justify="right")
    for report in collected.reports:
        counts = (
            report.articles,
            report.new,
            report.changed,
            report.articles - report.new - report.changed,
            report.pages,
        )
        failed = "  [red]failed[/]" if report.error else ""
        table.add_row(f"{escape(report.name)}{failed}", *(f"{count:,}" for count in counts))
    out().print(table)
    for name, number in unusable.items():
        told = f"{name}: {number:,} not usable; digest sources test {shlex.quote(name)} says why."
        out().print(told, markup=False, soft_wrap=True)


# ---- Trying one -----------------------------------------------------------------------------


@app.command("test")
def try_one(
    name: Annotated[str, typer.Argument(help="Name of the source.", metavar="NAME")],
    most: Annotated[int, typer.Option("--most", min=1, max=100, help="Articles to show.")] = 5,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Read one source and show its latest articles as they are understood; keeps nothing.

    Example: digest sources test boussole
    """
    from digest.publication import web_for
    from digest.text.nearest import nearest

    settings = read_settings(config)
    found = next((source for source in settings.sources if source.name == name), None)
    if found is None:
        raise UsageError(
            f"there is no source “{name}”",
            nearest(name, [source.name for source in settings.sources]),
        )
    moment = now()
    today = moment.astimezone(settings.zone).date()
    with step_by_step() as show:
        web = web_for(settings, moment)
        trial = try_source(settings, found, web, show, today=today, days=_DAYS, most=most)
    if as_json:
        print_json(trial_json(trial))
    else:
        print_trial(trial, settings.zone)


source_adding.register(app)
