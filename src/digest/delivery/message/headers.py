"""The headers of a letter to many: what is the same for all its readers is written once.

Sources: RFC 5322 (messages), RFC 2369 and RFC 8058 (List-Unsubscribe and its one click), RFC 6068
(mailto), RFC 2919 (List-ID), RFC 3834 (Auto-Submitted), RFC 3282 (Content-Language), and Google's
guide for senders (Feedback-ID). Return-Path is the last server's to write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from digest.delivery.message.encoding import (
    header_address,
    is_domain,
    mailbox,
    phrase,
    unstructured,
)
from digest.delivery.message.envelope import LIST, Envelope, quoted_token, shared_values
from digest.model.sending import Recipient
from digest.render.tokens import split

_NO_FEEDBACK = re.compile(r"[^A-Za-z0-9._-]+")
_NO_LIST_ID = re.compile(r"[^A-Za-z0-9.-]")
_NO_LANGUAGE = re.compile(r"[^A-Za-z0-9-]")
_NO_ID = re.compile(r"[^A-Za-z0-9_-]")

#: Stands for a reader's own while the header around it is made.
_ANYBODY = "0reader0"


class Headers:
    """The headers of one letter's messages, in blocks that each end with CRLF.

    Args:
        subject: the letter's, with its tokens.
        envelope: who writes, and the way out.
        content_type: the header `Content-Type`, with its CRLF.

    Raises:
        TemplateError: the subject holds an unknown token.
        ValueError: an address of the envelope cannot stand in a header.
    """

    def __init__(self, subject: str, envelope: Envelope, content_type: bytes) -> None:
        self._envelope = envelope
        self._subject = split(subject, "header")
        self._days = shared_values(envelope)
        self._date: datetime | None = None
        self._date_header = b""
        self._lists: dict[str, bytes] = {}
        self._after_id = f"@{_id_domain(envelope)}>\r\n"
        around = _written(unsubscribe_headers(envelope, _ANYBODY)).partition(_ANYBODY)
        self._around_token = (around[0], around[2]) if around[1] else None
        self._is_subject_shared = all(token.name in self._days for token in self._subject.tokens)
        self.shared = self._shared(content_type)

    def of_list(self, recipient: Recipient) -> bytes:
        """`List-ID` and `Feedback-ID`: the same for all readers of a list."""
        name = recipient.values.get(LIST) or self._envelope.list_name
        if name not in self._lists:
            feedback = f"Feedback-ID: {feedback_id(self._envelope, name)}\r\n".encode("ascii")
            self._lists[name] = list_id_header(self._envelope, name) + feedback
        return self._lists[name]

    def personal(self, recipient: Recipient, date: datetime) -> list[bytes]:
        """What is a reader's own: To, Date, Message-ID, the way out, and a subject with tokens.

        Raises:
            ValueError: the address cannot stand in a header.
        """
        if date is not self._date:
            self._date_header = f"Date: {format_datetime(date)}\r\n".encode("ascii")
            self._date = date
        headers = [
            mailbox("To", recipient.name, recipient.email, utf8=True),
            self._date_header,
            self._id_and_way(recipient).encode("ascii"),
        ]
        if not self._is_subject_shared:
            subject = self._subject.join({**recipient.values, **self._days})
            headers.append(unstructured("Subject", subject))
        return headers

    def _shared(self, content_type: bytes) -> bytes:
        envelope = self._envelope
        headers = [b"MIME-Version: 1.0\r\n", mailbox("From", envelope.sender_name, envelope.sender)]
        if envelope.reply_to:
            headers.append(mailbox("Reply-To", "", envelope.reply_to))
        if self._is_subject_shared:
            headers.append(unstructured("Subject", self._subject.join(self._days)))
        headers += [_written(bulk_headers(envelope)).encode("ascii"), content_type]
        return b"".join(headers)

    def _id_and_way(self, recipient: Recipient) -> str:
        id_, token = recipient.id, recipient.token
        if not id_.isalnum() or not id_.isascii():
            id_ = _NO_ID.sub("", id_)
        if self._around_token is None or not token:
            way = _written(unsubscribe_headers(self._envelope, token))
            return f"Message-ID: <{id_}{self._after_id}{way}"
        before, after = self._around_token
        return f"Message-ID: <{id_}{self._after_id}{before}{quoted_token(token)}{after}"


def bulk_headers(envelope: Envelope) -> dict[str, str]:
    """Headers that mark the letter as one of many; the same for every reader, all ASCII."""
    return {
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
        "Content-Language": _NO_LANGUAGE.sub("", envelope.language) or "und",
    }


def feedback_id(envelope: Envelope, list_name: str) -> str:
    """`Feedback-ID`: edition, list, kind and sender (5 to 15 characters), nothing personal."""
    sender = re.sub(r"[^a-z0-9]", "", envelope.host.lower())[:15].ljust(5, "0")
    edition, name = (_NO_FEEDBACK.sub("-", text) for text in (envelope.edition, list_name))
    return f"{edition}:{name}:newsletter:{sender}"


def unsubscribe_headers(envelope: Envelope, token: str) -> dict[str, str]:
    """The reader's way out; one-click only over https, as RFC 8058 §3.1 asks."""
    url = envelope.unsubscribe_url(token)
    ways = [f"<{url}>"] if url else []
    if envelope.unsubscribe_mailto:
        address = quote(header_address(envelope.unsubscribe_mailto), safe="@!$'*+=")
        ways.append(f"<mailto:{address}>")
    headers = {"List-Unsubscribe": ",\r\n ".join(ways)} if ways else {}
    if url.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def list_id_header(envelope: Envelope, list_name: str) -> bytes:
    """The header `List-ID` with its CRLF: the publication's name and the list's identifier."""
    shown = phrase(envelope.publication, len("List-ID: "))
    return b"List-ID: " + shown + b"\r\n <" + list_identifier(envelope, list_name) + b">\r\n"


def list_identifier(envelope: Envelope, list_name: str) -> bytes:
    """What stands between the brackets of `List-ID`, e.g. `main.lettre.example.org`."""
    identifier = _NO_LIST_ID.sub("", envelope.list_id or f"{list_name}.{envelope.host}")
    return ".".join(filter(None, identifier.split(".")))[:255].encode("ascii")


def _id_domain(envelope: Envelope) -> str:
    """What stands behind the @ of `Message-ID`: a host's name, never an address in brackets."""
    if is_domain(envelope.host):
        return envelope.host
    return header_address(envelope.sender).rpartition("@")[2]


def _written(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())
