"""A relay as the settings name it, why a connection to it could not be had, and who we say we are.

Source: RFC 5321 §4.1.1.1 and §4.1.3 (the name after EHLO: one that resolves, else an address
literal).
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass, field
from functools import lru_cache

from digest.config.secrets import login_forms
from digest.delivery.masking import without_addresses
from digest.delivery.message.encoding import is_domain
from digest.errors import IncompleteError

_LONGEST = 300

#: Ends of names that mean nothing beyond this machine or this house.
_INNER = (".localhost", ".localdomain", ".local", ".lan", ".home", ".internal", ".home.arpa")


class LostError(Exception):
    """There is no connection (any more). `detail` says how it ended."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


#: Why a connection ends whose message's content may not leave.
WITHHELD = LostError("the message may not leave any more")


@dataclass(frozen=True, slots=True)
class Relay:
    """Where a connection leads. `context` is None for `security = "none"`.

    `timeout` is in seconds, for the connection and for each whole reply. `hello` is what this
    machine says it is; empty: the address of its end of the connection.
    """

    host: str
    port: int
    security: str
    timeout: float
    context: ssl.SSLContext | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    hello: str = ""

    @property
    def address(self) -> str:
        """`host:port`, as errors name it."""
        return f"{self.host}:{self.port}"

    @property
    def is_here(self) -> bool:
        """Whether the relay is on this very machine, as far as its name tells."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def clean(self, text: str) -> str:
        """A server's words without addresses, and without the password, however it quotes it."""
        secrets = login_forms(self.username, self.password) if self.password else ()
        if (
            "@" in text
            or "  " in text
            or len(text) > _LONGEST
            or not text.isprintable()
            or (secrets and _any_of(secrets).search(text))
        ):
            return without_addresses(text, secrets)
        return text.strip()


def own_name() -> str:
    """This machine's full name where it resolves to an address that others can use; else nothing.

    May ask the resolver, and so take a while.
    """
    name = socket.getfqdn().rstrip(".").lower()
    if "." not in name or not is_domain(name) or f".{name}".endswith(_INNER):
        return ""
    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except OSError:
        return ""
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    is_of_use = any(not (one.is_loopback or one.is_link_local) for one in addresses)
    return name if is_of_use else ""


def address_literal(address: str) -> str:
    """An IP address as EHLO carries it: `[192.0.2.1]`, `[IPv6:2001:db8::1]`."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "[127.0.0.1]"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is None:
            return f"[IPv6:{found}]"
        found = found.ipv4_mapped
    return f"[{found}]"


def too_large(limit: int, size: int) -> IncompleteError:
    """The relay takes fewer bytes than the letter has; nobody can be written to."""
    return IncompleteError(
        f"the relay takes {limit:,} bytes; the letter has {size:,}",
        "Ask the relay for more, then run the command again; or call the edition back "
        "(`digest cancel`, `digest editions reopen`) and make its pictures smaller.",
    )


@lru_cache(maxsize=8)
def _any_of(secrets: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, secrets)), re.IGNORECASE)
