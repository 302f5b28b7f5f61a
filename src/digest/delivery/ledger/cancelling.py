"""Takes an edition back that has not wholly left, and lets the rest go after all.

What is pending is excluded as `cancelled`; so is what a provider holds for later and has promised
to forget. What has left, has left. Another process that sends (PostgreSQL) finds its claims
withdrawn at its next start; what it has under way ends as it ends, and is withdrawn too where the
provider puts it off. What a provider is asked to forget is unknown from before it is asked until
it has confirmed: killed in between, nobody is taken to have a letter that may never leave.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from digest.delivery.ledger.departure import HOLDER, shown_in
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


def doubt_scheduled(database: Database, dispatch: Dispatch, now: datetime) -> None:
    """What a provider holds is unknown, since it is now asked to forget it, under all its names.

    Nothing more is handed over under one of them: it would be withheld, once that is heeded.
    """
    with database.write() as connection:
        queries.set_names(connection, dispatch.id, current="", called_back=dispatch.names)
        for name in dispatch.names:
            queries.doubt_scheduled(connection, dispatch.id, name, HOLDER, now)


def believe_scheduled(database: Database, dispatch: Dispatch, now: datetime) -> None:
    """The provider certainly goes on holding what it was asked to forget for the first time, under
    the name that `dispatch` had until then: it is accepted, and the name stands as before."""
    with database.write() as connection:
        queries.believe_scheduled(connection, dispatch.id, dispatch.provider_batch, HOLDER, now)
        queries.set_names(
            connection,
            dispatch.id,
            current=dispatch.provider_batch,
            called_back=dispatch.called_back,
        )


def forget_scheduled(database: Database, dispatch: Dispatch, batch: str, now: datetime) -> int:
    """Exclude what a provider held under a name and will not deliver; returns how many."""
    with database.write() as connection:
        changed = queries.withdraw_scheduled(connection, dispatch.id, batch, now)
    _close(database, dispatch, now)
    return changed.total()


def let_go(database: Database, dispatch: Dispatch, now: datetime) -> int:
    """Make everything that was taken back pending again; returns how many.

    Of the names that a provider was asked to forget those stay under which it may hold some all
    the same, so that these can be called back later.
    """
    with database.write() as connection:
        dispatches.lock_edition(connection, dispatch.edition)
        restored = queries.restore(connection, dispatch.id, now)
        row = dispatches.get_dispatch(connection, dispatch.id)
        kept = [
            name for name in row.called_back.split() if queries.holds(connection, dispatch.id, name)
        ]
        queries.set_names(connection, dispatch.id, current=row.provider_batch, called_back=kept)
        dispatches.set_cancelled(connection, dispatch.id, None)
        if dispatches.has_open(connection, dispatch.id):
            dispatches.mark_dispatching(connection, dispatch.edition)
    return restored


def require_not_cancelled(database: Database, dispatch: Dispatch, zone: ZoneInfo) -> None:
    """Stop when a frozen edition was taken back.

    Args:
        zone: the publication's, in which people read when that was.

    Raises:
        ContentError: it was; the hint says how it goes on.
    """
    if dispatch.cancelled_at is None:
        return
    with database.read() as connection:
        has_left = queries.has_left_somewhere(connection, dispatch.id)
    edition, when = dispatch.edition, shown_in(zone, dispatch.cancelled_at)
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
