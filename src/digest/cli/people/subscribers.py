"""`digest subscribers`: who is on a list, and how they come and go."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    ListOption,
    YesOption,
    confirm,
    new_table,
    now,
    open_publication,
    out,
    print_json,
    progress,
)
from digest.cli.people.reader_tables import (
    print_report,
    print_subscriptions,
    report_json,
    subscription_json,
)

if TYPE_CHECKING:
    from digest.publication import Publication

app = typer.Typer(help="Readers, list by list.", no_args_is_help=True)

#: Rows of a table that are shown when no other number is asked for.
SHOWN = 100


class Status(StrEnum):
    """What `--status` takes."""

    ACTIVE = "active"
    PENDING = "pending"
    UNSUBSCRIBED = "unsubscribed"


class NewStatus(StrEnum):
    """What `add --status` takes."""

    ACTIVE = "active"
    PENDING = "pending"


AddressArgument = Annotated[
    str, typer.Argument(help="The reader's address.", metavar="ADDRESS", show_default=False)
]
StatusOption = Annotated[Status | None, typer.Option("--status", "-s", help="Only these.")]


@app.command()
def add(
    address: AddressArgument,
    name: Annotated[str, typer.Option(help="The reader's name.", show_default=False)] = "",
    language: Annotated[
        str, typer.Option(help="Language code, such as fr.", show_default=False)
    ] = "",
    consent_source: Annotated[
        str,
        typer.Option(help="Where and how consent was given: the evidence.", show_default=False),
    ] = "",
    status: Annotated[NewStatus, typer.Option(help="State on the list.")] = NewStatus.ACTIVE,
    resubscribe: Annotated[
        bool,
        typer.Option("--resubscribe", help="Bring back who unsubscribed; needs --consent-source."),
    ] = False,
    list_name: ListOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Put one reader on a list.

    Example: digest subscribers add marie@example.org --name Marie --consent-source "fair, stand 4"
    """
    from digest.model.people import SubscriptionStatus
    from digest.subscribers import membership

    publication, chosen = _open(config, list_name)
    addition = membership.add(
        publication.database,
        chosen,
        address,
        name=name,
        language=language,
        consent_source=consent_source,
        status=SubscriptionStatus(status.value),
        resubscribe=resubscribe,
        now=now(),
    )
    if as_json:
        print_json({"change": addition.change, **subscription_json(addition.subscription)})
        return
    words = {"added": "added to", "updated": "changed on", "unchanged": "is already on"}
    out().print(
        f"{_masked(addition.subscription.email)} {words[addition.change]} “{chosen}” "
        f"({addition.subscription.status})."
    )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The CSV file.", metavar="FILE.csv")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Report the same, write nothing.")
    ] = False,
    list_name: ListOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Import a CSV file: email,name,language,status,consent_at,consent_source.

    Only email is needed; French names of columns, semicolons and Excel's
    encodings are understood. Nobody who left or was forgotten comes back.

    Example: digest subscribers import lecteurs.csv --dry-run
    """
    from digest.subscribers.importing import import_csv

    publication, chosen = _open(config, list_name)
    with progress() as display:
        task = display.add_task(f"Reading {file.name}", total=None)
        report = import_csv(
            publication.database,
            file,
            chosen,
            now=now(),
            dry_run=dry_run,
            zone=publication.config.zone,
            progress=lambda done, total: display.update(task, completed=done, total=total),
        )
    if as_json:
        print_json(report_json(report))
    else:
        print_report(report)


@app.command()
def export(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write. Default: print.", metavar="FILE.csv"),
    ] = None,
    excel: Annotated[
        bool, typer.Option("--excel", help="As a French Excel opens it: semicolons, UTF-8 mark.")
    ] = False,
    status: StatusOption = None,
    list_name: ListOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write a list as CSV that `import` reads back to the same.

    Example: digest subscribers export --output lecteurs.csv
    """
    import sys

    from digest.errors import UsageError
    from digest.model.people import SubscriptionStatus
    from digest.subscribers.exporting import export_csv, write_csv

    publication, chosen = _open(config, list_name)
    only = SubscriptionStatus(status.value) if status else None
    delimiter = ";" if excel else ","
    if output is None:
        if excel:
            sys.stdout.write("\ufeff")
        export_csv(publication.database, chosen, sys.stdout, status=only, delimiter=delimiter)
        return
    try:
        count = write_csv(
            publication.database, chosen, output, status=only, delimiter=delimiter, mark=excel
        )
    except OSError as error:
        raise UsageError(
            f"{output}: {error.strerror}.", "Name a file in a folder that exists."
        ) from None
    out().print(f"{_readers(count)} written to {output}, readable by you only.", markup=False)


@app.command("list")
def list_(
    status: StatusOption = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help=f"Readers to show. Default: {SHOWN}, all as JSON."),
    ] = None,
    list_name: ListOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show who is on a list, by address.

    Example: digest subscribers list --status active
    """
    from digest.model.people import SubscriptionStatus
    from digest.subscribers import membership

    publication, chosen = _open(config, list_name)
    only = SubscriptionStatus(status.value) if status else None
    if as_json:
        found = membership.listing(publication.database, chosen, only, limit)
        print_json([subscription_json(subscription) for subscription in found])
        return
    shown = limit or SHOWN
    found = membership.listing(publication.database, chosen, only, shown + 1)
    if not found:
        out().print(f"Nobody on “{chosen}”" + (f" is {status}." if status else " yet."))
        return
    print_subscriptions(found[:shown])
    if len(found) > shown:
        out().print(f"The first {shown}; more with --limit, all with `export`.", style="dim")


@app.command()
def unsubscribe(
    address: AddressArgument,
    everywhere: Annotated[bool, typer.Option("--all", help="Off every list.")] = False,
    list_name: ListOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Take a reader off a list, at once; nothing brings them back silently.

    Example: digest subscribers unsubscribe marie@example.org
    """
    from digest.subscribers import membership

    publication, chosen = _open(config, list_name)
    changed = membership.unsubscribe(
        publication.database, address, None if everywhere else chosen, now=now()
    )
    if as_json:
        print_json({"list": None if everywhere else chosen, "changed": changed})
        return
    where = "every list" if everywhere else f"“{chosen}”"
    done = "unsubscribed from" if changed else "had unsubscribed already from"
    out().print(f"{_masked(address)} {done} {where}.")


@app.command()
def remove(
    address: AddressArgument,
    yes: YesOption = False,
    list_name: ListOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Delete a subscription as if it had never been; an import may bring it back.

    For somebody who wants to leave use `unsubscribe`, for one who wants to be
    erased `forget`.

    Example: digest subscribers remove marie@example.org --yes
    """
    from digest.subscribers import membership

    publication, chosen = _open(config, list_name)
    confirm(
        f"Delete {_masked(address, markup=False)} from “{chosen}”? A later import may bring it "
        "back.",
        yes=yes,
    )
    membership.remove(publication.database, address, chosen, now=now())
    if as_json:
        print_json({"list": chosen, "removed": True})
        return
    out().print(f"{_masked(address)} removed from “{chosen}”; a later import may bring it back.")


@app.command()
def forget(
    address: AddressArgument,
    yes: YesOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Erase a person for good: on every list and in past deliveries.

    A keyed hash stays, so that no import brings them back; the figures of
    past editions still add up. Backups, the outbox and imported files are
    yours to clean.

    Example: digest subscribers forget marie@example.org --yes
    """
    from digest.subscribers import membership

    publication = open_publication(config)
    confirm(f"Erase {_masked(address, markup=False)} everywhere? This cannot be undone.", yes=yes)
    gone = membership.forget(publication.database, address, now=now())
    if as_json:
        print_json({"subscriptions": gone.subscriptions, "deliveries": gone.deliveries})
        return
    out().print(
        f"Forgotten: {gone.subscriptions} subscription{'s' * (gone.subscriptions != 1)} erased, "
        f"{gone.deliveries} deliver{'ies' if gone.deliveries != 1 else 'y'} made anonymous."
    )
    out().print("Backups, the outbox and files that were imported may still hold the address.")


@app.command()
def stats(
    list_name: ListOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Count the readers of every list, or of one.

    Example: digest subscribers stats
    """
    import dataclasses

    from digest.subscribers import membership
    from digest.subscribers.lists import choose_list

    publication = open_publication(config)
    about = {settings.name: settings.description for settings in publication.config.lists}
    names = list(about)
    if list_name:
        names = [choose_list(publication.config, list_name)]
    figures = [membership.stats(publication.database, name) for name in names]
    if as_json:
        print_json(
            [{**dataclasses.asdict(found), "receiving": found.receiving} for found in figures]
        )
        return

    table = new_table()
    table.add_column("List")
    for heading in ("Receiving", "Active", "Suppressed", "Pending", "Unsubscribed"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for found in figures:
        numbers = (
            found.receiving,
            found.active,
            found.suppressed,
            found.pending,
            found.unsubscribed,
        )
        described = about[found.list]
        table.add_row(found.list, *(f"{number:,}" for number in numbers), f"[dim]{described}[/]")
    out().print(table)


def _open(config: Path, list_name: str) -> tuple[Publication, str]:
    from digest.subscribers.lists import choose_list

    publication = open_publication(config)
    return publication, choose_list(publication.config, list_name)


def _masked(address: str, *, markup: bool = True) -> str:
    from rich.markup import escape

    from digest.model.people import mask_address

    masked = mask_address(address.strip())
    return escape(masked) if markup else masked


def _readers(count: int) -> str:
    return "1 reader" if count == 1 else f"{count:,} readers"
