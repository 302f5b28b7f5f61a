"""The “relaxed” form in which DKIM signs headers and bodies (RFC 6376 §3.4.2 and §3.4.4).

A body's form is made of the forms of its pieces: that is the same as long as each piece begins and
ends at a line's end, since blanks are only ever joined within a line, and as long as the body's
last line is not empty, since only empty lines at the very end are dropped. A message of ours is
cut like that (`building`), and its last line is a boundary.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

_FOLD = re.compile(rb"\r\n(?=[ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_END = re.compile(rb"[ \t]+(?=\r\n)")


def relaxed_headers(block: bytes) -> bytes:
    """Headers as they are signed: small names, unfolded, one blank for many. All end with CRLF."""
    lines = []
    for line in _FOLD.sub(b"", block).split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        value = value.strip(b" \t")
        if b"  " in value or b"\t" in value:
            value = _BLANKS.sub(b" ", value)
        lines.append(b"%b:%b\r\n" % (name.rstrip().lower(), value))
    return b"".join(lines)


def relaxed_lines(piece: bytes) -> bytes:
    """Whole lines of a body as they are signed: one blank for many, none at a line's end."""
    if b"  " not in piece and b" \r\n" not in piece and b"\t" not in piece:
        return piece
    return _BLANKS.sub(b" ", _BLANKS_AT_END.sub(b"", piece))


class BodyHash:
    """The SHA-256 of the bodies of one letter's messages.

    What stands before the first personal piece is hashed once; each message goes on from a copy.

    Args:
        pieces: bytes that are the same in every message, and between them the number of the
            personal piece that stands there.

    Raises:
        ValueError: the pieces are not whole lines, or the last line is empty.
    """

    def __init__(self, pieces: Sequence[bytes | int]) -> None:
        if not all(piece.endswith(b"\r\n") for piece in pieces if isinstance(piece, bytes)):
            raise ValueError("a piece of the body does not end at the end of a line")
        if not isinstance(last := pieces[-1], bytes) or last.endswith((b"\r\n\r\n", b" \r\n")):
            raise ValueError("the body does not end in a line that is the same for everybody")
        canonical = [
            relaxed_lines(piece) if isinstance(piece, bytes) else piece for piece in pieces
        ]
        self._begun = hashlib.sha256()
        while canonical and isinstance(first := canonical[0], bytes):
            self._begun.update(first)
            del canonical[0]
        self._rest = canonical

    def digest(self, personal: Sequence[bytes]) -> bytes:
        """The hash with these personal pieces, each of them empty or whole lines."""
        body = self._begun.copy()
        for piece in self._rest:
            body.update(piece if isinstance(piece, bytes) else relaxed_lines(personal[piece]))
        return body.digest()
