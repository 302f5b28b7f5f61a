"""Writes a list as CSV that `importing` reads back to the same, and spreadsheets read safely."""

from __future__ import annotations

import csv
import os
from contextlib import closing
from pathlib import Path
from typing import TextIO

from digest.model.people import SubscriptionStatus
from digest.store.database import Database
from digest.store.people.subscribers import each_subscription
from digest.subscribers.spreadsheets import neutralise

COLUMNS = ("email", "name", "language", "status", "consent_at", "consent_source")


def export_csv(
    database: Database,
    list_name: str,
    stream: TextIO,
    *,
    status: SubscriptionStatus | None = None,
    delimiter: str = ",",
) -> int:
    """Write a list's subscriptions by address, a row at a time; returns how many.

    Args:
        database: the store.
        list_name: the list.
        stream: open for text with `newline=""`.
        status: only those; default: all.
        delimiter: one that `import_csv` knows.
    """
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    with (
        database.read() as connection,
        closing(each_subscription(connection, list_name, status=status)) as found,
    ):
        for subscription in found:
            moment = subscription.consent_at
            fields = (
                subscription.email,
                subscription.name,
                subscription.language,
                subscription.status,
                moment.isoformat() if moment else "",
                subscription.consent_source,
            )
            writer.writerow([neutralise(field) for field in fields])
            count += 1
    return count


def write_csv(
    database: Database,
    list_name: str,
    file: Path,
    *,
    status: SubscriptionStatus | None = None,
    delimiter: str = ",",
    mark: bool = False,
) -> int:
    """`export_csv` into a file that appears whole or not at all, readable by its owner only.

    `mark` begins it with UTF-8's mark, by which Excel knows the encoding.

    Raises:
        OSError: the file cannot be written.
    """
    encoding = "utf-8-sig" if mark else "utf-8"
    partial = file.with_name(f".{file.name}.partial")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding=encoding, newline="") as stream:
            count = export_csv(database, list_name, stream, status=status, delimiter=delimiter)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return count
