"""Connections that refuse private addresses and end when the time for a fetch is over.

The peer is judged by its numeric address after the name was resolved and again once connected:
neither odd spellings (`127.1`, `0x7f000001`), nor a name that changes its answer, nor a redirect
reaches the local network. A connection that is used again is judged again. A stalled handshake,
header or body ends at the deadline because the socket is shut from outside. Resolving a name is
left to the system's own limits.
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

from digest.errors import FetchCause
from digest.net.addresses import is_public


class RefusalError(Exception):
    """Why there is no answer: what happened, what to do, and what the server said, if it did."""

    def __init__(
        self,
        what: str,
        hint: str,
        *,
        status: int = 0,
        retry_after: str = "",
        cause: FetchCause = "",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.status = status
        self.retry_after = retry_after
        self.cause = cause


class Alarm:
    """Ends watches whose time is over, from one thread that lives while there are any."""

    def __init__(self) -> None:
        self._watches: set[Watch] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._next = 0.0

    def add(self, watch: Watch) -> None:
        """End `watch` at its deadline unless it is removed before."""
        with self._changed:
            self._watches.add(watch)
            if self._thread is None or not self._thread.is_alive():
                self._next = watch.deadline
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif watch.deadline < self._next:
                self._changed.notify()

    def remove(self, watch: Watch) -> None:
        """The fetch is over."""
        with self._changed:
            self._watches.discard(watch)

    def _run(self) -> None:
        with self._changed:
            while self._watches:
                self._next = min(watch.deadline for watch in self._watches)
                if (left := self._next - time.monotonic()) > 0:
                    self._changed.wait(left)
                    continue
                for watch in [w for w in self._watches if w.deadline <= self._next]:
                    self._watches.remove(watch)
                    watch.expire()
            self._thread = None


class Watch:
    """One fetch's deadline and rules, used as a context manager around it.

    `reused` says whether a connection of an earlier fetch was taken up.

    Args:
        seconds: time for everything from the first connection to the last byte.
        alarm: what ends it.
    """

    def __init__(self, seconds: float, alarm: Alarm) -> None:
        self.only_public = True
        self.reused = False
        self.expired = False
        self.deadline = time.monotonic() + seconds
        self._alarm = alarm
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Watch:
        self._before = CURRENT.set(self)
        self._alarm.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        CURRENT.reset(self._before)
        self._alarm.remove(self)
        with self._lock:
            for held in self._sockets:
                held.close()
            self._sockets.clear()

    @property
    def remaining(self) -> float:
        """Seconds left, never quite 0 so that it can be a socket's time-out."""
        return max(self.deadline - time.monotonic(), 0.001)

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to the first address of `host` that answers.

        Raises:
            RefusalError: the name is unknown, nothing answers, or the address is not public.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            later = getattr(error, "errno", None) == socket.EAI_AGAIN
            raise RefusalError(
                f"the name “{host}” is not known",
                "Check the spelling of the address and the connection to the network.",
                cause="connection" if later else "name",
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
            cause="connection",
        )

    def adopt(self, opened: socket.socket, host: str) -> None:
        """Take up a connection that an earlier fetch made.

        Raises:
            RefusalError: it leads to an address that is not public.
            OSError: it is no longer there.
        """
        self._check(str(opened.getpeername()[0]), host)
        self._hold(opened)
        self.reused = True

    def expire(self) -> None:
        """Shut every connection of the fetch; whoever reads from one finds its end."""
        with self._lock:
            self.expired = True
            for held in self._sockets:
                with contextlib.suppress(OSError):
                    held.shutdown(socket.SHUT_RDWR)

    def _check(self, address: str, host: str) -> None:
        if self.only_public and not is_public(address):
            raise RefusalError(
                f"{host} is a private or reserved address ({address})",
                f'If that is meant, add it to [fetch] in config.toml: allow = ["{host}"].',
                cause="private",
            )

    def _hold(self, opened: socket.socket) -> None:
        # A duplicate stays valid when TLS takes the socket over; shutting it shuts the connection.
        with self._lock:
            if self.expired:
                raise TimeoutError
            self._sockets.append(socket.fromfd(opened.fileno(), opened.family, opened.type))


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

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _judged(super()._get_conn(timeout), self.host)


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls: Any = _GuardedHTTPS

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _judged(super()._get_conn(timeout), self.host)


def _judged(connection: Any, host: str) -> Any:
    """A pool's connection for the fetch of this thread; closed ones are opened by urllib3."""
    watch = CURRENT.get()
    if connection.sock is None:
        return connection
    try:
        watch.adopt(connection.sock, host)
    except RefusalError:
        connection.close()
        raise
    except OSError:
        connection.close()
    return connection


#: For `PoolManager.pool_classes_by_scheme`.
POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _HTTPPool, "https": _HTTPSPool}
