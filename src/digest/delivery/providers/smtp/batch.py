"""One batch of recipients on all connections: who is where, what may start, what became of whom.

Driven by what happens on the connections; starts are asked for together, for every message whose
content is due by then. A message never leaves twice: it goes back to the others only as long as
nobody was told that it started.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from digest.delivery.ledger.starting import WithdrawnError
from digest.delivery.providers.smtp.connection import Connection
from digest.delivery.providers.smtp.gathering import WAIT, Gathering
from digest.delivery.providers.smtp.record import Record
from digest.delivery.providers.smtp.relay import WITHHELD, LostError, too_large
from digest.delivery.providers.smtp.signals import Submission, Verdict
from digest.delivery.providers.smtp.turns import Turns
from digest.errors import CredentialsError, IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting

#: So many connections or fewer: content leaves before its start is committed and only the final
#: dot waits, so that the relay reads while the ledger writes. With more there is enough to do.
_FEW = 4

#: Seconds of a start after which it is worth hearing what the relay said meanwhile.
_LONG_START = 0.001

#: Seconds between two questions whether anything may still start, while there is no connection or
#: a throttle lets nobody leave.
_STILL = 0.5

#: Messages put off one after the other, each for ending two connections, that are the readers'
#: fault; with more of them it is the relay's.
_MOST_BLAMED = 10

_ACCEPTED = DeliveryState.ACCEPTED


@dataclass(slots=True)
class _UnderWay:
    """A message that a connection has.

    The caller is being told that it starts, or has been told; `lost` says how the connection
    ended meanwhile.
    """

    recipient: Recipient
    content: Sequence[bytes]
    is_starting: bool = False
    is_started: bool = False
    lost: str = ""


class Batch:
    """Recipients of one `submit`.

    Args:
        todo: who is to be written to.
        addresses: the address after RCPT TO, by the recipients' ids.
        starting: awaited before a message's final dot leaves.
        build: a recipient's message in pieces; none of its lines begins with a dot.
        return_path: the address after MAIL FROM.
        record: what is known of the relay; outlives the batch.
        lines: how many connections there may be.
    """

    def __init__(
        self,
        todo: Turns,
        addresses: Mapping[str, str],
        starting: Starting,
        build: Callable[[Recipient], Sequence[bytes]],
        return_path: Callable[[Recipient], str],
        record: Record,
        lines: int,
    ) -> None:
        self.todo = todo
        self.halted = asyncio.Event()
        self.failure: BaseException | None = None
        self._loop = asyncio.get_running_loop()
        self._starting = starting
        self._build = build
        self._return_path = return_path
        self._record = record
        self._is_early = lines <= _FEW
        self._gathering = Gathering()
        self._gatherer: asyncio.TimerHandle | None = None
        self._addresses = addresses
        self._under_way: dict[str, _UnderWay] = {}
        self._due: list[tuple[Connection, str]] = []
        self._lines: dict[Connection, int] = {}
        self._outcomes: list[Outcome] = []
        self._put_back: set[str] = set()
        self._blamed = 0
        self._news: asyncio.Future[None] | None = None
        self._change = asyncio.Event()
        self._is_asking = False
        self._timer: asyncio.TimerHandle | None = None
        self._is_time = False

    @property
    def is_done(self) -> bool:
        """Whether nothing is under way and nothing more will be."""
        if self._under_way or self._is_asking:
            return False
        return self.halted.is_set() or not self.todo

    def take(self) -> Sequence[Outcome]:
        """What became known since the last time."""
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    async def go_on(self, workers: Collection[asyncio.Task[object]]) -> bool:
        """Start what is due, or wait for news; False when nothing more will be known.

        Nothing starts before what is known has been taken: a connection's next message starts
        together with the outcome of the one before, so that never two of them are in doubt.
        """
        if self._outcomes:
            return True
        if self._is_time or (self._due and self._has_gathered()):
            await self._ask()
        elif self.is_done or all(worker.done() for worker in workers):
            self.stir()
            await asyncio.gather(*workers)
            self._stop_timers()
            return bool(self._outcomes)
        else:
            self._news = self._loop.create_future()
            await (self._news if self._under_way else self._wait_idly(self._news))
        return True

    def _has_gathered(self) -> bool:
        """Whether what is due may start; if not, there will be news when it may."""
        if self._gathering.is_enough(len(self._due), len(self._under_way), time.monotonic()):
            return True
        if self._gatherer is None:
            self._gatherer = self._loop.call_later(WAIT, self._wait_no_longer)
        return False

    def _wait_no_longer(self) -> None:
        self._is_time = True
        self._wake()

    async def _wait_idly(self, news: asyncio.Future[None]) -> None:
        """Nothing will start for a while: ask now and then whether anything still may."""
        await asyncio.wait([news], timeout=_STILL)
        self._is_time = not news.done()

    async def change(self, seconds: float | None = None) -> None:
        """Wait until a connection ended, work came back, all is done, or time has passed."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._change.wait(), seconds)

    def stir(self) -> None:
        """Wake everybody who waits."""
        self._change.set()
        self._change = asyncio.Event()
        self._wake()

    def serve(self, connection: Connection, line: int) -> None:
        """Use a connection for this batch; `line` numbers those of the same place."""
        connection.listener = self
        self._lines[connection] = line
        self.room(connection)

    def refuse(self, recipient: Recipient, why: str) -> None:
        """A recipient to whom nothing can be sent."""
        self._tell(Outcome(recipient.id, DeliveryState.REFUSED, detail=why))

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
        while connection.has_room and not self.halted.is_set():
            recipient = self.todo.next()
            if recipient is None:
                if self.todo:
                    self._come_again()
                return
            self._give(connection, recipient)

    def go_ahead(self, connection: Connection, id_: str) -> None:
        """A message's content is due."""
        self._due.append((connection, id_))
        if self._is_early:
            connection.content(id_, self._under_way[id_].content, at_once=True)
        self._wake()

    def verdict(self, connection: Connection, verdict: Verdict) -> None:
        """The relay's last word on a message."""
        del self._under_way[verdict.id]
        self._blamed = 0
        code = verdict.reply.code
        if 200 <= code < 300:
            words = self._record.clean(verdict.reply.text)
            outcome = Outcome(verdict.id, _ACCEPTED, f"{code} {words}".strip(), words)
        else:
            detail = self._record.clean(str(verdict.reply))
            is_refused = code >= 500 and not self._record.refuses_everybody
            state = DeliveryState.REFUSED if is_refused else DeliveryState.PENDING
            if code < 400 and verdict.stage == "end":
                state, detail = DeliveryState.UNKNOWN, f"unexpected verdict: {detail}"
            outcome = Outcome(verdict.id, state, detail)
        self._tell(outcome, connection)

    def over(
        self, connection: Connection, left: Sequence[tuple[str, bool]], error: Exception
    ) -> None:
        """A connection ended; its messages are in doubt, put off, or go back to the others."""
        detail = error.detail if isinstance(error, LostError) else ""
        self._due = [entry for entry in self._due if entry[0] is not connection]
        # A connection that served others before ended for reasons of its own.
        to_blame = left[0][0] if left and connection.is_fruitless else ""
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
            elif self._return(message, detail, counts=id_ == to_blame):
                # The line is well, as far as its messages can be blamed one by one.
                self._blamed += 1
                connection.is_fruitless = self._blamed > _MOST_BLAMED
        if isinstance(error, CredentialsError | IncompleteError):
            self.fail(error)
        self.stir()

    # ---- Giving and returning ---------------------------------------------------------------

    def _give(self, connection: Connection, recipient: Recipient) -> None:
        address = self._addresses[recipient.id]
        utf8 = not address.isascii()
        if utf8 and not connection.offers("SMTPUTF8"):
            fault = "the relay does not take addresses with letters beyond ASCII (SMTPUTF8)"
            self.refuse(recipient, fault)
            return
        content = self._build(recipient)
        size = sum(map(len, content))
        is_8bit = utf8 and not all(piece.isascii() for piece in content)
        if 0 < connection.largest < size:
            # It is no reader's fault, and every letter's: the others are as large.
            self.fail(too_large(connection.largest, size))
            return
        if is_8bit and not connection.offers("8BITMIME"):
            self.refuse(recipient, "the relay takes messages of 7 bits only (no 8BITMIME)")
            return
        self._under_way[recipient.id] = _UnderWay(recipient, content)
        connection.submit(
            Submission(
                recipient.id,
                self._return_path(recipient),
                address,
                size,
                utf8,
                is_8bit,
            )
        )

    def _come_again(self) -> None:
        """The throttle lets nobody leave now."""
        if self._timer is None:
            self._timer = self._loop.call_later(self.todo.wait, self._time_passed)

    def _time_passed(self) -> None:
        self._timer = None
        for connection in list(self._lines):
            self.room(connection)

    def _stop_timers(self) -> None:
        self._stop_gathering()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_gathering(self) -> None:
        if self._gatherer is not None:
            self._gatherer.cancel()
            self._gatherer = None

    def _return(self, message: _UnderWay, detail: str, *, counts: bool) -> bool:
        """Nobody was told that it started: another connection may try; True if it was put off.

        Where it `counts`, the message was the first on a connection that brought no answer at all,
        and may itself be why: such a one is put off the second time.
        """
        id_ = message.recipient.id
        del self._under_way[id_]
        if counts and id_ in self._put_back:
            self._tell(Outcome(id_, DeliveryState.PENDING, detail=detail))
            return True
        if counts:
            self._put_back.add(id_)
        self.todo.put_back(message.recipient)
        return False

    def _tell(self, outcome: Outcome, connection: Connection | None = None) -> None:
        self._outcomes.append(outcome)
        self._wake()
        if connection is None:
            return
        if fault := self._record.fault(outcome, self._lines[connection]):
            self.fail(fault)

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    # ---- Starting ---------------------------------------------------------------------------

    async def _ask(self) -> None:
        """Ask that every message whose content is due may start, and send what may."""
        due, self._due = self._due, []
        self._is_asking, self._is_time = True, False
        self._gathering.started(time.monotonic())
        self._stop_gathering()
        for _connection, id_ in due:
            self._under_way[id_].is_starting = True
        try:
            while not self.halted.is_set():
                began = time.monotonic()
                try:
                    await self._starting([id_ for _connection, id_ in due])
                except WithdrawnError as error:
                    due = self._without(due, error.ids)
                    if due:
                        continue
                    break
                if time.monotonic() - began > _LONG_START:
                    await self._hear_the_last()
                self._send(due)
                return
            self._give_up(due)
        except BaseException as error:
            self.fail(error)
            self._give_up(due)
            if isinstance(error, asyncio.CancelledError):
                raise
        finally:
            self._is_asking = False

    async def _hear_the_last(self) -> None:
        """Let the loop tell what arrived meanwhile: a relay that hung up gets no final dot."""
        for _turn in range(3):
            await asyncio.sleep(0)

    def _send(self, due: Sequence[tuple[Connection, str]]) -> None:
        for connection, id_ in due:
            message = self._under_way[id_]
            message.is_starting, message.is_started = False, True
            if message.lost:
                del self._under_way[id_]
                self._tell(Outcome(id_, DeliveryState.PENDING, detail=message.lost))
                continue
            if not self._is_early:
                connection.content(id_, message.content, at_once=False)
            connection.finish(id_)
        # The next messages are built while the relay reads these.
        for connection, _id in due:
            self.room(connection)

    def _without(
        self, due: Sequence[tuple[Connection, str]], gone: Collection[str]
    ) -> list[tuple[Connection, str]]:
        """The rest; a connection that waits for a withdrawn message's content cannot go on."""
        for connection, id_ in due:
            if id_ in gone:
                del self._under_way[id_]
                connection.abort(WITHHELD)
        return [(connection, id_) for connection, id_ in due if id_ not in gone]

    def _give_up(self, due: Sequence[tuple[Connection, str]]) -> None:
        """Nothing of this was started: the ledger has these messages as pending."""
        for connection, id_ in due:
            self._under_way.pop(id_, None)
            connection.abort(WITHHELD)
