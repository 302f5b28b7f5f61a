"""Keeps reports of providers and does what follows from them, each once.

A batch is one transaction: events that were not there before are kept, and what follows from those
(`consequences`) is done with them; unknown deliveries are settled. Of a delivery that a run is at,
or died at, that its provider took it is kept for when it is unknown. Killed anywhere, the same
reports can be applied again. What is not about a delivery of this store is counted and left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection

from digest.delivery.masking import without_addresses
from digest.delivery.message.encoding import header_address
from digest.events.consequences import ANONYMOUS, settling, suppression, taken, unsubscribes
from digest.model.events import Event, EventKind, Report
from digest.model.people import SubscriptionStatus, SuppressionReason
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database
from digest.store.ledger import claims
from digest.store.ledger import events as store
from digest.store.ledger.dispatches import mark_dispatching
from digest.store.people import subscribers as people
from digest.subscribers.suppression import place_suppressions

#: Reports in one transaction.
BATCH = 1000

#: States in which nobody knows yet whether the provider takes it.
_UNFINISHED = (DeliveryState.PENDING, DeliveryState.SUBMITTING)

#: How far ahead of ours a source's clock may be before its time is not believed.
_AHEAD = timedelta(days=1)
_LONGEST_URL = 2000


@dataclass(slots=True)
class Applied:
    """What became of reports.

    Attributes:
        read: reports in all.
        kept: events that were not there before, by kind.
        repeated: events that were kept already.
        foreign: reports of deliveries that are not of this store.
        suppressed: addresses that are suppressed now and were not before, by reason.
        unsubscribed: subscriptions that were ended.
        settled: deliveries that were unknown, by edition and the state they have now.
    """

    read: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    foreign: int = 0
    suppressed: Counter[str] = field(default_factory=Counter)
    unsubscribed: int = 0
    settled: Counter[tuple[str, str]] = field(default_factory=Counter)


def apply(
    database: Database,
    reports: Iterable[Report],
    *,
    now: datetime,
    progress: Callable[[int], None] = lambda _read: None,
) -> Applied:
    """Keep reports and do what follows from them, a thousand in a transaction.

    Args:
        database: the store.
        reports: in any order; each event counts once, however often it comes.
        now: the moment they arrive.
        progress: called after each batch with the number of reports read.

    Raises:
        StoreError: the store refused; whole batches before stay applied.
    """
    applied = Applied()
    for batch in batches(reports):
        apply_batch(database, batch, now=now, applied=applied)
        progress(applied.read)
    return applied


def apply_batch(
    database: Database,
    reports: Sequence[Report],
    *,
    now: datetime,
    applied: Applied,
    connection: Connection | None = None,
) -> None:
    """One batch in one transaction, or inside the caller's; `applied` is added to afterwards."""
    done = Applied(read=len(reports))
    with within(database, connection) as used:
        _Batch(used, now, done).apply(reports)
    for name in ("read", "repeated", "foreign", "unsubscribed"):
        setattr(applied, name, getattr(applied, name) + getattr(done, name))
    for name in ("kept", "suppressed", "settled"):
        getattr(applied, name).update(getattr(done, name))


@contextmanager
def attempted(database: Database, *, dry_run: bool) -> Iterator[Connection | None]:
    """For a dry run: one transaction around everything, taken back at the end; None otherwise."""
    if not dry_run:
        yield None
        return
    with database.write() as connection:
        yield connection
        connection.rollback()


def settle(
    connection: Connection, outcomes: Iterable[Outcome], edition: str, now: datetime
) -> Counter[tuple[str, str]]:
    """Settle unknown deliveries of an edition's ledger proper; returns how many, by edition and
    new state.

    With a delivery that is pending again the edition is on its way again.
    """
    settled: Counter[tuple[str, str]] = Counter()
    for outcome in sorted(outcomes, key=lambda outcome: outcome.id):
        settled[edition, outcome.state.value] += claims.settle(connection, [outcome], now)
    if settled[edition, DeliveryState.PENDING.value]:
        mark_dispatching(connection, edition)
    return +settled


def batches(reports: Iterable[Report], size: int = BATCH) -> Iterator[list[Report]]:
    """Reports in lists of `size`, the last one shorter."""
    batch: list[Report] = []
    for report in reports:
        batch.append(report)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


class _Batch:
    """One transaction's work."""

    def __init__(self, connection: Connection, now: datetime, done: Applied) -> None:
        self._connection = connection
        self._now = now
        self._done = done

    def apply(self, reports: Sequence[Report]) -> None:
        connection, done = self._connection, self._done
        events = {
            (report.source, report.id): report for report in reports if isinstance(report, Event)
        }
        # Before anything is read: who is just being forgotten is forgotten, then.
        if any(suppression(event) for event in events.values()):
            store.hold_suppressions_alone(connection)
        named = {_delivery(report) for report in reports}
        reported = store.find_reported(connection, sorted(named))
        done.foreign = sum(_delivery(report) not in reported for report in reports)
        unfinished = {id_ for id_, found in reported.items() if found.state in _UNFINISHED}
        ours = {
            key: event
            for key, event in events.items()
            if event.delivery in reported and (not _is_taken(event) or event.delivery in unfinished)
        }
        evidence = [
            taken(event)
            for event in ours.values()
            if event.delivery in unfinished and event.kind in ANONYMOUS and event.is_proven
        ]
        kept = store.keep_events(
            connection,
            [self._row(event, reported[event.delivery]) for event in (*ours.values(), *evidence)],
        )
        new = [event for key, event in ours.items() if key in kept]
        done.kept.update(event.kind.value for event in new)
        done.repeated = -len(new) + sum(
            isinstance(report, Event) and (report.source, report.id) in ours for report in reports
        )
        self._suppress(new, reported)
        self._unsubscribe(new, reported)
        self._settle([report for report in reports if _settles(report, reported)], reported)

    def _row(self, event: Event, delivery: store.Reported) -> store.Kept:
        # A reader who was forgotten leaves nothing behind, also when the news come afterwards.
        is_person = bool(delivery.token) and "@" in delivery.email
        followed = is_person and event.is_proven and event.kind not in ANONYMOUS
        return store.Kept(
            source=event.source,
            event_id=event.id,
            kind=event.kind.value,
            dispatch_id=delivery.dispatch_id,
            delivery_id=event.delivery if followed else None,
            at=event.at if event.at <= self._now + _AHEAD else self._now,
            received_at=self._now,
            detail=_words(event.detail) if followed else "",
            url=_impersonal(event.url, delivery) if is_person else "",
        )

    def _suppress(self, events: Iterable[Event], reported: dict[str, store.Reported]) -> None:
        strongest: dict[str, tuple[SuppressionReason, str]] = {}
        for event in events:
            reason, delivery = suppression(event), reported[event.delivery]
            if reason is None or "@" not in delivery.email or not _is_for(event, delivery.email):
                continue
            if reason is SuppressionReason.COMPLAINT or delivery.email not in strongest:
                said = _words(f"{delivery.edition}, {event.source}: {event.detail}")
                strongest[delivery.email] = reason, said.removesuffix(":")
        if strongest:
            wanted = [(email, reason, said) for email, (reason, said) in sorted(strongest.items())]
            placed = place_suppressions(self._connection, wanted, now=self._now)
            self._done.suppressed.update({reason.value: n for reason, n in placed.items()})

    def _unsubscribe(self, events: Iterable[Event], reported: dict[str, store.Reported]) -> None:
        for event in events:
            if not unsubscribes(event):
                continue
            token = reported[event.delivery].token
            subscription = people.get_subscription_by_token(self._connection, token)
            if subscription is None:
                continue
            # Whoever has consented again since then stays.
            if subscription.consent_at is None or subscription.consent_at <= event.at:
                self._done.unsubscribed += people.set_status(
                    self._connection, token, SubscriptionStatus.UNSUBSCRIBED, now=self._now
                )

    def _settle(self, reports: Iterable[Report], reported: dict[str, store.Reported]) -> None:
        by_edition: dict[str, list[Outcome]] = {}
        for outcome in settling(reports).values():
            by_edition.setdefault(reported[outcome.id].edition, []).append(outcome)
        for edition, outcomes in sorted(by_edition.items()):
            self._done.settled.update(settle(self._connection, outcomes, edition, self._now))


@contextmanager
def within(database: Database, connection: Connection | None) -> Iterator[Connection]:
    """A transaction of its own, or the one that is open already."""
    with database.write() if connection is None else nullcontext(connection) as used:
        yield used


def _delivery(report: Report) -> str:
    return report.delivery if isinstance(report, Event) else report.id


def _is_taken(report: Report) -> bool:
    """Whether it says that the provider took a delivery, and nothing else."""
    return isinstance(report, Event) and report.kind is EventKind.ACCEPTED


def _settles(report: Report, reported: dict[str, store.Reported]) -> bool:
    """Whether it is about a delivery whose outcome is unknown, and tells it: that the provider took
    what it was asked to forget since does not."""
    found = reported.get(_delivery(report))
    if found is None or found.state != DeliveryState.UNKNOWN:
        return False
    return not (found.is_asked and _is_taken(report))


def _is_for(event: Event, email: str) -> bool:
    """Whether it was a letter to this address; another message may carry the same id."""
    return not event.recipient or _compared(event.recipient) == _compared(email)


def _compared(address: str) -> str:
    try:
        return header_address(address, utf8=True).casefold()
    except ValueError:
        return address.casefold()


def _impersonal(url: str, delivery: store.Reported) -> str:
    """An address of the web without what says whose letter it stood in."""
    shown = url[:_LONGEST_URL]
    if not (shown.isascii() and shown.isprintable()):
        return ""
    plain = unquote(shown).lower()
    personal = (delivery.token, delivery.id, delivery.email)
    if "@" in plain or any(mark and mark.lower() in plain for mark in personal):
        try:
            parts = urlsplit(shown)
            return f"{parts.scheme}://{parts.hostname}/…" if parts.hostname else ""
        except ValueError:
            return ""
    return shown


def _words(text: str) -> str:
    """A source's words as they may be kept: one line, no address, nothing that is no character."""
    return without_addresses(text.encode("utf-8", "replace").decode("utf-8"))
