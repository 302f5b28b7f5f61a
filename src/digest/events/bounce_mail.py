"""What a mail to the address for bounces is, and which delivery it may be about. Pure.

Delivery status notifications (RFC 3464) are read here, for their codes; complaints are feedback
reports (RFC 5965); what older and stranger servers write is left to flufl.bounce. Answers of
people's machines (RFC 3834) are recognised and nothing more. Hostile mails may take long or
forever: `bounces` has this run in a child process.
"""

from __future__ import annotations

import base64
import email
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from digest.events.failures import is_permanent

#: What a mail may be.
FAILED, DELAYED, DELIVERED = "failed", "delayed", "delivered"
COMPLAINT, OPT_OUT = "complaint", "opt-out"
AUTOMATIC, OTHER = "automatic answer", "something else"

#: Headers that may name the address a mail was really sent to.
_SENT_TO = (
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Delivered-To",
    "To",
    "Received",
)
#: Feedback types of RFC 5965 and RFC 6430 that are no complaint.
_NO_COMPLAINT = ("not-spam", "auth-failure", "dmarc")

_ID = re.compile(r"(?im)^[ \t>]*message-id:\s*<([0-9a-f]{32})@")
_REFERENCE = re.compile(r"<([0-9a-f]{32})@")
_SPOKEN = re.compile(r"(?<![\d.])[45]\d\d[ -][^\n]{0,300}")
_ABSENT = re.compile(
    r"\s*(?:re ?: *)?(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office"
    r"|r.{1,2}ponse automatique|absence|absent)",
    re.IGNORECASE,
)

#: Parts, addresses and ids that are looked at, and characters of one; a real one has few.
_MOST = 50
_LONGEST = 2000
_LONGEST_TEXT = 20_000


@dataclass(slots=True)
class ReturnedMail:
    """What a mail says.

    Attributes:
        what: one of the words above.
        permanent: whether a failure says that the address cannot be written to.
        detail: code and words of the server that failed.
        sent: the mail's date in seconds since 1970, or 0.
        addresses: where a return path that we signed may stand.
        ids: delivery ids by the message-ids of what came back.
    """

    what: str = OTHER
    permanent: bool = False
    detail: str = ""
    sent: float = 0.0
    addresses: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


def read_mail(packed: str) -> dict[str, Any]:
    """`read` for a child process: base64 in, the fields of `ReturnedMail` out."""
    return asdict(read(base64.b64decode(packed)))


def read(raw: bytes) -> ReturnedMail:
    """Read a mail, whole or cut off at its end.

    Raises:
        Exception: whatever the parser of a hostile mail raises.
    """
    message = email.message_from_bytes(raw)
    mail = ReturnedMail(sent=_sent(message))
    parts = list(_first(message.walk()))
    mail.addresses = [value for name in _SENT_TO for value in _values(message, name)]
    mail.ids = list(_ids(message, parts))
    report = _block(parts, "message/feedback-report")
    if report is not None:
        mail.what = _feedback(report)
        mail.addresses += _values(report, "Original-Mail-From")
        mail.addresses += [path for part in parts[1:] for path in _values(part, "Return-Path")]
    elif (failure := _notification(parts)) is not None:
        mail.what, mail.permanent, mail.detail = failure
    elif _is_automatic(message):
        mail.what = AUTOMATIC
    else:
        mail.what, mail.permanent, mail.detail = _guessed(message, parts)
    return mail


def _feedback(report: Message) -> str:
    kind = _value(report, "Feedback-Type").strip().lower()
    if kind in _NO_COMPLAINT:
        return OTHER
    return OPT_OUT if kind.startswith("opt-out") else COMPLAINT


def _notification(parts: list[Message]) -> tuple[str, bool, str] | None:
    """What a delivery status notification says of its recipient; a failure before all else."""
    found = None
    for part in parts:
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for block in _first(iter(part.get_payload())):
            action = _value(block, "Action").strip().lower()
            status, said = _value(block, "Status").strip(), _value(block, "Diagnostic-Code").strip()
            detail = said if status and status in said else f"{status} {said}".strip()
            # OpenSMTPD writes “error” for “failed”.
            if action.startswith(("fail", "error")):
                return FAILED, is_permanent(status, said), detail
            if action.startswith("delayed"):
                found = DELAYED, False, detail
            elif action and found is None:
                found = DELIVERED, False, detail
    return found


def _guessed(message: Message, parts: list[Message]) -> tuple[str, bool, str]:
    """What flufl.bounce makes of a failure without a notification, by the codes it quotes."""
    from flufl.bounce import all_failures

    if not message["From"]:
        message["From"] = "<>"
    try:
        temporary, permanent = all_failures(message)
    except (ValueError, LookupError, TypeError, AttributeError):
        # Its detectors stumble over mails that no server writes.
        return OTHER, False, ""
    if not temporary and not permanent:
        return OTHER, False, ""
    text = "\n".join(_text(part) for part in parts if part.get_content_type() == "text/plain")
    spoken = _SPOKEN.search(text)
    detail = spoken[0] if spoken else ""
    if not permanent:
        return DELAYED, False, detail
    return FAILED, is_permanent("", detail) if spoken else True, detail


def _is_automatic(message: Message) -> bool:
    """Whether a person's machine answered, or a receipt came; Exim's failures are no answers."""
    if message["X-Failed-Recipients"]:
        return False
    report = str(message.get_param("report-type") or "").lower()
    return (
        report == "disposition-notification"
        or _value(message, "Auto-Submitted").strip().lower().startswith("auto-replied")
        or any(message[name] for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponse"))
        or _value(message, "Precedence").strip().lower() == "auto_reply"
        or _ABSENT.match(_subject(message)) is not None
    )


def _ids(message: Message, parts: list[Message]) -> Iterator[str]:
    """Ids of what came back: its own message-id first, then what the mail answers to."""
    for part in parts[1:]:
        yield from _REFERENCE.findall(_value(part, "Message-ID"))
    for part in parts:
        if part.get_content_type() in ("text/rfc822-headers", "text/plain"):
            yield from _first(match[1] for match in _ID.finditer(_text(part)))
    for name in ("In-Reply-To", "References"):
        yield from _first(match[1] for match in _REFERENCE.finditer(_value(message, name)))


def _block(parts: list[Message], content_type: str) -> Message | None:
    """The fields of a report, which Python takes for a message within the part, or for text."""
    for part in parts:
        if part.get_content_type() == content_type:
            if part.is_multipart():
                inner = part.get_payload(0)
                return inner if isinstance(inner, Message) else None
            return email.message_from_string(_text(part))
    return None


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content[:_LONGEST_TEXT].decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _subject(message: Message) -> str:
    subject = _value(message, "Subject")
    try:
        return str(make_header(decode_header(subject)))
    except (ValueError, LookupError, MessageError):
        return subject


def _sent(message: Message) -> float:
    try:
        return parsedate_to_datetime(_value(message, "Date")).timestamp()
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _values(message: Message | Mapping[str, str], name: str) -> list[str]:
    found = message.get_all(name, []) if isinstance(message, Message) else []
    return [str(value)[:_LONGEST] for value in _first(iter(found))]


def _value(message: Message, name: str) -> str:
    return str(message.get(name, ""))[:_LONGEST]


def _first(values: Iterator[Any]) -> Iterator[Any]:
    return (value for _number, value in zip(range(_MOST), values, strict=False))
