"""Two servers on loopback: one whose answers are written byte by byte, one nobody may call."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType

#: Writes an answer until it is done or the event says that the test is over.
Answering = Callable[[socket.socket, threading.Event], None]


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer; names of headers are given with underscores."""
    fields = {"Content-Type": "application/xml", "Content-Length": str(len(body))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class RawServer:
    """Gives each path its answer; `asked` keeps the paths that were asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | Answering] = {}
        self.asked: list[str] = []
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> RawServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(20)
            request = b""
            while b"\r\n\r\n" not in request:
                received = connection.recv(65536)
                if not received:
                    return
                request += received
            path = request.decode("latin-1").split(" ")[1]
            self.asked.append(path)
            answer = self.answers.get(path, reply(status="404 Not Found"))
            if callable(answer):
                answer(connection, self._over)
            else:
                connection.sendall(answer)
