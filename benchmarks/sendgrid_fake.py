"""A stand-in for SendGrid's `mail/send` that takes and counts all, in a process of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager


class Fake(asyncio.Protocol):
    """Takes a request, counts its readers and answers 202; GET tells how many there were."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.pieces: list[bytes] = []
        self.missing = -1

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        if self.missing < 0:
            head, blank, body = b"".join(self.pieces).partition(b"\r\n\r\n")
            if not blank:
                return
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            self.missing = int(length or 0) - len(body)
        else:
            self.missing -= len(data)
        if self.missing > 0:
            return
        request = b"".join(self.pieces)
        content = b""
        if request.startswith(b"GET"):
            content = str(Fake.taken).encode()
        else:
            Fake.taken += request.count(b'"delivery"')
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(
            b"HTTP/1.1 202 Accepted\r\nX-Message-Id: x\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
        )
        self.transport.close()


@contextmanager
def fake() -> Iterator[str]:
    """The fake in a process of its own; its address."""
    with subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield f"http://127.0.0.1:{running.stdout.readline().strip()}"
        finally:
            running.terminate()


async def serve() -> None:
    """Be the fake, until terminated."""
    server = await asyncio.get_running_loop().create_server(Fake, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def taken(url: str) -> int:
    """How many readers the fake has counted."""
    with urllib.request.urlopen(url) as answer:
        return int(answer.read())


if __name__ == "__main__":
    asyncio.run(serve())
