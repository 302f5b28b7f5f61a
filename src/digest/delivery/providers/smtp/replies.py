"""Replies of an SMTP server, read from bytes as they arrive. No input or output of its own.

Sources: RFC 5321 §4.2 (replies of one or more lines), RFC 2034 and RFC 3463 (enhanced status
codes). A server may be hostile: a reply has a most of lines and bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The longest reply that is listened to.
MOST_LINES = 100
MOST_BYTES = 65_536

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?=\s|\Z)")


class GarbledError(Exception):
    """What arrived is no reply; `detail` says what is wrong with it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its code, and the words of its lines without the codes."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All lines, the enhanced status code included."""
        return "\n".join(self.lines)

    @property
    def enhanced(self) -> str:
        """The enhanced status code (`5.7.1`), or nothing where its class is not the reply's."""
        found = _ENHANCED.match(self.lines[0]) if self.lines else None
        return found[0] if found and found[1] == str(self.code // 100) else ""

    @property
    def is_good(self) -> bool:
        """Whether the command was done (2xx)."""
        return 200 <= self.code < 300

    @property
    def is_passing(self) -> bool:
        """Whether the same command may succeed later (4xx)."""
        return 400 <= self.code < 500

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


class ReplyReader:
    """Cuts a stream into replies; `feed` bytes, take replies by `next`."""

    __slots__ = ("_buffer", "_lines", "_size")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._size = 0

    @property
    def has_unread(self) -> bool:
        """Whether bytes wait that belong to no complete reply yet."""
        return bool(self._buffer or self._lines)

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._buffer += data

    def next(self) -> Reply | None:
        """The next complete reply; None when more bytes are needed.

        Raises:
            GarbledError: it is no reply, or one without an end.
        """
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._size += end + 1
            if self._size > MOST_BYTES:
                raise GarbledError("a reply without an end")
            code, more = line[:3], line[3:4]
            if not (code.isdigit() and b"200" <= code < b"600" and more in (b"", b" ", b"-")):
                raise GarbledError(f"not a reply: {line[:80].decode('utf-8', 'replace')}")
            self._lines.append(line[4:].strip().decode("utf-8", "replace"))
            if more != b"-":
                reply = Reply(int(code), tuple(self._lines))
                self._lines, self._size = [], 0
                return reply
            if len(self._lines) >= MOST_LINES:
                raise GarbledError("a reply without an end")
        if self._size + len(self._buffer) > MOST_BYTES:
            raise GarbledError("a reply without an end")
        return None
