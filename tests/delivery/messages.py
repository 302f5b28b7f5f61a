"""A reader's message, built and read again as a mail program reads it."""

from __future__ import annotations

import email
from email import policy
from email.message import EmailMessage

from hypothesis import strategies as st
from tests.delivery.world import ENVELOPE, NOW

from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.envelope import Envelope, shared_values
from digest.model.sending import Letter, Recipient

ID = "0123456789abcdef0123456789abcdef"

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=200)


def reader(
    *,
    name: str = "Zoé Martin",
    address: str = "zoe@readers.example",
    token: str = "t" * 43,
    **values: str,
) -> Recipient:
    filled = {
        "name": name,
        "address": "z…@readers.example",
        "since": "1er mars 2026",
        "unsubscribe_url": ENVELOPE.unsubscribe_url(token),
        **shared_values(ENVELOPE),
    }
    return Recipient(ID, address, name, "fr", token, filled | values)


def parse(content: bytes) -> EmailMessage:
    """As a mail program reads it; any defect fails the test."""
    message = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    for part in message.walk():
        assert part.defects == []
        for name, value in part.items():
            assert value.defects == (), name
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def build(letter: Letter, recipient: Recipient, envelope: Envelope = ENVELOPE) -> bytes:
    return MessageTemplate(letter, envelope).build(recipient, NOW)


def assert_lines_are_short(content: bytes) -> None:
    head, _, rest = content.partition(b"\r\n\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(len(line) for line in rest.split(b"\r\n")) <= 76
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    assert content.isascii()
