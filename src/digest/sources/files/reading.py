"""Reads a text file of a newsroom: its bytes, its encoding, and what is wrong with it.

UTF-8 with or without a byte order mark, otherwise Windows-1252, which leaves five bytes
undefined (WHATWG Encoding, windows-1252).
"""

from __future__ import annotations

from pathlib import Path

#: Bytes of one file; a long article has 60,000.
MOST_BYTES = 2_000_000


class UnusableError(Exception):
    """Why a file is not an article, and the line, counted from 1 (0: the whole file)."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def read_text(file: Path) -> str:
    """The file's text with plain line ends.

    Raises:
        UnusableError: it is empty, too large, not text, or cannot be read.
    """
    text = _decode(read_bytes(file, MOST_BYTES))
    if not text.strip():
        raise UnusableError("is empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_bytes(file: Path, most: int) -> bytes:
    """What the file holds.

    Raises:
        UnusableError: it has more than `most` bytes, or cannot be read.
    """
    try:
        size = file.stat().st_size
        if size > most:
            raise UnusableError(f"is {size:,} bytes large, more than {most:,}: not an article")
        return file.read_bytes()
    except OSError as error:
        raise UnusableError(f"cannot be read: {error.strerror}") from None


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnusableError("is UTF-16; save it as UTF-8", 1)
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise UnusableError("holds a zero byte: this is not a text file", line)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        utf8_line = content[: error.start].count(b"\n") + 1
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        found = content[error.start]
        raise UnusableError(
            f"byte 0x{found:02x} is neither UTF-8 nor Windows-1252; save it as UTF-8",
            min(utf8_line, content[: error.start].count(b"\n") + 1),
        ) from None
