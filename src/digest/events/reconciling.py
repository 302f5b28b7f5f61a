"""Settles deliveries whose outcome is unknown from what was learnt since, edition by edition.

First whatever is given is applied (`applying`), then the events that were kept before are asked.
Last, and only when a person vouches for the relay's log, what the log never mentions is pending
again: the relay did not take it. That is believed only of a log that knows every delivery the
relay did take, when the run that was at it has ended, and not of the last minutes, since bytes
may still be on their way to the relay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.delivery.ledger.evidence import settle_by_kept
from digest.errors import ContentError
from digest.events.applying import Applied, apply_batch, attempted, batches, settle, within
from digest.events.postfix_log import SOURCE as POSTFIX
from digest.model.events import Report
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database
from digest.store.ledger import events as store
from digest.store.ledger import runs

#: How long after its outcome became unknown a delivery may still reach a relay: longer than
#: TCP repeats what is not acknowledged (RFC 1122 §4.2.3.5) and Postfix waits for a client.
IN_FLIGHT = timedelta(minutes=15)

#: Ways out that no relay's log knows of.
_NOT_BY_RELAY = ("outbox", "sendgrid")


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of one edition's unknown deliveries.

    `distrust` says why a log that was vouched for was not believed, or is empty. `submitting` are
    those that a run is at or died at, `in_flight` how many of them a process at work has in hand.
    """

    edition: str
    provider: str
    before: int
    accepted: int
    refused: int
    pending: int
    unknown: int
    distrust: str = ""
    submitting: int = 0
    in_flight: int = 0

    @property
    def stranded(self) -> int:
        """Deliveries that nobody is at any more: the next run finds out what it can."""
        return self.submitting - self.in_flight


def reconcile(
    database: Database,
    reports: Iterable[Report | None] = (),
    *,
    edition: str = "",
    log_is_complete: bool = False,
    dry_run: bool = False,
    is_sender_at_work: Callable[[], bool] = lambda: False,
    now: datetime,
    progress: Callable[[int], None] = lambda _read: None,
) -> tuple[list[Reconciled], Applied]:
    """Apply reports and settle what they, and the events kept before, tell of unknown deliveries.

    Args:
        database: the store.
        reports: of any edition; None stands for what is not about a delivery of ours.
        edition: the only one to settle and to tell of; empty for all with unknown outcomes.
        log_is_complete: a person says that the reports are a relay's whole log.
        dry_run: tell the same and change nothing.
        is_sender_at_work: whether the one sender that SQLite allows is at work; not asked on
            PostgreSQL, where every run has a session and a lease.
        now: the moment.
        progress: called with the number of reports read.

    Raises:
        ContentError: the edition that was named was never frozen.
        StoreError, InputError: as the store, or the reader of a file, says; whole batches before
            stay applied, and applying them again does no harm.
    """
    applied = Applied()
    with attempted(database, dry_run=dry_run) as attempt:
        with within(database, attempt) as connection:
            before = store.in_doubt(connection, edition)
        if edition and not before:
            raise ContentError(f"nothing of {edition} was frozen yet", "Run `digest send` first.")
        for batch in batches(_counted(reports, applied)):
            apply_batch(database, batch, now=now, applied=applied, connection=attempt)
            progress(applied.read)
        settled, found = Counter(applied.settled), []
        for dispatch in before:
            with within(database, attempt) as connection:
                kept = settle_by_kept(connection, dispatch.dispatch_id, now)
                settled += Counter({(dispatch.edition, state): n for state, n in kept.items()})
                distrust = ""
                if log_is_complete:
                    returned, distrust = _give_back(connection, dispatch, now)
                    settled += returned
                in_flight = _in_flight(connection, dispatch.dispatch_id, is_sender_at_work)
                (after,) = store.in_doubt(connection, dispatch.edition)
            found.append(_reconciled(dispatch, after, settled, distrust, in_flight))
    return found, applied


def _give_back(
    connection: Connection, dispatch: store.InDoubt, now: datetime
) -> tuple[Counter[tuple[str, str]], str]:
    """Make pending what the relay never had; or say why the log is not believed."""
    unknown = [
        delivery
        for delivery in store.unknown_deliveries(connection, dispatch.dispatch_id)
        if (delivery.place or dispatch.provider).partition(" ")[0] not in _NOT_BY_RELAY
    ]
    if not unknown:
        return Counter(), ""
    if _is_somebody_at_it(connection, {delivery.run for delivery in unknown}):
        return Counter(), "a run that was at it has not ended"
    accepted, seen = store.count_accepted(connection, dispatch.dispatch_id, POSTFIX)
    if not seen:
        return Counter(), "the log knows no accepted delivery of this edition"
    if seen < accepted:
        return Counter(), (
            f"the log tells the end of {seen:,} of {accepted:,} accepted deliveries: it is not "
            "complete, or the relay is not done with the others yet"
        )
    quiet = [delivery for delivery in unknown if delivery.changed_at <= now - IN_FLIGHT]
    said = f"{POSTFIX}: never seen in a complete log"
    outcomes = [Outcome(delivery.id, DeliveryState.PENDING, detail=said) for delivery in quiet]
    distrust = ""
    if len(quiet) < len(unknown):
        minutes = int(IN_FLIGHT.total_seconds() // 60)
        distrust = f"some became unknown less than {minutes} minutes ago"
    return settle(connection, outcomes, dispatch.edition, now), distrust


def _is_somebody_at_it(connection: Connection, ids: set[str]) -> bool:
    """Whether one of these runs has not ended; on SQLite the caller holds the lock."""
    return not all(runs.has_ended(connection, run) for run in filter(None, ids))


def _in_flight(
    connection: Connection, dispatch_id: int, is_sender_at_work: Callable[[], bool]
) -> int:
    """How many deliveries are in the hands of a process that is at work; one that hangs is not."""
    by_run = store.submitting_by_run(connection, dispatch_id)
    if not by_run:
        return 0
    if connection.dialect.name == "sqlite":
        return sum(by_run.values()) if is_sender_at_work() else 0
    leased = store.leased_runs(connection, dispatch_id)
    return sum(
        number
        for run, number in by_run.items()
        if run in leased and not runs.has_ended(connection, run)
    )


def _reconciled(
    before: store.InDoubt,
    after: store.InDoubt,
    settled: Counter[tuple[str, str]],
    distrust: str,
    in_flight: int,
) -> Reconciled:
    return Reconciled(
        edition=before.edition,
        provider=before.provider,
        before=before.unknown,
        accepted=settled[before.edition, DeliveryState.ACCEPTED.value],
        refused=settled[before.edition, DeliveryState.REFUSED.value],
        pending=settled[before.edition, DeliveryState.PENDING.value],
        unknown=after.unknown,
        distrust=distrust,
        submitting=after.submitting,
        # It may have been done with some of them since.
        in_flight=min(in_flight, after.submitting),
    )


def _counted(reports: Iterable[Report | None], applied: Applied) -> Iterator[Report]:
    for report in reports:
        if report is None:
            applied.read += 1
            applied.foreign += 1
        else:
            yield report
