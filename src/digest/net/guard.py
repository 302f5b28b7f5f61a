"""Connections that refuse private addresses and end when the time for a fetch is over.

The peer is judged by its numeric address after the name was resolved and again once connected:
neither odd spellings (`127.1`, `0x7f000001`), nor a name that changes its answer, nor a redirect
reaches the local network. A stalled handshake, header or body ends at the deadline because the
socket is shut from outside. Resolving a name is left to the system's own limits.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from contextvars import ContextVar
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from digest.net.addresses import is_public


class RefusalError(Exception):
    """Why a connection was not made: what happened, and what to do."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class Watch:
    """One fetch's deadline and rules, used as a context manager around it.

    Args:
        seconds: time for everything from the first connection to the last byte.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.only_public = True
        self.expired = False
        self._deadline = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Watch:
        self._timer.start()
        self._before = CURRENT.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        CURRENT.reset(self._before)
        self._timer.cancel()
        with self._lock:
            for held in self._sockets:
                held.close()
            self._sockets.clear()

    @property
    def remaining(self) -> float:
        """Seconds left, never quite 0 so that it can be a socket's time-out."""
        return max(self._deadline - time.monotonic(), 0.001)

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to the first address of `host` that answers.

        Raises:
            RefusalError: the name is unknown, nothing answers, or the address is not public.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise RefusalError(
                f"the name “{host}” is not known",
                "Check the spelling of the address and the connection to the network.",
            ) from None
        problem: OSError | None = None
        for family, kind, protocol, _, place in found:
            self._check(str(place[0]), host)
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(self.remaining)
                opened.connect(place)
                self._check(str(opened.getpeername()[0]), host)
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._hold(opened)
            except OSError as error:
                problem = error
                opened.close()
            except RefusalError:
                opened.close()
                raise
            else:
                return opened
        if self.expired or isinstance(problem, TimeoutError):
            raise ConnectTimeoutError("the time is over")
        reason = problem.strerror if problem is not None else "it has no address"
        raise RefusalError(
            f"no connection to {host}:{port} ({reason})",
            "Check that the server runs and that the address is right.",
        )

    def _check(self, address: str, host: str) -> None:
        if self.only_public and not is_public(address):
            raise RefusalError(
                f"{host} is a private or reserved address ({address})",
                f'If that is meant, add it to [fetch] in config.toml: allow = ["{host}"].',
            )

    def _hold(self, opened: socket.socket) -> None:
        # A duplicate stays valid when TLS takes the socket over; shutting it shuts the connection.
        with self._lock:
            if self.expired:
                raise TimeoutError
            self._sockets.append(opened.dup())

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            for held in self._sockets:
                with contextlib.suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)


#: The watch of the fetch that runs in this thread.
CURRENT: ContextVar[Watch] = ContextVar("watch")


class _GuardedHTTP(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return CURRENT.get().connect(self._dns_host, self.port)


class _GuardedHTTPS(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return CURRENT.get().connect(self._dns_host, self.port)


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls: Any = _GuardedHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls: Any = _GuardedHTTPS


#: For `PoolManager.pool_classes_by_scheme`.
POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _HTTPPool, "https": _HTTPSPool}
