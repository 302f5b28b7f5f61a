"""`digest status`, and how a balance is told wherever it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
from digest.errors import ContentError, LedgerError

if TYPE_CHECKING:
    from digest.delivery.ledger import Balance


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(status)


def balance_json(edition: str, subject: str, provider: str, balance: Balance) -> dict[str, Any]:
    """A balance as `--json` prints it; `submitting` stands there while something is."""
    return {
        "edition": edition,
        "subject": subject,
        "provider": provider,
        "audience": balance.audience,
        "accepted": balance.accepted,
        "refused": balance.refused,
        "unknown": balance.unknown,
        "pending": balance.pending,
        **({"submitting": balance.submitting} if balance.submitting else {}),
        "excluded": dict(balance.excluded),
    }


def tell_balance(balance: Balance) -> None:
    """Print who has the edition, who is waiting, who is left out and why."""
    from rich.table import Table

    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    table.add_column()
    for count, word, style in (
        (balance.accepted, "accepted", "green"),
        (balance.refused, "refused", "red"),
        (balance.unknown, "unknown", "red"),
        (balance.submitting, "submitting", "yellow"),
        (balance.pending, "pending", "yellow"),
    ):
        if word == "submitting" and not count:
            continue
        table.add_row(str(count), f"[{style if count else 'dim'}]{word}[/]")
    for reason, count in sorted(balance.excluded.items()):
        table.add_row(str(count), f"[dim]excluded: {reason}[/]")
    table.add_row(f"[bold]{balance.audience}[/]", "[bold]audience[/]")
    out().print(table)


def require_sum(edition: str, balance: Balance) -> None:
    """Go on only when every delivery of the audience is accounted for.

    Raises:
        LedgerError: some are missing, or there are too many.
    """
    if not balance.adds_up:
        raise LedgerError(
            f"{edition}: the balance does not add up: {abs(balance.missing)} "
            f"{'missing' if balance.missing > 0 else 'too many'}",
            f"`digest prove --week {edition}` names what is wrong.",
        )


def status(
    week: WeekOption = "", config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Show the ledger's balance: who has the edition, who is waiting, who is left out and why.

    Ends with 8 when it does not add up.

    Example: digest status --week 2026-W46
    """
    from digest.delivery import ledger
    from digest.delivery.ledger.proving import require_not_left
    from digest.edition.lifecycle import record_of
    from digest.publication import window_for

    publication = open_publication(config)
    edition = window_for(publication.config, now(), week=week).edition
    record = record_of(publication.database, edition)
    if record is None:
        raise ContentError(f"there is no edition {edition} yet", "Run `digest build`.")
    frozen = ledger.frozen(publication.database, edition, "main")
    if frozen is None:
        require_not_left(edition, record.state)
    balance = ledger.balance(publication.database, edition, "main")
    state = "cancelled" if frozen and frozen.cancelled_at else record.state
    if as_json:
        subject = frozen.letter.subject if frozen else ""
        provider = frozen.provider if frozen else publication.config.delivery.provider
        print_json(
            {
                **balance_json(edition, subject, provider, balance),
                "state": state,
                "send_at": frozen.send_at if frozen else None,
                "cancelled_at": frozen.cancelled_at if frozen else None,
                "adds_up": balance.adds_up,
            }
        )
        require_sum(edition, balance)
        return
    out().print(f"[bold]{edition}[/] · N° {record.number or '–'} · {state}")
    if not frozen:
        out().print("Nothing was sent yet.")
        return
    if frozen.send_at and frozen.send_at > now() and not frozen.cancelled_at:
        leaves = frozen.send_at.astimezone(publication.config.zone)
        out().print(f"Leaves on {leaves:%Y-%m-%d at %H:%M}.")
    tell_balance(balance)
    require_sum(edition, balance)
