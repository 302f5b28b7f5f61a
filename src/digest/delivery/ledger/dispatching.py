"""Takes the pending deliveries of a dispatch to a provider, and survives being killed at it.

    recover dead runs ─► claim a batch ─► provider.submit ─► record ─┐
                             ▲                                       │
                             └──────── until none is left ◄──────────┘
    then: what the provider put off is tried again a few times, the rest is given back.

The next batch is claimed while one is being submitted. Rows are written by `journal`, other runs
are looked after by `recovering`; what a provider does, and what it may not, stands in
`digest.model.sending.Provider`. A provider that ends without a word about a delivery it started
is asked to settle it, and if it cannot, the delivery is unknown.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from digest.delivery.ledger.freezing import balance
from digest.delivery.ledger.journal import Journal
from digest.delivery.ledger.lock import sending_lock
from digest.delivery.ledger.records import Balance, Dispatch, Tally
from digest.delivery.ledger.recovering import HEARTBEAT, LEASE, at_work, recover
from digest.delivery.ledger.session import PAUSES
from digest.delivery.ledger.starting import StoppingError, WithdrawnError
from digest.delivery.message.envelope import Envelope, values_for_each
from digest.model.sending import DeliveryState, Outcome, Provider, Recipient
from digest.store.database import Database
from digest.store.ledger import claims
from digest.store.ledger.cancelling import withdraw_pending
from digest.store.ledger.dispatches import mark_dispatched_when_served

#: Seconds before deliveries that the provider put off are tried again within the run.
PATIENCE = (5.0, 20.0, 60.0)

_log = logging.getLogger("digest.delivery")

_ENDED = "the program ended before the outcome was known"
_WITHDRAWN = "stopped before it left"
_PUT_OFF = "put off, and the provider did not say why"

#: Turns that everybody else in the loop has before each portion of a batch is claimed.
_TURNS = 4

#: Seconds between two reports of progress.
_REPORT_EVERY = 0.1


async def dispatch(
    database: Database,
    dispatch: Dispatch,
    provider: Provider,
    envelope: Envelope,
    *,
    batch: int,
    now: Callable[[], datetime],
    progress: Callable[[Balance], None],
    stop: asyncio.Event,
    patience: Sequence[float] = PATIENCE,
    lease: float = LEASE,
    heartbeat: float = HEARTBEAT,
    pauses: Sequence[float] = PAUSES,
    shard: tuple[int, int] | None = None,
) -> Balance:
    """Submit what is pending, whichever list it came from; returns where everything stands.

    Pending deliveries may be left: put off by the provider, or after `stop`. The same call goes
    on with them. The edition becomes `dispatched` when none is pending or submitting.

    Args:
        batch: deliveries claimed at once; also what is held in memory.
        now: the clock; aware datetimes.
        progress: called some ten times a second with the balance as this run knows it.
        stop: set it to finish what is in flight and give the rest back.
        patience: seconds to wait before each further attempt.
        lease: seconds after which others take over from a run that does not answer (PostgreSQL).
        heartbeat: seconds between renewals of the lease.
        pauses: seconds between attempts to reach a store that went away.
        shard: (index, count) to take only that part of the deliveries, by their ids; None for all.

    Raises:
        CredentialsError, IncompleteError: the provider refused the whole call; nothing is lost.
        StoreError: the store refused, or (SQLite) another process is sending.
    """
    lock = sending_lock(
        database, purpose=f"sending {dispatch.edition}", now=now(), ledger=dispatch.ledger
    )
    with lock:
        async with (
            Journal(database, place_of(provider), now, pauses=pauses) as journal,
            at_work(journal, dispatch.id, provider.name, now(), lease, heartbeat),
        ):
            run = _Run(journal, dispatch, provider, envelope, batch, now, stop, shard, lease)
            await run.recover()
            run.watch(balance(database, dispatch.edition, dispatch.ledger), progress)
            try:
                await run.submit_everything(patience)
            finally:
                await run.give_back()
    return balance(database, dispatch.edition, dispatch.ledger)


def place_of(provider: Provider) -> str:
    """What identifies a provider for settling: its name and, if it has one, its `place`."""
    return f"{provider.name} {getattr(provider, 'place', '')}".strip()


class _Run:
    """One process's turn at a dispatch."""

    def __init__(
        self,
        journal: Journal,
        dispatch: Dispatch,
        provider: Provider,
        envelope: Envelope,
        batch: int,
        now: Callable[[], datetime],
        stop: asyncio.Event,
        shard: tuple[int, int] | None,
        lease: float,
    ) -> None:
        self._journal = journal
        self._dispatch = dispatch
        self._provider = provider
        self._envelope = envelope
        self._batch = batch
        # Who takes whole requests does not wait for single letters meanwhile.
        takes_requests = hasattr(provider, "requests_at_once")
        self._portion = batch if takes_requests else journal.portion
        self._now = now
        self._stop = stop
        self._shard = shard
        self._lease = lease
        self._states: dict[str, DeliveryState] = {}
        self._held: set[str] = set()
        self._tally = Tally(Balance())
        self._progress: Callable[[Balance], None] = lambda _balance: None
        self._reported = 0.0

    def watch(self, start: Balance, progress: Callable[[Balance], None]) -> None:
        """Report changes from here on."""
        self._tally, self._progress = Tally(start), progress
        self._report()
        self._say("run started", start)

    # ---- Before and after -------------------------------------------------------------------

    async def recover(self) -> bool:
        """Take over from runs that are dead or hang; whether there is anything to claim by it."""
        return await recover(self._journal, self._dispatch.id, self._settle, self._now, self._lease)

    async def give_back(self) -> None:
        """Release what was claimed and not started; close the edition when nothing is open."""
        await self._journal.call(claims.release, self._dispatch.id, self._journal.run)
        if self._dispatch.ledger == "main":
            # What was put off after the edition was called back.
            await self._journal.call(
                withdraw_pending, self._dispatch.edition, self._dispatch.id, self._now()
            )
            await self._journal.call(
                mark_dispatched_when_served,
                self._dispatch.edition,
                self._dispatch.id,
                self._now(),
            )
        self._say("run ended", self._tally.balance())

    def _say(self, what: str, balance: Balance) -> None:
        fields = {
            "edition": self._dispatch.edition,
            "run": self._journal.run,
            "provider": self._provider.name,
            **{
                name: getattr(balance, name)
                for name in ("accepted", "refused", "unknown", "pending")
            },
        }
        _log.info(what, extra={"digest": fields})

    # ---- Submitting -------------------------------------------------------------------------

    async def submit_everything(self, patience: Sequence[float]) -> None:
        """Claim and submit until none is left or patience is at its end."""
        while await self._submit_claimed(patience):
            if self._stop.is_set() or not await self.recover():
                break
        else:
            return
        for seconds in patience:
            put_off = await self._journal.call(
                claims.holds_pending, self._dispatch.id, self._journal.run
            )
            if not put_off or not await self._pause(seconds):
                return
            after = ""
            while (recipients := await self._claim(after)) is not None:
                after = max((recipient.id for recipient in recipients), default=after)
                await self._submit(recipients)

    async def _submit_claimed(self, patience: Sequence[float]) -> bool:
        """Everything that nobody has claimed; False when the provider puts off all of it."""
        fruitless = 0
        ahead = asyncio.create_task(self._claim())
        try:
            # Nothing was left when it looked, but a reader's other list may have come since.
            while (recipients := await ahead or await self._claim()) is not None:
                if self._stop.is_set():
                    return False
                ahead = asyncio.create_task(self._claim())
                if await self._submit(recipients):
                    fruitless = 0
                    continue
                if fruitless == len(patience) or not await self._pause(patience[fruitless]):
                    return False
                fruitless += 1
        finally:
            await asyncio.gather(ahead, return_exceptions=True)
        return True

    async def _claim(self, again_after: str | None = None) -> list[Recipient] | None:
        """The next batch; it may be empty when all its readers left. None: nothing is left.

        It is claimed in portions, between which whatever else is due has its turn.
        """
        recipients: list[Recipient] = []
        is_any = False
        while not self._stop.is_set() and len(recipients) < self._batch:
            for _turn in range(_TURNS):
                await asyncio.sleep(0)
            portion = min(self._portion, self._batch - len(recipients))
            rows, excluded = await self._journal.claim(
                self._dispatch.id,
                portion,
                again_after=again_after,
                shard=self._shard,
                held=self._held,
            )
            self._held.update(row.id for row in rows)
            if excluded:
                self._tally.exclude(excluded)
                self._report()
            recipients += [
                Recipient(row.id, row.email, row.name, row.language, row.token, values)
                for row, values in zip(rows, values_for_each(rows, self._envelope), strict=True)
            ]
            is_any = is_any or bool(rows or excluded)
            if len(rows) + excluded.total() < portion:
                break
            if again_after is not None:
                again_after = max((row.id for row in rows), default=again_after)
        _log.debug(
            "batch", extra={"digest": {"run": self._journal.run, "claimed": len(recipients)}}
        )
        return recipients if is_any else None

    async def _submit(self, recipients: Sequence[Recipient]) -> bool:
        """One batch to the provider; False when nothing but putting off came of it."""
        if not recipients:
            return True
        self._states = {recipient.id: DeliveryState.PENDING for recipient in recipients}
        is_fruitful = is_put_off = False
        outcomes = self._provider.submit(recipients, self._starting)
        try:
            with suppress(StoppingError, WithdrawnError):
                async for outcome in outcomes:
                    self._record(outcome)
                    if outcome.state is DeliveryState.PENDING:
                        is_put_off = True
                    else:
                        is_fruitful = True
        finally:
            await _end(outcomes)
            silent = {
                id_: self._journal.provider
                for id_, state in self._states.items()
                if state is DeliveryState.SUBMITTING
            }
            for outcome in await self._settle(silent):
                self._record(outcome)
            self._states = {}
            self._held.difference_update(recipient.id for recipient in recipients)
            await self._journal.flush()
            self._report()
        return is_fruitful or not is_put_off

    async def _starting(self, ids: Sequence[str]) -> None:
        if self._stop.is_set():
            raise StoppingError
        if not ids:
            return
        try:
            await self._journal.starting(ids)
        except asyncio.CancelledError:
            # They may be committed as submitting all the same; nothing of them has left.
            for id_ in ids:
                self._journal.record(Outcome(id_, DeliveryState.PENDING, detail=_WITHDRAWN))
            raise
        self._states.update(dict.fromkeys(ids, DeliveryState.SUBMITTING))
        self._tally.move(DeliveryState.PENDING, DeliveryState.SUBMITTING, len(ids))
        self._report_soon()

    def _record(self, outcome: Outcome) -> None:
        origin = self._states.pop(outcome.id, None)
        if origin is None:
            return
        if outcome.state is DeliveryState.UNKNOWN and not outcome.provider_id:
            # Who may be asked about it; the settings may name another provider by then.
            outcome = replace(outcome, provider_id=self._journal.provider)
        elif outcome.state is DeliveryState.PENDING and not outcome.detail:
            outcome = replace(outcome, detail=_PUT_OFF)
        self._journal.record(outcome)
        state = outcome.state
        if state is DeliveryState.ACCEPTED and origin is DeliveryState.SUBMITTING:
            self._tally.taken += 1
            self._report_soon()
            return
        if state is not origin:
            self._tally.move(origin, state)
        fields = {"delivery": outcome.id, "detail": outcome.detail}
        if state is DeliveryState.PENDING:
            self._tally.put_off()
            self._states[outcome.id] = state
            _log.debug("put off", extra={"digest": fields})
        else:
            _log.info(state.value, extra={"digest": fields})
        self._report_soon()

    def _report_soon(self) -> None:
        if time.monotonic() - self._reported >= _REPORT_EVERY:
            self._report()

    def _report(self) -> None:
        self._reported = time.monotonic()
        self._progress(self._tally.balance())

    async def _settle(self, left: Mapping[str, str]) -> list[Outcome]:
        """What became of deliveries (id → place of the provider that was at it)."""
        known: dict[str, Outcome] = {}
        mine = [id_ for id_, place in left.items() if place == self._journal.provider]
        if mine:
            known = {outcome.id: outcome for outcome in await self._provider.settle(mine)}
        return [
            known.get(id_) or Outcome(id_, DeliveryState.UNKNOWN, detail=_ENDED, provider_id=place)
            for id_, place in left.items()
        ]

    async def _pause(self, seconds: float) -> bool:
        """Wait; False when asked to stop."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
        return not self._stop.is_set()


async def _end(outcomes: AsyncIterator[Outcome]) -> None:
    if isinstance(outcomes, AsyncGenerator):
        await outcomes.aclose()
