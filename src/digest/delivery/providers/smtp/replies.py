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

#: Lines that servers say again and again, and that are understood only once.
_REMEMBERED = 32

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
    """Cuts a stream into replies."""

    __slots__ = ("_known", "_lines", "_rest", "_size")

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[str] = []
        self._size = 0
        self._known: dict[bytes, Reply] = {}

    @property
    def has_unread(self) -> bool:
        """Whether bytes wait that belong to no complete reply yet."""
        return bool(self._rest or self._lines)

    def read(self, data: bytes) -> list[Reply | GarbledError]:
        """Take what arrived; returns the replies that are complete by then.

        The last one is a GarbledError where something is no reply, or one without an end; there
        is no going on after it.
        """
        lines = (self._rest + data).split(b"\n") if self._rest else data.split(b"\n")
        self._rest = lines.pop()
        known, found = self._known, list[Reply | GarbledError]()
        try:
            for line in lines:
                reply = None if self._lines else known.get(line)
                if reply or (reply := self._take(line)):
                    found.append(reply)
            if self._size + len(self._rest) > MOST_BYTES:
                raise GarbledError("a reply without an end")
        except GarbledError as error:
            found.append(error)
        return found

    def _take(self, line: bytes) -> Reply | None:
        """One line more; the reply that it ends."""
        self._size += len(line) + 1
        if self._size > MOST_BYTES:
            raise GarbledError("a reply without an end")
        plain = line.rstrip(b"\r")
        code, more = plain[:3], plain[3:4]
        if not (code.isdigit() and b"200" <= code < b"600" and more in (b"", b" ", b"-")):
            raise GarbledError(f"not a reply: {plain[:80].decode('utf-8', 'replace')}")
        self._lines.append(plain[4:].strip().decode("utf-8", "replace"))
        if more == b"-":
            if len(self._lines) >= MOST_LINES:
                raise GarbledError("a reply without an end")
            return None
        reply = Reply(int(code), tuple(self._lines))
        self._size = 0
        if len(self._lines) == 1 and len(self._known) < _REMEMBERED:
            self._known[line] = reply
        self._lines = []
        return reply
