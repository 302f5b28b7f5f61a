"""Imports a CSV file into a list: which rows may be applied, and what became of each.

Rules: one transaction, all or nothing; the first of two rows with one address wins; nobody who
unsubscribed or is suppressed comes back; a pending reader becomes active only with evidence of
consent in the row; evidence that stands is not overwritten; an empty field changes nothing.
Reading the file is left to `csv_files` and `columns`, comparing and writing to `digest.store`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice
from pathlib import Path
from secrets import token_urlsafe

from digest.config import Config
from digest.model.people import SuppressionReason
from digest.store.database import Database
from digest.store.people.staging import Refusal, StagedRow, open_staging
from digest.subscribers.addresses import AddressError, normalise
from digest.subscribers.columns import (
    SUBSCRIBER_COLUMNS,
    Columns,
    find_columns,
    known_names,
)
from digest.subscribers.csv_files import CsvRows, Row, open_csv
from digest.subscribers.fields import (
    FieldError,
    read_consent_source,
    read_language,
    read_moment,
    read_name,
    read_status,
)
from digest.subscribers.spreadsheets import restore
from digest.subscribers.suppression import address_hash

#: Rejected rows that a report names; beyond, they are only counted.
MAX_REJECTED = 100_000

#: Told the bytes read and the bytes in all.
Progress = Callable[[int, int], None]

_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was not applied: its number (the header is row 1) and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of every row: added + updated + unchanged + rejected_count = rows.

    `columns` maps a meaning to its header in the file, `ignored` are headers without a meaning.
    `rejected` names the rejected rows in the file's order, `MAX_REJECTED` at most.
    """

    file: Path
    list: str
    dry_run: bool
    encoding: str
    delimiter: str
    columns: Mapping[str, str]
    ignored: tuple[str, ...]
    added: int
    updated: int
    unchanged: int
    rejected_count: int
    rejected: tuple[RejectedRow, ...]

    @property
    def rows(self) -> int:
        """Rows below the header, blank ones left out."""
        return self.added + self.updated + self.unchanged + self.rejected_count


def import_csv(
    database: Database,
    file: Path,
    list_name: str,
    *,
    now: datetime,
    dry_run: bool = False,
    zone: tzinfo = UTC,
    progress: Progress | None = None,
) -> ImportReport:
    """Import a CSV file with the columns of `SUBSCRIBER_COLUMNS` into a list.

    Args:
        database: the store.
        file: the CSV file.
        list_name: the list.
        now: the moment of the import.
        dry_run: report the same and write nothing.
        zone: zone of a `consent_at` without an offset.
        progress: told the bytes read and the bytes in all, every few thousand rows.

    Raises:
        InputError: the file cannot be read, or its columns are not what is needed; nothing was
            imported.
        StoreError: the store cannot be written.
    """
    csv_file = open_csv(file, known_names(SUBSCRIBER_COLUMNS))
    columns = find_columns(file, csv_file.header, SUBSCRIBER_COLUMNS)
    rows = CsvRows(csv_file)
    reader = _RowReader(columns, now, zone)
    with open_staging(database, list_name) as staging:
        for batch in _batches(reader.read(iter(rows))):
            staging.load(batch)
            if progress:
                progress(rows.position, csv_file.size)
        with staging.transaction():
            counts = staging.compare(address_hash)
            for refusal in staging.refusals():
                reader.reject(refusal.number, _refusal_words(refusal))
            if not dry_run:
                staging.apply(now)
    if progress:
        progress(csv_file.size, csv_file.size)
    rejected = sorted(reader.rejected, key=lambda row: row.number)
    return ImportReport(
        file=file,
        list=list_name,
        dry_run=dry_run,
        encoding=csv_file.encoding,
        delimiter=csv_file.delimiter,
        columns=columns.names,
        ignored=columns.ignored,
        added=counts.added,
        updated=counts.updated,
        unchanged=counts.unchanged,
        rejected_count=reader.rejected_count,
        rejected=tuple(rejected),
    )


def refresh_list(database: Database, config: Config, list_name: str, *, now: datetime) -> None:
    """Import the CSV file that a list is kept in, if it is; who left stays out.

    Raises:
        InputError: the file cannot be read as a list of subscribers.
    """
    settings = next(named for named in config.lists if named.name == list_name)
    if settings.file:
        import_csv(database, config.path(settings.file), list_name, now=now, zone=config.zone)


class _RowReader:
    """Checks rows and keeps account of those that are wrong."""

    def __init__(self, columns: Columns, now: datetime, zone: tzinfo) -> None:
        self.rejected: list[RejectedRow] = []
        self.rejected_count = 0
        self._places = dict(columns.places)
        latest = now + timedelta(days=1)
        self._read_moment = lru_cache(maxsize=4096)(lambda text: read_moment(text, latest, zone))

    def reject(self, number: int, reason: str) -> None:
        """Note a row that is not applied."""
        self.rejected_count += 1
        if len(self.rejected) < MAX_REJECTED:
            self.rejected.append(RejectedRow(number, reason))

    def read(self, rows: Iterator[Row]) -> Iterator[StagedRow]:
        """Yield the rows that can be applied."""
        place = dict.fromkeys(SUBSCRIBER_COLUMNS, -1) | self._places
        email, name, first_name = place["email"], place["name"], place["first_name"]
        language, status = place["language"], place["status"]
        consent_at, consent_source = place["consent_at"], place["consent_source"]
        for number, fields, fault in rows:
            if fault:
                self.reject(number, fault)
                continue
            fields.append("")  # where columns stand that the file does not have
            try:
                yield (
                    number,
                    normalise(restore(fields[email])),
                    read_name(restore(fields[name]), restore(fields[first_name])),
                    read_language(fields[language]),
                    read_status(fields[status]),
                    self._read_moment(fields[consent_at]),
                    read_consent_source(restore(fields[consent_source])),
                    token_urlsafe(32),
                )
            except AddressError as error:
                self.reject(number, f"address: {error}")
            except FieldError as error:
                self.reject(number, str(error))


def _batches(rows: Iterator[StagedRow]) -> Iterator[list[StagedRow]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _refusal_words(refusal: Refusal) -> str:
    if refusal.kind == "duplicate":
        return f"the same address as in row {refusal.detail}"
    if refusal.kind == "suppressed":
        if refusal.detail == SuppressionReason.FORGOTTEN:
            return "asked to be forgotten"
        return f"suppressed ({refusal.detail})"
    if refusal.kind == "unsubscribed":
        return f"unsubscribed on {refusal.detail[:10]}; only `add --resubscribe` brings back"
    return "has not confirmed; becoming active needs a consent_at or consent_source"
