"""Takes an edition back that has not wholly left, and lets the rest go after all.

What is pending is excluded as `cancelled`; so is what a provider holds for later and has promised
to forget. What has left, has left. Another process that sends (PostgreSQL) finds its claims
withdrawn at its next start; what it has under way ends as it ends, and is withdrawn too where the
provider puts it off. What a provider is asked to forget is unknown from before it is asked until
it has confirmed: killed in between, nobody is taken to have a letter that may never leave.
"""

from __future__ import annotations

from datetime import datetime

from digest.delivery.ledger.departure import HOLDER
from digest.delivery.ledger.freezing import balance
from digest.delivery.ledger.records import Dispatch
from digest.errors import ContentError
from digest.store.database import Database
from digest.store.ledger import cancelling as queries
from digest.store.ledger import dispatches


def withdraw(database: Database, dispatch: Dispatch, now: datetime) -> int:
    """Exclude what is pending, and let no list join; returns how many."""
    # First, so that nobody claims again what is put off while the rest is withdrawn.
    with database.write() as connection:
        dispatches.lock_edition(connection, dispatch.edition)
        dispatches.set_cancelled(connection, dispatch.id, dispatch.cancelled_at or now)
    with database.write() as connection:
        withdrawn = queries.withdraw_pending(connection, dispatch.edition, dispatch.id, now)
    _close(database, dispatch, now)
    return withdrawn


def doubt_scheduled(database: Database, dispatch: Dispatch, now: datetime) -> bool:
    """What a provider holds is unknown, since it is now asked to forget it.

    Returns:
        Whether it was not asked before; what was never confirmed it may have heeded all the same.
    """
    with database.write() as connection:
        is_first = not queries.was_asked(connection, dispatch.id)
        queries.doubt_scheduled(connection, dispatch.id, dispatch.provider_batch, HOLDER, now)
    return is_first


def believe_scheduled(database: Database, dispatch: Dispatch, now: datetime) -> None:
    """The provider certainly goes on holding what it was asked to forget: it is accepted."""
    with database.write() as connection:
        queries.believe_scheduled(connection, dispatch.id, HOLDER, now)


def forget_scheduled(database: Database, dispatch: Dispatch, batch: str, now: datetime) -> int:
    """Exclude what a provider held under a name and will not deliver; returns how many."""
    with database.write() as connection:
        changed = queries.withdraw_scheduled(connection, dispatch.id, batch, now)
    _close(database, dispatch, now)
    return changed.total()


def let_go(database: Database, dispatch: Dispatch, now: datetime) -> int:
    """Make everything that was taken back pending again; returns how many.

    A provider's name for the dispatch is forgotten: what is sent under it would be withheld.
    """
    with database.write() as connection:
        dispatches.lock_edition(connection, dispatch.edition)
        restored = queries.restore(connection, dispatch.id, now)
        queries.forget_batch(connection, dispatch.id)
        dispatches.set_cancelled(connection, dispatch.id, None)
        if dispatches.has_open(connection, dispatch.id):
            dispatches.mark_dispatching(connection, dispatch.edition)
    return restored


def require_not_cancelled(database: Database, dispatch: Dispatch) -> None:
    """Stop when a frozen edition was taken back.

    Raises:
        ContentError: it was; the hint says how it goes on.
    """
    if dispatch.cancelled_at is None:
        return
    with database.read() as connection:
        has_left = queries.has_left_somewhere(connection, dispatch.id)
    edition, when = dispatch.edition, f"{dispatch.cancelled_at:%Y-%m-%d at %H:%M} UTC"
    undo = f"`digest cancel --week {edition} --undo`"
    if has_left:
        left = balance(database, edition, dispatch.ledger)
        doubt = f", and may have left for {left.unknown}" if left.unknown else ""
        raise ContentError(
            f"{edition} was cancelled on {when}; it had left for {left.accepted}{doubt}",
            f"{undo} makes the others pending again, for the same letter.",
        )
    raise ContentError(
        f"{edition} was cancelled on {when}; nobody has it",
        f"Run `digest editions reopen {edition}` to change it, or {undo} to send it as it was.",
    )


def _close(database: Database, dispatch: Dispatch, now: datetime) -> None:
    with database.write() as connection:
        dispatches.mark_dispatched_when_served(connection, dispatch.edition, dispatch.id, now)
