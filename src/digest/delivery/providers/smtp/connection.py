"""One connection to a relay: the dialogue on asyncio's transports, with a deadline for each reply.

What is said stands in `dialogue`; which message goes where is decided in `batch`.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Literal, Protocol, cast

from digest.delivery.providers.smtp.dialogue import Dialogue
from digest.delivery.providers.smtp.relay import WITHHELD, LostError, Relay, address_literal
from digest.delivery.providers.smtp.signals import (
    Ended,
    Event,
    GoAhead,
    Login,
    LoginRefused,
    Ready,
    StartTls,
    Submission,
    Unsuitable,
    Verdict,
)
from digest.errors import CredentialsError, IncompleteError


async def connect(relay: Relay) -> Connection:
    """Connect, secure and log in; at its end messages are welcome.

    Raises:
        LostError: no connection now; another attempt may succeed.
        CredentialsError: the relay refused the login.
        IncompleteError: TLS failed, or the relay lacks what the settings ask for.
    """
    loop = asyncio.get_running_loop()
    implicit = relay.context if relay.security == "tls" else None
    opening = loop.create_connection(
        lambda: Connection(relay),
        relay.host,
        relay.port,
        ssl=implicit,
        server_hostname=relay.host if implicit else None,
    )
    try:
        _transport, connection = await asyncio.wait_for(opening, relay.timeout)
    except ssl.SSLError as error:
        raise _tls_failed(relay, error) from None
    except (OSError, TimeoutError) as error:
        raise LostError(_reason(relay, error)) from None
    try:
        await connection.opened()
    except asyncio.CancelledError:
        connection.abort(LostError("closed"))
        raise
    return connection


#: Bytes of content that leave in one write with their final dot.
_ONE_WRITE = 65_536

#: Seconds that a relay gets to say goodbye: nothing depends on it.
_LEAVE = 5.0


class Listener(Protocol):
    """Whom a connection tells what happens on it; called from the event loop, never awaited."""

    def go_ahead(self, connection: Connection, id_: str) -> None:
        """The relay waits for this message's content."""

    def verdict(self, connection: Connection, verdict: Verdict) -> None:
        """The relay's last word on a message."""

    def room(self, connection: Connection) -> None:
        """Another message may be submitted."""

    def over(
        self, connection: Connection, left: Sequence[tuple[str, bool]], error: Exception
    ) -> None:
        """The connection ended with these messages open: (id, whether it may be accepted).

        `error` is a LostError, or a CredentialsError or IncompleteError that concerns every
        connection.
        """


class Connection(asyncio.Protocol):
    """A connection from its opening to its end; made by `connect`.

    `listener` is told what happens to messages; without one, nobody is. `is_fruitless`: it ended
    and had not brought an answer for any message. `ended_by` says why it ended.
    """

    def __init__(self, relay: Relay) -> None:
        self.listener: Listener | None = None
        self.is_over = False
        self.is_fruitless = False
        self.ended_by: Exception = LostError("closed")
        self._relay = relay
        self._loop = asyncio.get_running_loop()
        self._dialogue = Dialogue(
            relay.hello,
            tls=relay.security == "starttls",
            login=Login(relay.username, relay.password),
        )
        self._transport: asyncio.Transport | None = None
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._gone = asyncio.Event()
        self._error: Exception | None = None
        self._heard = 0
        self._due = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._securing: asyncio.Task[None] | None = None
        self._answers = 0
        self._is_clogged = False
        self._unfinished = ""
        self._unwritten = 0

    @property
    def stands(self) -> bool:
        """Whether it has not ended, nor is about to."""
        return not self.is_over and self._error is None

    @property
    def has_room(self) -> bool:
        """Whether another message may be submitted."""
        return self.stands and self._dialogue.has_room

    @property
    def largest(self) -> int:
        """Bytes of a message that the relay takes; 0: it does not say."""
        return self._dialogue.largest

    def offers(self, extension: str) -> bool:
        """Whether the relay said so after EHLO: `SMTPUTF8`, `8BITMIME`, …"""
        return extension in self._dialogue.extensions

    def submit(self, submission: Submission) -> None:
        """Say a message's envelope; `go_ahead` or `verdict` follows."""
        self._dialogue.submit(submission)
        self._flush()

    def content(self, id_: str, content: Sequence[bytes], *, at_once: bool) -> None:
        """Say a message in pieces, dot-stuffed and ended by CRLF.

        Without the final dot they make nobody responsible for it. They leave `at_once`, or
        together with the dot unless they are many.
        """
        self._dialogue.content(id_, content)
        if at_once or sum(map(len, content)) > _ONE_WRITE:
            self._flush()

    def finish(self, id_: str) -> None:
        """Send a message's final dot; a verdict follows.

        It leaves when all before it has left this process, so that a connection lost in the
        middle is known to have carried no whole message.
        """
        if self._error is not None:
            return
        if self._is_clogged:
            self._unfinished = id_
            self._unwritten = self._buffered()
            self._expect()
            return
        self._dialogue.finish(id_)
        self._expect()
        self._flush()

    def abort(self, error: Exception) -> None:
        """Close at once, without a word."""
        if self._error is None:
            self._error = error
        if self._transport is not None:
            self._transport.abort()

    async def quit(self) -> None:
        """Take leave; waits for the other side no longer than for a reply."""
        if not self.is_over and self._dialogue.is_idle:
            self._dialogue.quit()
            self._expect()
            self._flush()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), min(self._relay.timeout, _LEAVE))
        self.abort(LostError("closed"))
        if self._transport is not None:
            await self.ended()

    async def ended(self) -> None:
        """Wait until it is over; from then on `is_fruitless` and `ended_by` hold."""
        await self._gone.wait()

    async def opened(self) -> None:
        """Wait until messages are welcome; raises as `connect` does."""
        await self._opened

    # ---- What asyncio calls -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands; the relay speaks first."""
        self._transport = cast(asyncio.Transport, transport)
        self._tell_when_clogged()
        if not self._dialogue.name:
            own = transport.get_extra_info("sockname")
            self._dialogue.name = address_literal(str(own[0]) if own else "")
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Replies, whole or in pieces."""
        dialogue = self._dialogue
        if self.is_over or self._error is not None:
            return
        events = dialogue.receive(data)
        is_content_due = bool(events) and type(events[-1]) is GoAhead
        if is_content_due:
            # First, so that it is on its way while the rest is looked at.
            self._heed(events.pop())
        for event in events:
            self._heed(event)
        if dialogue.heard != self._heard or not dialogue.listens:
            self._heard = dialogue.heard
            self._expect()
        self._flush()
        if not is_content_due and self.listener is not None and dialogue.has_room:
            self.listener.room(self)

    def pause_writing(self) -> None:
        """Something has not left this process yet."""
        self._is_clogged = True

    def resume_writing(self) -> None:
        """All has left."""
        self._is_clogged = False
        if self._unfinished:
            id_, self._unfinished = self._unfinished, ""
            self.finish(id_)
            if self.listener is not None:
                self.listener.room(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The end, whoever made it."""
        if self.is_over:
            return
        self.is_over = True
        if self._watch is not None:
            self._watch.cancel()
        reason = self.ended_by = self._error or LostError(_reason(self._relay, error))
        left = self._dialogue.lost()
        self.is_fruitless = not self._answers and reason is not WITHHELD
        self._gone.set()
        if not self._opened.done():
            self._opened.set_exception(reason)
        elif self.listener is not None:
            self.listener.over(self, left, reason)

    # ---- Within -----------------------------------------------------------------------------

    def _heed(self, event: Event) -> None:
        match event:
            case GoAhead(id_):
                if self.listener is not None:
                    self.listener.go_ahead(self, id_)
            case Verdict():
                self._answers += 1
                if self.listener is not None:
                    self.listener.verdict(self, event)
            case Ready():
                self._opened.set_result(None)
            case StartTls():
                # What arrives from here on belongs to TLS, or to nobody (RFC 3207 §5).
                cast(asyncio.Transport, self._transport).pause_reading()
                self._securing = self._loop.create_task(self._secure())
            case LoginRefused(reply):
                self.abort(self._login_refused(str(reply)))
            case Unsuitable(lacks):
                self.abort(self._unsuitable(lacks))
            case Ended(detail):
                self.abort(LostError(self._relay.clean(detail)))

    def _flush(self) -> None:
        out = self._dialogue.out
        if not out:
            return
        self._dialogue.out = []
        if self._transport is None or self._error is not None:
            return
        if len(out) == 1 or self._relay.context is not None:
            # TLS would make a record of every piece.
            self._transport.write(b"".join(out))
        else:
            self._transport.writelines(out)

    def _expect(self) -> None:
        """The next whole reply is due within the time-out, however it drips."""
        self._due = self._loop.time() + self._relay.timeout
        if self._watch is None and not self.is_over:
            self._watch = self._loop.call_at(self._due, self._look_at_the_clock)

    def _look_at_the_clock(self) -> None:
        self._watch = None
        if self.is_over:
            return
        if self._unfinished and self._has_written():
            self._expect()
        elif not (self._dialogue.listens or self._unfinished):
            return
        elif self._loop.time() >= self._due:
            self.abort(LostError("no answer in time"))
        else:
            self._watch = self._loop.call_at(self._due, self._look_at_the_clock)

    def _has_written(self) -> bool:
        """Whether some of a long message left since the last look."""
        before, self._unwritten = self._unwritten, self._buffered()
        return self._unwritten < before

    def _tell_when_clogged(self) -> None:
        """Of anything that did not leave at once; with 0, TLS takes no bytes at all for that."""
        cast(asyncio.Transport, self._transport).set_write_buffer_limits(high=1, low=0)

    def _buffered(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    async def _secure(self) -> None:
        relay = self._relay
        try:
            secured = await self._loop.start_tls(
                cast(asyncio.Transport, self._transport),
                self,
                cast(ssl.SSLContext, relay.context),
                server_hostname=relay.host,
                ssl_handshake_timeout=relay.timeout,
            )
        except ssl.SSLError as error:
            self.abort(_tls_failed(relay, error))
        except OSError as error:
            self.abort(LostError(_reason(self._relay, error)))
        else:
            self._transport = cast(asyncio.Transport, secured)
            self._tell_when_clogged()
            self._dialogue.secured()
            self._expect()
            self._flush()

    def _login_refused(self, said: str) -> CredentialsError:
        relay = self._relay
        if not relay.username:
            return CredentialsError(
                f"{relay.address}: the relay wants a login: {relay.clean(said)}",
                "Set [delivery.smtp] username_env and password_env.",
            )
        return CredentialsError(
            f"{relay.address}: the relay refused the login: {relay.clean(said)}",
            "Check the variables named by [delivery.smtp] username_env and password_env.",
        )

    def _unsuitable(self, lacks: Literal["starttls", "auth"]) -> IncompleteError:
        if lacks == "starttls":
            return IncompleteError(
                f"{self._relay.address}: the relay does not offer STARTTLS",
                'Set [delivery.smtp] security = "tls" (usually port 465), or another port; "none" '
                "only for a relay on this very machine.",
            )
        return IncompleteError(
            f"{self._relay.address}: the relay offers no login by PLAIN or LOGIN here",
            "Check [delivery.smtp] security and port; remove username_env and password_env when "
            "the relay knows this machine by its address.",
        )


def _tls_failed(relay: Relay, error: ssl.SSLError) -> IncompleteError:
    return IncompleteError(
        f"{relay.address}: TLS failed: {_reason(relay, error)}",
        "Check [delivery.smtp] host, port and security; set ca_file when the relay's certificate "
        "is signed by an authority of your own.",
    )


def _reason(relay: Relay, error: Exception | None) -> str:
    if error is None:
        return "the relay hung up"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return relay.clean(error.verify_message)
    if isinstance(error, ssl.SSLError):  # whose errno is not the system's
        return relay.clean((error.reason or str(error)).replace("_", " ").lower())
    if isinstance(error, OSError) and error.errno:
        return relay.clean(os.strerror(error.errno) if error.errno > 0 else str(error.strerror))
    return relay.clean(str(error) or type(error).__name__)
