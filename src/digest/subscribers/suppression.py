"""Addresses that must not be written to, and why. A suppressed address needs no subscriber.

Kept under HMAC-SHA256 of the normalised address with a random key of this store, so that a
forgotten person stays out although nothing here says who it was. A stronger reason takes the
place of a weaker one, never the other way round.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.model.people import Suppression, SuppressionReason, mask_address
from digest.store.database import Database
from digest.store.people.subscribers import (
    address_key,
    delete_suppression,
    get_suppression,
    list_suppressions,
    put_suppression,
)
from digest.subscribers.addresses import normalise
from digest.subscribers.columns import SUPPRESSION_COLUMNS, find_columns, known_names
from digest.subscribers.csv_files import CsvRows, open_csv
from digest.subscribers.spreadsheets import restore
from digest.text.plain import clean_line

_STRENGTH = (
    SuppressionReason.MANUAL,
    SuppressionReason.BOUNCE,
    SuppressionReason.COMPLAINT,
    SuppressionReason.FORGOTTEN,
)


@dataclass(frozen=True, slots=True)
class SuppressionReport:
    """What became of a file of suppressions; `rejected` holds (row number, reason)."""

    file: Path
    added: int
    unchanged: int
    rejected: tuple[tuple[int, str], ...]


def address_hash(key: bytes, email: str) -> str:
    """The hash an address is suppressed under: 64 hexadecimal digits. `email` is normalised."""
    return hmac.digest(key, email.encode(), "sha256").hex()


def find_suppression(connection: Connection, email: str) -> Suppression | None:
    """The suppression of a normalised address, or None; inside a transaction that writes."""
    return get_suppression(connection, address_hash(address_key(connection), email))


def suppress(
    database: Database,
    email: str,
    reason: SuppressionReason = SuppressionReason.MANUAL,
    *,
    note: str = "",
    now: datetime,
) -> bool:
    """See to it that an address is not written to; at once, also by a running dispatch.

    Returns False when it was suppressed for as strong a reason already.

    Raises:
        AddressError: it is no address.
    """
    address = normalise(email)
    with database.write() as connection:
        return place_suppression(connection, address, reason, note=clean_line(note), now=now)


def place_suppression(
    connection: Connection,
    email: str,
    reason: SuppressionReason,
    *,
    note: str = "",
    now: datetime,
) -> bool:
    """`suppress` inside a transaction of the caller's; `email` is normalised."""
    return _place(connection, address_key(connection), email, reason, note, now)


def place_suppressions(
    connection: Connection,
    wanted: Iterable[tuple[str, SuppressionReason, str]],
    *,
    now: datetime,
) -> Counter[SuppressionReason]:
    """`place_suppression` for many: normalised address, reason, note. Counts what changed."""
    key = address_key(connection)
    return Counter(
        reason
        for email, reason, note in wanted
        if _place(connection, key, email, reason, note, now)
    )


def lift(database: Database, email: str) -> Suppression:
    """Take a suppression back; returns what it was.

    Raises:
        AddressError: it is no address.
        UsageError: the address is not suppressed.
    """
    address = normalise(email)
    with database.write() as connection:
        earlier = find_suppression(connection, address)
        if earlier is None:
            raise UsageError(
                f"{mask_address(address)} is not suppressed.", "`digest suppress list` shows all."
            )
        delete_suppression(connection, address_hash(address_key(connection), address))
    return earlier


def listing(database: Database, *, limit: int | None = None) -> list[Suppression]:
    """Suppressions, latest first."""
    with database.read() as connection:
        return list_suppressions(connection, limit)


def import_suppressions(database: Database, file: Path, *, now: datetime) -> SuppressionReport:
    """Suppress the addresses of a CSV file with the columns `email`, `reason`, `note`.

    Only `email` is needed; an empty reason is `manual`. One transaction, all or nothing.

    Raises:
        InputError: the file cannot be read, or has no column for the address.
    """
    csv_file = open_csv(file, known_names(SUPPRESSION_COLUMNS))
    places = find_columns(file, csv_file.header, SUPPRESSION_COLUMNS).places
    added = unchanged = 0
    rejected: list[tuple[int, str]] = []
    with database.write() as connection:
        key = address_key(connection)
        for number, fields, fault in CsvRows(csv_file):
            if fault:
                rejected.append((number, fault))
                continue
            field = {meaning: restore(fields[place]) for meaning, place in places.items()}
            try:
                address = normalise(field["email"])
                reason = _reason(field.get("reason", ""))
            except ValueError as error:
                rejected.append((number, str(error)))
                continue
            note = clean_line(field.get("note", ""))
            if _place(connection, key, address, reason, note, now):
                added += 1
            else:
                unchanged += 1
    return SuppressionReport(file, added, unchanged, tuple(rejected))


def _reason(text: str) -> SuppressionReason:
    word = text.strip().lower() or SuppressionReason.MANUAL
    if word not in _STRENGTH[:3]:
        raise ValueError(
            f"reason: “{clean_line(text)[:20]}” is not {', '.join(_STRENGTH[:2])} or {_STRENGTH[2]}"
        )
    return SuppressionReason(word)


def _place(
    connection: Connection,
    key: bytes,
    email: str,
    reason: SuppressionReason,
    note: str,
    now: datetime,
) -> bool:
    hashed = address_hash(key, email)
    earlier = get_suppression(connection, hashed)
    if earlier and _STRENGTH.index(earlier.reason) >= _STRENGTH.index(reason):
        return False
    shown = "" if reason is SuppressionReason.FORGOTTEN else email
    put_suppression(connection, hashed, Suppression(shown, reason, now, note))
    return True
