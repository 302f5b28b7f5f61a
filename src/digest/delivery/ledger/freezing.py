"""Fixes a letter together with its audience, once; and counts where its deliveries stand.

Everything happens in one transaction: either the letter, every delivery, the edition's state and
what it published are there, or nothing is. Who may freeze, and whether the letter was approved,
is the caller's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from digest.delivery.ledger.records import Balance, Dispatch, LedgerName, pack_letter, unpack_letter
from digest.errors import ContentError
from digest.model.sending import DeliveryState, Letter
from digest.store.database import Database
from digest.store.ledger import audience as audiences
from digest.store.ledger import dispatches as queries


def freeze(
    database: Database,
    letter: Letter,
    *,
    edition_id: str,
    ledger: LedgerName,
    list_name: str,
    provider: str,
    stories: Sequence[tuple[str, str]],
    now: datetime,
) -> Dispatch:
    """Keep the letter and make a delivery of every subscription of the list.

    Called again for the same edition, ledger and list it changes nothing and returns what was
    frozen. Another list of the same edition joins the same dispatch and the same letter. A
    rehearsal replaces the one before and touches nothing but itself.

    Args:
        stories: (url, title) of what the edition publishes; not kept for a rehearsal.

    Raises:
        ContentError: the edition is not in the store, its week is declared skipped, or it was
            called back.
        StoreError: the store cannot be written.
    """
    with database.write() as connection:
        state = queries.lock_edition(connection, edition_id)
        if state is None or state == "skipped":
            found = "is not in the store" if state is None else "is declared skipped"
            raise ContentError(f"edition {edition_id} {found}", "Run `digest build` first.")
        dispatch_id = queries.find_dispatch(connection, edition_id, ledger)
        if dispatch_id is not None and ledger == "rehearsal":
            queries.remove_dispatch(connection, dispatch_id)
            dispatch_id = None
        if dispatch_id is None:
            packed, letter_hash = pack_letter(letter)
            dispatch_id = queries.add_dispatch(
                connection,
                edition=edition_id,
                ledger=ledger,
                provider=provider,
                letter=packed,
                letter_hash=letter_hash,
                frozen_at=now,
            )
        row = queries.get_dispatch(connection, dispatch_id)
        if row.cancelled_at is not None:
            raise ContentError(
                f"edition {edition_id} was cancelled: nobody joins it any more",
                "`digest status` shows where its deliveries stand.",
            )
        if not audiences.has_audience(connection, dispatch_id, list_name):
            audiences.add_audience(connection, dispatch_id, list_name, now)
            if ledger == "main":
                queries.mark_dispatching(connection, edition_id)
                queries.mark_published(connection, edition_id, stories)
        row = queries.get_dispatch(connection, dispatch_id)
    return _as_dispatch(row)


def frozen(database: Database, edition_id: str, ledger: LedgerName) -> Dispatch | None:
    """The frozen dispatch of an edition, or None when there is none.

    Raises:
        StoreError: the letter in the store is damaged.
    """
    with database.read() as connection:
        dispatch_id = queries.find_dispatch(connection, edition_id, ledger)
        row = None if dispatch_id is None else queries.get_dispatch(connection, dispatch_id)
    return None if row is None else _as_dispatch(row)


def balance(database: Database, edition_id: str, ledger: LedgerName) -> Balance:
    """Where the deliveries stand; all zero when nothing was frozen."""
    with database.read() as connection:
        dispatch_id = queries.find_dispatch(connection, edition_id, ledger)
        if dispatch_id is None:
            return Balance()
        audience = audiences.audience_size(connection, dispatch_id)
        states = queries.count_states(connection, dispatch_id)
        excluded = queries.count_exclusions(connection, dispatch_id)
    # A state that does not exist is missed in the sum.
    counts = {state.value: states[state] for state in DeliveryState if state != "excluded"}
    return Balance(audience=audience, excluded=dict(excluded), **counts)


def _as_dispatch(row: Row[Any]) -> Dispatch:
    return Dispatch(
        id=row.id,
        edition=row.edition,
        ledger=row.ledger,
        provider=row.provider,
        letter=unpack_letter(row.letter, row.letter_hash),
        letter_hash=row.letter_hash,
        frozen_at=row.frozen_at,
        send_at=row.send_at,
        provider_batch=row.provider_batch,
        cancelled_at=row.cancelled_at,
        called_back=tuple(row.called_back.split()),
    )
