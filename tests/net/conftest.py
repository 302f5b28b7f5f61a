"""A real HTTP server on loopback whose answers each test writes down byte by byte."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from digest.config.settings import FetchSettings
from digest.net import Fetcher

Answer = Callable[[socket.socket, threading.Event], object]


class Server:
    """Answers each path of `answers`, a list of answers one after the other, others with 404.

    `requests` keeps what came in, over `connections` connections.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, bytes | Answer | list[bytes]] = {}
        self.requests: list[str] = []
        self.connections = 0
        self.closing = threading.Event()
        self._tls = tls
        self._kept: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{host}:{self.port}{path}"

    def close(self) -> None:
        self.closing.set()
        for kept in self._kept:
            with contextlib.suppress(OSError):
                kept.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            wrapped = connection
            if self._tls:
                wrapped = self._tls.wrap_socket(connection, server_side=True)
            with wrapped:
                while self._answer_one(wrapped):
                    self._kept.append(wrapped)

    def _answer_one(self, connection: socket.socket) -> bool:
        """Whether the connection is kept for another request."""
        request = b""
        while b"\r\n\r\n" not in request:
            received = connection.recv(65536)
            if not received:
                return False
            request += received
        text = request.decode("latin-1")
        self.requests.append(text)
        answer = self.answers.get(text.split(" ")[1], reply(status="404 Not Found"))
        if isinstance(answer, list):
            answer = answer.pop(0)
        if callable(answer):
            answer(connection, self.closing)
            return False
        connection.sendall(answer)
        return b"Connection: keep-alive" in answer


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer; header names are given with underscores."""
    headers.setdefault("Connection", "close")
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture(autouse=True)
def no_proxy_in_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture
def start_server() -> Iterator[Callable[..., Server]]:
    """For tests that need another server, or one with TLS."""
    running: list[Server] = []

    def start(tls: ssl.SSLContext | None = None) -> Server:
        running.append(Server(tls))
        return running[-1]

    yield start
    for started in running:
        started.close()


@pytest.fixture
def make_fetcher(server: Server) -> Callable[..., Fetcher]:
    """A fetcher that may reach 127.0.0.1 unless told otherwise."""

    def make(**settings: Any) -> Fetcher:
        settings.setdefault("allow", ("127.0.0.1",))
        settings.setdefault("timeout", 10.0)
        return Fetcher(FetchSettings(**settings), version="1.2")

    return make


@pytest.fixture(name="reply")
def reply_fixture() -> Callable[..., bytes]:
    return reply
