"""An edition called back: from the ledger, and from a provider that holds it for later.

    withdraw what is pending ─► settle what a dead run left ─► SendGrid forgets its batch
                                                                  └─► withdraw what it held

Each step may be repeated; a command that was interrupted is run again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from digest.delivery import ledger
from digest.delivery.ledger import cancelling
from digest.delivery.running import run_dispatch
from digest.errors import ContentError
from digest.publication import Publication


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of an edition that was called back.

    `withdrawn` had not left, `called_back` stood at the provider for later; `is_late` says that it
    was too late for the provider to promise anything about what it holds.
    """

    withdrawn: int
    called_back: int
    is_late: bool
    balance: ledger.Balance


def frozen_edition(publication: Publication, edition: str) -> ledger.Dispatch:
    """The dispatch that would be called back.

    Raises:
        ContentError: nothing of the edition was frozen.
    """
    frozen = ledger.frozen(publication.database, edition, "main")
    if frozen is None:
        raise ContentError(
            f"{edition}: nothing was sent yet",
            f"Run `digest editions skip {edition}` if it is not to appear.",
        )
    return frozen


def held_until(frozen: ledger.Dispatch, now: datetime) -> datetime | None:
    """Until when a provider holds the edition; None when it does not, or not any more."""
    is_held = frozen.provider_batch and frozen.send_at and now < frozen.send_at
    return frozen.send_at if is_held else None


def cancel(publication: Publication, edition: str, *, clock: Callable[[], datetime]) -> Cancelled:
    """Call an edition back.

    Raises:
        ContentError: nothing of it was frozen, or everything has left.
        StoreError: (SQLite) another process is sending.
        CredentialsError, IncompleteError: SendGrid did not confirm; what is pending is withdrawn.
    """
    config, database = publication.config, publication.database
    with ledger.sending_lock(database, purpose=f"cancelling {edition}", now=clock()):
        frozen = frozen_edition(publication, edition)
        before = ledger.balance(database, edition, "main")
        held = held_until(frozen, clock())
        if not (before.pending or before.submitting or held or frozen.cancelled_at):
            raise ContentError(
                f"{edition} has left: what readers have cannot be called back",
                "Run `digest status` to see who has it.",
            )
        withdrawn = cancelling.withdraw(database, frozen, clock())
        if before.submitting:
            run_dispatch(database, config, frozen, clock=clock, progress=lambda _balance: None)
        called_back, is_late = 0, False
        if held:
            called_back, is_late = _call_back(publication, frozen, held, clock)
    after = ledger.balance(database, edition, "main")
    return Cancelled(withdrawn, called_back, is_late, after)


def undo(publication: Publication, edition: str, *, now: datetime) -> int:
    """Make what was called back pending again; returns how many.

    Raises:
        ContentError: nothing of it was frozen, or it was not cancelled.
        StoreError: (SQLite) another process is sending.
    """
    database = publication.database
    with ledger.sending_lock(database, purpose=f"restoring {edition}", now=now):
        frozen = frozen_edition(publication, edition)
        if frozen.cancelled_at is None:
            raise ContentError(f"{edition} was not cancelled", "See `digest status`.")
        return cancelling.let_go(database, frozen, now)


def _call_back(
    publication: Publication,
    frozen: ledger.Dispatch,
    held: datetime,
    clock: Callable[[], datetime],
) -> tuple[int, bool]:
    """How many SendGrid gave back, and whether it was too late for its promise."""
    from digest.delivery.providers.sendgrid.batches import NOTICE, call_back
    from digest.delivery.providers.sendgrid.calling import open_interface

    batch = frozen.provider_batch
    call_back(open_interface(publication.config), batch)
    now = clock()
    if now > held - NOTICE:
        return 0, True
    return cancelling.forget_scheduled(publication.database, frozen, batch, now), False
