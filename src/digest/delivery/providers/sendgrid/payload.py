"""A letter and up to 1,000 readers as one request to SendGrid's `mail/send`, as a plain dict.

Each token of the letter becomes a placeholder, and each personalization says what stands there.
Only the opaque delivery id goes along to recognise a reader by. Source of the limits: SendGrid's
v3 API reference, "Mail Send", limitations and errors.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from digest.delivery.message.building import (
    bulk_headers,
    feedback_id,
    list_id_header,
    unsubscribe_headers,
)
from digest.delivery.message.encoding import header_address, one_line
from digest.delivery.message.envelope import LIST, Envelope
from digest.model.sending import Letter, Recipient
from digest.render.tokens import split

#: Personalizations in one request.
MOST_RECIPIENTS = 1000

#: Bytes of one request; the limit is 30 MB.
MOST_BYTES = 28_000_000

_OFF = {"enable": False}


class Payload:
    """Makes requests for one letter.

    Raises:
        TemplateError: the letter holds an unknown token.
    """

    def __init__(self, letter: Letter, envelope: Envelope, *, sandbox: bool) -> None:
        self._envelope = envelope
        salt = hashlib.sha256(f"{letter.subject}{letter.text}{letter.html}".encode()).hexdigest()
        self._parts = {
            f"-{kind}{salt[:12]}-": parts
            for kind, parts in (
                ("s", split(letter.subject, "header")),
                ("t", split(letter.text, "text")),
                ("h", split(letter.html, "html")),
            )
        }
        subject, text, html = (
            parts.with_placeholders(prefix)[0] for prefix, parts in self._parts.items()
        )
        contents = (("text/plain", text), ("text/html", html))
        self._common: dict[str, Any] = {
            "from": {
                "email": header_address(envelope.sender),
                "name": one_line(envelope.sender_name),
            },
            "subject": one_line(subject),
            "content": [{"type": kind, "value": value} for kind, value in contents if value],
            "categories": [letter.edition],
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},
                "open_tracking": _OFF,
                "subscription_tracking": _OFF,
                "ganalytics": _OFF,
            },
        }
        if envelope.reply_to:
            self._common["reply_to"] = {"email": header_address(envelope.reply_to)}
        if letter.pictures:
            self._common["attachments"] = [
                {
                    "content": base64.b64encode(picture.content).decode("ascii"),
                    "type": picture.content_type,
                    "filename": picture.name,
                    "disposition": "inline",
                    "content_id": picture.content_id(letter.edition),
                }
                for picture in letter.pictures
            ]
        if sandbox:
            self._common["mail_settings"] = {"sandbox_mode": {"enable": True}}
        self._common_bytes = len(json.dumps(self._common))

    def group_size(self, recipients: Sequence[Recipient]) -> int:
        """How many of these readers, from the first on, fit into one request; at least one."""
        size, number = self._common_bytes, 0
        for recipient in recipients[:MOST_RECIPIENTS]:
            size += len(json.dumps(self._personalization(recipient)))
            if number and size > MOST_BYTES:
                break
            number += 1
        return number

    def request(self, recipients: Sequence[Recipient]) -> dict[str, Any]:
        """The body of a request for these readers."""
        return {
            **self._common,
            "personalizations": [self._personalization(recipient) for recipient in recipients],
        }

    def _personalization(self, recipient: Recipient) -> dict[str, Any]:
        to = {"email": header_address(recipient.email)}
        name = one_line(recipient.name.replace(";", " ").replace(",", " "))
        if name:
            to["name"] = name
        substitutions: dict[str, str] = {}
        for prefix, parts in self._parts.items():
            substitutions |= parts.substitutions(prefix, recipient.values)
        personalization: dict[str, Any] = {
            "to": [to],
            "headers": self._headers(recipient),
            "custom_args": {"delivery": recipient.id},
        }
        if substitutions:
            personalization["substitutions"] = substitutions
        return personalization

    def _headers(self, recipient: Recipient) -> dict[str, str]:
        envelope = self._envelope
        list_name = recipient.values.get(LIST) or envelope.list_name
        list_id = list_id_header(envelope, list_name)
        headers = {
            **bulk_headers(envelope),
            "Feedback-ID": feedback_id(envelope, list_name),
            "List-ID": list_id.decode("ascii").partition(": ")[2],
            **unsubscribe_headers(envelope, recipient.token),
        }
        return {name: value.replace("\r\n", "") for name, value in headers.items()}
