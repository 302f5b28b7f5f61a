"""The hot path of a run: outcomes and starts in one transaction, on the driver itself.

What SQLAlchemy adds to a statement costs more than SQLite takes to write it; these statements go
past it. A start takes all of its deliveries or none, and none whose address must not be written
to by then. PostgreSQL reads what was committed before each statement (READ COMMITTED) and looks
at a row again that another transaction was changing, so the conditions hold there too.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection

from digest.model.sending import DeliveryState, Outcome
from digest.store.ledger.dispatches import DeliveryRow
from digest.store.tables import moment_text

if TYPE_CHECKING:
    import psycopg

_NOBODY: frozenset[str] = frozenset()

#: Deliveries from which on one statement for all is quicker than one for each.
_MANY = 8

_LITE_RECORD = """
UPDATE deliveries
SET state = ?, detail = ?, provider_id = ?, attempts = attempts + 1, changed_at = ?
WHERE {row} id = ? AND run = ? AND state IN ('pending', 'submitting', 'unknown')
"""
_LITE_RECORD_BY_ROW = _LITE_RECORD.format(row="rowid = ? AND")
_LITE_RECORD_BY_ID = _LITE_RECORD.format(row="? IS NOT NULL AND")
_LITE_START = """
UPDATE deliveries SET state = 'submitting', detail = '', provider_id = ?, changed_at = ?
WHERE {row} id = ? AND run = ? AND state = 'pending'
AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.email = deliveries.email)
"""
_LITE_START_BY_ROW = _LITE_START.format(row="rowid = ? AND")
_LITE_START_BY_ID = _LITE_START.format(row="? IS NULL AND")
#: The same for many at once, as JSON {id: rowid}: a statement is begun once and not for each.
_LITE_RECORD_ALIKE = """
UPDATE deliveries
SET state = ?, detail = ?, provider_id = ?, attempts = attempts + 1, changed_at = ?
FROM json_each(?) AS those
WHERE deliveries.rowid = those.value AND deliveries.id = those.key AND run = ?
AND state IN ('pending', 'submitting', 'unknown')
"""
_LITE_START_TOGETHER = """
UPDATE deliveries SET state = 'submitting', detail = '', provider_id = ?, changed_at = ?
FROM json_each(?) AS those
WHERE deliveries.rowid = those.value AND deliveries.id = those.key AND run = ?
AND state = 'pending'
AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.email = deliveries.email)
"""
_LITE_ELIGIBLE = """
SELECT id FROM deliveries WHERE id = ? AND run = ? AND state = 'pending'
AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.email = deliveries.email)
"""

_POSTGRES_RECORD = """
UPDATE deliveries
SET state = o.state, detail = o.detail, provider_id = o.provider_id,
    attempts = deliveries.attempts + 1, changed_at = %s
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS o (id, state, detail, provider_id)
WHERE deliveries.id = o.id AND deliveries.run = %s
AND deliveries.state IN ('pending', 'submitting', 'unknown')
"""
_POSTGRES_START = """
UPDATE deliveries SET state = 'submitting', detail = '', provider_id = %s, changed_at = %s
WHERE id = ANY (%s::text[]) AND run = %s AND state = 'pending'
AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.email = deliveries.email)
"""
_POSTGRES_ELIGIBLE = """
SELECT id FROM deliveries
WHERE id = ANY (%s::text[]) AND run = %s AND state = 'pending'
AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.email = deliveries.email)
FOR UPDATE
"""
#: What a commit of ours has started whose confirmation was lost with the connection.
_POSTGRES_UNCONFIRMED = """
SELECT id FROM deliveries
WHERE id = ANY (%s::text[]) AND run = %s AND state = 'submitting'
FOR UPDATE
"""


class Writer(Protocol):
    """Writes a run's outcomes and starts."""

    def know(self, rows: Iterable[DeliveryRow]) -> None:
        """Remember where claimed deliveries are kept, until their outcome is written."""
        ...

    def write(
        self,
        outcomes: Sequence[Outcome],
        starts: Sequence[Sequence[str]],
        now: datetime,
        *,
        again: bool = False,
    ) -> list[Collection[str]]:
        """One transaction: outcomes first, then each start whole or not at all.

        An outcome is written over `pending`, `submitting` and `unknown`: a delivery that another
        run gave up as unknown takes what is known better. `pending` stays the run's.

        Args:
            again: the connection was lost before it was known whether the same was committed;
                then deliveries of these starts that are submitting count as pending.

        Returns:
            For each start the ids that may not leave: not this run's pending deliveries any more,
            or suppressed. Where there is one, none of that start was written.
        """
        ...


def writer(connection: Connection, run: str, place: str) -> Writer:
    """The writer of a run on its own connection.

    Args:
        place: where deliveries go; kept with every start, so that only it is asked afterwards.
    """
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        return _SqliteWriter(raw, run, place)
    return _PostgresWriter(raw, run, place)


def record_outcomes(
    connection: Connection, run: str, outcomes: Sequence[Outcome], now: datetime
) -> None:
    """Write what became of a run's deliveries, within a transaction of the caller's."""
    if not connection.in_transaction():
        connection.begin()
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        _SqliteWriter(raw, run, "").record(outcomes, moment_text(now))
    else:
        _PostgresWriter(raw, run, "").record(outcomes, moment_text(now))


class _ShortError(Exception):
    """A start found fewer deliveries than it named; the transaction is done again with care."""


class _SqliteWriter:
    def __init__(self, raw: sqlite3.Connection, run: str, place: str) -> None:
        self._raw = raw
        self._run = run
        self._place = place
        #: Where deliveries are kept, by id. A hint: VACUUM by another program moves rows, so each
        #: statement names the id too, and what is not found by its row is looked for by its id.
        self._rows: dict[str, int] = {}

    def know(self, rows: Iterable[DeliveryRow]) -> None:
        """See `Writer`."""
        self._rows.update({row.id: row.row for row in rows})

    def write(
        self,
        outcomes: Sequence[Outcome],
        starts: Sequence[Sequence[str]],
        now: datetime,
        *,
        again: bool = False,
    ) -> list[Collection[str]]:
        """See `Writer`; SQLite always says whether a commit was made, so `again` has no use."""
        moment = moment_text(now)
        try:
            return self._transaction(outcomes, starts, moment, careful=False)
        except _ShortError:
            return self._transaction(outcomes, starts, moment, careful=True)

    def record(self, outcomes: Sequence[Outcome], moment: str) -> None:
        """Write outcomes within a transaction, in their order."""
        single: list[Outcome] = []
        for _words, alike in groupby(outcomes, _said):
            group = list(alike)
            if len(group) < _MANY:
                single += group
                continue
            self._record_each(single, moment)
            single = []
            self._record_alike(group, moment)
        self._record_each(single, moment)

    def _record_alike(self, group: Sequence[Outcome], moment: str) -> None:
        state, detail, provider_id = _said(group[0])
        places = json.dumps({outcome.id: self._rows.get(outcome.id, 0) for outcome in group})
        values = (state, _storable(detail), _storable(provider_id), moment, places, self._run)
        if self._raw.execute(_LITE_RECORD_ALIKE, values).rowcount != len(group):
            self._record_each(group, moment)

    def _record_each(self, outcomes: Sequence[Outcome], moment: str) -> None:
        run, rows = self._run, self._rows
        values = [
            (
                outcome.state.value,
                _storable(outcome.detail),
                outcome.provider_id and _storable(outcome.provider_id),
                moment,
                rows.get(outcome.id, 0),
                outcome.id,
                run,
            )
            for outcome in outcomes
        ]
        if values and self._raw.executemany(_LITE_RECORD_BY_ROW, values).rowcount != len(values):
            self._raw.executemany(_LITE_RECORD_BY_ID, values)

    def _transaction(
        self,
        outcomes: Sequence[Outcome],
        starts: Sequence[Sequence[str]],
        moment: str,
        *,
        careful: bool,
    ) -> list[Collection[str]]:
        self._raw.execute("BEGIN IMMEDIATE")
        try:
            if outcomes:
                self.record(outcomes, moment)
            withdrawn: list[Collection[str]] = []
            for ids in starts:
                gone = self._gone(ids) if careful else _NOBODY
                if careful and not gone:
                    self._start_with_care(ids, moment)
                elif not gone:
                    self._start(ids, moment)
                withdrawn.append(gone)
            self._raw.execute("COMMIT")
        except BaseException:
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
            raise
        forget, put_off = self._rows.pop, DeliveryState.PENDING
        for outcome in outcomes:
            if outcome.state is not put_off:
                forget(outcome.id, None)
        return withdrawn

    def _start(self, ids: Sequence[str], moment: str) -> None:
        place, run, rows = self._place, self._run, self._rows
        if len(ids) >= _MANY:
            places = json.dumps({id_: rows.get(id_, 0) for id_ in ids})
            cursor = self._raw.execute(_LITE_START_TOGETHER, (place, moment, places, run))
        else:
            values = [(place, moment, rows.get(id_, 0), id_, run) for id_ in ids]
            cursor = self._raw.executemany(_LITE_START_BY_ROW, values)
        if cursor.rowcount != len(ids):
            raise _ShortError

    def _start_with_care(self, ids: Sequence[str], moment: str) -> None:
        values = [(self._place, moment, None, id_, self._run) for id_ in dict.fromkeys(ids)]
        self._raw.executemany(_LITE_START_BY_ID, values)

    def _gone(self, ids: Sequence[str]) -> Collection[str]:
        return {
            id_
            for id_ in ids
            if self._raw.execute(_LITE_ELIGIBLE, (id_, self._run)).fetchone() is None
        }


class _PostgresWriter:
    def __init__(self, raw: psycopg.Connection[Any], run: str, place: str) -> None:
        self._raw = raw
        self._run = run
        self._place = place

    def know(self, rows: Iterable[DeliveryRow]) -> None:
        """Nothing: PostgreSQL's rows move with every change."""

    def write(
        self,
        outcomes: Sequence[Outcome],
        starts: Sequence[Sequence[str]],
        now: datetime,
        *,
        again: bool = False,
    ) -> list[Collection[str]]:
        """See `Writer`."""
        moment = moment_text(now)
        careful = again
        while True:
            try:
                return self._transaction(outcomes, starts, moment, careful=careful, again=again)
            except _ShortError:
                # Once more also where a suppression came between the careful look and the start.
                careful = True

    def record(self, outcomes: Sequence[Outcome], moment: str) -> None:
        """Write outcomes within a transaction."""
        last = {outcome.id: outcome for outcome in outcomes}
        self._raw.execute(
            _POSTGRES_RECORD,
            (
                moment,
                list(last),
                [outcome.state.value for outcome in last.values()],
                [_storable(outcome.detail) for outcome in last.values()],
                [_storable(outcome.provider_id) for outcome in last.values()],
                self._run,
            ),
        )

    def _transaction(
        self,
        outcomes: Sequence[Outcome],
        starts: Sequence[Sequence[str]],
        moment: str,
        *,
        careful: bool,
        again: bool,
    ) -> list[Collection[str]]:
        try:
            if outcomes:
                self.record(outcomes, moment)
            withdrawn: list[Collection[str]] = [_NOBODY] * len(starts)
            if careful:
                begun = self._ids(_POSTGRES_UNCONFIRMED, starts) if again else set()
                eligible = self._ids(_POSTGRES_ELIGIBLE, starts) | begun
                withdrawn = [set(ids) - eligible for ids in starts]
            else:
                begun = set()
            asked = {
                id_: None
                for ids, gone in zip(starts, withdrawn, strict=True)
                if not gone
                for id_ in ids
                if id_ not in begun
            }
            self._start(list(asked), moment)
            self._raw.commit()
        except BaseException:
            if not self._raw.closed:
                self._raw.rollback()
            raise
        return withdrawn

    def _start(self, ids: list[str], moment: str) -> None:
        if not ids:
            return
        done = self._raw.execute(_POSTGRES_START, (self._place, moment, ids, self._run))
        if done.rowcount != len(ids):
            raise _ShortError

    def _ids(self, query: str, starts: Sequence[Sequence[str]]) -> set[str]:
        asked = [id_ for ids in starts for id_ in ids]
        return {row[0] for row in self._raw.execute(query, (asked, self._run))}


def _said(outcome: Outcome) -> tuple[str, str, str]:
    """What is written of an outcome; that of many is often the same."""
    return outcome.state.value, outcome.detail, outcome.provider_id


def _storable(text: str) -> str:
    """A provider's words without what PostgreSQL or UTF-8 cannot carry."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
