"""One connection to a relay, driven command by command, so that it is always known what left.

Built on `smtplib`'s commands; blocking, used from a thread of its own. Sources: RFC 5321 (replies),
RFC 1047 (a connection lost after the final dot leaves the outcome unknown), RFC 3207 (STARTTLS),
RFC 4954 (AUTH).
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from digest.delivery.masking import without_addresses
from digest.errors import CredentialsError, IncompleteError

#: Replies that speak of who we say we are, not of the message (RFC 4954 §4 and §6).
_CREDENTIALS = frozenset({530, 534, 535, 538})


class Reply(NamedTuple):
    """A server's reply: its code, and its words without addresses."""

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
    """Where a connection leads. `context` is None for `security = "none"`."""

    host: str
    port: int
    security: str
    timeout: float
    context: ssl.SSLContext | None = None
    username: str = ""
    password: str = ""

    @property
    def address(self) -> str:
        """`host:port`, as errors name it."""
        return f"{self.host}:{self.port}"


class Line:
    """A connection that opens when it is first needed. Not for several threads at once."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._smtp: smtplib.SMTP | None = None

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
            _expect(Reply(*_words(smtp.ehlo())), relay)
            if relay.security == "starttls":
                if not smtp.has_extn("starttls"):
                    raise IncompleteError(
                        f"{relay.address}: the relay does not offer STARTTLS",
                        'Set [delivery.smtp] security = "tls" (usually port 465), or another port.',
                    )
                _expect(Reply(*_words(smtp.starttls(context=relay.context))), relay)
                _expect(Reply(*_words(smtp.ehlo())), relay)
            if relay.username:
                self._log_in(smtp)
        except smtplib.SMTPAuthenticationError as error:
            self.drop()
            reply = Reply(*_words((error.smtp_code, error.smtp_error)))
            if 400 <= reply.code < 500:
                raise LostError(f"login: {reply}") from None
            raise self.credentials_refused(reply) from None
        except ssl.SSLError as error:
            self.drop()
            raise IncompleteError(
                f"{relay.address}: TLS failed: {_reason(error)}",
                "Check [delivery.smtp] host, port and security; set ca_file when the relay's "
                "certificate is signed by an authority of your own.",
            ) from None
        except (smtplib.SMTPResponseException, smtplib.SMTPConnectError) as error:
            self.drop()
            raise LostError(str(Reply(*_words((error.smtp_code, error.smtp_error))))) from None
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            raise LostError(_reason(error)) from None
        except IncompleteError:
            self.drop()
            raise

    def command(self, command: str) -> Reply:
        """Send one command and wait for the reply.

        Raises:
            LostError: the connection is gone, or the reply was 421.
            CredentialsError: the reply speaks of the login.
        """
        reply = self._exchange(lambda smtp: smtp.docmd(command))
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
        if self._smtp is None or self._smtp.sock is None:
            raise LostError("the connection is closed")
        try:
            self._smtp.sock.sendall(stuffed)
        except OSError as error:
            self.drop()
            raise LostError(_reason(error)) from None

    def final_dot(self) -> Reply:
        """End the message and wait for the verdict, whatever its code.

        Raises:
            LostError: the connection is gone; the relay may have accepted the message.
        """
        reply = self._exchange(lambda smtp: smtp.docmd("."))
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

    def _connect(self) -> smtplib.SMTP:
        relay = self._relay
        if relay.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                relay.host, relay.port, timeout=relay.timeout, context=relay.context
            )
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, timeout=relay.timeout)
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

    def _exchange(self, exchange: Callable[[smtplib.SMTP], tuple[int, bytes]]) -> Reply:
        if self._smtp is None:
            raise LostError("the connection is closed")
        try:
            reply = Reply(*_words(exchange(self._smtp)))
        except (OSError, smtplib.SMTPException) as error:
            self.drop()
            raise LostError(_reason(error)) from None
        if reply.code < 200:
            self.drop()
            raise LostError(f"not a reply: {reply}")
        return reply


def _words(reply: tuple[int, bytes | str]) -> tuple[int, str]:
    code, text = reply
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return code, without_addresses(plain)


def _expect(reply: Reply, relay: Relay) -> None:
    if not 200 <= reply.code < 300:
        raise smtplib.SMTPResponseException(reply.code, reply.text or relay.address)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return without_addresses(error.verify_message)
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return without_addresses(reason)
