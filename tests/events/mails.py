"""Mails as servers, mail programs and strangers send them back."""

from __future__ import annotations

HEAD = """\
Return-Path: <>
Delivered-To: {to}
Received: from relais.example (relais.example [192.0.2.1]) by mx.example; Mon, 23 Nov 2026 07:00:00 +0000
From: Mail Delivery System <MAILER-DAEMON@relais.example>
To: {to}
Date: Mon, 23 Nov 2026 07:00:00 +0000
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
"""  # noqa: E501

LETTER = """\
Return-Path: <{path}>
From: Lettre <lettre@example.org>
To: reader0@readers.example
Subject: La semaine
Message-ID: <{delivery}@lettre.example.org>

Bonjour
"""


def notification(
    to: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "smtp; 550 5.1.1 <reader0@readers.example>: no such user",
    delivery: str = "",
    returned: str = "message/rfc822",
) -> bytes:
    """A delivery status notification as Postfix writes it (RFC 3464)."""
    letter = LETTER.format(path="lettre@example.org", delivery=delivery or "0" * 31)
    return (
        HEAD.format(to=to)
        + "Auto-Submitted: auto-replied\n"
        + 'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n'
        + "--B\nContent-Type: text/plain\n\nI'm sorry to have to inform you.\n\n"
        + "--B\nContent-Type: message/delivery-status\n\n"
        + "Reporting-MTA: dns; relais.example\n\n"
        + "Final-Recipient: rfc822; reader0@readers.example\n"
        + (f"Action: {action}\n" if action else "")
        + (f"Status: {status}\n" if status else "")
        + (f"Diagnostic-Code: {said}\n" if said else "")
        + f"\n--B\nContent-Type: {returned}\n\n{letter}\n--B--\n"
    ).encode()


def exim_of_old(to: str, delivery: str) -> bytes:
    """A failure as Exim wrote it before it knew notifications."""
    return (
        HEAD.format(to=to)
        + "Auto-Submitted: auto-replied\nX-Failed-Recipients: reader0@readers.example\n\n"
        + "This message was created automatically by mail delivery software.\n\n"
        + "  reader0@readers.example\n"
        + "    SMTP error from remote mail server after RCPT TO:<reader0@readers.example>:\n"
        + "    host mx.readers.example [192.0.2.1]: 550 5.1.1 User unknown\n\n"
        + "------ This is a copy of the message, including all the headers. ------\n\n"
        + LETTER.format(path="lettre@example.org", delivery=delivery)
    ).encode()


def qmail(to: str, said: str = "Remote host said: 550 no such user") -> bytes:
    """A failure as qmail writes it."""
    return (
        HEAD.format(to=to).replace("Mail Delivery System", "").replace("Undelivered", "failure")
        + "\nHi. This is the qmail-send program at relais.example.\n"
        + "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        + "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        + f"<reader0@readers.example>:\n192.0.2.1 does not like recipient.\n{said}\n\n"
        + "--- Below this line is a copy of the message.\n\n"
    ).encode()


def warning(to: str) -> bytes:
    """A delay as a server of old tells it."""
    return (
        HEAD.format(to=to)
        + "\nYour message has not yet been delivered to:\n\n"
        + "<reader0@readers.example>\n\n"
        + "No action is required on your part. Delivery attempts will continue.\n"
    ).encode()


def complaint(
    to: str, delivery: str, *, path: str = "lettre@example.org", kind: str = "abuse"
) -> bytes:
    """A feedback report (RFC 5965)."""
    return (
        HEAD.format(to=to)
        + 'Content-Type: multipart/report; report-type=feedback-report; boundary="B"\n\n'
        + "--B\nContent-Type: text/plain\n\nThis is an abuse report.\n\n"
        + "--B\nContent-Type: message/feedback-report\n\n"
        + f"Feedback-Type: {kind}\nUser-Agent: Plaintes/1.0\nVersion: 1\n"
        + f"Original-Mail-From: <{path}>\n\n"
        + "--B\nContent-Type: message/rfc822\n\n"
        + LETTER.format(path="lettre@example.org", delivery=delivery)
        + "\n--B--\n"
    ).encode()


def absence(to: str, header: str = "Auto-Submitted: auto-replied") -> bytes:
    """A person's machine answers."""
    return (
        f"Delivered-To: {to}\nFrom: Marie <reader0@readers.example>\nTo: {to}\n"
        f"Date: Mon, 23 Nov 2026 07:00:00 +0000\n{header}\n\nJe suis absente. 550 5.1.1\n"
    ).encode()


def person(to: str) -> bytes:
    """Somebody writes."""
    return (
        f"Delivered-To: {to}\nFrom: Marie <reader0@readers.example>\nTo: {to}\n"
        "Date: Mon, 23 Nov 2026 07:00:00 +0000\nSubject: Re: La semaine\n\nBravo !\n"
    ).encode()


def deep(to: str, levels: int) -> bytes:
    """Parts within parts within parts."""
    text = [HEAD.format(to=to)]
    text.extend(
        f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n'
        for level in range(levels)
    )
    text.append("Content-Type: text/plain\n\nx\n")
    text.extend(f"--b{level}--\n" for level in reversed(range(levels)))
    return "".join(text).encode()
