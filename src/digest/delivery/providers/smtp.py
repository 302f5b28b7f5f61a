"""Provider `smtp`: any relay, over several connections at the same time, each in a thread.

Before a message's bytes follow DATA, `starting` is awaited, so that at most one delivery per
connection is ever in doubt. Which reply means what: RFC 5321 §4.2 (4xx: put off, 5xx: refused);
a connection lost before the final dot puts off, lost after it leaves unknown (RFC 1047).
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from digest.config import Config
from digest.config.secrets import read_secret
from digest.delivery.encoding import header_address
from digest.delivery.message import MessageTemplate, address_fault
from digest.delivery.providers.smtp_line import Line, LostError, Relay, Reply
from digest.delivery.starting import WithdrawnError
from digest.errors import ConfigError, IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting

#: Seconds to wait before a lost connection is opened again.
PAUSES = (0.5, 2.0, 8.0)

#: Unknown outcomes on a connection without an accepted one between, after which the run ends.
_MOST_DOUBTS = 2

#: Refusals in a row, before anything was accepted, that say more about us than about readers.
_SUSPICIOUS = 10


def open_smtp(
    config: Config, template: MessageTemplate, sender: str, clock: Callable[[], datetime]
) -> Smtp:
    """The relay of `[delivery.smtp]`; nothing is connected yet.

    Raises:
        ConfigError: a secret is missing, or `ca_file` cannot be read.
    """
    settings = config.delivery.smtp
    username = password = ""
    if settings.username_env:
        username = read_secret(settings.username_env, "the relay's user name")
        password = read_secret(settings.password_env, "the relay's password")
        for variable, secret in (
            (settings.username_env, username),
            (settings.password_env, password),
        ):
            if not secret.isascii():
                raise ConfigError(
                    f"{variable}: the secret has letters that SMTP logins cannot carry",
                    "Ask the relay for one in ASCII (RFC 4616 logins are sent as such here).",
                )
    context = None
    if settings.security != "none":
        context = _context(config, settings.ca_file)
    relay = Relay(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        timeout=settings.timeout,
        context=context,
        username=username,
        password=password,
    )
    return Smtp(relay, template, sender, clock, connections=settings.connections)


class Smtp:
    """A relay that takes one message after another on each of its connections.

    Args:
        relay: where to.
        template: builds the messages.
        sender: the address after MAIL FROM.
        clock: the time for the header `Date`.
        connections: how many at the same time.
        pauses: seconds before each further attempt to open a lost connection.
    """

    name = "smtp"

    def __init__(
        self,
        relay: Relay,
        template: MessageTemplate,
        sender: str,
        clock: Callable[[], datetime],
        *,
        connections: int = 4,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._relay = relay
        self._template = template
        self._mail_from = f"MAIL FROM:<{header_address(sender)}>"
        self._clock = clock
        self._pauses = pauses
        self._lines = [Line(relay) for _ in range(connections)]
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="smtp")
        self._refusals = 0
        self._accepted_any = False
        self._doubts = dict.fromkeys(self._lines, 0)

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Send to every recipient; outcomes come in the order they become known.

        Raises:
            CredentialsError: the relay refused the login.
            IncompleteError: no connection can be had, or the relay refuses whatever it is sent, or
                leaves it unknown what became of it.
        """
        batch = _Batch(recipients, starting)
        ending = asyncio.ensure_future(self._work_through(batch))
        ending.add_done_callback(lambda _done: batch.outcomes.put_nowait(None))
        try:
            while (outcome := await batch.outcomes.get()) is not None:
                yield outcome
        finally:
            batch.halt.set()
            while not ending.done():
                await batch.outcomes.get()
        failures = ending.result()
        for failure in failures:
            if not isinstance(failure, LostError):
                raise failure
        if failures and batch.todo:
            raise IncompleteError(
                f"{self._relay.address}: no connection to the relay: {failures[0]}",
                "Check [delivery.smtp] host and port and that the relay runs, then run the "
                "command again; it goes on.",
            )

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """Nothing: SMTP cannot be asked afterwards."""
        return []

    async def close(self) -> None:
        """Take leave on every connection."""
        for line in self._lines:
            await asyncio.to_thread(line.quit)
        self._threads.shutdown()

    async def _work_through(self, batch: _Batch) -> list[BaseException]:
        """All lines side by side; one that cannot be opened retires, the others go on."""
        loop = asyncio.get_running_loop()
        lines, failures = self._lines, list[BaseException]()
        while lines and batch.todo and not batch.halt.is_set():
            ends = await asyncio.gather(
                *(loop.run_in_executor(self._threads, self._work, line, batch) for line in lines),
                return_exceptions=True,
            )
            failures += [end for end in ends if end is not None]
            lines = [line for line, end in zip(lines, ends, strict=True) if end is None]
        return failures

    def _work(self, line: Line, batch: _Batch) -> None:
        while not batch.halt.is_set():
            try:
                recipient = batch.todo.popleft()
            except IndexError:
                return
            try:
                outcome = self._deliver(line, recipient, batch)
            except WithdrawnError:
                continue
            except LostError:
                batch.todo.appendleft(recipient)
                raise
            except BaseException:
                batch.halt.set()
                raise
            batch.report(outcome)
            if self._is_doubtful(line, outcome):
                batch.halt.set()
                raise IncompleteError(
                    f"{self._relay.address}: {self._doubts[line]} letters in a row have an unknown "
                    f"outcome, and nothing more is risked: {outcome.detail}",
                    "See `digest status` and the relay's log; when the relay is well, run the "
                    "command again: it goes on with those that are pending.",
                )
            if self._is_suspicious(outcome):
                batch.halt.set()
                raise IncompleteError(
                    f"{self._relay.address}: the relay refused the first {self._refusals} "
                    f"letters: {outcome.detail}",
                    "Check [publication] sender and whether the relay lets this machine send; "
                    "the others are pending.",
                )

    def _is_doubtful(self, line: Line, outcome: Outcome) -> bool:
        if outcome.state is DeliveryState.ACCEPTED:
            self._doubts[line] = 0
        elif outcome.state is DeliveryState.UNKNOWN:
            self._doubts[line] += 1
            return self._doubts[line] >= _MOST_DOUBTS
        return False

    def _is_suspicious(self, outcome: Outcome) -> bool:
        if outcome.state is DeliveryState.ACCEPTED:
            self._accepted_any = True
        elif outcome.state is DeliveryState.REFUSED:
            self._refusals += 1
        return not self._accepted_any and self._refusals >= _SUSPICIOUS

    def _deliver(self, line: Line, recipient: Recipient, batch: _Batch) -> Outcome:
        """One message; a line that was lost before anything started is opened once more."""
        if fault := address_fault(recipient.email):
            return Outcome(recipient.id, DeliveryState.REFUSED, detail=fault)
        content = _stuffed(self._template.build(recipient, self._clock()))
        self._open(line, batch)
        try:
            return self._transact(line, recipient, content, batch)
        except LostError:
            self._open(line, batch)
        try:
            return self._transact(line, recipient, content, batch)
        except LostError as error:
            return Outcome(recipient.id, DeliveryState.PENDING, detail=error.detail)

    def _open(self, line: Line, batch: _Batch) -> None:
        for pause in self._pauses:
            if line.is_open:
                return
            try:
                line.open()
            except LostError:
                batch.halt.wait(pause)
        if not line.is_open:
            line.open()

    def _transact(self, line: Line, recipient: Recipient, content: bytes, batch: _Batch) -> Outcome:
        for command in (self._mail_from, f"RCPT TO:<{header_address(recipient.email)}>", "DATA"):
            reply = line.command(command)
            if reply.code >= 400:
                self._reset(line)
                return _verdict(recipient.id, reply)
        if reply.code != 354:
            line.drop()
            raise LostError(f"unexpected reply to DATA: {reply}")
        try:
            batch.start(recipient.id)
        except BaseException:
            line.drop()
            raise
        try:
            line.body(content)
            line.final_dot()
        except LostError as error:
            return Outcome(recipient.id, DeliveryState.PENDING, detail=error.detail)
        try:
            return _verdict(recipient.id, line.verdict())
        except LostError as error:
            return Outcome(
                recipient.id,
                DeliveryState.UNKNOWN,
                detail=f"connection lost after the final dot: {error.detail}",
            )

    def _reset(self, line: Line) -> None:
        try:
            line.command("RSET")
        except LostError:
            line.drop()


class _Batch:
    """What the lines of one `submit` share; `report` and `start` are called from their threads."""

    def __init__(self, recipients: Sequence[Recipient], starting: Starting) -> None:
        self.todo = deque(recipients)
        self.halt = threading.Event()
        self.outcomes: asyncio.Queue[Outcome | None] = asyncio.Queue()
        self._starting = starting
        self._loop = asyncio.get_running_loop()

    def report(self, outcome: Outcome) -> None:
        """Hand an outcome to the caller of `submit`."""
        self._loop.call_soon_threadsafe(self.outcomes.put_nowait, outcome)

    def start(self, id_: str) -> None:
        """Await `starting`, after the caller took every outcome reported before.

        So an outcome is committed with the next start at the latest, and a kill leaves no more
        than one delivery per line in doubt.
        """
        asyncio.run_coroutine_threadsafe(self._start(id_), self._loop).result()

    async def _caller_is_abreast(self) -> None:
        turns = self.outcomes.qsize() + 1
        for _turn in range(turns):
            await asyncio.sleep(0)

    async def _start(self, id_: str) -> None:
        await self._caller_is_abreast()
        await self._starting([id_])


def _stuffed(content: bytes) -> bytes:
    """RFC 5321 §4.5.2; the headers never begin with a dot."""
    return content.replace(b"\r\n.", b"\r\n..")


def _verdict(id_: str, reply: Reply) -> Outcome:
    if 200 <= reply.code < 300:
        return Outcome(id_, DeliveryState.ACCEPTED, detail=str(reply), provider_id=reply.text)
    if 400 <= reply.code < 500:
        return Outcome(id_, DeliveryState.PENDING, detail=str(reply))
    if 500 <= reply.code < 600:
        return Outcome(id_, DeliveryState.REFUSED, detail=str(reply))
    return Outcome(id_, DeliveryState.UNKNOWN, detail=f"unexpected verdict: {reply}")


def _context(config: Config, ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        path = config.path(ca_file)
        try:
            context.load_verify_locations(path)
        except OSError as error:
            raise ConfigError(
                f"delivery.smtp.ca_file: {path}: {error.strerror or 'no certificates in it'}",
                "Name a file with certificates in PEM format.",
            ) from None
    return context
