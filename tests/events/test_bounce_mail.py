"""A mail that came back is told from one that somebody wrote, whoever's server made it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.events import mails

from digest.events.bounce_mail import read, read_mail

TO = "rebonds@example.org"
ID = "a1" * 16


@pytest.mark.parametrize(
    ("mail", "what", "permanent"),
    [
        (mails.notification(TO), "failed", True),
        (mails.notification(TO, status="5.2.2", said="smtp; 552 full"), "failed", False),
        (mails.notification(TO, status="5.7.1", said=""), "failed", False),
        (mails.notification(TO, status="5.0.0", said="smtp; 550 5.1.1 no"), "failed", True),
        (mails.notification(TO, status="4.4.7", said=""), "failed", False),
        (mails.notification(TO, status="", said="smtp; 550 nobody"), "failed", True),
        (mails.notification(TO, action="error"), "failed", True),
        (mails.notification(TO, action="delayed", status="4.4.1"), "delayed", False),
        (mails.notification(TO, action="delivered", status="2.0.0"), "delivered", False),
        (mails.notification(TO, action="relayed", status="2.0.0"), "delivered", False),
        (mails.notification(TO, action=""), "automatic answer", False),
        (mails.exim_of_old(TO, ID), "failed", True),
        (mails.qmail(TO), "failed", True),
        (mails.qmail(TO, "Remote host said: 554 5.7.1 spam"), "failed", False),
        (mails.qmail(TO, "Sorry, no mailbox here by that name."), "failed", True),
        (mails.warning(TO), "delayed", False),
        (mails.complaint(TO, ID), "complaint", False),
        (mails.complaint(TO, ID, kind="opt-out"), "opt-out", False),
        (mails.complaint(TO, ID, kind="not-spam"), "something else", False),
        (mails.absence(TO), "automatic answer", False),
        (mails.absence(TO, "X-Autoreply: yes"), "automatic answer", False),
        (mails.absence(TO, "Precedence: auto_reply"), "automatic answer", False),
        (mails.absence(TO, "Subject: Absence du bureau"), "automatic answer", False),
        (mails.absence(TO, "Subject: Réponse automatique : x"), "automatic answer", False),
        (
            mails.absence(TO, "Subject: =?utf-8?q?R=C3=A9ponse_automatique?="),
            "automatic answer",
            False,
        ),
        (mails.absence(TO, "Subject: =?nope?q?=FF?="), "something else", False),
        (mails.absence(TO, "Subject: =?utf-8?b?AAA?="), "something else", False),
        (
            mails.absence(
                TO, "Content-Type: multipart/report; report-type=disposition-notification"
            ),
            "automatic answer",
            False,
        ),
        (mails.person(TO), "something else", False),
        (b"", "something else", False),
        (b"\xff\xfe\x00" * 999, "something else", False),
    ],
)
def test_mail_is_known_for_what_it_is(mail: bytes, what: str, permanent: bool) -> None:
    found = read(mail)
    assert (found.what, found.permanent) == (what, permanent)


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "text/plain"])
def test_letter_within_names_its_delivery(returned: str) -> None:
    assert ID in read(mails.notification(TO, delivery=ID, returned=returned)).ids
    assert ID in read(mails.exim_of_old(TO, ID)).ids


def test_letter_is_named_by_what_the_mail_answers_to() -> None:
    answer = f"References: <x@y> <{ID}@lettre.example.org>\nTo: {TO}\n\nfailed\n".encode()
    assert read(answer).ids == [ID]


def test_address_it_was_really_sent_to_is_found() -> None:
    for header in ("Delivered-To", "X-Original-To", "Envelope-To", "To"):
        assert (
            "rebonds+x@example.org"
            in read(f"{header}: rebonds+x@example.org\n\n".encode()).addresses
        )
    received = "Received: from a by b for <rebonds+x@example.org>; Mon, 23 Nov 2026 07:00:00 +0000"
    assert "rebonds+x@example.org" in "".join(read(f"{received}\n\n".encode()).addresses)


def test_failure_is_told_before_a_delay_of_the_same_mail() -> None:
    mail = mails.notification(TO).replace(
        b"\nFinal-Recipient", b"\nFinal-Recipient: rfc822; x\nAction: delayed\n\nFinal-Recipient"
    )
    assert read(mail).what == "failed"


def test_report_may_be_packed() -> None:
    fields = base64.b64encode(b"Feedback-Type: abuse\nVersion: 1\n").decode()
    mail = mails.complaint(TO, ID).decode()
    start, _, rest = mail.partition("Feedback-Type: abuse")
    packed = start.rstrip("\n") + "\nContent-Transfer-Encoding: base64\n\n" + fields
    assert read((packed + "\n--B" + rest.partition("--B")[2]).encode()).what == "complaint"


@given(st.binary(max_size=300), st.integers(0, 1500), st.integers(0, 200))
def test_broken_mail_is_read_all_the_same(garbage: bytes, place: int, length: int) -> None:
    mail = mails.notification(TO, delivery=ID)
    broken = mail[:place] + garbage + mail[place + length :]
    assert read_mail(base64.b64encode(broken).decode("ascii"))["what"]
