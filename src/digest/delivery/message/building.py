"""One reader's message as bytes: parts encoded once, a reader's values spliced in between.

A letter is the same for everybody but for its tokens, so all that stands between them is encoded
when the template is made, and building a message only joins bytes. Every piece begins and ends at
a line's end, and no line begins with a dot: what follows (DKIM's canonical form, SMTP) counts on
it. Sources: RFC 2045 and 2046 (MIME), RFC 2387 and RFC 2392 (pictures inside the message).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from digest.delivery.message.canonical import BodyHash, relaxed_headers
from digest.delivery.message.encoding import (
    base64_lines,
    header_address,
    one_line,
    quoted_printable,
    soft_break,
    value_in_quoted_printable,
)
from digest.delivery.message.envelope import Envelope, shared_values
from digest.delivery.message.headers import Headers
from digest.model.sending import Letter, LetterPicture, Recipient
from digest.render.tokens import URL_TOKENS, Parts, Token, split

if TYPE_CHECKING:
    from digest.delivery.message.signing import Signer

_Spliced = list[bytes | Token]


class MessageTemplate:
    """A letter in its envelope, ready to become any reader's message.

    Args:
        signer: signs every message with DKIM.

    Raises:
        TemplateError: the letter holds an unknown token.
        ValueError: the sender's or the answers' address cannot stand in a header.
    """

    def __init__(self, letter: Letter, envelope: Envelope, signer: Signer | None = None) -> None:
        content_type, spliced = _body(letter, shared_values(envelope))
        self._headers = Headers(letter.subject, envelope, content_type)
        tokens = list(dict.fromkeys(piece for piece in spliced if isinstance(piece, Token)))
        self._values = [(token.name, _encoder(token)) for token in tokens]
        body = [piece if isinstance(piece, bytes) else tokens.index(piece) for piece in spliced]
        self._places = [(at, piece) for at, piece in enumerate(body) if isinstance(piece, int)]
        self._body = [piece if isinstance(piece, bytes) else b"" for piece in body]
        self._signed = _Signed(signer, self._headers, body) if signer else None

    def build(self, recipient: Recipient, date: datetime) -> bytes:
        """The whole message for one reader, with CRLF line ends; no line begins with a dot.

        It is 7-bit, but for the header `To` of an address that needs SMTPUTF8.

        Args:
            date: aware; for the header `Date`.

        Raises:
            ValueError: the address cannot stand in a header (see `address_fault`).
        """
        return b"".join(self.pieces(recipient, date))

    def pieces(self, recipient: Recipient, date: datetime) -> list[bytes]:
        """The message in pieces, most of them shared by all messages of the letter.

        Raises:
            ValueError: as `build`.
        """
        values = recipient.values
        personal = [encode(values.get(name, "")) for name, encode in self._values]
        headers = [
            self._headers.shared,
            self._headers.of_list(recipient),
            *self._headers.personal(recipient, date),
        ]
        body = self._body.copy()
        for at, number in self._places:
            body[at] = personal[number]
        if self._signed is None:
            return [*headers, b"\r\n", *body]
        signature = self._signed.header(headers, personal, date)
        return [signature, *headers, b"\r\n", *body]


class _Signed:
    """What signing needs to know of a letter's messages."""

    def __init__(self, signer: Signer, headers: Headers, body: list[bytes | int]) -> None:
        of_list, personal = headers.of_list(_ANYBODY), headers.personal(_ANYBODY, _ANY_TIME)
        block = b"".join([headers.shared, of_list, *personal])
        self._signer = signer.for_headers(block)
        self._shared = self._signer.signed(relaxed_headers(headers.shared))
        self._lists: dict[bytes, bytes] = {}
        self._body_hash = BodyHash(body)

    def header(self, headers: list[bytes], personal: list[bytes], date: datetime) -> bytes:
        """The header `DKIM-Signature` of a message, whose first two blocks of headers are not
        its own."""
        of_list = headers[1]
        if of_list not in self._lists:
            self._lists[of_list] = self._shared + relaxed_headers(of_list)
        canonical = self._lists[of_list] + relaxed_headers(b"".join(headers[2:]))
        body_hash = self._body_hash.digest(personal)
        return self._signer.header(canonical, body_hash, int(date.timestamp()))


#: For whom the order of the headers is looked at.
_ANYBODY = Recipient("0", "reader@readers.example", "", "", "0", {})
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def address_fault(email: str, *, utf8: bool = False) -> str:
    """Why an address cannot be written to; empty when it can. Without the address.

    Args:
        utf8: what needs SMTPUTF8 can be carried (see `encoding.needs_smtputf8`).
    """
    try:
        header_address(email, utf8=utf8)
    except ValueError as error:
        return str(error)
    return ""


def _encoder(token: Token) -> Callable[[str], bytes]:
    """Makes the bytes of a reader's value; remembers them where readers have them in common."""

    def encode(value: str) -> bytes:
        return value_in_quoted_printable(token.text({token.name: value}))

    return encode if token.name in URL_TOKENS else lru_cache(maxsize=1024)(encode)


def _body(letter: Letter, shared: Mapping[str, str]) -> tuple[bytes, _Spliced]:
    """The header `Content-Type` of the whole message, and its body."""
    seed = hashlib.sha256(f"{letter.html}\0{letter.text}".encode("utf-8", "replace")).hexdigest()
    inner, outer = f"=_a{seed[:24]}", f"=_r{seed[:24]}"
    content_type = f'Content-Type: multipart/alternative; boundary="{inner}"\r\n'.encode("ascii")
    alternative: _Spliced = [
        *_text_part(inner, "plain", split(letter.text, "text"), shared),
        *_text_part(inner, "html", split(letter.html, "html"), shared),
        f"--{inner}--\r\n".encode("ascii"),
    ]
    if not letter.pictures:
        return content_type, _join_literals(alternative)
    head = f"--{outer}\r\n".encode("ascii") + content_type + b"\r\n"
    parts = [_picture_part(outer, picture, letter.edition) for picture in letter.pictures]
    content_type = (
        f'Content-Type: multipart/related; type="multipart/alternative";\r\n boundary="{outer}"\r\n'
    ).encode("ascii")
    whole = [head, *alternative, *parts, f"--{outer}--\r\n".encode("ascii")]
    return content_type, _join_literals(whole)


def _text_part(boundary: str, subtype: str, parts: Parts, shared: Mapping[str, str]) -> _Spliced:
    spliced: _Spliced = [
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
    ]
    pieces = parts.pieces()
    for number, piece in enumerate(pieces):
        if isinstance(piece, Token):
            is_shared = piece.name in shared
            spliced.append(value_in_quoted_printable(piece.text(shared)) if is_shared else piece)
        elif piece:
            encoded = quoted_printable(piece)
            spliced.append(soft_break(encoded) if number < len(pieces) - 1 else encoded)
    spliced.append(b"\r\n")
    return spliced


def _picture_part(boundary: str, picture: LetterPicture, edition: str) -> bytes:
    extension = picture.content_type.rpartition("/")[2]
    name = re.sub(r"[^A-Za-z0-9._-]", "-", one_line(picture.name)) or "picture"
    if "." not in name:
        name = f"{name}.{extension}"
    return (
        f"--{boundary}\r\nContent-Type: {one_line(picture.content_type)}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{picture.content_id(edition)}>\r\n"
        f'Content-Disposition: inline; filename="{name}"\r\n\r\n'
    ).encode("ascii") + base64_lines(picture.content)


def _join_literals(pieces: _Spliced) -> _Spliced:
    joined: _Spliced = []
    for piece in pieces:
        if isinstance(piece, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined
