"""Provider `sendgrid`: up to 1,000 readers a request, several requests at a time.

SendGrid has no idempotency key: a request whose answer did not come has an unknown outcome and is
never repeated; the delivery id in `custom_args` says at SendGrid which one it was. A refused
request (400) was refused as a whole and is split until the reader it is about stands alone. What an
answer means is decided in `judging`, when the next may leave in `pacing`; `turn` is one `submit`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from digest.config import Config
from digest.delivery.ledger.records import Dispatch
from digest.delivery.message.envelope import Envelope
from digest.delivery.providers.beginning import Beginning
from digest.delivery.providers.sendgrid.batches import schedule
from digest.delivery.providers.sendgrid.calling import Answer, Interface, open_interface
from digest.delivery.providers.sendgrid.grouping import Group
from digest.delivery.providers.sendgrid.judging import Judgement, judge
from digest.delivery.providers.sendgrid.pacing import RateLimit
from digest.delivery.providers.sendgrid.payload import Options, Payload
from digest.delivery.providers.sendgrid.turn import Turn
from digest.delivery.throttling import Throttle
from digest.errors import ConfigError, IncompleteError
from digest.model.sending import DeliveryState, Letter, Outcome, Recipient, Starting
from digest.store.database import Database

#: Unknown outcomes in a row after which nothing more is risked.
_MOST_TROUBLES = 2

#: Answers in a row that are not SendGrid's own and turn a reader down, after which the run ends.
_MOST_STRANGE = 10

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
    send_at, batch = schedule(interface, database, dispatch, now, config.zone)
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
        is_sandbox=settings.sandbox,
        concurrency=settings.concurrency,
        most=_most_readers(config),
        throttle=throttle,
        place=batch,
    )


def _most_readers(config: Config) -> int:
    """Of one request: a batch, so that several can be under way, and no more than a second's."""
    batch, rate = config.delivery.batch, config.delivery.rate
    return min(batch, max(1, int(rate))) if rate else batch


class Sendgrid:
    """SendGrid's `mail/send`.

    Args:
        is_sandbox: requests are only to be checked.
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
        is_sandbox: bool = False,
        concurrency: int = 1,
        most: int = 0,
        throttle: Throttle | None = None,
        place: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self.payload = payload
        self.interface = interface
        self.is_sandbox = is_sandbox
        self.requests_at_once = concurrency
        self.most = most
        self.throttle = throttle
        self.pace = RateLimit(clock)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="sendgrid")
        self._beginning = Beginning()
        self._troubles = 0
        self._strange = 0

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
        turn = Turn(self, recipients, starting)
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
        found = judge(
            answer,
            host=self.interface.host,
            is_sandbox=self.is_sandbox,
            alone=len(group) == 1,
        )
        self.pace.note(answer, put_off=found.then == "repeat")
        if found.then == "repeat":
            pause = round(self.pace.wait(), 1)
            _log.info("rate limited", extra={"digest": {"status": answer.status, "pause": pause}})
        elif found.state is not DeliveryState.ACCEPTED:
            told = {"status": answer.status, "detail": str(answer), "recipients": len(group)}
            _log.info("request failed", extra={"digest": told})
        error = found.error or self._fault(found, answer)
        return Judgement(found.state, found.then, error)

    def _fault(self, found: Judgement, answer: Answer) -> IncompleteError | None:
        """Why nothing more is risked after this answer; None to go on."""
        is_suspicious = self._beginning.is_suspicious(found.state)
        if found.state is DeliveryState.ACCEPTED:
            self._troubles = self._strange = 0
        elif found.state is DeliveryState.UNKNOWN:
            self._troubles += 1
        elif found.state is DeliveryState.PENDING and found.then == "go":
            self._strange += 1
        if self._troubles >= _MOST_TROUBLES:
            return IncompleteError(
                f"{self.interface.host}: {answer}",
                "Nothing more is risked. See `digest status`; check [delivery.sendgrid] "
                "api_url and SendGrid's status page, then run the command again: it goes on "
                "with those that are pending.",
            )
        if is_suspicious:
            return IncompleteError(
                f"SendGrid refused the first {self._beginning.refused} readers: {answer}",
                "Check [publication] and the letter; the others are pending.",
            )
        if self._strange >= _MOST_STRANGE:
            return IncompleteError(
                f"{self.interface.host}: {answer}",
                "That is not how SendGrid answers: check [delivery.sendgrid] api_url and what "
                "stands in between; everybody it was said of is pending.",
            )
        if found.then == "repeat" and self.pace.is_hopeless:
            return IncompleteError(
                f"{self.interface.host}: {answer}",
                "SendGrid put off every request for some time. Run the command again later; it "
                "goes on.",
            )
        return None
