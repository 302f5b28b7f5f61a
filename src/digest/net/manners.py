"""How a host is treated by all threads of a run: few addresses at a time, one after the other
where it asks for that, and its robots.txt read once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from digest.errors import FetchError
from digest.net.fetch import Fetcher
from digest.net.robots import Robots

#: What there is to say of a site: its robots.txt, or why that cannot be read.
Rules = Robots | FetchError


class Manners:
    """Shared by everything that fetches in one run.

    Args:
        fetcher: what reads robots.txt.
        per_host: addresses of one host at the same time.
        ticks: a clock in seconds that never goes back.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        per_host: int,
        ticks: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._fetcher = fetcher
        self._per_host = per_host
        self._ticks = ticks
        self._sleep = sleep
        self._hosts: dict[str, _Host] = {}
        self._sites: dict[str, _Site] = {}
        self._lock = threading.Lock()

    def rules_for(self, url: str) -> Rules | None:
        """The robots.txt of an address's site, fetched when first needed; None without a site.

        It takes no place at the host: whoever holds one there may be waiting for this.
        """
        if not (address := _robots_address(url)):
            return None
        with self._lock:
            site = self._sites.setdefault(address, _Site())
        with site.lock:
            if site.rules is None:
                site.rules = self._read(address)
            return site.rules

    @contextmanager
    def place(self, url: str, delay: float = 0.0) -> Iterator[None]:
        """One of the places at a host; waits until one is free.

        Args:
            url: any address of the host.
            delay: seconds since the last one that asked for a delay was let in, at least.
        """
        name = urlsplit(_robots_address(url)).hostname or ""
        with self._lock:
            host = self._hosts.setdefault(name, _Host(threading.Semaphore(self._per_host)))
        with host.places:
            if delay:
                self._wait_turn(host, delay)
            yield

    def _wait_turn(self, host: _Host, delay: float) -> None:
        with self._lock:
            now = self._ticks()
            turn = max(now, host.next_turn)
            host.next_turn = turn + delay
        if turn > now:
            self._sleep(turn - now)

    def _read(self, address: str) -> Rules:
        try:
            return Robots.read(self._fetcher.fetch(address).body)
        except FetchError as error:
            return Robots.read(b"") if 400 <= error.status < 500 else error


def _robots_address(url: str) -> str:
    """Where the robots.txt of an address's site is; "" for what is no address on the web."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme not in ("http", "https") or not host:
        return ""
    return urlunsplit((parts.scheme, host.lower(), "/robots.txt", "", ""))


@dataclass
class _Host:
    places: threading.Semaphore
    next_turn: float = 0.0


@dataclass
class _Site:
    lock: threading.Lock = field(default_factory=threading.Lock)
    rules: Rules | None = None
