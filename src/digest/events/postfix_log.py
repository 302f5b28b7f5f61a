"""What a Postfix relay's log says of our deliveries. Pure: lines in, reports out.

    cleanup: Q: message-id=<delivery@…>     queue id Q carries that delivery
    cleanup: Q: (milter-)reject: …          refused, or pending for a class 4
    qmgr: Q: from=<…>, … (queue active)     accepted: Postfix has it on its disk
    smtp, lmtp, …: Q: …, status=sent        delivered (accepted only, to a filter on the same host)
                        status=deferred     deferred
                        status=bounced      bounced, by its code
    qmgr: Q: …, status=expired              bounced, not for good
    qmgr, postsuper: Q: removed             Q is free to be used again

Read are the formats of syslog (RFC 3164, with ISO dates, RFC 5424), of Postfix's own log file, and
what `journalctl` prints, as lines or as JSON. A message-id alone proves nothing: cleanup writes it
while the body still comes, and everybody who saw a letter can write another with its id. Whom a
message was for is therefore told with what became of it. Sources: postfix's manual, “log events”
of cleanup(8), qmgr(8), smtp(8), bounce(5); postconf(5) `enable_long_queue_ids`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.events.failures import is_permanent
from digest.model.events import Event, EventKind, Report
from digest.model.sending import DeliveryState, Outcome

SOURCE = "postfix"

_TIME = (
    r"(?P<time>[A-Z][a-z]{2} [ \d]?\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
)
_TAG = r"[\w.-]+(?:/[\w.-]+)*/(?P<program>[a-z]+)"
_ORIGIN = (
    rf"(?:<\d{{1,3}}>1? ?)?{_TIME} \S+ {_TAG}"
    r"(?:\[\d+\]:| \d+ \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+)) "
)
_ANY_LINE = re.compile(_ORIGIN)
#: Anchored from the left: nothing that a stranger wrote stands before what is read here.
_LINE = re.compile(
    rf"{_ORIGIN}"
    r"\ufeff?(?:\[ID \d+ \w+\.\w+\] )?(?P<queue>[0-9A-Za-z]{5,24}): (?P<rest>.*)",
)
_JOURNAL_TAG = re.compile(rf"{_TAG}$")
_JOURNAL_TEXT = re.compile(r"(?P<queue>[0-9A-Za-z]{5,24}): (?P<rest>.*)")
_MESSAGE_ID = re.compile(r"(?:resent-)?message-id=<?([0-9a-f]{32})@")
_DELIVERY = re.compile(
    r"to=<(?P<to>.*?)>, (?:orig_to=<(?P<orig_to>.*?)>, )?relay=(?P<relay>[^,]*), "
    r"(?:conn_use=\d+, )?delay=[^,]*, delays=[^,]*, dsn=(?P<dsn>\d\.\d+\.\d+), "
    r"status=(?P<status>[\w-]+)(?: \((?P<said>.*)\))?"
)
_REJECT = re.compile(r"(?:milter-)?reject: ")
_REJECT_CODE = re.compile(r": ([45]\.\d{1,3}\.\d{1,3}) ")
_HERE = re.compile(r"(?:127\.|localhost|\[?::1)|.*\[(?:127\.|::1\])")

_EXPIRED = re.compile(r"from=<.*?>, status=(?:force-)?expired")
_KINDS = {
    "sent": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "bounced": EventKind.BOUNCED,
    "undeliverable": EventKind.BOUNCED,
}

#: Months as syslog writes them, whatever the language of this machine.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: How far ahead a date without a year may lie before it is last year's.
_AHEAD = timedelta(days=2)


def read_log(lines: Iterable[str], *, now: datetime, zone: ZoneInfo) -> Iterator[Report]:
    """What a log says of deliveries, in its order.

    Args:
        lines: the whole log, older files first; what is not Postfix's is passed over.
        now: the moment it is read, for dates without a year.
        zone: of times without an offset.
    """
    carried: dict[str, str] = {}
    for line in lines:
        found = _split(line)
        if found is None:
            continue
        time, program, queue, rest = found
        if program == "cleanup" and "message-id=" in rest[:20]:
            match = _MESSAGE_ID.match(rest)
            if match:
                carried[queue] = match[1]
            else:
                # Somebody else's message under a queue id that was ours.
                carried.pop(queue, None)
        elif (delivery := carried.get(queue)) is None:
            continue
        elif rest.startswith("removed"):
            del carried[queue]
        elif report := _report(delivery, program, rest, _moment(time, now, zone)):
            yield report


def first_moment(lines: Iterable[str], *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When a log begins, by the first of its lines that has a time; None when none has."""
    for line in lines:
        if time := _time_of(line):
            return _moment(time, now, zone)
    return None


def is_postfix(line: str) -> bool:
    """Whether a line is Postfix's, of a message or not, in any format that is read."""
    if not line.startswith("{"):
        return _ANY_LINE.match(line) is not None
    try:
        return _JOURNAL_TAG.match(json.loads(line)["SYSLOG_IDENTIFIER"]) is not None
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _report(delivery: str, program: str, rest: str, at: datetime) -> Report | None:
    """What one line about a message of ours says; None when it says nothing of use."""
    if told := _DELIVERY.match(rest):
        return _of_delivery(delivery, program, told, at)
    if program == "cleanup" and _REJECT.match(rest):
        code = _REJECT_CODE.search(rest)
        later = code is not None and code[1].startswith("4")
        state = DeliveryState.PENDING if later else DeliveryState.REFUSED
        said = f"{SOURCE}: rejected {code[1]}" if code else f"{SOURCE}: rejected"
        return Outcome(delivery, state, detail=said)
    if _EXPIRED.match(rest):
        return _event(delivery, EventKind.BOUNCED, at, "4.4.7 expired in the queue")
    if program in ("qmgr", "oqmgr") and rest.startswith("from=<"):
        return _event(delivery, EventKind.ACCEPTED, at, "")
    return None


def _of_delivery(delivery: str, program: str, told: re.Match[str], at: datetime) -> Event:
    """What became of the one recipient."""
    kind = _KINDS.get(told["status"])
    passed_on = program in ("smtp", "lmtp") and _HERE.match(told["relay"])
    if kind is None or (kind is EventKind.DELIVERED and (passed_on or program == "discard")):
        return _event(delivery, EventKind.ACCEPTED, at, "")
    code, said = told["dsn"], told["said"] or ""
    detail = said if code in said else f"{code} {said}".strip()
    permanent = kind is EventKind.BOUNCED and is_permanent(code, said)
    recipient = told["orig_to"] or told["to"]
    return _event(delivery, kind, at, detail, is_permanent=permanent, recipient=recipient)


def _event(
    delivery: str,
    kind: EventKind,
    at: datetime,
    detail: str,
    *,
    is_permanent: bool = False,
    recipient: str = "",
) -> Event:
    """Each kind counts once for a delivery and an address, however often it is tried and the log
    is read."""
    return Event(
        source=SOURCE,
        id=hashlib.sha256(f"{delivery} {kind} {recipient}".encode("utf-8", "replace")).hexdigest(),
        delivery=delivery,
        kind=kind,
        at=at,
        detail=detail,
        is_permanent=is_permanent,
        recipient=recipient,
    )


def _time_of(line: str) -> str:
    """The time of a line of Postfix's, of a message or not; empty for any other."""
    if line.startswith("{"):
        try:
            return _journal_time(json.loads(line)) if is_postfix(line) else ""
        except (ValueError, KeyError, TypeError, OverflowError, OSError):
            return ""
    match = _ANY_LINE.match(line)
    return match["time"] if match else ""


def _split(line: str) -> tuple[str, str, str, str] | None:
    """A line's time, program, queue id and text."""
    if line.startswith("{"):
        return _split_journal(line)
    match = _LINE.match(line)
    return (match["time"], match["program"], match["queue"], match["rest"]) if match else None


def _split_journal(line: str) -> tuple[str, str, str, str] | None:
    try:
        entry = json.loads(line)
        tag = _JOURNAL_TAG.match(entry["SYSLOG_IDENTIFIER"])
        text = _JOURNAL_TEXT.match(_journal_message(entry["MESSAGE"]))
        time = _journal_time(entry)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None
    return (time, tag["program"], text["queue"], text["rest"]) if tag and text else None


def _journal_time(entry: Mapping[str, str]) -> str:
    microseconds = int(entry["__REALTIME_TIMESTAMP"])
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat()


def _journal_message(written: str | list[int]) -> str:
    """What is not all UTF-8 stands in the journal's JSON as a list of bytes."""
    return written if isinstance(written, str) else bytes(written).decode("utf-8", "replace")


def _moment(time: str, now: datetime, zone: ZoneInfo) -> datetime:
    try:
        if time[0].isdigit():
            moment = datetime.fromisoformat(time.replace(",", "."))
            return moment if moment.tzinfo else moment.replace(tzinfo=zone)
        month, day, *year, clock = time.split()
        hour, minute, second = clock.partition(".")[0].split(":")
        parts = _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second)
        if year:
            return datetime(int(year[0]), *parts, tzinfo=zone)
        moment = datetime(now.astimezone(zone).year, *parts, tzinfo=zone)
        return moment if moment <= now + _AHEAD else moment.replace(year=moment.year - 1)
    except ValueError:
        return now
