"""Proves a dispatch: the balance with the rows behind it, and whatever speaks against it.

Every row is looked at by itself and the sums are made anew, so that the proof leans on nothing
that sending relies on. A row that was removed is missed in the sum; one that was changed by hand
is noticed where it contradicts its attempts, its subscription or what the provider reported.
What it cannot see: a row replaced by another that is coherent in itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.delivery.ledger.records import Balance, LedgerName, unpack_letter
from digest.errors import LedgerError, StoreError
from digest.model.people import mask_address
from digest.model.sending import DeliveryState
from digest.store.database import Database
from digest.store.ledger import proving as queries
from digest.store.ledger.proving import FrozenList, LedgerRow, RunRow

#: Rows named in a proof for each thing that is wrong with it; all of them are counted.
NAMED = 20

#: Why a delivery may be excluded.
REASONS = frozenset(
    {"unsubscribed", "unconfirmed", "suppressed", "forgotten", "removed", "cancelled"}
)

#: States of an edition whose letter and audience are frozen.
_LEFT = ("dispatching", "dispatched")

#: How a relay's answer begins that took a message (RFC 5321 §4.2.1).
_TAKEN = re.compile(r"2\d\d(?: |$)")

_STATES = frozenset(DeliveryState)
_CONCLUDED = (DeliveryState.ACCEPTED, DeliveryState.REFUSED, DeliveryState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ProvenRow:
    """A row as it may be shown: the address is masked. `provider` is its place or its own id.

    `attempts` and `changed_at` are None where what stands there is no number and no moment.
    """

    id: str
    address: str
    list: str
    state: str
    detail: str
    attempts: int | None
    provider: str
    run: str
    changed_at: datetime | None


@dataclass(slots=True)
class Fault:
    """Something that speaks against the ledger: what, how many times, and the first rows.

    `others` are masked addresses and delivery ids that no single row stands for.
    """

    what: str
    count: int = 0
    rows: list[ProvenRow] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found. `runs` are the processes that said they are at work, by id."""

    edition: str
    ledger: LedgerName
    provider: str
    frozen_at: datetime
    letter_hash: str
    lists: Sequence[FrozenList]
    rows_of_list: Counter[str]
    balance: Balance
    unknown: Sequence[ProvenRow]
    submitting: Sequence[ProvenRow]
    runs: dict[str, RunRow]
    faults: Sequence[Fault]

    @property
    def missing(self) -> int:
        """How many of the frozen audience have no row; negative: there are more."""
        return self.balance.missing

    @property
    def holds(self) -> bool:
        """Whether the balance adds up and nothing speaks against it."""
        return not self.missing and not self.faults

    def require(self) -> None:
        """Go on only when it holds.

        Raises:
            LedgerError: it does not; the message names what is wrong.
        """
        if self.holds:
            return
        wrong = [f"{fault.what} ({fault.count})" for fault in self.faults]
        if self.missing:
            what = "missing" if self.missing > 0 else "too many"
            wrong.insert(0, f"of {self.balance.audience} rows, {abs(self.missing)} {what}")
        raise LedgerError(
            f"{self.edition}: the ledger does not hold: {'; '.join(wrong)}",
            "See `digest prove --rows`; do not send again before it is clear what happened. "
            "Restore a backup if the store was damaged.",
        )


def prove(
    database: Database,
    edition: str,
    ledger: LedgerName = "main",
    *,
    show: Callable[[ProvenRow], None] = lambda _row: None,
) -> Proof | None:
    """Look at every row of a dispatch, in one consistent state of the store.

    Args:
        show: called with each row, in no order.

    Returns:
        The proof, or None when nothing was frozen.

    Raises:
        LedgerError: the edition is said to have left, and its letter and audience are gone.
        StoreError: the store cannot be read.
    """
    with database.read() as connection:
        dispatch = queries.dispatch_row(connection, edition, ledger)
        if dispatch is None:
            if ledger == "main":
                require_not_left(edition, queries.edition_state(connection, edition))
            return None
        lists = queries.frozen_lists(connection, dispatch.id)
        looked = _Look({frozen.list for frozen in lists}, dispatch.provider)
        for row in queries.every_row(connection, dispatch.id):
            looked.at(row)
            show(shown(row))
        for address, count in queries.repeated_addresses(connection, dispatch.id).items():
            looked.blame("an address stands in several rows", count, mask_address(address))
        for row in queries.delivered_although(connection, dispatch.id):
            looked.note(f"{row.state}, though the provider reported it delivered", row)
        for id_ in queries.events_without_row(connection, dispatch.id):
            looked.blame("the provider reported about a row that is not there", 1, id_)
        for row in queries.rows_of_no_dispatch(connection):
            looked.note("of no edition at all", row)
        for said in queries.damage(connection, NAMED):
            looked.blame("SQLite finds its file damaged", 1, said)
        runs = queries.runs_of(connection, dispatch.id)
    try:
        unpack_letter(dispatch.letter, dispatch.letter_hash)
    except StoreError:
        looked.blame("the frozen letter does not match its hash", 1)
    balance = looked.balance(sum(frozen.size for frozen in lists))
    if dispatch.state is None:
        looked.blame("the edition itself is not in the store", 1)
    if dispatch.state == "dispatched" and balance.left and ledger == "main":
        looked.blame("the edition is called dispatched, and some are open", 1)
    return Proof(
        edition=edition,
        ledger=ledger,
        provider=dispatch.provider,
        frozen_at=dispatch.frozen_at,
        letter_hash=dispatch.letter_hash,
        lists=lists,
        rows_of_list=looked.rows_of_list,
        balance=balance,
        unknown=looked.unknown,
        submitting=looked.submitting,
        runs=runs,
        faults=list(looked.faults.values()),
    )


def require_not_left(edition: str, state: str) -> None:
    """Go on only when an edition of which nothing is frozen is not said to have left.

    Args:
        state: the edition's, "" when there is none.

    Raises:
        LedgerError: it is: its letter and audience are gone.
    """
    if state in _LEFT:
        raise LedgerError(
            f"{edition} is called {state}, and its letter and audience are not in the store",
            "Somebody changed the store, or it was damaged: restore a backup.",
        )


def contradictions(row: LedgerRow, lists: Iterable[str], provider: str) -> list[str]:
    """What a row says against itself. Pure.

    Args:
        lists: those that are frozen in the dispatch.
        provider: whom it was frozen for. What a provider of somebody else's says in its own words,
            nobody here can judge.
    """
    found = []
    concluded = row.state in _CONCLUDED
    if row.state not in _STATES:
        found.append("in a state that does not exist")
    if row.changed_at is None or row.attempts is None:
        found.append("with values that cannot be")
    if concluded and (row.attempts or 0) < 1:
        found.append(f"{row.state} without an attempt")
    if row.state == DeliveryState.PENDING and not row.attempts and row.detail:
        found.append("pending with an end, and without an attempt")
    # What is put off says why; what a person lets go again has lost its place at the provider.
    without_reason = bool(row.provider_id) and not row.detail
    if (
        row.state == DeliveryState.PENDING
        and row.attempts
        and (without_reason or _says_that_it_was_taken(row, provider))
    ):
        found.append("pending again, and nothing says why")
    if row.state == DeliveryState.SUBMITTING and not row.run:
        found.append("submitting without a run")
    if row.state == DeliveryState.EXCLUDED and row.detail not in REASONS:
        found.append("excluded without a reason")
    if row.list not in lists:
        found.append("of a list that is not frozen here")
    if row.subscriber is not None and row.subscriber != row.email:
        found.append("to another address than its subscription's")
    return found


def _says_that_it_was_taken(row: LedgerRow, provider: str) -> bool:
    """Whether a row reads as our own providers write of one that they handed over."""
    if provider == "smtp":
        # The words that the relay took it with are kept as its name there.
        return bool(_TAKEN.match(row.detail)) and row.detail[4:] == row.provider_id
    return provider == "outbox" and row.provider_id == f"{row.id}.eml"


def shown(row: LedgerRow) -> ProvenRow:
    """A row with its address masked."""
    return ProvenRow(
        id=row.id,
        address=mask_address(row.email),
        list=row.list,
        state=row.state,
        detail=row.detail,
        attempts=row.attempts,
        provider=row.provider_id,
        run=row.run,
        changed_at=row.changed_at,
    )


class _Look:
    """What is gathered from row to row."""

    def __init__(self, lists: set[str], provider: str) -> None:
        self._lists = lists
        self._provider = provider
        self._states: Counter[str] = Counter()
        self._excluded: Counter[str] = Counter()
        self.rows_of_list: Counter[str] = Counter()
        self.unknown: list[ProvenRow] = []
        self.submitting: list[ProvenRow] = []
        self.faults: dict[str, Fault] = {}

    def at(self, row: LedgerRow) -> None:
        """Count one row and hear what it says."""
        self.rows_of_list[row.list] += 1
        if row.state == DeliveryState.EXCLUDED:
            self._excluded[row.detail] += 1
        elif row.state in _STATES:
            self._states[row.state] += 1
        if row.state == DeliveryState.UNKNOWN:
            self.unknown.append(shown(row))
        elif row.state == DeliveryState.SUBMITTING:
            self.submitting.append(shown(row))
        for what in contradictions(row, self._lists, self._provider):
            self.note(what, row)

    def note(self, what: str, row: LedgerRow) -> None:
        """A row speaks against the ledger."""
        fault = self.faults.setdefault(what, Fault(what))
        fault.count += 1
        if len(fault.rows) < NAMED:
            fault.rows.append(shown(row))

    def blame(self, what: str, count: int, other: str = "") -> None:
        """Something speaks against the ledger that is not the fault of one row."""
        fault = self.faults.setdefault(what, Fault(what))
        fault.count += count
        if other and len(fault.others) < NAMED:
            fault.others.append(other)

    def balance(self, audience: int) -> Balance:
        """Where everything stands, by this count."""
        return Balance(audience=audience, excluded=dict(self._excluded), **self._states)
