"""Provider `smtp`: any relay, over several connections at the same time.

Before a message's bytes follow DATA, `starting` is awaited, together for all connections that
have come so far; so at most one delivery a connection is ever in doubt, and durability costs a
transaction a group. Which reply means what: RFC 5321 §4.2 (4xx: put off, 5xx: refused); a
connection lost before the content left puts off, lost after it leaves unknown (RFC 1047).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from digest.config import Config
from digest.config.secrets import read_secret
from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.encoding import header_address
from digest.delivery.providers.smtp.batch import Batch, Record
from digest.delivery.providers.smtp.connection import Connection, connect
from digest.delivery.providers.smtp.relay import LostError, Relay
from digest.errors import ConfigError, CredentialsError, IncompleteError
from digest.model.sending import Outcome, Recipient, Starting

#: Seconds to wait before a lost connection is opened again.
PAUSES = (0.5, 2.0, 8.0)


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
        self._sender = header_address(sender)
        self._clock = clock
        self._pauses = pauses
        self._connections: list[Connection | None] = [None] * connections
        self._record = Record(relay)

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Send to every recipient; outcomes come in the order they become known.

        Raises:
            CredentialsError: the relay refused the login.
            IncompleteError: no connection can be had, or the relay refuses whatever it is sent, or
                leaves it unknown what became of it.
        """
        batch = Batch(recipients, starting, self._build, self._sender, self._record)
        lines = min(len(self._connections), len(batch.todo))
        workers = [asyncio.create_task(self._work(line, batch)) for line in range(lines)]
        for worker in workers:
            worker.add_done_callback(lambda _worker: batch.stir())
        try:
            async for outcome in batch.outcomes(workers):
                yield outcome
        finally:
            batch.halt()
            async for _outcome in batch.outcomes(workers):
                pass
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
        await asyncio.gather(*(line.quit() for line in self._connections if line is not None))

    def _build(self, recipient: Recipient) -> bytes:
        return _stuffed(self._template.build(recipient, self._clock()))

    async def _work(self, line: int, batch: Batch) -> LostError | None:
        """Keep one connection open and busy until the batch is done; why it could not be had."""
        try:
            while not batch.is_done:
                connection = self._connections[line]
                if connection is None or connection.is_over:
                    if not batch.todo:
                        await batch.change()
                        continue
                    connection = self._connections[line] = await self._open(batch)
                batch.serve(connection, line)
                if not batch.is_done:
                    await batch.change()
        except LostError as error:
            return error
        except (CredentialsError, IncompleteError) as error:
            batch.fail(error)
        return None

    async def _open(self, batch: Batch) -> Connection:
        for pause in self._pauses:
            try:
                return await connect(self._relay)
            except LostError:
                with suppress(TimeoutError):
                    await asyncio.wait_for(batch.halted.wait(), pause)
        return await connect(self._relay)


def _stuffed(content: bytes) -> bytes:
    """RFC 5321 §4.5.2; the headers never begin with a dot."""
    return content.replace(b"\r\n.", b"\r\n..")


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
