"""What `digest send` and `digest cancel` ask a person before they do what cannot be undone."""

from __future__ import annotations

import typer

from digest.cli.frame import confirm, err, is_interactive
from digest.errors import DeclinedError, UsageError


def ask_recipients(recipients: int, *, yes: bool) -> None:
    """The number of recipients, typed.

    Raises:
        UsageError: nobody can be asked, and `--yes` was not given.
        DeclinedError: another number was typed.
    """
    if yes:
        return
    _require_somebody(
        f"{recipients} recipients, and nobody to ask", "Add --yes to send without a question."
    )
    _ask_for(str(recipients), "Type the number of recipients to send", "nothing was dispatched")


def ask_resending(edition: str, unknown: int, *, yes: bool) -> None:
    """The number of readers who may get a second copy, typed.

    `--yes` answers it only beside `--resend-unknown`, since nothing else asks this.

    Raises:
        UsageError, DeclinedError: as above.
    """
    if yes:
        return
    risk = (
        f"{edition}: what became of {unknown} deliveries is unknown: the provider may have taken "
        "them."
    )
    _require_somebody(
        f"{risk} Nobody can be asked here.",
        "Run `digest reconcile` first; then add --yes to --resend-unknown to take the risk.",
    )
    err().print(
        f"{risk}\nSent again, up to {unknown} readers get it [bold]twice[/]; left as they are, up "
        f"to {unknown} do not get it. `digest reconcile` may tell."
    )
    _ask_for(
        str(unknown),
        "Type the number of readers who may get a second copy",
        "they stay unknown, nothing was dispatched",
    )


def ask_restored(edition: str, made_at: str, pending: int, *, restored: bool) -> None:
    """That a copy of the store is the one in use from now on.

    Args:
        made_at: when it was made or noticed, as people read it.

    Raises:
        UsageError, DeclinedError: as above.
    """
    if restored:
        return
    what = (
        f"This store is a copy, made or noticed on {made_at}. Whatever left since it was made "
        f"still stands as not sent in it. Of {edition}, {pending} are pending."
    )
    _require_somebody(
        f"{what} Nobody can be asked here.",
        "If it is the store in use from now on, and nothing left since, add --restored.",
    )
    err().print(f"{what}\nWho received it meanwhile gets it [bold]twice[/].")
    _ask_for("restored", "Type “restored” to use this store from now on", "nothing was dispatched")


def ask_another_moment(edition: str, before: str, after: str, *, yes: bool) -> None:
    """Whether an edition leaves at another moment than was said; it is told in any case.

    Args:
        before, after: the moments as people read them.

    Raises:
        UsageError, DeclinedError: as above.
    """
    err().print(f"{edition} was to leave {before}; from now on it is to leave on {after}.")
    confirm(f"Let {edition} leave on {after}?", yes=yes)


def ask_cancelling(edition: str, waiting: int, *, yes: bool) -> None:
    """The edition's id, typed.

    Raises:
        UsageError, DeclinedError: as above.
    """
    if yes:
        return
    _require_somebody(
        f"{edition} would be cancelled for {waiting} readers, and nobody is there to ask",
        "Add --yes to cancel without a question.",
    )
    _ask_for(
        edition,
        f"{waiting} readers will not get it. Type {edition} to cancel",
        "nothing was cancelled",
    )


def _require_somebody(what: str, hint: str) -> None:
    if not is_interactive():
        raise UsageError(what, hint)


def _ask_for(expected: str, question: str, otherwise: str) -> None:
    answer = typer.prompt(question, err=True)
    if answer.strip() != expected:
        raise DeclinedError(f"“{answer}” is not {expected}: {otherwise}.")
