"""One connection to a relay, driven command by command, so that it is always known what left.

Built on `smtplib`'s commands, with replies that end; blocking, used from a thread of its own.
Sources: RFC 5321 (replies), RFC 1047 (a connection lost after the final dot leaves the outcome
unknown), RFC 3207 (STARTTLS), RFC 4954 (AUTH).
"""

from __future__ import annotations

import base64
import io
import selectors
import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from digest.delivery.masking import without_addresses
from digest.delivery.providers.deadline import DeadlineReader
from digest.errors import CredentialsError, IncompleteError

#: Replies that speak of who we say we are, not of the message (RFC 4954 §4 and §6).
_CREDENTIALS = frozenset({530, 534, 535, 538})

#: The longest reply that is listened to.
_MOST_LINES = 100
_MOST_BYTES = 65_536


class Reply(NamedTuple):
    """A server's reply: its code, and its words without addresses and secrets."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class LostError(Exception):
    """The connection ended, or the server said that it will (421). `detail` says how."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Relay:
    """Where a connection leads. `context` is None for `security = "none"`.

    `timeout` is for the connection and for each whole reply.
    """

    host: str
    port: int
    security: str
    timeout: float
    context: ssl.SSLContext | None = None
    username: str = ""
    password: str = field(default="", repr=False)

    def clean(self, text: str) -> str:
        """A server's words without addresses, and without the password, however it quotes it."""
        login = f"\0{self.username}\0{self.password}"
        forms = (base64.b64encode(plain.encode()).decode() for plain in (login, self.password))
        return without_addresses(text, (self.password, *forms) if self.password else ())

    @property
    def address(self) -> str:
        """`host:port`, as errors name it."""
        return f"{self.host}:{self.port}"


class Line:
    """A connection that opens when it is first needed. Not for several threads at once."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._smtp: _PlainSmtp | None = None

    @property
    def is_open(self) -> bool:
        """Whether a connection stands, as far as is known here."""
        return self._smtp is not None

    def open(self) -> None:
        """Connect, secure and log in.

        Raises:
            LostError: no connection now; another attempt may succeed.
            CredentialsError: the relay refused the login.
            IncompleteError: TLS failed, or the relay lacks what the settings ask for.
        """
        relay = self._relay
        try:
            self._smtp = smtp = self._connect()
            _expect(self._reply(smtp.ehlo()), relay)
            if relay.security == "starttls":
                if not smtp.has_extn("starttls"):
                    raise IncompleteError(
                        f"{relay.address}: the relay does not offer STARTTLS",
                        'Set [delivery.smtp] security = "tls" (usually port 465), or another port.',
                    )
                _expect(self._reply(smtp.starttls(context=relay.context)), relay)
                _expect(self._reply(smtp.ehlo()), relay)
            if relay.username:
                self._log_in(smtp)
        except smtplib.SMTPAuthenticationError as error:
            self.drop()
            reply = self._reply((error.smtp_code, error.smtp_error))
            if 400 <= reply.code < 500:
                raise LostError(f"login: {reply}") from None
            raise self.credentials_refused(reply) from None
        except ssl.SSLError as error:
            self.drop()
            raise IncompleteError(
                f"{relay.address}: TLS failed: {self._reason(error)}",
                "Check [delivery.smtp] host, port and security; set ca_file when the relay's "
                "certificate is signed by an authority of your own.",
            ) from None
        except (smtplib.SMTPResponseException, smtplib.SMTPConnectError) as error:
            self.drop()
            raise LostError(str(self._reply((error.smtp_code, error.smtp_error)))) from None
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            raise LostError(self._reason(error)) from None
        except IncompleteError:
            self.drop()
            raise

    def command(self, command: str) -> Reply:
        """Send one command and wait for the reply.

        Raises:
            LostError: the connection is gone, or the reply was 421.
            CredentialsError: the reply speaks of the login.
        """
        self._send(command)
        reply = self._listen()
        if reply.code == 421:
            self.drop()
            raise LostError(str(reply))
        if reply.code in _CREDENTIALS:
            self.drop()
            raise self.credentials_refused(reply)
        return reply

    def body(self, stuffed: bytes) -> None:
        """Send a message's bytes, dot-stuffed and ended by CRLF, but not the final dot.

        Raises:
            LostError: the connection is gone; the relay cannot have accepted the message.
        """
        sock = self._socket()
        try:
            sock.sendall(stuffed)
        except OSError as error:
            self.drop()
            raise LostError(self._reason(error)) from None

    def final_dot(self) -> None:
        """End the message, unless the relay hung up or spoke before it was at its end.

        Raises:
            LostError: the dot did not leave; the relay cannot have accepted the message.
        """
        if self._smtp is not None and self._smtp.has_unread():
            reply = self._listen()
            self.drop()
            raise LostError(f"before the message ended: {reply}")
        self._send(".")

    def verdict(self) -> Reply:
        """Wait for what the relay says after the final dot, whatever its code.

        Raises:
            LostError: the connection is gone; the relay may have accepted the message.
        """
        reply = self._listen()
        if reply.code == 421:
            self.drop()
        return reply

    def drop(self) -> None:
        """Close the connection at once, without a word."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def quit(self) -> None:
        """Take leave."""
        if self._smtp is not None:
            try:
                self._smtp.docmd("QUIT")
            except (OSError, smtplib.SMTPException):
                pass
            finally:
                self.drop()

    def credentials_refused(self, reply: Reply) -> CredentialsError:
        """The error for a reply that speaks of the login."""
        return CredentialsError(
            f"{self._relay.address}: the relay refused the login: {reply}",
            "Check the variables named by [delivery.smtp] username_env and password_env.",
        )

    def _connect(self) -> _PlainSmtp:
        relay = self._relay
        if relay.security == "tls":
            smtp: _PlainSmtp = _SecureSmtp(
                relay.host, relay.port, timeout=relay.timeout, context=relay.context
            )
        else:
            smtp = _PlainSmtp(relay.host, relay.port, timeout=relay.timeout)
        if smtp.sock is not None:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return smtp

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        try:
            smtp.login(self._relay.username, self._relay.password)
        except smtplib.SMTPNotSupportedError:
            raise IncompleteError(
                f"{self._relay.address}: the relay offers no login on this connection",
                "Check [delivery.smtp] security and port; remove username_env and password_env "
                "when the relay knows this machine by its address.",
            ) from None

    def _socket(self) -> socket.socket:
        if self._smtp is None or self._smtp.sock is None:
            raise LostError("the connection is closed")
        return self._smtp.sock

    def _send(self, command: str) -> None:
        """Send one line; a LostError says that it did not leave as a whole."""
        if self._smtp is None:
            raise LostError("the connection is closed")
        try:
            self._smtp.putcmd(command)
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            raise LostError(self._reason(error)) from None

    def _listen(self) -> Reply:
        """The next reply; a LostError says that none came."""
        if self._smtp is None:
            raise LostError("the connection is closed")
        try:
            reply = self._reply(self._smtp.getreply())
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            raise LostError(self._reason(error)) from None
        if reply.code < 200:
            self.drop()
            raise LostError(f"not a reply: {reply}")
        return reply

    def _reply(self, said: tuple[int, bytes | str]) -> Reply:
        code, text = said
        plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return Reply(code, self._relay.clean(plain))

    def _reason(self, error: Exception) -> str:
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return "no answer in time"
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._relay.clean(error.verify_message)
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return self._relay.clean(reason)


class _PlainSmtp(smtplib.SMTP):
    """Python's client, whose replies are short and complete in time, or no replies."""

    def has_unread(self) -> bool:
        """Whether the other end said something, or hung up, that was not yet read."""
        if self.sock is None:
            return False
        if self.file is not None:
            self.file.raw.restart(0)
            with suppress(TimeoutError):
                return bool(self.file.peek(1))
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock, selectors.EVENT_READ)
            return bool(selector.select(0))

    def getreply(self) -> tuple[int, bytes]:
        """The next reply, of 100 lines and 64 kB at most, within the time-out.

        Raises:
            SMTPServerDisconnected: none came, and the connection is closed.
        """
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        if self.file is None:
            reader = DeadlineReader(self.sock, self.timeout)
            self.file = io.BufferedReader(reader)
        self.file.raw.restart(self.timeout)
        words: list[bytes] = []
        left = _MOST_BYTES
        while len(words) < _MOST_LINES:
            try:
                line = self.file.readline(left)
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(str(error)) from error
            left -= len(line)
            if not line.endswith(b"\n"):
                break
            words.append(line[4:].strip())
            if not line[:3].isdigit():
                return -1, b"\n".join(words)
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(words)
        self.close()
        raise smtplib.SMTPServerDisconnected(
            "Connection unexpectedly closed"
            if left and len(words) < _MOST_LINES
            else "a reply without an end"
        )


class _SecureSmtp(_PlainSmtp, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def _expect(reply: Reply, relay: Relay) -> None:
    if not 200 <= reply.code < 300:
        raise smtplib.SMTPResponseException(reply.code, reply.text or relay.address)
