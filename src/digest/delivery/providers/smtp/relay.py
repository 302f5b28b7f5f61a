"""A relay as the settings name it, and why a connection to it could not be had."""

from __future__ import annotations

import base64
import ssl
from dataclasses import dataclass, field

from digest.delivery.masking import without_addresses


class LostError(Exception):
    """There is no connection (any more). `detail` says how it ended."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Relay:
    """Where a connection leads. `context` is None for `security = "none"`.

    `timeout` is in seconds, for the connection and for each whole reply. `hello` is what this
    machine says it is: a name that resolves, or an address literal (RFC 5321 §4.1.3).
    """

    host: str
    port: int
    security: str
    timeout: float
    context: ssl.SSLContext | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    hello: str = "[127.0.0.1]"

    @property
    def address(self) -> str:
        """`host:port`, as errors name it."""
        return f"{self.host}:{self.port}"

    def clean(self, text: str) -> str:
        """A server's words without addresses, and without the password, however it quotes it."""
        login = f"\0{self.username}\0{self.password}"
        forms = (base64.b64encode(plain.encode()).decode() for plain in (login, self.password))
        return without_addresses(text, (self.password, *forms) if self.password else ())
