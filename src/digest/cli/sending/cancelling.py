"""`digest cancel`: an edition called back before it has wholly left, and let go after all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    YesOption,
    now,
    open_publication,
    out,
    print_json,
)
from digest.cli.panels import WEEKLY
from digest.cli.sending.questions import ask_cancelling
from digest.cli.sending.words import shown

if TYPE_CHECKING:
    from digest.delivery.ledger import Dispatch
    from digest.pipeline.cancelling import Cancelled
    from digest.publication import Publication


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(cancel)


def cancel(
    week: WeekOption = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="Let what was cancelled go after all.")
    ] = False,
    yes: YesOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Cancel an edition: who does not have it yet will not get it.

    What is pending is excluded as cancelled. What SendGrid holds until a
    later moment is cancelled there too, up to ten minutes before it. Letters
    that have left stay with their readers.

    Example: digest cancel --week 2026-W46
    """
    from digest.cli.sending.balances import balance_json
    from digest.delivery import ledger
    from digest.delivery.holding import held_until
    from digest.pipeline import cancelling
    from digest.publication import window_for

    publication = open_publication(config)
    edition = window_for(publication.config, now(), week=week).edition
    frozen = cancelling.frozen_edition(publication, edition)
    if undo:
        _undo(publication, frozen, as_json=as_json)
        return
    before = ledger.balance(publication.database, edition, "main")
    waiting = before.left
    if held_until(frozen, now()):
        waiting += before.accepted + before.unknown
    if waiting:
        ask_cancelling(edition, waiting, yes=yes)
    cancelled = cancelling.cancel(publication, edition, clock=now)
    if as_json:
        told = balance_json(edition, frozen.letter.subject, frozen.provider, cancelled.balance)
        told |= {"withdrawn": cancelled.withdrawn, "called_back": cancelled.called_back}
        print_json(told)
        return
    _tell(publication, frozen, cancelled)


def _undo(publication: Publication, frozen: Dispatch, *, as_json: bool) -> None:
    from digest.cli.sending.balances import balance_json
    from digest.delivery import ledger
    from digest.pipeline import cancelling

    edition = frozen.edition
    again = cancelling.undo(publication, edition, now=now())
    if as_json:
        after = ledger.balance(publication.database, edition, "main")
        told = balance_json(edition, frozen.letter.subject, frozen.provider, after)
        print_json({**told, "pending_again": again})
        return
    out().print(f"{edition}: {again} are pending again.")
    out().print(f"Next: digest send --week {edition}")


def _tell(publication: Publication, frozen: Dispatch, cancelled: Cancelled) -> None:
    """Say what was taken back, and what could not be; `frozen` is how it stood before."""
    edition, left = frozen.edition, cancelled.balance
    if frozen.cancelled_at:
        since = shown(publication, frozen.cancelled_at)
        out().print(f"[bold]{edition}[/] was cancelled on {since} already.")
    else:
        out().print(f"[bold]{edition}[/] is cancelled.")
    out().print(f"{cancelled.withdrawn} had not left and will not.")
    if cancelled.called_back:
        out().print(f"{cancelled.called_back} were with SendGrid for later; it forgets them.")
    if cancelled.is_late:
        out().print(
            "[yellow]SendGrid was told less than ten minutes before: it may deliver what it "
            "holds.[/] Its events tell: `digest reconcile`.",
            soft_wrap=True,
        )
    if left.accepted:
        out().print(f"{left.accepted} have left; readers keep what they have.")
    if left.unknown:
        out().print(f"{left.unknown} have an unknown outcome: they may have left.")
    if left.left:
        out().print(
            f"{left.left} are under way in another process; run "
            f"`digest cancel --week {edition}` again when it has ended.",
            soft_wrap=True,
        )
    if left.accepted or left.unknown or left.submitting:
        out().print(f"To the others after all: digest cancel --week {edition} --undo")
    else:
        out().print(f"To change and send it: digest editions reopen {edition}")
