"""How texts and names become bytes of a message: quoted-printable, encoded words, addresses.

Sources: RFC 2045 §6.7 (quoted-printable, lines of 76 characters), RFC 2047 (encoded words, 75
characters each), RFC 5322 §2.1.1 and §3.2.3 (line length, atoms and quoted strings).
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

_LINE = 76
#: UTF-8 bytes in one encoded word: 12 characters around them, base64 of 45 is 60.
_WORD_BYTES = 45
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
)


def quoted_printable(text: str) -> bytes:
    """A text with line breaks of any kind, as lines of at most 76 characters with CRLF ends.

    The result may be followed by more only after `soft_break`.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    encoded = binascii.b2a_qp(plain, istext=True, quotetabs=False)
    if encoded.startswith(b"From "):
        encoded = b"=46" + encoded[1:]
    return encoded.replace(b"\nFrom ", b"\n=46rom ").replace(b"\n", b"\r\n")


def soft_break(encoded: bytes) -> bytes:
    """Quoted-printable that ends at a line's start, without adding to the text."""
    if not encoded or encoded.endswith(b"\r\n"):
        return encoded
    start = encoded.rfind(b"\r\n") + 2 if b"\r\n" in encoded else 0
    if len(encoded) - start == _LINE:  # a whole line has no room for the sign of the break
        last = 3 if encoded[-3:-2] == b"=" else 1
        encoded = encoded[:-last] + b"=\r\n" + encoded[-last:]
    return encoded + b"=\r\n"


@lru_cache(maxsize=1024)
def value_in_quoted_printable(value: str) -> bytes:
    """A short text without line breaks, ending at a line's start."""
    return soft_break(quoted_printable(value))


def one_line(text: str) -> str:
    """The text with every run of control characters and line separators as one space."""
    return _CONTROL.sub(" ", text).strip()


def unstructured(name: str, text: str) -> bytes:
    """A header of free text (`Subject`), folded, with its CRLF.

    Readable ASCII stays as it is; anything else becomes encoded words, exactly.
    """
    text = one_line(text)
    if text.isascii() and "=?" not in text and "  " not in text:
        words = text.split(" ")
        if max(map(len, words)) <= _LINE - len(name) - 2:
            return _folded(f"{name}:", words)
    return f"{name}: ".encode("ascii") + _encoded_words(text, len(name) + 2) + b"\r\n"


def phrase(text: str, column: int) -> bytes:
    """A display name as an atom, a quoted string or encoded words; `column` is where it begins."""
    text = one_line(text)
    if not text.isascii() or "=?" in text or len(text) > _LINE - column - 4:
        return _encoded_words(text, column)
    if _ATOMS.fullmatch(text):
        return text.encode("ascii")
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'.encode("ascii")


def mailbox(name: str, display: str, address: str) -> bytes:
    """A header `From`, `To`, `Reply-To` with one address, with its CRLF.

    Raises:
        ValueError: the address cannot stand in a header.
    """
    angle = b"<" + header_address(address).encode("ascii") + b">"
    shown = one_line(display)
    if not shown:
        return f"{name}: ".encode("ascii") + angle + b"\r\n"
    line = f"{name}: ".encode("ascii") + phrase(shown, len(name) + 2)
    last = len(line) - (line.rfind(b"\r\n") + 2 if b"\r\n" in line else 0)
    blank = b" " if last + 1 + len(angle) <= _LINE else b"\r\n "
    return line + blank + angle + b"\r\n"


@lru_cache(maxsize=1024)
def header_address(address: str) -> str:
    """An address as it stands in a header and after MAIL or RCPT; the domain as A-labels.

    Raises:
        ValueError: it has characters that mail without SMTPUTF8 cannot carry (RFC 6531), or that
            would end a header.
    """
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise ValueError("the domain cannot be written in ASCII") from None
    plain = f"{local}@{domain}"
    if len(plain) > 254 or not _ADDRESS.fullmatch(plain):
        raise ValueError("the address cannot be written in a message")
    return plain


def base64_lines(content: bytes) -> bytes:
    """Bytes as base64 in lines of 76 characters with CRLF ends."""
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _folded(line: str, words: list[str]) -> bytes:
    lines = [line]
    for number, word in enumerate(words):
        if number and len(lines[-1]) + 1 + len(word) > _LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _encoded_words(text: str, column: int) -> bytes:
    words: list[bytes] = []
    current = b""
    room = min(_WORD_BYTES, (_LINE - column - 12) // 4 * 3)
    for character in text:
        encoded = character.encode("utf-8")
        if len(current) + len(encoded) > room:
            words.append(current)
            current, room = b"", _WORD_BYTES
        current += encoded
    words.append(current)
    return b"\r\n ".join(b"=?utf-8?b?" + base64.b64encode(word) + b"?=" for word in words)
