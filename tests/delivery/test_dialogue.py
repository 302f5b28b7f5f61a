"""What is said to a relay, in which order, and what its answers are taken for; without sockets."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.providers.smtp.dialogue import Dialogue
from digest.delivery.providers.smtp.replies import GarbledError, Reply, ReplyReader
from digest.delivery.providers.smtp.signals import (
    Ended,
    Event,
    GoAhead,
    Login,
    LoginRefused,
    Ready,
    StartTls,
    Submission,
    Unsuitable,
    Verdict,
)

PIPELINING = b"250-relay\r\n250-PIPELINING\r\n250 SIZE 1000000\r\n"


def said(dialogue: Dialogue) -> list[str]:
    """The lines that are to be written now."""
    out, dialogue.out = dialogue.out, []
    return b"".join(out).decode().splitlines()


def submission(number: int) -> Submission:
    return Submission(f"m{number}", "lettre@example.org", f"l{number}@example.org", 900)


def opened(hello: bytes = PIPELINING, login: Login | None = None) -> Dialogue:
    dialogue = Dialogue("mail.example.org", login=login)
    dialogue.receive(b"220 relay\r\n")
    assert said(dialogue) == ["EHLO mail.example.org"]
    dialogue.receive(hello)
    return dialogue


def kinds(events: Sequence[Event]) -> list[type]:
    return [type(event) for event in events]


def test_the_next_envelope_rides_with_the_end_of_the_message_before() -> None:
    dialogue = opened()
    dialogue.submit(submission(1))
    assert said(dialogue) == [
        "MAIL FROM:<lettre@example.org> SIZE=900",
        "RCPT TO:<l1@example.org>",
        "DATA",
    ]
    has_room = dialogue.has_room
    dialogue.submit(submission(2))
    assert (has_room, dialogue.has_room) == (True, False)
    assert said(dialogue) == []
    assert dialogue.receive(b"250 ok\r\n250 ok\r\n354 go\r\n") == [GoAhead("m1")]
    dialogue.content("m1", [b"Subject: un\r\n\r\n", b"texte\r\n"])
    dialogue.finish("m1")
    assert said(dialogue)[-4:] == [
        ".",
        "MAIL FROM:<lettre@example.org> SIZE=900",
        "RCPT TO:<l2@example.org>",
        "DATA",
    ]
    events = dialogue.receive(b"250 2.0.0 queued\r\n250 ok\r\n250 ok\r\n354 go\r\n")
    assert events == [
        Verdict("m1", Reply(250, ("2.0.0 queued",)), "end"),
        GoAhead("m2"),
    ]


def test_without_pipelining_every_command_waits_for_its_reply() -> None:
    dialogue = opened(b"250 relay\r\n")
    dialogue.submit(submission(1))
    assert not dialogue.has_room
    for line, reply in (
        ("MAIL FROM:<lettre@example.org>", b"250 ok\r\n"),
        ("RCPT TO:<l1@example.org>", b"250 ok\r\n"),
        ("DATA", b"354 go\r\n"),
    ):
        assert said(dialogue) == [line]
        events = dialogue.receive(reply)
    assert events == [GoAhead("m1")]


@pytest.mark.parametrize("data", [b"503 no recipients\r\n", b"354 go\r\n554 no recipients\r\n"])
def test_a_refused_recipient_costs_no_message_and_the_connection_goes_on(data: bytes) -> None:
    dialogue = opened()
    dialogue.submit(submission(1))
    dialogue.submit(submission(2))
    said(dialogue)
    events = dialogue.receive(b"250 ok\r\n550 5.1.1 unknown\r\n" + data)
    assert events == [Verdict("m1", Reply(550, ("5.1.1 unknown",)), "rcpt")]
    lines = said(dialogue)
    assert lines[: len(lines) - 3] == ([".", "RSET"] if data.startswith(b"354") else ["RSET"])
    assert dialogue.receive(b"250 reset\r\n250 ok\r\n250 ok\r\n354 go\r\n") == [GoAhead("m2")]


def test_a_refused_sender_without_pipelining_asks_nothing_more_of_the_message() -> None:
    dialogue = opened(b"250 relay\r\n")
    dialogue.submit(submission(1))
    said(dialogue)
    events = dialogue.receive(b"451 later\r\n")
    assert events == [Verdict("m1", Reply(451, ("later",)), "mail")]
    assert dialogue.has_room
    dialogue.submit(submission(2))
    assert said(dialogue) == ["RSET"]
    dialogue.receive(b"250 reset\r\n")
    assert said(dialogue) == ["MAIL FROM:<lettre@example.org>"]


def test_a_connection_lost_says_which_message_is_in_doubt() -> None:
    dialogue = opened()
    for number in (1, 2):
        dialogue.submit(submission(number))
    dialogue.receive(b"250 ok\r\n250 ok\r\n354 go\r\n")
    dialogue.content("m1", [b"x\r\n"])
    dialogue.finish("m1")
    dialogue.submit(submission(3))
    assert dialogue.lost() == [("m1", True), ("m2", False), ("m3", False)]
    assert not dialogue.has_room


def test_content_nobody_asked_for_is_a_mistake_of_ours() -> None:
    dialogue = opened()
    dialogue.submit(submission(1))
    with pytest.raises(ValueError, match="m2"):
        dialogue.content("m2", [])


@pytest.mark.parametrize(
    ("replies", "detail"),
    [
        (b"421 4.3.2 closing\r\n", "421 4.3.2 closing"),
        (b"250 ok\r\n250 ok\r\n250 why not\r\n", "unexpected reply to DATA: 250 why not"),
        (b"250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n", "before the message ended: 250 taken"),
        (b"HTTP/1.1 400 Bad Request\r\n", "not a reply: HTTP/1.1 400 Bad Request"),
        (b"354 go\r\n", None),
    ],
)
def test_what_cannot_be_understood_ends_the_connection(replies: bytes, detail: str | None) -> None:
    dialogue = opened()
    dialogue.submit(submission(1))
    events = dialogue.receive(replies)
    if detail is None:
        assert events == []
        return
    assert events[-1] == Ended(detail)
    assert dialogue.lost() == [("m1", False)]
    assert dialogue.receive(b"250 too late\r\n") == []


def test_a_reply_that_nobody_waits_for_ends_the_connection() -> None:
    assert opened().receive(b"421 idle too long\r\n") == [Ended("421 idle too long")]


# ---- Before the first message ---------------------------------------------------------------


def test_nothing_said_before_tls_counts() -> None:
    dialogue = Dialogue("mail.example.org", tls=True)
    dialogue.receive(b"220 relay\r\n")
    dialogue.receive(b"250-relay\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n")
    assert said(dialogue)[-1] == "STARTTLS"
    assert dialogue.receive(b"220 go\r\n") == [StartTls()]
    dialogue.secured()
    assert said(dialogue) == ["EHLO mail.example.org"]
    assert dialogue.receive(b"250 relay\r\n") == [Ready()]
    assert dialogue.extensions == {}


def test_what_was_offered_before_tls_says_nothing_about_a_relay_greeted_by_helo_after() -> None:
    dialogue = Dialogue("mail.example.org", tls=True)
    dialogue.receive(b"220 relay\r\n250-relay\r\n250-PIPELINING\r\n250-SIZE 9\r\n250 STARTTLS\r\n")
    dialogue.receive(b"220 go\r\n")
    dialogue.secured()
    dialogue.receive(b"502 no\r\n")
    assert dialogue.receive(b"250 relay\r\n") == [Ready()]
    said(dialogue)
    dialogue.submit(submission(1))
    assert said(dialogue) == ["MAIL FROM:<lettre@example.org>"]
    assert dialogue.largest == 0


def test_words_smuggled_in_behind_starttls_end_the_connection() -> None:
    dialogue = Dialogue("mail.example.org", tls=True)
    dialogue.receive(b"220 relay\r\n250-relay\r\n250 STARTTLS\r\n")
    assert kinds(dialogue.receive(b"220 go\r\n250 injected\r\n")) == [Ended]


def test_a_relay_without_tls_is_not_used_when_tls_is_asked_for() -> None:
    dialogue = Dialogue("mail.example.org", tls=True)
    dialogue.receive(b"220 relay\r\n")
    assert dialogue.receive(b"250 relay\r\n") == [Unsuitable("starttls")]


@pytest.mark.parametrize("refusal", [b"500 what?\r\n", b"502 5.5.1 no\r\n", b"550 no\r\n"])
def test_a_relay_that_refuses_ehlo_is_greeted_by_helo_and_gets_one_command_at_a_time(
    refusal: bytes,
) -> None:
    dialogue = opened(refusal)
    assert said(dialogue) == ["HELO mail.example.org"]
    assert dialogue.receive(b"250-relay\r\n250 PIPELINING\r\n") == [Ready()]
    dialogue.submit(submission(1))
    assert said(dialogue) == ["MAIL FROM:<lettre@example.org>"]


@pytest.mark.parametrize(
    ("wanted", "lacks"),
    [({"tls": True}, "starttls"), ({"login": Login("u", "p")}, "auth")],
)
def test_helo_is_no_way_around_tls_or_a_login(
    wanted: dict[str, Any], lacks: Literal["starttls", "auth"]
) -> None:
    dialogue = Dialogue("mail.example.org", **wanted)
    dialogue.receive(b"220 relay\r\n502 no\r\n")
    assert dialogue.receive(b"250 relay\r\n") == [Unsuitable(lacks)]


def test_a_relay_that_refuses_every_greeting_ends_the_connection() -> None:
    assert opened(b"550 no\r\n").receive(b"550 5.7.1 not you\r\n") == [Ended("550 5.7.1 not you")]


def test_plain_logs_in_with_one_line() -> None:
    dialogue = opened(b"250-relay\r\n250-AUTH LOGIN\r\n250 AUTH=PLAIN\r\n", Login("u", "p"))
    (line,) = said(dialogue)
    assert base64.b64decode(line.removeprefix("AUTH PLAIN ")) == b"\0u\0p"
    assert dialogue.receive(b"235 welcome\r\n") == [Ready()]


def test_login_is_used_where_plain_is_not_offered() -> None:
    dialogue = opened(b"250-relay\r\n250 AUTH LOGIN\r\n", Login("u", "p"))
    assert said(dialogue) == ["AUTH LOGIN"]
    dialogue.receive(b"334 VXNlcm5hbWU6\r\n")
    assert said(dialogue) == [base64.b64encode(b"u").decode()]
    dialogue.receive(b"334 UGFzc3dvcmQ6\r\n")
    assert said(dialogue) == [base64.b64encode(b"p").decode()]
    assert dialogue.receive(b"235 welcome\r\n") == [Ready()]


def test_a_login_that_is_not_offered_or_refused_is_told_apart() -> None:
    dialogue = Dialogue("mail.example.org", login=Login("u", "p"))
    dialogue.receive(b"220 relay\r\n")
    assert dialogue.receive(b"250 relay\r\n") == [Unsuitable("auth")]
    dialogue = opened(b"250 AUTH PLAIN\r\n", Login("u", "p"))
    dialogue = opened(b"250-relay\r\n250 AUTH PLAIN\r\n", Login("u", "p"))
    assert kinds(dialogue.receive(b"535 no\r\n")) == [LoginRefused]
    dialogue = opened(b"250-relay\r\n250 AUTH PLAIN\r\n", Login("u", "p"))
    assert kinds(dialogue.receive(b"454 for the moment\r\n")) == [Ended]


def test_a_password_is_not_shown_by_accident() -> None:
    assert "geheim" not in repr(Login("u", "geheim"))


def test_leave_is_taken_and_the_connection_ends() -> None:
    dialogue = opened()
    assert dialogue.is_idle
    dialogue.quit()
    assert said(dialogue) == ["QUIT"]
    assert dialogue.receive(b"221 bye\r\n") == [Ended("221 bye")]


# ---- Replies --------------------------------------------------------------------------------


@given(st.data())
def test_replies_are_the_same_however_they_are_cut(data: st.DataObject) -> None:
    stream = b"220 relay\r\n" + PIPELINING + b"550-5.1.1 no\r\n550 5.1.1 such user\r\n250\r\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    reader = ReplyReader()
    found = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += reader.read(stream[start:end])
    replies = [reply for reply in found if isinstance(reply, Reply)]
    assert [reply.code for reply in replies] == [220, 250, 550, 250]
    assert replies[2].enhanced == "5.1.1"
    assert not reader.has_unread


@given(st.binary(max_size=400))
def test_no_bytes_do_worse_than_end_the_connection(noise: bytes) -> None:
    dialogue = opened()
    dialogue.submit(submission(1))
    dialogue.receive(noise)
    assert dialogue.lost() in ([("m1", False)], [])


@pytest.mark.parametrize(
    "endless", [b"250-and\r\n" * 200, b"250-" + b"x" * 70_000 + b"\r\n250 ok\r\n", b"2" * 70_000]
)
def test_a_reply_without_an_end_is_given_up(endless: bytes) -> None:
    last = ReplyReader().read(endless)[-1]
    assert isinstance(last, GarbledError)
    assert "without an end" in last.detail


def test_an_enhanced_code_of_another_class_is_none() -> None:
    assert Reply(250, ("5.1.1 odd",)).enhanced == ""
    assert Reply(250, ()).enhanced == ""
    assert Reply(450, ("4.2.1 later",)).is_passing
