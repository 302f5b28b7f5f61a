"""Provider `smtp`: any relay, over several connections at the same time.

Before a message's final dot leaves, `starting` is awaited, together for all connections that have
come so far; so at most one delivery a connection is ever in doubt, and durability costs a
transaction a group. While nothing can leave, `starting` is asked with no ids now and then, so that
a run may stop. Which reply means what: RFC 5321 §4.2 (4xx: put off, 5xx: refused); a connection
lost before the final dot left puts off, lost after it leaves unknown (RFC 1047).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from digest.config import Config
from digest.config.secrets import read_secret
from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.encoding import header_address
from digest.delivery.providers.smtp.batch import Batch
from digest.delivery.providers.smtp.connection import Connection, connect
from digest.delivery.providers.smtp.record import Record
from digest.delivery.providers.smtp.relay import WITHHELD, LostError, Relay, own_name
from digest.delivery.providers.smtp.reopening import Reopening
from digest.delivery.providers.smtp.turns import Turns
from digest.delivery.throttling import Throttle
from digest.errors import ConfigError, CredentialsError, IncompleteError
from digest.model.sending import Outcome, Recipient, Starting

_log = logging.getLogger("digest.delivery")

#: Seconds to wait before a lost connection is opened again.
PAUSES = (0.5, 2.0, 8.0)


def open_smtp(
    config: Config,
    template: MessageTemplate,
    sender: str,
    clock: Callable[[], datetime],
    *,
    return_path: Callable[[Recipient], str] | None = None,
    throttle: Throttle | None = None,
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
        hello=settings.hello,
    )
    if username and context is None and not relay.is_here:
        remedy = 'Set [delivery.smtp] security = "starttls" or "tls".'
        _log.warning(
            "login in the clear", extra={"digest": {"relay": relay.address, "remedy": remedy}}
        )
    return Smtp(
        relay,
        template,
        sender,
        clock,
        connections=settings.connections,
        pauses=PAUSES,
        return_path=return_path,
        throttle=throttle,
    )


class Smtp:
    """A relay that takes one message after another on each of its connections.

    Args:
        relay: where to.
        template: builds the messages.
        sender: the address after MAIL FROM, where there is no `return_path`.
        clock: the time for the header `Date`.
        connections: how many at the same time.
        pauses: seconds before each further attempt to open a lost connection.
        return_path: each recipient's address after MAIL FROM.
        throttle: says when a message may leave.
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
        return_path: Callable[[Recipient], str] | None = None,
        throttle: Throttle | None = None,
    ) -> None:
        self._relay = relay
        self._template = template
        plain = header_address(sender)
        self._return_path = return_path or (lambda _recipient: plain)
        self._clock = clock
        self._date, self._dated = clock(), time.monotonic()
        self._throttle = throttle
        self._lines = [_Line(number, Reopening(pauses)) for number in range(connections)]
        self._record = Record(relay)
        self._naming = asyncio.Lock()
        self._is_named = bool(relay.hello) or relay.is_here

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Send to every recipient; outcomes come in the order they become known.

        Raises:
            CredentialsError: the relay refused the login.
            IncompleteError: no connection can be had, or the relay refuses whatever it is sent, or
                leaves it unknown what became of it.
        """
        addresses: dict[str, str] = {}
        faults: list[tuple[Recipient, str]] = []
        for recipient in recipients:
            try:
                addresses[recipient.id] = header_address(recipient.email, utf8=True)
            except ValueError as error:
                faults.append((recipient, str(error)))
        todo = Turns((one for one in recipients if one.id in addresses), self._throttle)
        lines = self._lines[: len(todo)]
        batch = Batch(
            todo,
            addresses,
            starting,
            self._build,
            self._return_path,
            self._record,
            len(lines),
        )
        for recipient, fault in faults:
            batch.refuse(recipient, fault)
        workers = [asyncio.create_task(self._work(line, batch)) for line in lines]
        for worker in workers:
            worker.add_done_callback(lambda _worker: batch.stir())
        try:
            going = True
            while going:
                for outcome in batch.take():
                    yield outcome
                going = await batch.go_on(workers)
        finally:
            batch.halt()
            while await batch.go_on(workers):
                batch.take()
        failures = [worker.result() for worker in workers]
        if batch.failure is not None:
            raise batch.failure
        if batch.todo and (lost := next(filter(None, failures), None)):
            raise IncompleteError(
                f"{self._relay.address}: no connection to the relay: {lost}",
                "Check [delivery.smtp] host and port and that the relay runs, then run the "
                "command again; it goes on.",
            )

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """Nothing: SMTP cannot be asked afterwards."""
        return []

    async def close(self) -> None:
        """Take leave on every connection."""
        open_ = [line.connection for line in self._lines if line.connection is not None]
        await asyncio.gather(*(connection.quit() for connection in open_))

    def _build(self, recipient: Recipient) -> Sequence[bytes]:
        now = time.monotonic()
        if now - self._dated >= 1.0:  # the header has seconds
            self._date, self._dated = self._clock(), now
        return self._template.pieces(recipient, self._date)

    async def _work(self, line: _Line, batch: Batch) -> LostError | None:
        """Keep one line open and busy until the batch is done; why it could not be had."""
        try:
            while not batch.is_done:
                if line.is_open:
                    batch.serve(cast(Connection, line.connection), line.number)
                    if not batch.is_done:
                        await batch.change()
                elif not batch.todo:
                    await batch.change()
                else:
                    await self._open(line, batch)
        except LostError as error:
            return error
        except (CredentialsError, IncompleteError) as error:
            batch.fail(error)
        return None

    async def _open(self, line: _Line, batch: Batch) -> None:
        """One attempt, or some of the time until the next one.

        Raises:
            LostError: nothing helps any more.
            CredentialsError, IncompleteError: see `connect`.
        """
        others = any(other.is_open for other in self._lines)
        last, line.connection = line.connection, None
        if last is not None:
            await last.ended()
            self._log("connection lost", why=str(last.ended_by))
        if last is not None and not last.is_fruitless:
            line.reopening.worked()
        elif last is not None and not line.reopening.failed(time.monotonic(), others=others):
            raise last.ended_by
        if wait := line.reopening.wait(time.monotonic(), others=others):
            await batch.change(wait)
            return
        opening = asyncio.create_task(self._connect())
        halted = asyncio.create_task(batch.halted.wait())
        await asyncio.wait([opening, halted], return_when=asyncio.FIRST_COMPLETED)
        halted.cancel()
        if not opening.done():
            opening.cancel()
            with suppress(asyncio.CancelledError, LostError, CredentialsError, IncompleteError):
                (await opening).abort(WITHHELD)
            return
        try:
            line.connection = opening.result()
            pipelining = line.connection.offers("PIPELINING")
            self._log("connection opened", line=line.number, pipelining=pipelining)
        except LostError as error:
            if not line.reopening.failed(time.monotonic(), others=others):
                raise
            self._log("connection not had", why=error.detail)

    def _log(self, event: str, **fields: object) -> None:
        _log.info(event, extra={"digest": {"relay": self._relay.address, **fields}})

    async def _connect(self) -> Connection:
        """A new connection, on which this machine says its name."""
        async with self._naming:
            if not self._is_named:
                self._relay = replace(self._relay, hello=await asyncio.to_thread(own_name))
                self._is_named = True
        return await connect(self._relay)


@dataclass(slots=True)
class _Line:
    """A place for a connection, and what became of those that stood there."""

    number: int
    reopening: Reopening
    connection: Connection | None = None

    @property
    def is_open(self) -> bool:
        return self.connection is not None and self.connection.stands


def _context(config: Config, ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        path = config.path(ca_file)
        try:
            context.load_verify_locations(path)
        except OSError as error:
            is_read = isinstance(error, ssl.SSLError)
            raise ConfigError(
                f"delivery.smtp.ca_file: {path}: "
                f"{'no certificates in it' if is_read else error.strerror}",
                "Name a file with certificates in PEM format.",
            ) from None
    return context
