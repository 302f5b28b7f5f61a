"""What may happen to an edition, and when: built, approved, opened again, skipped.

    (none) ─build─► built ─approve─► approved ─send─► dispatching ─► dispatched
                      ▲                 │
    skipped ──────────┴──── reopen ─────┘

What has left cannot be changed; what was cancelled before anybody had it can be opened again. The
states stand in the store; a frozen letter is `digest.delivery`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from digest.edition.approval import changed_parts, letter_hash
from digest.errors import ApprovalError, ContentError
from digest.store.content import editions as edition_store
from digest.store.content.editions import EditionRecord
from digest.store.database import Database
from digest.store.ledger.cancelling import forget_unsent

_LEFT = ("dispatching", "dispatched")


def record_of(database: Database, edition: str) -> EditionRecord | None:
    """What the store knows of an edition."""
    with database.read() as connection:
        return edition_store.get_edition(connection, edition)


def require_open(database: Database, edition: str) -> None:
    """Stop unless the edition can be built.

    Raises:
        ContentError: it is approved, skipped, or has left.
    """
    record = record_of(database, edition)
    if record is None or record.state == "built":
        return
    _require_here(record)
    raise ContentError(
        f"{edition} is {record.state}", f"Run `digest editions reopen {edition}` to change it."
    )


def approve(
    database: Database,
    edition: str,
    parts: Mapping[str, str],
    *,
    details: Mapping[str, str],
    by: str,
    now: datetime,
) -> str:
    """Keep the hash over what will leave; returns it.

    Args:
        parts: those of `letter_parts`; the hash is over them.
        details: those of `edition_parts`, kept to say later what changed.

    Raises:
        ContentError: there is no such edition, it is skipped, or it has left.
    """
    record = record_of(database, edition)
    if record is None or record.state == "skipped":
        raise ContentError(f"{edition} is not built", f"Run `digest build --week {edition}`.")
    _require_here(record)
    hashed = letter_hash(parts)
    with database.write() as connection:
        edition_store.record_approval(
            connection, edition, letter_hash=hashed, parts={**parts, **details}, by=by, now=now
        )
    return hashed


def require_approved(
    database: Database,
    edition: str,
    parts: Mapping[str, str],
    *,
    details: Mapping[str, str],
    automatic: bool,
) -> None:
    """Stop unless the letter is exactly what was approved.

    Args:
        parts: those of `letter_parts`; they decide.
        details: those of `edition_parts`; they say what changed.
        automatic: an edition that nobody approved may leave too.

    Raises:
        ApprovalError: saying what changed.
        ContentError: the week is declared skipped.
    """
    record = record_of(database, edition)
    if record is not None and record.state == "skipped":
        raise ContentError(f"{edition} is skipped", f"Run `digest editions reopen {edition}`.")
    if record is None or not record.approved_hash:
        if automatic:
            return
        raise ApprovalError(
            f"{edition} is not approved", f"Look at it, then run `digest approve --week {edition}`."
        )
    if record.approved_hash != letter_hash(parts):
        changed = changed_parts(record.approved_parts, {**parts, **details})
        raise ApprovalError(
            f"{edition} is not what was approved: changed since: {', '.join(changed)}",
            f"Look at it, then run `digest approve --week {edition}` again, or restore it.",
        )


def reopen(database: Database, edition: str) -> None:
    """Open an approved or skipped edition again; its approval is forgotten.

    One that was cancelled before anybody had it is open to changes too: the frozen letter and its
    audience are forgotten.

    Raises:
        ContentError: there is none, or it has left.
    """
    record = record_of(database, edition)
    if record is None:
        raise ContentError(f"there is no edition {edition}", "See `digest editions list`.")
    with database.write() as connection:
        if record.state not in _LEFT or not forget_unsent(connection, edition):
            _require_here(record)
        edition_store.record_reopened(connection, edition)


def skip(database: Database, edition: str, now: datetime) -> None:
    """Declare a week without a number; its N° is free again.

    Raises:
        ContentError: it has left.
    """
    record = record_of(database, edition)
    if record is not None:
        _require_here(record)
    with database.write() as connection:
        edition_store.record_skipped(connection, edition, now)


def _require_here(record: EditionRecord) -> None:
    if record.state in _LEFT:
        raise ContentError(
            f"{record.id} has left ({record.state}): what readers have cannot be changed",
            "Run `digest status` to see who has it.",
        )
