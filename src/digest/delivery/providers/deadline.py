"""Reads from a server with one deadline for its whole answer.

A socket's own time-out begins anew with every byte, so that a server which drips never ends.
"""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class DeadlineReader(io.RawIOBase):
    """What a socket receives, until `seconds` after the last `restart`; TimeoutError then."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._usual = sock.gettimeout()
        self._raw = sock.makefile("rb", buffering=0)
        self.restart(seconds)

    def restart(self, seconds: float) -> None:
        """Begin to wait for another answer."""
        self._end = time.monotonic() + seconds

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """One read, in what is left of the time.

        Raises:
            TimeoutError: nothing is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(self._usual)

    def close(self) -> None:
        """Let go of the socket, which its owner closes."""
        self._raw.close()
        super().close()
