"""Connections that are lost, limited or never had: what was not accepted is never lost."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import SimpleQueue
from typing import BinaryIO

import pytest
from tests.delivery.smtp_servers import Script, scripted, talking
from tests.delivery.smtp_submitting import open_smtp, recipients, submit
from tests.delivery.world import (
    ENVELOPE,
    add_readers,
    address,
    freeze,
    make_letter,
    send,
    states,
)

from digest.delivery.ledger.starting import StoppingError
from digest.delivery.message.building import MessageTemplate
from digest.delivery.providers.smtp.provider import Smtp
from digest.delivery.providers.smtp.reopening import Reopening
from digest.errors import IncompleteError
from digest.model.sending import DeliveryState
from digest.store.database import Database

ACCEPTED = DeliveryState.ACCEPTED
PENDING = DeliveryState.PENDING


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_connection_lost_in_the_middle_of_the_body_puts_off() -> None:
    script = Script(drop_in_body=[200])
    to = recipients(2)
    with scripted(script) as port:
        provider = open_smtp(port)
        big = make_letter("x" * 10)
        provider._template = MessageTemplate(
            type(big)(**{**{k: getattr(big, k) for k in big.__slots__}, "text": "a\n" * 4_000_000}),
            ENVELOPE,
        )
        outcomes = submit(provider, to)
    assert outcomes[0].state is PENDING
    assert outcomes[1].state is ACCEPTED
    assert script.bodies == 1


def with_long_letter(provider: Smtp) -> Smtp:
    letter = replace(make_letter(), text="une ligne\n" * 800_000)
    provider._template = MessageTemplate(letter, ENVELOPE)
    return provider


@pytest.mark.parametrize("reads_on", [True, False])
def test_a_long_message_leaves_whole_or_not_at_all(reads_on: bool) -> None:
    over = threading.Event()

    def talk(incoming: BinaryIO, say: Callable[[bytes], object]) -> None:
        say(b"220 ready\r\n")
        while line := incoming.readline():
            if line == b".\r\n":
                say(b"250 taken\r\n")
            elif line[:4] == b"DATA":
                say(b"354 go on\r\n")
                if not reads_on:
                    over.wait(30)
                    return
            elif line[:4].upper() in (b"EHLO", b"MAIL", b"RCPT", b"QUIT"):
                say(b"250 OK\r\n")

    with talking(talk) as port:
        provider = with_long_letter(open_smtp(port, timeout=0.5))
        try:
            outcome = submit(provider, recipients(1))[0]
        finally:
            over.set()
    assert outcome.state is (ACCEPTED if reads_on else PENDING)
    if not reads_on:
        assert outcome.detail == "no answer in time"


def test_a_run_that_is_stopped_does_not_wait_for_a_relay_that_is_not_there(
    closed_port: int,
) -> None:
    def stop(_ids: Sequence[str]) -> None:
        raise StoppingError

    provider = open_smtp(closed_port)
    provider._lines[0].reopening = Reopening((3600.0,))
    with pytest.raises(StoppingError):
        submit(provider, recipients(2), stop)


def test_a_run_that_is_cancelled_leaves_no_connection_open() -> None:
    came = threading.Event()
    heard: SimpleQueue[bytes] = SimpleQueue()

    def talk(incoming: BinaryIO, say: Callable[[bytes], object]) -> None:
        came.set()
        heard.put(incoming.read())

    async def run(port: int) -> None:
        provider = open_smtp(port)

        async def starting(_ids: Sequence[str]) -> None:
            return None

        async def consume() -> None:
            async for _outcome in provider.submit(recipients(1), starting):
                raise AssertionError

        task = asyncio.create_task(consume())
        assert await asyncio.to_thread(came.wait, 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await provider.close()

    with talking(talk) as port:
        asyncio.run(asyncio.wait_for(run(port), 30))
        assert heard.get(timeout=20) == b"", "closed, and without a word"


@pytest.mark.parametrize("reply", [None, "421 4.3.2 too many", "not a reply"])
def test_a_connection_lost_before_the_body_is_opened_again(reply: str | None) -> None:
    script = Script(mail=["250 OK", reply])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(3))
    assert [outcomes[n].state for n in range(3)] == [ACCEPTED] * 3
    assert script.connections == 2
    assert script.bodies == 3


def test_a_relay_that_hangs_up_twice_on_a_reader_puts_only_that_reader_off() -> None:
    script = Script(mail=[None, "421 busy"])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(2))
    assert [outcomes[n].state for n in range(2)] == [PENDING, ACCEPTED]
    assert outcomes[0].detail == "421 busy"


def test_a_verdict_421_puts_off_and_opens_a_new_connection() -> None:
    script = Script(dot=["421 closing"])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(2))
    assert [outcomes[n].state for n in range(2)] == [PENDING, ACCEPTED]
    assert script.connections == 2


def test_a_relay_that_takes_one_message_a_connection_gets_everybody_in_one_go() -> None:
    script = Script(
        greeting=["250-hello\r\n250 PIPELINING"] * 99,
        mail=["250 OK", "421 4.7.0 too many messages in this connection"] * 99,
    )
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(12))
    assert [outcomes[n].state for n in range(12)] == [ACCEPTED] * 12
    assert script.connections == 12


@pytest.mark.parametrize("connections", [1, 4])
def test_readers_for_whom_the_relay_hangs_up_keep_nobody_else_from_the_edition(
    connections: int,
) -> None:
    bad = {address(number).encode() for number in range(6)}

    def talk(lines: BinaryIO, say: Callable[[bytes], object]) -> None:
        say(b"220 ready\r\n")
        for line in lines:
            verb = line[:4].upper()
            if verb == b"RCPT" and any(one in line for one in bad):
                say(b"421 4.3.0 not this one\r\n")
                return
            if verb == b"DATA":
                say(b"354 go on\r\n")
                while lines.readline() not in (b".\r\n", b""):
                    pass
            say(b"250 OK\r\n")

    with talking(talk) as port:
        outcomes = submit(open_smtp(port, connections=connections), recipients(20))
    assert {number for number in outcomes if outcomes[number].state is PENDING} == set(range(6))
    assert {outcomes[number].state for number in range(6, 20)} == {ACCEPTED}


def test_when_only_some_connections_are_allowed_those_do_the_work() -> None:
    script = Script(banner=["220 ready", *["421 too many connections"] * 9])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port, connections=4), recipients(30))
    assert len(outcomes) == 30
    assert all(outcome.state is ACCEPTED for outcome in outcomes.values())
    assert script.bodies == 30


def test_a_relay_that_is_not_there_keeps_everybody_pending(
    database: Database, closed_port: int
) -> None:
    add_readers(database, range(5))
    dispatch = freeze(database)
    with pytest.raises(IncompleteError) as caught:
        send(database, dispatch, open_smtp(closed_port, connections=2))
    assert f"127.0.0.1:{closed_port}" in caught.value.message
    assert "refused" in caught.value.message
    assert caught.value.hint
    assert set(states(database).values()) == {"pending"}


@pytest.mark.parametrize("banner", ["421 busy", "554 go away", None])
def test_a_relay_that_turns_us_away_keeps_everybody_pending(banner: str | None) -> None:
    with scripted(Script(banner=[banner] * 9)) as port:
        provider = open_smtp(port)
        with pytest.raises(IncompleteError):
            submit(provider, recipients(2))


def test_a_relay_that_puts_our_greeting_off_is_asked_again() -> None:
    script = Script(greeting=["450 not now"])
    with scripted(script) as port:
        assert submit(open_smtp(port), recipients(1))[0].state is ACCEPTED
    assert script.connections == 2


def test_a_relay_from_before_ehlo_is_greeted_as_it_knows_it() -> None:
    script = Script(greeting=["502 5.5.1 not implemented", "250 hello"])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(3))
    assert {outcome.state for outcome in outcomes.values()} == {ACCEPTED}
    assert script.connections == 1


def test_leaving_the_outcomes_early_ends_the_connections() -> None:
    async def run(port: int) -> int:
        provider = open_smtp(port, connections=2)

        async def starting(_ids: Sequence[str]) -> None:
            return None

        outcomes = provider.submit(recipients(50), starting)
        first = await anext(outcomes)
        assert first.state is ACCEPTED
        await outcomes.aclose()  # type: ignore[attr-defined]
        await provider.close()
        return 0

    script = Script()
    with scripted(script) as port:
        asyncio.run(run(port))
    assert script.bodies < 50


@pytest.mark.parametrize("connections", [1, 4])
def test_a_relay_that_hangs_up_at_every_greeting_ends_the_run_soon(connections: int) -> None:
    """It would let in a connection a thousand times a second, and never a letter."""
    sessions = 0

    def talk(incoming: BinaryIO, say: Callable[[bytes], object]) -> None:
        nonlocal sessions
        sessions += 1
        say(b"220 ready\r\n")
        incoming.readline()
        say(b"250-relay.example\r\n250 PIPELINING\r\n421 4.3.2 shutting down\r\n")

    with (
        talking(talk) as port,
        pytest.raises(IncompleteError, match=r"no connection to the relay: 421 4\.3\.2 shutting"),
    ):
        submit(open_smtp(port, connections=connections), recipients(5))
    assert sessions <= connections * 6
