"""A relay's log says what became of a letter, in every form such logs have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.events.postfix_log import first_moment, is_postfix, read_log
from digest.model.events import Event, EventKind, Report
from digest.model.sending import Outcome

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
A, B = "a" * 32, "b" * 32
#: The dialogue of one message, as (program, text).
QUEUE = "4BxF7n2Zk9z1Yd"


def syslog(program: str, text: str, clock: str = "08:31:02") -> str:
    """As syslog writes it to a file."""
    return f"Nov 22 {clock} relais postfix/{program}[812]: {text}"


def message_id(delivery: str, queue: str = QUEUE) -> tuple[str, str]:
    """Which message a queue id carries."""
    return "cleanup", f"{queue}: message-id=<{delivery}@lettre.example.org>"


def queued(queue: str = QUEUE) -> tuple[str, str]:
    """Postfix has it."""
    return "qmgr", f"{queue}: from=<lettre@example.org>, size=30211, nrcpt=1 (queue active)"


def sent(
    status: str = "sent", said: str = "250 2.0.0 Ok: queued as 1", **fields: str
) -> tuple[str, str]:
    """What the next server said."""
    given = {"queue": QUEUE, "dsn": "2.0.0", "relay": "mx.readers.example[192.0.2.1]:25"} | fields
    return fields.get("program", "smtp"), (
        f"{given['queue']}: to=<reader0@readers.example>, relay={given['relay']}, delay=1.2, "
        f"delays=0.1/0/0.5/0.6, dsn={given['dsn']}, status={status} ({said})"
    )


def read(*lines: str) -> list[Report]:
    """What a log says."""
    return list(read_log(lines, now=NOW, zone=PARIS))


def kinds(reports: list[Report]) -> list[str]:
    """The words of reports."""
    return [str(one.kind if isinstance(one, Event) else one.state) for one in reports]


def say(*lines: tuple[str, str]) -> list[Report]:
    """The same of lines without their prefix."""
    return read(*(syslog(program, text) for program, text in lines))


def test_log_tells_from_the_queue_to_the_readers_server() -> None:
    taken, delivered = say(message_id(A), queued(), sent(), ("qmgr", f"{QUEUE}: removed"))
    assert isinstance(taken, Event)
    assert (taken.delivery, taken.kind) == (A, EventKind.ACCEPTED)
    assert isinstance(delivered, Event)
    assert (delivered.delivery, delivered.kind) == (A, EventKind.DELIVERED)
    assert delivered.at == datetime(2026, 11, 22, 7, 31, 2, tzinfo=UTC)
    assert delivered.detail == "2.0.0 250 2.0.0 Ok: queued as 1".removeprefix("2.0.0 ")


def journal(program: str, text: str) -> str:
    entry = {
        "__REALTIME_TIMESTAMP": "1795332662000000",
        "SYSLOG_IDENTIFIER": f"postfix/{program}",
        "MESSAGE": text,
    }
    return json.dumps(entry)


@pytest.mark.parametrize(
    "form",
    [
        "Nov 22 08:31:02 relais postfix/{program}[812]: {text}",
        "Nov 22 2026 08:31:02 relais postfix/{program}[812]: {text}",
        "Nov 22 08:31:02.123456 relais postfix/{program}[812]: {text}",
        "<22>Nov 22 08:31:02 relais postfix/{program}[812]: {text}",
        "Nov 22 08:31:02 relais postfix/{program}[812]: [ID 197553 mail.info] {text}",
        "2026-11-22T08:31:02.123456+01:00 relais postfix/{program}[812]: {text}",
        "2026-11-22T07:31:02Z relais postfix-out/submission/{program}[812]: {text}",
        "2026-11-22T08:31:02+0100 relais postfix/{program}[812]: {text}",
        "2026-11-22T08:31:02,123+0100 relais postfix/{program}[812]: {text}",
        "2026-11-22 08:31:02 relais envoi/{program}[812]: {text}",
        "<22>1 2026-11-22T07:31:02.123Z relais postfix/{program} 812 - - {text}",
        '<22>1 2026-11-22T07:31:02Z relais postfix/{program} 812 - [m@1 x="a\\]b"] \ufeff{text}',
        "journal",
    ],
)
def test_every_form_of_log_is_read(form: str) -> None:
    lines = [message_id(A), queued(), sent()]
    if form == "journal":
        found = read(*(journal(program, text) for program, text in lines))
    else:
        found = read(*(form.format(program=program, text=text) for program, text in lines))
    assert kinds(found) == ["accepted", "delivered"]
    assert isinstance(found[1], Event)
    assert found[1].at.replace(microsecond=0) == datetime(2026, 11, 22, 7, 31, 2, tzinfo=UTC)


def test_journal_that_wrote_bytes_is_read_too() -> None:
    program, text = sent("bounced", "host said: 550 5.1.1 pas de bo\xeete", dsn="5.1.1")
    entry = json.loads(journal(program, text)) | {"MESSAGE": list(text.encode("latin-1"))}
    (found,) = read(journal(*message_id(A)), json.dumps(entry))
    assert isinstance(found, Event)
    assert (found.kind, found.is_permanent) == (EventKind.BOUNCED, True)
    assert "pas de bo" in found.detail


@pytest.mark.parametrize("message", [None, 7, [], [256], ["a"], {}])
def test_journal_entry_of_another_kind_is_passed_over(message: object) -> None:
    entry = json.loads(journal(*queued())) | {"MESSAGE": message}
    assert read(json.dumps(entry)) == []


@pytest.mark.parametrize(
    ("line", "kind", "permanent"),
    [
        (sent("deferred", "connect to mx: timed out", dsn="4.4.1"), "deferred", False),
        (sent("bounced", "host said: 550 5.1.1 no such user", dsn="5.1.1"), "bounced", True),
        (sent("bounced", "host said: 550 5.7.1 spam", dsn="5.7.1"), "bounced", False),
        (sent("bounced", "host said: 550 no", dsn="5.0.0"), "bounced", True),
        (sent("sent", "delivered to mailbox", program="local", relay="local"), "delivered", False),
        (sent("sent", "delivered via x", program="pipe", relay="dovecot"), "delivered", False),
        (sent("sent", "ok", relay="127.0.0.1[127.0.0.1]:10024"), "accepted", False),
        (sent("sent", "ok", program="lmtp", relay="localhost[::1]:24"), "accepted", False),
        (sent("sent", "discarded", program="discard", relay="none"), "accepted", False),
        (sent("softened", "?"), "accepted", False),
        (("qmgr", f"{QUEUE}: from=<a@example.org>, status=expired, returned to sender"),
         "bounced", False),
    ],
)  # fmt: skip
def test_every_status_has_its_word(line: tuple[str, str], kind: str, permanent: bool) -> None:
    (found,) = say(message_id(A), line)
    assert kinds([found]) == [kind]
    assert getattr(found, "is_permanent", False) is permanent


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("milter-reject: END-OF-MESSAGE from h[192.0.2.9]: 4.7.1 Try later; from=<a>", "pending"),
        ("milter-reject: END-OF-MESSAGE from h[192.0.2.9]: 5.7.1 No; from=<a>", "refused"),
        ("reject: header X-Y: z from h[192.0.2.9]; from=<a> to=<b>: 5.7.1 No", "refused"),
        ("reject: body x from h[192.0.2.9]; from=<a> to=<b>", "refused"),
    ],
)
def test_what_postfix_refused_at_the_end_was_not_taken(text: str, state: str) -> None:
    (found,) = say(message_id(A), ("cleanup", f"{QUEUE}: {text}"))
    assert isinstance(found, Outcome)
    assert found.state == state


def test_message_id_alone_proves_nothing() -> None:
    """Cleanup writes it while the body still comes; the connection may be lost after it."""
    lost = ("smtpd", "lost connection after DATA (1200 bytes) from h[192.0.2.9]")
    assert say(message_id(A), lost, ("cleanup", f"{QUEUE}: warning: header Subject: x")) == []


def test_whom_a_message_was_for_is_told() -> None:
    own, other = sent("bounced"), sent("bounced")
    other = other[0], other[1].replace("to=<reader0@readers.example>", "to=<x@elsewhere.example>")
    alias = own[0], own[1].replace(", relay", ", orig_to=<alias@readers.example>, relay")
    reports = say(message_id(A), own, other, alias)
    assert [one.recipient for one in reports if isinstance(one, Event)] == [
        "reader0@readers.example",
        "x@elsewhere.example",
        "alias@readers.example",
    ]
    # A stranger's failure does not take the place of the reader's own.
    assert len({one.id for one in reports}) == 3


def test_queue_id_that_is_used_again_is_another_message() -> None:
    again = say(message_id(A), queued(), ("qmgr", f"{QUEUE}: removed"), message_id(B), sent())
    assert [
        (one.delivery, kind)
        for one, kind in zip(again, kinds(again), strict=True)
        if isinstance(one, Event)
    ] == [(A, "accepted"), (B, "delivered")]
    # Somebody else's message, and no line that says ours was removed.
    other = ("cleanup", f"{QUEUE}: message-id=<20261122.1@elsewhere.example>")
    assert say(message_id(A), other, sent("bounced", "550 5.1.1", dsn="5.1.1")) == []
    assert say(message_id(A), ("cleanup", f"{QUEUE}: message-id="), sent()) == []


def test_line_without_its_beginning_says_nothing() -> None:
    """The log was rotated: which message it was stands in a file that is not here."""
    assert say(queued(), sent(), ("qmgr", f"{QUEUE}: removed")) == []


def test_deferred_letter_counts_once_however_often_it_is_tried() -> None:
    tried = [sent("deferred", f"attempt {n}", dsn="4.4.1") for n in range(30)]
    found = say(message_id(A), queued(), *tried, sent())
    assert len({one.id for one in found if isinstance(one, Event)}) == 3
    assert set(kinds(found)) == {"accepted", "deferred", "delivered"}


def test_nothing_a_stranger_writes_is_taken_for_the_log() -> None:
    forged = f"postfix/smtp[1]: {QUEUE}: to=<x>, relay=x, delay=1, delays=1, dsn=5.1.1, status="
    lines = [
        syslog(*message_id(A)),
        f"Nov 22 08:31:02 relais postfix/smtpd[9]: warning: Nov 22 08:31:02 x {forged}bounced (x)",
        f"Nov 22 08:31:02 relais dovecot: imap-login: user=<{forged}bounced (x)>",
        syslog("smtpd", f"{QUEUE}: client=x[192.0.2.1], helo=<{forged}bounced>"),
        syslog("cleanup", f"{QUEUE}: warning: header Subject: message-id=<{B}@x>"),
        syslog("smtp", f"{QUEUE}: host mx said: 450 to=<x>, {forged}bounced"),
        "{" * 10_000,
        '{"MESSAGE": 1, "SYSLOG_IDENTIFIER": [], "__REALTIME_TIMESTAMP": "9"}',
        "x" * 50_000,
    ]
    assert read(*lines) == []
    said = f"250 ok, {forged}bounced (550 5.1.1)"
    assert kinds(say(message_id(A), sent("sent", said))) == ["delivered"]


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        ("Nov 22 08:31:02", datetime(2026, 11, 22, 7, 31, 2, tzinfo=UTC)),
        ("Nov  2 08:31:02", datetime(2026, 11, 2, 7, 31, 2, tzinfo=UTC)),
        ("Dec 31 23:59:59", datetime(2025, 12, 31, 22, 59, 59, tzinfo=UTC)),
        ("Foo 99 08:31:02", NOW),
        ("Feb 30 08:31:02", NOW),
        ("2026-13-45T08:31:02Z", NOW),
    ],
)
def test_dates_without_a_year_are_the_latest_that_can_be(time: str, moment: datetime) -> None:
    line = f"{time} relais postfix/cleanup[1]: {QUEUE}: message-id=<{A}@x>"
    assert first_moment(["no log at all", line], now=NOW, zone=PARIS) == moment
    assert first_moment(["no log at all"], now=NOW, zone=PARIS) is None


@pytest.mark.parametrize("form", [syslog, journal])
def test_log_begins_with_its_first_line_of_a_message_or_not(
    form: Callable[[str, str], str],
) -> None:
    begun = form("smtpd", "connect from unknown[192.0.2.9]")
    later = syslog(*queued(), clock="09:00:00")
    other = '{"SYSLOG_IDENTIFIER": "cron", "__REALTIME_TIMESTAMP": "1", "MESSAGE": "x"}'
    broken = '{"SYSLOG_IDENTIFIER": "postfix/qmgr", "MESSAGE": "x"}'
    found = first_moment([other, broken, begun, later], now=NOW, zone=PARIS)
    assert found is not None
    assert found.astimezone(PARIS).strftime("%H:%M:%S") == "08:31:02"


def _lines() -> Iterator[str]:
    yield from (syslog(*line) for line in (message_id(A), queued(), sent()))
    yield journal(*sent())


@given(st.data())
def test_broken_log_never_stops_the_reader(data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(list(_lines())))
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    broken = line[:start] + data.draw(st.text(max_size=20)) + line[end:]
    assert isinstance(read(syslog(*message_id(A)), broken), list)


@pytest.mark.parametrize(
    ("line", "is_it"),
    [
        (syslog("master", "daemon started -- version 3.7.11"), True),
        (syslog("smtpd", "connect from unknown[192.0.2.7]"), True),
        ('{"SYSLOG_IDENTIFIER": "postfix/smtpd", "MESSAGE": "connect from x"}', True),
        ('{"SYSLOG_IDENTIFIER": "sshd", "MESSAGE": "connect from x"}', False),
        ('{"SYSLOG_IDENTIFIER": null}', False),
        ("{broken", False),
        ("Nov 22 08:31:02 relais sshd[812]: postfix/smtpd[1]: forged", False),
        ("", False),
    ],
)
def test_log_of_a_quiet_relay_is_told_from_that_of_another_program(line: str, is_it: bool) -> None:
    assert is_postfix(line) is is_it
