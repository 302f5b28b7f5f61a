"""Provider `sendgrid`: up to 1,000 readers a request, several requests at a time.

SendGrid has no idempotency key: a request whose answer did not come has an unknown outcome and is
never repeated; the delivery id in `custom_args` says at SendGrid which one it was. A refused
request (400) was refused as a whole and is split until the reader it is about stands alone. What an
answer means is decided in `judging`, when the next may leave in `pacing`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from digest.config import Config
from digest.delivery.ledger.records import Dispatch
from digest.delivery.ledger.starting import StoppingError, WithdrawnError
from digest.delivery.message.envelope import Envelope
from digest.delivery.providers.sendgrid.batches import schedule
from digest.delivery.providers.sendgrid.calling import Answer, Interface, open_interface
from digest.delivery.providers.sendgrid.grouping import Group, Grouping
from digest.delivery.providers.sendgrid.judging import Judgement, judge
from digest.delivery.providers.sendgrid.pacing import Pace
from digest.delivery.providers.sendgrid.payload import Options, Payload
from digest.delivery.throttling import Throttle
from digest.errors import ConfigError, IncompleteError
from digest.model.sending import DeliveryState, Letter, Outcome, Recipient, Starting
from digest.store.database import Database

#: Refusals in a row, before anything was accepted, that say more about us than about readers.
_SUSPICIOUS = 10

#: Unknown outcomes in a row after which nothing more is risked.
_MOST_TROUBLES = 2

#: Seconds between looks at whether the run is to end, while nothing may leave.
_LOOK = 0.2

_log = logging.getLogger("digest.delivery")


def open_sendgrid(
    config: Config,
    letter: Letter,
    envelope: Envelope,
    *,
    now: datetime,
    dispatch: Dispatch | None = None,
    database: Database | None = None,
    throttle: Throttle | None = None,
) -> Sendgrid:
    """SendGrid as `[delivery.sendgrid]` describes it.

    A dispatch that is to leave later is given its name at SendGrid, which is kept in the ledger;
    otherwise nothing is asked yet.

    Raises:
        ConfigError: the key is missing, or the sender cannot stand in a request.
        CredentialsError, IncompleteError: the edition leaves later, and SendGrid gives it no name,
            or takes it no sooner than 72 hours beforehand.
    """
    settings = config.delivery.sendgrid
    interface = open_interface(config)
    send_at, batch = schedule(interface, database, dispatch, now)
    options = Options(
        sandbox=settings.sandbox,
        categories=settings.categories,
        asm_group=settings.asm_group,
        ip_pool=settings.ip_pool,
        send_at=send_at,
        batch=batch,
    )
    try:
        payload = Payload(letter, envelope, options)
    except ValueError as error:
        raise ConfigError(
            f"{config.file}: publication.sender or publication.reply_to: {error}",
            "Write a plain address such as lettre@example.org.",
        ) from None
    return Sendgrid(
        payload,
        interface,
        expected=200 if settings.sandbox else 202,
        concurrency=settings.concurrency,
        most=max(1, int(config.delivery.rate)) if config.delivery.rate else 0,
        throttle=throttle,
        place=batch,
    )


class Sendgrid:
    """SendGrid's `mail/send`.

    Args:
        expected: the status that takes a request.
        concurrency: requests at the same time, each with at most `most` readers (0: as many as a
            request holds).
        throttle: says when a request may leave; None: at once.
        place: the edition's name at SendGrid, when it leaves later.
        clock: seconds, on any scale that does not jump.
    """

    name = "sendgrid"

    def __init__(
        self,
        payload: Payload,
        interface: Interface,
        *,
        expected: int = 202,
        concurrency: int = 1,
        most: int = 0,
        throttle: Throttle | None = None,
        place: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self.payload = payload
        self.interface = interface
        self.expected = expected
        self.requests_at_once = concurrency
        self.most = most
        self.throttle = throttle
        self.pace = Pace(clock)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="sendgrid")
        self._accepted_any = False
        self._refusals = 0
        self._troubles = 0

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Send to every recipient.

        A reader of a request that is split or put off has a `pending` outcome first, so that never
        more than one request for each that may be under way is in doubt.

        Raises:
            CredentialsError: SendGrid refused the key or the sender.
            IncompleteError: SendGrid cannot be reached, or refuses the letter itself.
        """
        turn = _Turn(self, recipients, starting)
        try:
            while (outcomes := await turn.step()) is not None:
                for outcome in outcomes:
                    yield outcome
        finally:
            await turn.end()

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """Nothing: SendGrid tells only by its events."""
        return []

    async def close(self) -> None:
        """Nothing is open between requests."""
        self._pool.shutdown()

    @property
    def is_in_doubt(self) -> bool:
        """Whether the last word on a request was none: nothing is added to those under way."""
        return self._troubles > 0

    def post(self, group: Group) -> asyncio.Future[Answer]:
        """Let a request leave."""
        loop = asyncio.get_running_loop()
        body = self.payload.request(group.list_name, group.personalizations)
        return loop.run_in_executor(self._pool, self.interface.send, body)

    def judge(self, answer: Answer, group: Group) -> Judgement:
        """What an answer means, seen together with those before it."""
        alone = len(group) == 1
        found = judge(answer, host=self.interface.host, expected=self.expected, alone=alone)
        self.pace.note(answer, put_off=found.then == "repeat")
        if found.then == "repeat":
            pause = round(self.pace.wait(), 1)
            _log.info("rate limited", extra={"digest": {"status": answer.status, "pause": pause}})
        elif found.state is not DeliveryState.ACCEPTED:
            told = {"status": answer.status, "detail": str(answer), "recipients": len(group)}
            _log.info("request failed", extra={"digest": told})
        error: IncompleteError | None = None
        if found.state is DeliveryState.ACCEPTED:
            self._accepted_any, self._troubles = True, 0
        elif found.state is DeliveryState.UNKNOWN:
            self._troubles += 1
            if self._troubles >= _MOST_TROUBLES:
                error = IncompleteError(
                    f"{self.interface.host}: {answer}",
                    "Nothing more is risked. See `digest status`; check [delivery.sendgrid] "
                    "api_url and SendGrid's status page, then run the command again: it goes on "
                    "with those that are pending.",
                )
        elif found.state is DeliveryState.REFUSED:
            self._refusals += 1
            if not self._accepted_any and self._refusals >= _SUSPICIOUS:
                error = IncompleteError(
                    f"SendGrid refused the first {self._refusals} readers: {answer}",
                    "Check [publication] and the letter; the others are pending.",
                )
        elif self.pace.is_hopeless:
            error = IncompleteError(
                f"{self.interface.host}: {answer}",
                "SendGrid put off every request for some time. Run the command again later; it "
                "goes on.",
            )
        return found if error is None else Judgement(found.state, found.then, error)


class _Turn:
    """One `submit`: requests under way, those that wait, and why nothing more may begin."""

    def __init__(
        self, provider: Sendgrid, recipients: Sequence[Recipient], starting: Starting
    ) -> None:
        self._provider = provider
        self._starting = starting
        self._grouping = Grouping(provider.payload, recipients, provider.most)
        self._ready: deque[Group] = deque()
        self._under_way: dict[asyncio.Future[Answer], Group] = {}
        self._is_over = False
        self._failure: Exception | None = None

    async def step(self) -> list[Outcome] | None:
        """Begin what may begin and wait for an answer; tells what became known, None at the end.

        Raises:
            CredentialsError, IncompleteError: nothing more may leave, and nothing is under way.
        """
        wait = 0.0
        while self._may_begin() and not (wait := self._wait()):
            await self._begin()
        outcomes = self._grouping.refused()
        if self._under_way:
            outcomes += await self._answers(wait)
        elif wait:
            await asyncio.sleep(min(wait, _LOOK))
        elif not outcomes:
            if self._failure is not None:
                raise self._failure
            return None
        if wait:
            await self._ask(())
        return outcomes

    async def end(self) -> None:
        """Wait for what is under way: nothing leaves any more when `submit` has ended."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    # ---- Beginning --------------------------------------------------------------------------

    def _may_begin(self) -> bool:
        at_once = 1 if self._provider.is_in_doubt else self._provider.requests_at_once
        room = len(self._under_way) < at_once
        return room and not self._is_over and bool(self._ready or self._grouping)

    def _wait(self) -> float:
        """Seconds until the next request may leave; it is ready and counted when there are none."""
        if wait := self._provider.pace.wait():
            return wait
        if not self._ready and (group := self._grouping.next()):
            self._ready.append(group)
        throttle = self._provider.throttle
        if throttle is None or not self._ready:
            return 0.0
        return throttle.wait_for_group(len(self._ready[0]))

    async def _begin(self) -> None:
        group = self._ready.popleft() if self._ready else None
        while group:
            gone = await self._ask([recipient.id for recipient in group.recipients])
            if gone is None:
                return
            if not gone:
                self._under_way[self._provider.post(group)] = group
                return
            group = group.without(gone)

    async def _ask(self, ids: Sequence[str]) -> frozenset[str] | None:
        """Tell that these start; returns those who may not, or None when nothing may."""
        try:
            await self._starting(ids)
        except WithdrawnError as error:
            return error.ids
        except StoppingError:
            self._is_over = True
            return None
        except Exception as error:
            self._fail(error)
            return None
        return frozenset()

    def _fail(self, error: Exception) -> None:
        self._is_over = True
        self._failure = self._failure or error

    # ---- Ending -----------------------------------------------------------------------------

    async def _answers(self, wait: float) -> list[Outcome]:
        """What became of the requests that were answered; waits for one, or as long as `wait`."""
        done, _ = await asyncio.wait(
            self._under_way,
            timeout=min(wait, _LOOK) if wait else None,
            return_when=asyncio.FIRST_COMPLETED,
        )
        outcomes: list[Outcome] = []
        for future in done:
            group, answer = self._under_way.pop(future), future.result()
            found = self._provider.judge(answer, group)
            if found.error is not None:
                self._fail(found.error)
            if found.then == "repeat":
                self._grouping.put_back(group)
            elif found.then == "split":
                self._grouping.split(group, answer)
            is_accepted = found.state is DeliveryState.ACCEPTED
            detail = "" if is_accepted else str(answer)
            provider_id = self._name_of(answer) if is_accepted else self._provider.place
            outcomes += [
                Outcome(recipient.id, found.state, detail, provider_id)
                for recipient in group.recipients
            ]
        return outcomes

    def _name_of(self, answer: Answer) -> str:
        """SendGrid's own name of a message, after that of the edition when it leaves later."""
        return f"{self._provider.place} {answer.headers.get('x-message-id', '')}".strip()
