"""How texts and names become bytes of a message: quoted-printable, encoded words, addresses.

Sources: RFC 2045 §6.7 (quoted-printable, lines of 76 characters), RFC 2047 (encoded words, 75
characters each), RFC 5322 §2.1.1 and §3.2.3 (line length, atoms and quoted strings).
"""

from __future__ import annotations

import base64
import binascii
import re
from functools import lru_cache

from digest.subscribers.addresses import normalise

_LINE = 76
#: UTF-8 bytes in one encoded word: 12 characters around them, base64 of 45 is 60.
_WORD_BYTES = 45
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LOCAL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII
)
_LOCAL_UTF8 = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+"
    r"(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]+)*"
)
_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?<!-)", re.ASCII)
#: Nearly all addresses.
_PLAIN_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_LOCAL.pattern}@{_DOMAIN.pattern}", re.ASCII)
_LONGEST_ADDRESS = 254
_LONGEST_LOCAL = 64
#: What old mailboxes (RFC 4155) and SMTP (RFC 5321 §4.5.2) would change at a line's start.
_CHANGED_ON_THE_WAY = re.compile(rb"^(?:From |\.).*$", re.MULTILINE)


def quoted_printable(text: str) -> bytes:
    """A text with line breaks of any kind, as lines of at most 76 characters with CRLF ends.

    No line begins with a dot or `From `, so that nothing has to be stuffed on the way. The result
    may be followed by more only after `soft_break`.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    encoded = binascii.b2a_qp(plain, istext=True, quotetabs=False)
    if encoded.startswith((b".", b"From ")) or b"\n." in encoded or b"\nFrom " in encoded:
        encoded = _CHANGED_ON_THE_WAY.sub(_unchangeable, encoded)
    return encoded.replace(b"\n", b"\r\n")


def soft_break(encoded: bytes) -> bytes:
    """Quoted-printable that ends at a line's start, without adding to the text."""
    if not encoded or encoded.endswith(b"\r\n"):
        return encoded
    start = encoded.rfind(b"\r\n") + 2 if b"\r\n" in encoded else 0
    if len(encoded) - start == _LINE:  # a whole line has no room for the sign of the break
        last = 3 if encoded[-3:-2] == b"=" else 1
        encoded = encoded[:-last] + b"=\r\n" + encoded[-last:]
    return encoded + b"=\r\n"


def value_in_quoted_printable(value: str) -> bytes:
    """A short text without line breaks, ending at a line's start."""
    encoded = binascii.b2a_qp(value.encode("utf-8", "replace"), quotetabs=False)
    if 0 < len(encoded) < _LINE and not encoded.startswith((b".", b"From ")):
        return encoded + b"=\r\n"
    return soft_break(quoted_printable(value))


def one_line(text: str) -> str:
    """The text with every run of control characters and line separators as one space."""
    if text.isprintable():
        return text.strip()
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


def mailbox(name: str, display: str, address: str, *, utf8: bool = False) -> bytes:
    """A header `From`, `To`, `Reply-To` with one address, with its CRLF.

    Args:
        utf8: an address that needs SMTPUTF8 stands in it as it is (RFC 6532).

    Raises:
        ValueError: the address cannot stand in a header.
    """
    is_beyond_ascii = utf8 and needs_smtputf8(address)
    angle = b"<" + header_address(address, utf8=is_beyond_ascii).encode() + b">"
    shown = one_line(display)
    if not shown:
        return f"{name}: ".encode("ascii") + angle + b"\r\n"
    line = f"{name}: ".encode("ascii") + phrase(shown, len(name) + 2)
    last = len(line) - (line.rfind(b"\n") + 1)
    blank = b" " if last + 1 + len(angle) <= _LINE else b"\r\n "
    return line + blank + angle + b"\r\n"


def header_address(address: str, *, utf8: bool = False) -> str:
    """An address as it stands in a header and after MAIL or RCPT; the domain as A-labels.

    Args:
        utf8: letters beyond ASCII may stand before the @, as SMTPUTF8 carries them (RFC 6531).

    Raises:
        ValueError: it has characters that such mail cannot carry, or that would end a header.
    """
    if len(address) <= _LONGEST_ADDRESS and _PLAIN_ADDRESS.fullmatch(address):
        return address
    return _sound_address(address, utf8)


def needs_smtputf8(address: str) -> bool:
    """Whether only a relay that offers SMTPUTF8 can carry mail to this address (RFC 6531)."""
    return not address.isascii() and not address.rpartition("@")[0].isascii()


def is_domain(text: str) -> bool:
    """Whether this can stand behind an @, in ASCII."""
    return _DOMAIN.fullmatch(text) is not None


def ascii_domain(domain: str) -> str:
    """A domain as DNS knows it: A-labels (IDNA 2008) for letters beyond ASCII.

    Raises:
        ValueError: there is no such spelling.
    """
    if domain.isascii():
        return domain
    try:
        return normalise(f"a@{domain}").partition("@")[2]
    except ValueError:
        raise ValueError("the domain cannot be written in ASCII") from None


def base64_lines(content: bytes) -> bytes:
    """Bytes as base64 in lines of 76 characters with CRLF ends."""
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


@lru_cache(maxsize=4096)
def _sound_address(address: str, utf8: bool) -> str:
    local, _, domain = address.rpartition("@")
    domain = ascii_domain(domain)
    is_sound = _LOCAL.fullmatch(local) is not None or (
        utf8 and local.isprintable() and _LOCAL_UTF8.fullmatch(local) is not None
    )
    octets = len(local.encode("utf-8", "replace"))
    is_short = octets <= _LONGEST_LOCAL and octets + 1 + len(domain) <= _LONGEST_ADDRESS
    if not is_sound or not is_short or not is_domain(domain):
        raise ValueError("the address cannot be written in a message")
    return f"{local}@{domain}"


def _unchangeable(line: re.Match[bytes]) -> bytes:
    """The line with its first character encoded, broken where it no longer fits."""
    first, rest = line[0][:1], line[0][1:]
    encoded = b"=%02X" % first[0] + rest
    if len(encoded) <= _LINE:
        return encoded
    cut = _LINE - 1
    if (escape := encoded.rfind(b"=", cut - 2, cut)) >= 0:
        cut = escape
    rest = _CHANGED_ON_THE_WAY.sub(_unchangeable, encoded[cut:])
    return encoded[:cut] + b"=\n" + rest


def _folded(line: str, words: list[str]) -> bytes:
    lines = [line]
    for number, word in enumerate(words):
        if number and len(lines[-1]) + 1 + len(word) > _LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _encoded_words(text: str, column: int) -> bytes:
    room = min(_WORD_BYTES, (_LINE - column - 12) // 4 * 3)
    if len(whole := text.encode()) <= room:
        return _encoded_word(whole)
    words: list[bytes] = []
    current = b""
    for character in text:
        encoded = character.encode("utf-8")
        if len(current) + len(encoded) > room:
            words.append(current)
            current, room = b"", _WORD_BYTES
        current += encoded
    words.append(current)
    return b"\r\n ".join(map(_encoded_word, words))


def _encoded_word(text: bytes) -> bytes:
    return b"=?utf-8?b?" + binascii.b2a_base64(text, newline=False) + b"?="
