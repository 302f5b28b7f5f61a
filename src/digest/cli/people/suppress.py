"""`digest suppress`: addresses that must not be written to, whatever a list says."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
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

app = typer.Typer(help="Addresses that must not be written to.", no_args_is_help=True)


class Reason(StrEnum):
    """What `--reason` takes."""

    MANUAL = "manual"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


AddressArgument = Annotated[
    str, typer.Argument(help="The address.", metavar="ADDRESS", show_default=False)
]


@app.command()
def add(
    address: AddressArgument,
    reason: Annotated[Reason, typer.Option(help="Why.")] = Reason.MANUAL,
    note: Annotated[str, typer.Option(help="A note for yourself.", show_default=False)] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Never write to an address, on any list; takes effect at once.

    Example: digest suppress add marie@example.org --note "asked by telephone"
    """
    from rich.markup import escape

    from digest.errors import UsageError
    from digest.model.people import SuppressionReason, mask_address
    from digest.subscribers.addresses import AddressError
    from digest.subscribers.suppression import suppress

    publication = open_publication(config)
    try:
        changed = suppress(
            publication.database, address, SuppressionReason(reason.value), note=note, now=now()
        )
    except AddressError as error:
        raise UsageError(f"The address cannot be used: {error}.", "Correct it.") from None
    if as_json:
        print_json({"reason": reason, "changed": changed})
        return
    done = f"suppressed ({reason})" if changed else "was suppressed already"
    out().print(f"{escape(mask_address(address.strip()))} {done}.")


@app.command("list")
def list_(
    limit: Annotated[int | None, typer.Option(min=1, help="Addresses to show.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show the suppressed addresses, latest first; forgotten ones have no address any more.

    Example: digest suppress list
    """
    from digest.subscribers.suppression import listing

    publication = open_publication(config)
    found = listing(publication.database, limit=limit)
    if as_json:
        print_json(
            [
                {
                    "email": suppression.email or None,
                    "reason": suppression.reason,
                    "added_at": suppression.added_at.isoformat(),
                    "note": suppression.note,
                }
                for suppression in found
            ]
        )
        return
    if not found:
        out().print("No address is suppressed.")
        return
    from rich.markup import escape

    table = new_table()
    table.add_column("Address", overflow="fold")
    table.add_column("Reason")
    table.add_column("Since")
    table.add_column("Note", overflow="fold")
    for suppression in found:
        table.add_row(
            escape(suppression.email) or "(forgotten)",
            suppression.reason,
            f"{suppression.added_at:%Y-%m-%d}",
            escape(suppression.note) or "–",
        )
    out().print(table)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The CSV file.", metavar="FILE.csv")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Suppress the addresses of a CSV file: email,reason,note; only email is needed.

    Example: digest suppress import opposition.csv
    """
    from rich.markup import escape

    from digest.subscribers.suppression import import_suppressions

    publication = open_publication(config)
    report = import_suppressions(publication.database, file, now=now())
    if as_json:
        print_json(
            {
                "file": str(file),
                "added": report.added,
                "unchanged": report.unchanged,
                "rejected": [{"row": row, "reason": why} for row, why in report.rejected],
            }
        )
        return
    out().print(
        f"{escape(str(file))}: {report.added:,} suppressed, {report.unchanged:,} already were, "
        f"{len(report.rejected):,} rejected."
    )
    for row, why in report.rejected:
        out().print(f"  row {row}: {escape(why)}")


@app.command()
def lift(
    address: AddressArgument,
    yes: YesOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Take a suppression back, when it was a mistake or the person asks for it.

    Example: digest suppress lift marie@example.org --yes
    """
    from rich.markup import escape

    from digest.errors import UsageError
    from digest.model.people import mask_address
    from digest.subscribers import suppression
    from digest.subscribers.addresses import AddressError

    publication = open_publication(config)
    masked = mask_address(address.strip())
    confirm(f"Allow writing to {masked} again?", yes=yes)
    try:
        earlier = suppression.lift(publication.database, address)
    except AddressError as error:
        raise UsageError(f"The address cannot be used: {error}.", "Correct it.") from None
    if as_json:
        print_json({"reason": earlier.reason, "lifted": True})
        return
    out().print(f"{escape(masked)} is suppressed no more (it was: {earlier.reason}).")
