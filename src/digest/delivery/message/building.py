"""One reader's message as bytes: parts encoded once, a reader's values spliced in between.

A letter is the same for everybody but for its tokens, so all that stands between them is encoded
when the template is made, and building a message only joins bytes. Sources of the headers:
RFC 5322, RFC 2369 and RFC 8058 (List-Unsubscribe), RFC 2919 (List-ID), RFC 3834 (Auto-Submitted),
RFC 2387 and RFC 2392 (pictures inside the message).
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from digest.delivery.message.encoding import (
    base64_lines,
    header_address,
    mailbox,
    one_line,
    phrase,
    quoted_printable,
    soft_break,
    unstructured,
    value_in_quoted_printable,
)
from digest.delivery.message.envelope import LIST, Envelope, envelope_for, values_for
from digest.model.sending import Letter, LetterPicture, Recipient
from digest.render.tokens import Parts, Token, split

__all__ = [
    "Envelope",
    "MessageTemplate",
    "address_fault",
    "bulk_headers",
    "envelope_for",
    "feedback_id",
    "unsubscribe_headers",
    "values_for",
]

_Spliced = list[bytes | Token]


class MessageTemplate:
    """A letter in its envelope, ready to become any reader's message.

    Raises:
        TemplateError: the letter holds an unknown token.
        ValueError: the sender's or the answers' address cannot stand in a header.
    """

    def __init__(self, letter: Letter, envelope: Envelope) -> None:
        self._envelope = envelope
        self._subject = split(letter.subject, "header")
        self._domain = envelope.host or "digest.invalid"
        fixed = [mailbox("From", envelope.sender_name, envelope.sender)]
        if envelope.reply_to:
            fixed.append(mailbox("Reply-To", "", envelope.reply_to))
        fixed.extend(
            f"{name}: {value}\r\n".encode("ascii") for name, value in bulk_headers(envelope).items()
        )
        self._fixed = b"".join(fixed)
        self._constant_subject = b""
        if not self._subject.tokens:
            self._constant_subject = unstructured("Subject", self._subject.join({}))
        self._body = _join_literals(_body(letter))

    def build(self, recipient: Recipient, date: datetime) -> bytes:
        """The whole message for one reader, with CRLF line ends, 7-bit.

        Args:
            date: aware; for the header `Date`.

        Raises:
            ValueError: the address cannot stand in a header (see `address_fault`).
        """
        values = recipient.values
        envelope = self._envelope
        list_name = values.get(LIST) or envelope.list_name
        unsubscribe = "".join(
            f"{name}: {value}\r\n"
            for name, value in unsubscribe_headers(envelope, recipient.token).items()
        )
        pieces = [
            b"MIME-Version: 1.0\r\n",
            mailbox("To", recipient.name, recipient.email),
            self._constant_subject or unstructured("Subject", self._subject.join(values)),
            f"Date: {format_datetime(date)}\r\n"
            f"Message-ID: <{recipient.id}@{self._domain}>\r\n"
            f"{unsubscribe}"
            f"Feedback-ID: {feedback_id(envelope, list_name)}\r\n".encode("ascii"),
            list_id_header(envelope, list_name),
            self._fixed,
        ]
        pieces += [
            piece if isinstance(piece, bytes) else value_in_quoted_printable(piece.text(values))
            for piece in self._body
        ]
        return b"".join(pieces)


def address_fault(email: str) -> str:
    """Why an address cannot be written to; empty when it can. Without the address."""
    try:
        header_address(email)
    except ValueError as error:
        return str(error)
    return ""


def bulk_headers(envelope: Envelope) -> dict[str, str]:
    """Headers that mark the letter as one of many; the same for every reader, all ASCII."""
    return {
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
        "Content-Language": envelope.language,
    }


@lru_cache(maxsize=64)
def feedback_id(envelope: Envelope, list_name: str) -> str:
    """`Feedback-ID`: edition, list, kind and sender (5 to 15 characters), nothing personal."""
    sender = re.sub(r"[^a-z0-9]", "", envelope.host.lower())[:15].ljust(5, "0")
    return f"{envelope.edition}:{list_name}:newsletter:{sender}"


def unsubscribe_headers(envelope: Envelope, token: str) -> dict[str, str]:
    """The reader's way out; one-click only over https, as RFC 8058 §3.1 asks."""
    url = envelope.unsubscribe_url(token)
    ways = [f"<{url}>"] if url else []
    if envelope.unsubscribe_mailto:
        ways.append(f"<mailto:{envelope.unsubscribe_mailto}>")
    headers = {"List-Unsubscribe": ",\r\n ".join(ways)} if ways else {}
    if url.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


@lru_cache(maxsize=64)
def list_id_header(envelope: Envelope, list_name: str) -> bytes:
    """The header `List-ID` with its CRLF: the publication's name and the list's identifier."""
    shown = phrase(envelope.publication, len("List-ID: "))
    return b"List-ID: " + shown + b"\r\n <" + list_identifier(envelope, list_name) + b">\r\n"


def list_identifier(envelope: Envelope, list_name: str) -> bytes:
    """What stands between the brackets of `List-ID`, e.g. `main.lettre.example.org`."""
    identifier = envelope.list_id or f"{list_name}.{envelope.host}"
    return re.sub(r"[^A-Za-z0-9.-]", "", identifier).encode("ascii")


def _body(letter: Letter) -> _Spliced:
    seed = hashlib.sha256(f"{letter.html}\0{letter.text}".encode("utf-8", "replace")).hexdigest()
    inner, outer = f"=_a{seed[:24]}", f"=_r{seed[:24]}"
    alternative: _Spliced = [
        f'Content-Type: multipart/alternative; boundary="{inner}"\r\n\r\n'.encode("ascii"),
        *_text_part(inner, "plain", split(letter.text, "text")),
        *_text_part(inner, "html", split(letter.html, "html")),
        f"--{inner}--\r\n".encode("ascii"),
    ]
    if not letter.pictures:
        return alternative
    head = (
        f'Content-Type: multipart/related; type="multipart/alternative";\r\n boundary="{outer}"'
        f"\r\n\r\n--{outer}\r\n"
    ).encode("ascii")
    parts = [_picture_part(outer, picture, letter.edition) for picture in letter.pictures]
    return [head, *alternative, *parts, f"--{outer}--\r\n".encode("ascii")]


def _text_part(boundary: str, subtype: str, parts: Parts) -> _Spliced:
    spliced: _Spliced = [
        f"--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii")
    ]
    pieces = parts.pieces()
    for number, piece in enumerate(pieces):
        if isinstance(piece, Token):
            spliced.append(piece)
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
