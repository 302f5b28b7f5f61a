"""One batch of recipients on all connections: who is where, what may start, what became of whom.

Driven by what happens on the connections; starts are asked for together, for every message whose
content is due by then. A message never leaves twice: it goes back to the others only as long as
nobody was told that it started.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass

from digest.delivery.ledger.starting import WithdrawnError
from digest.delivery.message.building import address_fault
from digest.delivery.message.encoding import header_address
from digest.delivery.providers.smtp.connection import Connection
from digest.delivery.providers.smtp.dialogue import Submission, Verdict
from digest.delivery.providers.smtp.relay import LostError, Relay
from digest.errors import CredentialsError, IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting

#: Unknown outcomes on a connection without an accepted one between, after which the run ends.
_MOST_DOUBTS = 2

#: Refusals in a row, before anything was accepted, that say more about us than about readers.
_SUSPICIOUS = 10


class Record:
    """What a relay's answers so far say about the relay itself."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._refusals = 0
        self._accepted_any = False
        self._doubts: Counter[int] = Counter()

    def fault(self, outcome: Outcome, line: int) -> IncompleteError | None:
        """Why nothing more is risked after this outcome on a line; None to go on."""
        if outcome.state is DeliveryState.ACCEPTED:
            self._accepted_any = True
            self._doubts[line] = 0
        elif outcome.state is DeliveryState.REFUSED:
            self._refusals += 1
        elif outcome.state is DeliveryState.UNKNOWN:
            self._doubts[line] += 1
        if self._doubts[line] >= _MOST_DOUBTS:
            return IncompleteError(
                f"{self._relay.address}: {self._doubts[line]} letters in a row have an unknown "
                f"outcome, and nothing more is risked: {outcome.detail}",
                "See `digest status` and the relay's log; when the relay is well, run the command "
                "again: it goes on with those that are pending.",
            )
        if not self._accepted_any and self._refusals >= _SUSPICIOUS:
            return IncompleteError(
                f"{self._relay.address}: the relay refused the first {self._refusals} letters: "
                f"{outcome.detail}",
                "Check [publication] sender and whether the relay lets this machine send; the "
                "others are pending.",
            )
        return None

    def clean(self, text: str) -> str:
        """The relay's words without addresses and secrets."""
        return self._relay.clean(text)


@dataclass(slots=True)
class _UnderWay:
    """A message that a connection has.

    The caller is being told that it starts, or has been told; `lost` says how the connection
    ended meanwhile.
    """

    recipient: Recipient
    content: bytes
    is_starting: bool = False
    is_started: bool = False
    lost: str = ""


class Batch:
    """Recipients of one `submit`.

    Args:
        starting: awaited before content leaves.
        build: a recipient's message, dot-stuffed.
        sender: the address after MAIL FROM.
        record: what is known of the relay; outlives the batch.
    """

    def __init__(
        self,
        recipients: Sequence[Recipient],
        starting: Starting,
        build: Callable[[Recipient], bytes],
        sender: str,
        record: Record,
    ) -> None:
        self.todo: deque[Recipient] = deque()
        self.halted = asyncio.Event()
        self.failure: BaseException | None = None
        self._starting = starting
        self._build = build
        self._sender = sender
        self._record = record
        self._under_way: dict[str, _UnderWay] = {}
        self._due: list[tuple[Connection, str]] = []
        self._lines: dict[Connection, int] = {}
        self._outcomes: deque[Outcome] = deque()
        self._put_back: set[str] = set()
        self._news = asyncio.Event()
        self._change = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        for recipient in recipients:
            if fault := address_fault(recipient.email):
                self._tell(Outcome(recipient.id, DeliveryState.REFUSED, detail=fault))
            else:
                self.todo.append(recipient)

    @property
    def is_done(self) -> bool:
        """Whether nothing is under way and nothing more will be."""
        nothing_left = self.halted.is_set() or not self.todo
        return nothing_left and not self._under_way and self._asking is None

    async def outcomes(self, workers: Collection[asyncio.Task[object]]) -> AsyncIterator[Outcome]:
        """What becomes known, until the batch is done and its workers have ended."""
        while True:
            while self._outcomes:
                yield self._outcomes.popleft()
            if self._due and self._asking is None:
                self._asking = asyncio.create_task(self._ask())
            elif self.is_done or all(worker.done() for worker in workers):
                self.stir()
                await asyncio.gather(*workers)
                if not self._outcomes:
                    return
                continue
            await self._news.wait()
            self._news.clear()

    async def change(self) -> None:
        """Wait until a connection ended, work came back, or all is done."""
        await self._change.wait()

    def stir(self) -> None:
        """Wake everybody who waits."""
        self._change.set()
        self._change = asyncio.Event()
        self._news.set()

    def serve(self, connection: Connection, line: int) -> None:
        """Use a connection for this batch; `line` numbers those of the same place."""
        connection.listener = self
        self._lines[connection] = line
        self.room(connection)

    def halt(self) -> None:
        """Begin nothing more; what was started ends."""
        self.halted.set()
        self.stir()

    def fail(self, error: BaseException) -> None:
        """Halt, and remember why."""
        if self.failure is None:
            self.failure = error
        self.halt()

    # ---- What connections tell --------------------------------------------------------------

    def room(self, connection: Connection) -> None:
        """Give a connection the next message."""
        while connection.has_room and self.todo and not self.halted.is_set():
            recipient = self.todo.popleft()
            content = self._build(recipient)
            if 0 < connection.largest < len(content):
                fault = f"the relay takes {connection.largest} bytes; the letter has {len(content)}"
                self._tell(Outcome(recipient.id, DeliveryState.REFUSED, detail=fault))
                continue
            self._under_way[recipient.id] = _UnderWay(recipient, content)
            connection.submit(
                Submission(
                    recipient.id, self._sender, header_address(recipient.email), len(content)
                )
            )

    def go_ahead(self, connection: Connection, id_: str) -> None:
        """A message's content is due."""
        self._due.append((connection, id_))
        self._news.set()

    def verdict(self, connection: Connection, verdict: Verdict) -> None:
        """The relay's last word on a message."""
        del self._under_way[verdict.id]
        detail = self._record.clean(str(verdict.reply))
        words = ""
        code = verdict.reply.code
        if 200 <= code < 300:
            state = DeliveryState.ACCEPTED
            words = self._record.clean(verdict.reply.text)
        elif 400 <= code < 500:
            state = DeliveryState.PENDING
        elif code >= 500:
            state = DeliveryState.REFUSED
        else:
            state, detail = DeliveryState.UNKNOWN, f"unexpected verdict: {detail}"
        self._tell(Outcome(verdict.id, state, detail=detail, provider_id=words), connection)

    def over(
        self, connection: Connection, left: Sequence[tuple[str, bool]], error: Exception
    ) -> None:
        """A connection ended; its messages are in doubt, put off, or go back to the others."""
        detail = error.detail if isinstance(error, LostError) else ""
        self._due = [entry for entry in self._due if entry[0] is not connection]
        for id_, is_doubtful in reversed(left):
            message = self._under_way.get(id_)
            if message is None:
                continue
            if is_doubtful:
                del self._under_way[id_]
                doubt = f"connection lost after the final dot: {detail}"
                self._tell(Outcome(id_, DeliveryState.UNKNOWN, detail=doubt), connection)
            elif message.is_starting:
                message.lost = detail or "the connection ended"
            elif message.is_started:
                del self._under_way[id_]
                self._tell(Outcome(id_, DeliveryState.PENDING, detail=detail))
            else:
                self._return(message, detail, counts=error is not _OURS)
        if isinstance(error, CredentialsError | IncompleteError):
            self.fail(error)
        self.stir()

    # ---- Within -----------------------------------------------------------------------------

    def _return(self, message: _UnderWay, detail: str, *, counts: bool) -> None:
        """Nobody was told that it started: another connection may try, once."""
        id_ = message.recipient.id
        del self._under_way[id_]
        if id_ in self._put_back:
            self._tell(Outcome(id_, DeliveryState.PENDING, detail=detail))
            return
        if counts:
            self._put_back.add(id_)
        self.todo.appendleft(message.recipient)

    def _tell(self, outcome: Outcome, connection: Connection | None = None) -> None:
        self._outcomes.append(outcome)
        self._news.set()
        if connection is None:
            return
        if fault := self._record.fault(outcome, self._lines[connection]):
            self.fail(fault)

    async def _ask(self) -> None:
        """Ask that every message whose content is due may start, and send what may."""
        try:
            due, self._due = self._due, []
            for _connection, id_ in due:
                self._under_way[id_].is_starting = True
            while due and not self.halted.is_set():
                try:
                    await self._starting([id_ for _connection, id_ in due])
                    await self._hear_the_last()
                except WithdrawnError as error:
                    due = self._without(due, error.ids)
                else:
                    self._send(due)
                    return
            self._give_up(due)
        except BaseException as error:
            self.fail(error)
            self._give_up(due)
        finally:
            self._asking = None
            self._news.set()

    async def _hear_the_last(self) -> None:
        """Let the loop tell what arrived meanwhile: a relay that hung up gets no content."""
        for _turn in range(3):
            await asyncio.sleep(0)

    def _send(self, due: Sequence[tuple[Connection, str]]) -> None:
        for connection, id_ in due:
            message = self._under_way[id_]
            message.is_starting, message.is_started = False, True
            if message.lost:
                del self._under_way[id_]
                self._tell(Outcome(id_, DeliveryState.PENDING, detail=message.lost))
            else:
                connection.content(id_, message.content)

    def _without(
        self, due: Sequence[tuple[Connection, str]], gone: Collection[str]
    ) -> list[tuple[Connection, str]]:
        """The rest; a connection that waits for a withdrawn message's content cannot go on."""
        for connection, id_ in due:
            if id_ in gone:
                del self._under_way[id_]
                connection.abort(_OURS)
        return [(connection, id_) for connection, id_ in due if id_ not in gone]

    def _give_up(self, due: Sequence[tuple[Connection, str]]) -> None:
        """Nothing of this was started: the ledger has these messages as pending."""
        for connection, id_ in due:
            self._under_way.pop(id_, None)
            connection.abort(_OURS)


#: Why a connection ends whose message's content may not leave.
_OURS = LostError("the message may not leave any more")
