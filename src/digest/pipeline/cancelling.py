"""An edition called back: from the ledger, and from a provider that holds it for later.

    withdraw what is pending ─► settle what a dead run left ─► doubt what SendGrid holds
                         withdraw what it held ◄─ confirmed ◄─ have it forget its batch

Each step may be repeated; a command that was interrupted is run again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from digest.delivery import ledger
from digest.delivery.holding import HeldError, call_back, held_until, is_heeded
from digest.delivery.ledger import cancelling
from digest.delivery.running import run_dispatch
from digest.errors import ConfigError, ContentError, CredentialsError
from digest.publication import Publication


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What became of an edition that was called back.

    `withdrawn` had not left, `called_back` stood at the provider for later; `is_late` says that it
    was too late for the provider to promise anything about what it holds, which is unknown then.
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


def cancel(publication: Publication, edition: str, *, clock: Callable[[], datetime]) -> Cancelled:
    """Call an edition back.

    Raises:
        ContentError: nothing of it was frozen, or everything has left.
        StoreError: (SQLite) another process is sending.
        ConfigError, CredentialsError, IncompleteError: SendGrid did not confirm, and what it holds
            stays accepted where it refused the first time it was asked, unknown otherwise; what is
            pending is withdrawn.
    """
    config, database = publication.config, publication.database
    with ledger.sending_lock(database, purpose=f"cancelling {edition}", now=clock()):
        frozen = frozen_edition(publication, edition)
        before = ledger.balance(database, edition, "main")
        held = held_until(frozen, clock())
        if not (before.left or held or frozen.cancelled_at):
            raise ContentError(
                f"{edition} has left: what readers have cannot be cancelled",
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
    """How many the provider gave back, and whether it was too late for its promise."""
    database = publication.database
    is_first = cancelling.doubt_scheduled(database, frozen, clock())
    try:
        call_back(publication.config, frozen)
    except (ConfigError, CredentialsError, HeldError):
        if is_first:
            cancelling.believe_scheduled(database, frozen, clock())
        raise
    now = clock()
    if not is_heeded(held, now):
        return 0, True
    return cancelling.forget_scheduled(database, frozen, frozen.provider_batch, now), False
