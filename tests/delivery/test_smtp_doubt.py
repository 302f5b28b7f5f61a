"""Answers that never come, or are none: what may have been accepted is never repeated."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from typing import BinaryIO

import pytest
from tests.delivery.smtp_servers import Script, scripted, talking
from tests.delivery.smtp_submitting import open_smtp, recipients, submit
from tests.delivery.world import (
    EDITION,
    add_readers,
    freeze,
    send,
)

from digest.delivery import ledger
from digest.delivery.providers.smtp import batch as smtp_batch
from digest.errors import IncompleteError
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database

ACCEPTED = DeliveryState.ACCEPTED
PENDING = DeliveryState.PENDING
UNKNOWN = DeliveryState.UNKNOWN


def test_a_connection_lost_after_the_final_dot_is_unknown_and_never_repeated(
    database: Database,
) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    script = Script(dot=["250 taken", None])
    with scripted(script) as port:
        balance = send(database, dispatch, open_smtp(port))
        assert (balance.accepted, balance.unknown) == (2, 1)
        again = send(database, dispatch, open_smtp(port))
    assert again == balance
    assert script.bodies == 3


def test_no_answer_in_time_after_the_final_dot_is_unknown() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            if line == b".\r\n":
                continue
            if line[:4].upper() in (b"EHLO", b"MAIL", b"RCPT"):
                writer.write(b"250 OK\r\n")
            elif line[:4] == b"DATA":
                writer.write(b"354 go on\r\n")
        writer.close()

    async def run() -> Outcome:
        server = await asyncio.start_server(serve, sock=listener)
        provider = open_smtp(listener.getsockname()[1], timeout=0.2)

        async def starting(_ids: Sequence[str]) -> None:
            return None

        async with server:
            found = [o async for o in provider.submit(recipients(1), starting)]
            await provider.close()
        return found[0]

    outcome = asyncio.run(run())
    assert outcome.state is UNKNOWN
    assert "no answer in time" in outcome.detail


def test_an_unexpected_reply_to_data_sends_no_body() -> None:
    script = Script(data=["250 why not", "250 why not"])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(1))
    assert outcomes[0].state is PENDING
    assert script.bodies == 0


def test_after_two_unknown_outcomes_in_a_row_nothing_more_is_risked(database: Database) -> None:
    add_readers(database, range(30))
    dispatch = freeze(database)
    script = Script(dot=[None] * 60)
    with (
        scripted(script) as port,
        pytest.raises(IncompleteError, match="unknown outcome") as caught,
    ):
        send(database, dispatch, open_smtp(port), batch=1)
    assert "digest status" in caught.value.hint
    balance = ledger.balance(database, EDITION, "main")
    assert (balance.unknown, balance.pending) == (2, 28)


def test_an_accepted_letter_between_two_unknown_ones_keeps_the_run_going() -> None:
    script = Script(dot=[None, "250 taken", None, "250 taken"])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(5))
    assert [outcomes[n].state for n in range(5)] == [UNKNOWN, ACCEPTED] * 2 + [ACCEPTED]


def test_a_relay_that_hung_up_before_the_dot_left_puts_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []
    script = Script(drop_in_body=[0])
    monkeypatch.setattr(smtp_batch, "_LONG_START", 0.0)

    def start(ids: Sequence[str]) -> None:
        started.extend(ids)
        assert script.hung_up.wait(30)

    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(1), start)
    assert started == [f"{0:032x}"]
    assert outcomes[0].state is PENDING


def test_a_verdict_before_the_message_ended_is_none() -> None:
    script = Script(data=["354 go on\r\n250 taken"] * 2)
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(1))
    assert outcomes[0].state is PENDING
    assert outcomes[0].detail == "before the message ended: 250 taken"
    assert script.bodies == 0


@pytest.mark.parametrize(
    "reply", ["\r\n".join(["250-and"] * 100 + ["250 taken"]), "250-" + "x" * 70_000 + "\r\n250 ok"]
)
def test_a_reply_that_is_too_long_is_none(reply: str) -> None:
    with scripted(Script(dot=[reply])) as port:
        outcomes = submit(open_smtp(port), recipients(1))
    assert outcomes[0].state is UNKNOWN
    assert "a reply without an end" in outcomes[0].detail


def test_a_greeting_without_an_end_is_not_listened_to() -> None:
    said = 0

    def talk(_incoming: BinaryIO, say: Callable[[bytes], object]) -> None:
        nonlocal said
        for _time in range(200):
            say(b"220-and\r\n" * 10_000)
            said += 90_000

    with talking(talk) as port, pytest.raises(IncompleteError, match="a reply without an end"):
        submit(open_smtp(port), recipients(1))
    assert said < 3 * 200 * 90_000


@pytest.mark.parametrize("at", ["greeting", "dot"])
def test_a_reply_that_drips_is_waited_for_no_longer_than_one_that_is_silent(at: str) -> None:
    over = threading.Event()

    def drip(say: Callable[[bytes], object]) -> None:
        for _time in range(600):
            say(b"2")
            if over.wait(0.05):
                return

    def talk(incoming: BinaryIO, say: Callable[[bytes], object]) -> None:
        if at == "greeting":
            drip(say)
        say(b"220 ready\r\n")
        while line := incoming.readline():
            if line == b".\r\n":
                drip(say)
            elif line[:4] == b"DATA":
                say(b"354 go on\r\n")
            elif line[:4].upper() in (b"EHLO", b"MAIL", b"RCPT"):
                say(b"250 OK\r\n")

    with talking(talk) as port:
        provider = open_smtp(port, timeout=0.3)
        try:
            if at == "greeting":
                with pytest.raises(IncompleteError, match="no answer in time"):
                    submit(provider, recipients(1))
            else:
                outcome = submit(provider, recipients(1))[0]
                assert outcome.state is UNKNOWN
                assert "no answer in time" in outcome.detail
        finally:
            over.set()
