"""Asks the domain name system, within a time for all questions together, and never raises for
what it answers.

The resolver is the system's, or one that is named. A server that fails, a name that does not
exist, a name without such a record and silence are four different answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Literal

import dns.exception
import dns.nameserver
import dns.resolver
import dns.reversename

from digest.errors import UsageError

Kind = Literal["TXT", "MX", "A", "AAAA", "PTR"]
LookupState = Literal["found", "empty", "no name", "silence", "failure"]

#: Seconds for one question, and for all of them.
QUESTION_SECONDS = 4.0
ALL_SECONDS = 25.0

#: What to do when nobody answered.
ASK_AGAIN = "Run again later, or ask another resolver: --resolver 9.9.9.9."


@dataclass(frozen=True, slots=True)
class Lookup:
    """An answer: `records` as text (of TXT the strings joined, of MX `10 mx.example.org`).

    `state` is `found`, `empty` (the name has no such record), `no name` (it does not exist),
    `silence` (no answer in time) or `failure` (the server failed or refused).
    """

    name: str
    kind: Kind
    state: LookupState
    records: tuple[str, ...] = ()

    @property
    def is_answered(self) -> bool:
        """Whether something is known, be it that there is nothing."""
        return self.state in ("found", "empty", "no name")

    def in_words(self) -> str:
        """What was found, as the end of a sentence that begins with the name."""
        return {
            "found": "; ".join(self.records),
            "empty": f"has no {self.kind} record",
            "no name": "does not exist",
            "silence": "the resolver gave no answer in time",
            "failure": "the resolver failed (SERVFAIL or refused)",
        }[self.state]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The numeric addresses of a host; `is_answered` tells “none” from “nobody answered”."""

    numbers: tuple[str, ...] = ()
    is_answered: bool = True


NO_ADDRESSES = Addresses()


class Names:
    """One examination's questions.

    Args:
        server: `ADDRESS` or `ADDRESS:PORT` (`[::1]:5353`); empty: the system's resolver.
        seconds: for all questions together.
        clock: seconds that only go forward.

    Raises:
        UsageError: `server` is no address.
    """

    def __init__(
        self,
        server: str = "",
        *,
        seconds: float = ALL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.resolver = _Bounded(seconds, clock)
        #: For packages that build a resolver of their own somewhere.
        self.servers: list[dns.nameserver.Nameserver] | None = None
        if server:
            address, port = parse_server(server)
            self.servers = [dns.nameserver.Do53Nameserver(address, port)]
            self.resolver.nameservers = self.servers
        else:
            self.resolver.read_system()

    def look(self, name: str, kind: Kind) -> Lookup:
        """The records of a name; aliases (CNAME) are followed."""
        try:
            answer = self.resolver.resolve(name, kind)
        except dns.resolver.NXDOMAIN:
            return Lookup(name, kind, "no name")
        except dns.resolver.NoAnswer:
            return Lookup(name, kind, "empty")
        except dns.exception.Timeout:
            return Lookup(name, kind, "silence")
        except (dns.exception.DNSException, OSError, UnicodeError):
            return Lookup(name, kind, "failure")
        return Lookup(name, kind, "found", tuple(sorted(_as_text(one, kind) for one in answer)))

    def addresses(self, host: str) -> Addresses:
        """Every numeric address of a host; of a numeric address itself."""
        try:
            return Addresses((str(ip_address(host.strip("[]"))),))
        except ValueError:
            found = self.look(host, "A"), self.look(host, "AAAA")
        numbers = tuple(record for lookup in found for record in lookup.records)
        return Addresses(numbers, all(lookup.is_answered for lookup in found))

    def pointers(self, address: str) -> Lookup:
        """The names that a numeric address points back to (PTR)."""
        return self.look(dns.reversename.from_address(address).to_text(), "PTR")


def parse_server(server: str) -> tuple[str, int]:
    """`127.0.0.1:5353` → address and port (53 when it names none).

    Raises:
        UsageError: it is neither.
    """
    host, colon, port = server.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = server, "53"
    try:
        address = str(ip_address(host.strip("[]")))
    except ValueError:
        address = ""
    if not address or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(
            f"--resolver: found “{server}”",
            "Allowed: an address, with a port if it is not 53, such as 9.9.9.9 or 127.0.0.1:5353.",
        )
    return address, int(port)


class _Bounded(dns.resolver.Resolver):
    """Every question ends, and all of them together; also those that others ask with it."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        super().__init__(configure=False)
        self._clock, self._end = clock, clock() + seconds
        #: Questions that nobody answered.
        self.unanswered = 0
        self.timeout, self.lifetime = 1.5, QUESTION_SECONDS

    def read_system(self) -> None:
        """Ask whom the system asks; nobody, when it names none."""
        try:
            self.nameservers = dns.resolver.Resolver().nameservers
        except dns.resolver.NoResolverConfiguration:
            self.nameservers = []

    def resolve(self, *arguments: Any, **options: Any) -> dns.resolver.Answer:
        """As dnspython does, with what is left of the time."""
        left = self._end - self._clock()
        if left <= 0:
            self.unanswered += 1
            raise dns.exception.Timeout(timeout=0.0)  # type: ignore[no-untyped-call]
        wanted = options.get("lifetime") or QUESTION_SECONDS
        options["lifetime"] = min(wanted, QUESTION_SECONDS, left)
        try:
            return super().resolve(*arguments, **options)
        except (dns.exception.Timeout, dns.resolver.NoNameservers):
            self.unanswered += 1
            raise


def _as_text(record: Any, kind: Kind) -> str:
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")
    if kind == "MX":
        return f"{record.preference} {record.exchange.to_text(omit_final_dot=True)}"
    if kind == "PTR":
        return str(record.target.to_text(omit_final_dot=True))
    return str(record.to_text())
