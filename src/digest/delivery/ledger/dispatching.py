"""Takes the pending deliveries of a dispatch to a provider, and survives being killed at it.

    recover dead runs ─► claim a batch ─► provider.submit ─► record ─┐
                             ▲                                       │
                             └──────── until none is left ◄──────────┘
    then: what the provider put off is tried again a few times, the rest is given back.

Rows are written by `journal`; what a provider does, and what it may not, stands in
`digest.model.sending.Provider`. A provider that ends without a word about a delivery it started
is asked to settle it, and if it cannot, the delivery is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from digest.delivery.ledger.freezing import balance
from digest.delivery.ledger.journal import Journal
from digest.delivery.ledger.lock import sending_lock
from digest.delivery.ledger.records import Balance, Dispatch
from digest.delivery.ledger.starting import StoppingError, WithdrawnError
from digest.delivery.message.envelope import Envelope, values_for
from digest.model.sending import DeliveryState, Outcome, Provider, Recipient
from digest.store import claims
from digest.store.database import Database
from digest.store.ledger import mark_dispatched_when_served

#: Seconds before deliveries that the provider put off are tried again within the run.
PATIENCE = (5.0, 20.0, 60.0)

_ENDED = "the program ended before the outcome was known"
_PAGE = 1000


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
) -> Balance:
    """Submit what is pending, whichever list it came from; returns where everything stands.

    Pending deliveries may be left: put off by the provider, or after `stop`. The same call goes
    on with them. The edition becomes `dispatched` when none is pending or submitting.

    Args:
        batch: deliveries claimed at once; also what is held in memory.
        now: the clock; aware datetimes.
        progress: called after every change, with the balance as this run knows it.
        stop: set it to finish what is in flight and give the rest back.
        patience: seconds to wait before each further attempt.

    Raises:
        CredentialsError, IncompleteError: the provider refused the whole call; nothing is lost.
        StoreError: the store refused, or (SQLite) another process is sending.
    """
    lock = sending_lock(
        database, purpose=f"sending {dispatch.edition}", now=now(), ledger=dispatch.ledger
    )
    with lock:
        async with Journal(database, place_of(provider), now) as journal:
            run = _Run(journal, dispatch, provider, envelope, batch, now, stop)
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
    ) -> None:
        self._journal = journal
        self._dispatch = dispatch
        self._provider = provider
        self._envelope = envelope
        self._batch = batch
        self._now = now
        self._stop = stop
        self._states: dict[str, DeliveryState] = {}
        self._balance = Balance()
        self._progress: Callable[[Balance], None] = lambda _balance: None

    def watch(self, start: Balance, progress: Callable[[Balance], None]) -> None:
        """Report changes from here on."""
        self._balance, self._progress = start, progress
        progress(start)

    # ---- Before and after -------------------------------------------------------------------

    async def recover(self) -> None:
        """Give back what dead runs had claimed, and settle what they were submitting."""
        journal, dispatch_id = self._journal, self._dispatch.id
        for run in await journal.call(claims.runs, dispatch_id):
            if not await journal.is_dead(run):
                continue
            while left := await journal.call(claims.interrupted, dispatch_id, run, _PAGE):
                outcomes = await self._settle(left)
                await journal.call(claims.record_outcomes, run, outcomes, self._now())
            await journal.call(claims.release, dispatch_id, run)
            await journal.bury(run)

    async def give_back(self) -> None:
        """Release what was claimed and not started; close the edition when nothing is open."""
        await self._journal.call(claims.release, self._dispatch.id, self._journal.run)
        if self._dispatch.ledger == "main":
            await self._journal.call(
                mark_dispatched_when_served,
                self._dispatch.edition,
                self._dispatch.id,
                self._now(),
            )

    # ---- Submitting -------------------------------------------------------------------------

    async def submit_everything(self, patience: Sequence[float]) -> None:
        """Claim and submit until none is left or patience is at its end."""
        fruitless = 0
        while (recipients := await self._claim()) is not None:
            if await self._submit(recipients):
                fruitless = 0
                continue
            if fruitless == len(patience) or not await self._pause(patience[fruitless]):
                return
            fruitless += 1
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

    async def _claim(self, again_after: str | None = None) -> list[Recipient] | None:
        """The next batch; it may be empty when all its readers left. None: nothing is left."""
        if self._stop.is_set():
            return None
        rows, excluded = await self._journal.call(
            claims.claim,
            self._dispatch.id,
            self._journal.run,
            self._batch,
            self._now(),
            again_after=again_after,
        )
        if excluded:
            self._balance = self._balance.left(excluded)
            self._progress(self._balance)
        if not rows and not excluded:
            return None
        return [
            Recipient(
                id=row.id,
                email=row.email,
                name=row.name,
                language=row.language,
                token=row.token,
                values=values_for(row, self._envelope),
            )
            for row in rows
        ]

    async def _submit(self, recipients: Sequence[Recipient]) -> bool:
        """One batch to the provider; False when nothing but putting off came of it."""
        if not recipients:
            return True
        self._states = {recipient.id: DeliveryState.PENDING for recipient in recipients}
        fruitful = False
        outcomes = self._provider.submit(recipients, self._starting)
        try:
            with suppress(StoppingError, WithdrawnError):
                async for outcome in outcomes:
                    self._record(outcome)
                    fruitful = fruitful or outcome.state is not DeliveryState.PENDING
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
            await self._journal.flush()
        return fruitful

    async def _starting(self, ids: Sequence[str]) -> None:
        if self._stop.is_set():
            raise StoppingError
        await self._journal.starting(ids)
        self._move(ids, DeliveryState.SUBMITTING)

    def _record(self, outcome: Outcome) -> None:
        if outcome.id in self._states:
            self._journal.record(outcome)
            self._move([outcome.id], outcome.state)
            if outcome.state is not DeliveryState.PENDING:
                del self._states[outcome.id]

    def _move(self, ids: Collection[str], state: DeliveryState) -> None:
        for id_ in ids:
            self._balance = self._balance.moved(self._states[id_], state)
            self._states[id_] = state
        self._progress(self._balance)

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
