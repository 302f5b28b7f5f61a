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
from digest.delivery.running import others_at_work, run_dispatch
from digest.errors import (
    ConfigError,
    ContentError,
    CredentialsError,
    DigestError,
    IncompleteError,
)
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
        if not (before.left or held_until(frozen, clock()) or frozen.cancelled_at):
            raise ContentError(
                f"{edition} has left: what readers have cannot be cancelled",
                "Run `digest status` to see who has it.",
            )
        withdrawn = cancelling.withdraw(database, frozen, clock())
        if before.submitting:
            run_dispatch(database, config, frozen, clock=clock, progress=lambda _balance: None)
        # From here on nothing is handed over any more, and no name is asked for.
        frozen = frozen_edition(publication, edition)
        called_back, is_late = 0, False
        if held := held_until(frozen, clock()):
            called_back, is_late = _call_back(publication, frozen, held, clock)
    after = ledger.balance(database, edition, "main")
    return Cancelled(withdrawn, called_back, is_late, after)


def undo(publication: Publication, edition: str, *, now: datetime) -> int:
    """Make what was called back pending again; returns how many.

    Raises:
        ContentError: nothing of it was frozen, or it was not cancelled.
        IncompleteError: another process is at it still, with a name that SendGrid was asked to
            forget: what it hands over would be withheld.
        StoreError: (SQLite) another process is sending.
    """
    database = publication.database
    with ledger.sending_lock(database, purpose=f"restoring {edition}", now=now):
        frozen = frozen_edition(publication, edition)
        if frozen.cancelled_at is None:
            raise ContentError(f"{edition} was not cancelled", "See `digest status`.")
        if frozen.called_back and (others := others_at_work(database, frozen)):
            processes = "another process is" if others == 1 else f"{others} other processes are"
            raise IncompleteError(
                f"{edition}: {processes} at it still, and SendGrid was asked to forget what is "
                "handed over there",
                "Run the command again when it has ended; `digest prove` names it.",
            )
        return cancelling.let_go(database, frozen, now)


def _call_back(
    publication: Publication,
    frozen: ledger.Dispatch,
    held: datetime,
    clock: Callable[[], datetime],
) -> tuple[int, bool]:
    """How many the provider gave back, and whether it was too late for its promise.

    It is asked about every name, also after it did not confirm one of them.
    """
    database, called_back, is_late = publication.database, 0, False
    failure: DigestError | None = None
    cancelling.doubt_scheduled(database, frozen, clock())
    for name in frozen.names:
        try:
            call_back(publication.config, name)
        except (ConfigError, CredentialsError, HeldError) as error:
            failure = failure or error
            # What was asked before, and not confirmed, it may have heeded all the same.
            if name == frozen.provider_batch:
                cancelling.believe_scheduled(database, frozen, clock())
        except IncompleteError as error:
            failure = failure or error
        else:
            now = clock()
            if is_heeded(held, now):
                called_back += cancelling.forget_scheduled(database, frozen, name, now)
            else:
                is_late = True
    if failure is not None:
        raise failure
    return called_back, is_late
