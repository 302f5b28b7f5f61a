"""A relay that breaks off at any place: nobody served twice, nobody lost, one in doubt at most."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import trustme
import uvloop
from tests.delivery.world import ENVELOPE, NOW, make_letter

from digest.delivery.message.building import MessageTemplate
from digest.delivery.providers.smtp.provider import Smtp
from digest.delivery.providers.smtp.relay import Relay
from digest.errors import IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient

ACCEPTED, PENDING = DeliveryState.ACCEPTED, DeliveryState.PENDING
REFUSED, UNKNOWN = DeliveryState.REFUSED, DeliveryState.UNKNOWN
READERS = [Recipient(f"{n:032x}", f"l{n}@example.org", "", "fr", "t", {}) for n in range(4)]
TEMPLATE = MessageTemplate(make_letter(), ENVELOPE)

#: Replies of one connection: greeting, EHLO, then MAIL, RCPT, DATA and the end of each message.
PLACES = range(2 + 4 * len(READERS))

Writer = asyncio.StreamWriter


@dataclass
class FaultyRelay:
    """Serves, and does `fault` in place of the reply with that number on its first connection.

    `taken` counts the messages it took for each reader. `say` writes a reply.
    """

    place: int
    fault: Callable[[FaultyRelay, Writer, str], Awaitable[bool]]
    pipelining: bool = True
    say: Callable[[Writer, bytes], Awaitable[None]] = field(default=lambda w, d: whole(w, d))
    taken: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    _numbers: dict[Writer, Iterator[int]] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """One connection."""
        self.connections += 1
        self._numbers[writer] = itertools.count(0 if self.connections == 1 else 1_000_000)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        going = await self._reply(writer, "220 relay.example.org ready")
        to = ""
        while going and (line := await reader.readline()):
            verb = line[:4].upper().strip()
            reply = "250 2.0.0 fine"
            if verb == b"EHLO":
                offers = ["PIPELINING"] if self.pipelining else []
                reply = "\r\n".join(["250-relay", *(f"250-{one}" for one in offers), "250 SIZE"])
            elif verb == b"RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
            elif verb == b"DATA":
                reply = "354 go on"
            elif verb == b"QUIT":
                reply = "221 bye"
            going = await self._reply(writer, reply)
            if going and verb == b"DATA":
                while (part := await reader.readline()) != b".\r\n":
                    if not part:
                        return
                going = await self._reply(writer, "250 2.0.0 taken", to)

    async def _reply(self, writer: Writer, reply: str, to: str = "") -> bool:
        if next(self._numbers[writer]) == self.place:
            return await self.fault(self, writer, to)
        if to:
            self.taken[to] += 1
        await self.say(writer, reply.encode() + b"\r\n")
        return True


async def whole(writer: Writer, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def byte_by_byte(writer: Writer, data: bytes) -> None:
    for byte in data:
        writer.write(bytes([byte]))
        await asyncio.sleep(0)


async def cut(_relay: FaultyRelay, _writer: Writer, _to: str) -> bool:
    return False


async def cut_inside(_relay: FaultyRelay, writer: Writer, _to: str) -> bool:
    await whole(writer, b"250 2.0")
    return False


async def closing(_relay: FaultyRelay, writer: Writer, _to: str) -> bool:
    await whole(writer, b"421 4.3.2 closing\r\n")
    return False


async def silence(_relay: FaultyRelay, _writer: Writer, _to: str) -> bool:
    await asyncio.sleep(5)
    return False


async def garbage(_relay: FaultyRelay, writer: Writer, _to: str) -> bool:
    await whole(writer, b"\xff\xfe\x00HTTP/1.1 200 OK\r\n\r\n")
    return True


async def endless(_relay: FaultyRelay, writer: Writer, _to: str) -> bool:
    for _time in range(100):
        await whole(writer, b"250-and\r\n" * 10)
    return False


async def accept_then_drop(relay: FaultyRelay, _writer: Writer, to: str) -> bool:
    if to:
        relay.taken[to] += 1
    return False


async def twice(relay: FaultyRelay, writer: Writer, to: str) -> bool:
    if to:
        relay.taken[to] += 1
    await whole(writer, b"250 2.0.0 taken\r\n250 2.0.0 taken\r\n")
    return True


def send(
    relay: FaultyRelay,
    *,
    loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
    to: Sequence[Recipient] = READERS,
    connections: int = 1,
    dawdle: float = 0.0,
    patience: float = 20.0,
) -> dict[str, Outcome]:
    """Address → outcome; whoever has none is pending. `patience`: seconds for each reply."""

    async def run() -> dict[str, Outcome]:
        server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        where = Relay("127.0.0.1", port, "none", patience)
        provider = Smtp(
            where,
            TEMPLATE,
            "lettre@example.org",
            lambda: NOW,
            connections=connections,
            pauses=(0, 0, 0),
        )
        found: dict[str, Outcome] = {}
        in_doubt: set[str] = set()

        async def starting(ids: Sequence[str]) -> None:
            in_doubt.update(ids)
            assert len(in_doubt) <= connections, "two deliveries of a connection are in doubt"
            await asyncio.sleep(dawdle)

        try:
            async for outcome in provider.submit(to, starting):
                await asyncio.sleep(dawdle)
                in_doubt.discard(outcome.id)
                assert outcome.id not in found
                found[outcome.id] = outcome
        finally:
            await provider.close()
            server.close()
        return {one.email: found[one.id] for one in to}

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(run())


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("fault", [cut, cut_inside, closing, garbage, endless, accept_then_drop])
def test_wherever_a_relay_breaks_off_nobody_is_served_twice_or_lost(
    fault: Callable[[FaultyRelay, Writer, str], Awaitable[bool]],
    pipelining: bool,
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    for place in PLACES:
        relay = FaultyRelay(place, fault, pipelining)
        outcomes = send(relay, loop=loop)
        states = Counter(outcome.state for outcome in outcomes.values())
        assert states[UNKNOWN] <= 1, (place, outcomes)
        assert states[REFUSED] == 0
        assert max(relay.taken.values()) == 1
        for email, outcome in outcomes.items():
            if outcome.state is ACCEPTED:
                assert relay.taken[email] == 1
            elif outcome.state is PENDING:
                assert relay.taken[email] == 0
        is_end = place >= 2 and (place - 2) % 4 == 3
        if fault is closing or not is_end:
            assert states[UNKNOWN] == 0, (place, outcomes)


@pytest.mark.parametrize("place", PLACES)
def test_a_relay_that_falls_silent_is_left_in_time(place: int) -> None:
    relay = FaultyRelay(place, silence)
    outcomes = send(relay, patience=0.3)
    states = Counter(outcome.state for outcome in outcomes.values())
    assert states[ACCEPTED] + states[UNKNOWN] + states[PENDING] == len(READERS)
    assert states[ACCEPTED] >= len(READERS) - 1
    assert states[UNKNOWN] == (1 if place >= 2 and (place - 2) % 4 == 3 else 0)


@pytest.mark.parametrize("pipelining", [True, False])
def test_replies_that_come_byte_by_byte_are_understood(pipelining: bool) -> None:
    relay = FaultyRelay(-1, cut, pipelining, say=byte_by_byte)
    outcomes = send(relay)
    assert {outcome.state for outcome in outcomes.values()} == {ACCEPTED}
    assert relay.connections == 1


@pytest.mark.parametrize("connections", [1, 3, 6])
def test_a_slow_ledger_leaves_no_more_than_one_in_doubt_on_a_connection(connections: int) -> None:
    to = [Recipient(f"{n:032x}", f"l{n}@example.org", "", "fr", "t", {}) for n in range(30)]
    relay = FaultyRelay(-1, cut)
    outcomes = send(relay, to=to, connections=connections, dawdle=0.002)
    assert {outcome.state for outcome in outcomes.values()} == {ACCEPTED}
    assert set(relay.taken.values()) == {1}


def test_a_verdict_said_twice_makes_nobody_else_accepted() -> None:
    for place in (5, 9, 13):
        relay = FaultyRelay(place, twice)
        outcomes = send(relay)
        accepted = {email for email, one in outcomes.items() if one.state is ACCEPTED}
        assert accepted <= set(relay.taken)
        assert max(relay.taken.values()) == 1


# ---- TLS ------------------------------------------------------------------------------------


def served(
    talk: Callable[[asyncio.StreamReader, Writer], Awaitable[None]], context: ssl.SSLContext
) -> list[Outcome]:
    """What becomes of a message where STARTTLS is asked for."""

    async def run() -> list[Outcome]:
        async def connected(reader: asyncio.StreamReader, writer: Writer) -> None:
            try:
                await talk(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        where = Relay("127.0.0.1", server.sockets[0].getsockname()[1], "starttls", 0.5, context)
        provider = Smtp(where, TEMPLATE, "lettre@example.org", lambda: NOW, pauses=(0,))

        async def starting(_ids: Sequence[str]) -> None:
            return None

        try:
            return [outcome async for outcome in provider.submit(READERS[:1], starting)]
        finally:
            await provider.close()
            server.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


async def up_to_starttls(reader: asyncio.StreamReader, writer: Writer, then: bytes) -> None:
    writer.write(b"220 relay\r\n")
    await reader.readline()
    writer.write(b"250-relay\r\n250 STARTTLS\r\n")
    await reader.readline()
    writer.write(then)


@pytest.mark.parametrize(
    "injected", [b"250 injected\r\n", b"250-inj", b"250-relay\r\n250 AUTH PLAIN\r\n"]
)
def test_what_was_smuggled_in_before_tls_is_never_heard(injected: bytes) -> None:
    authority = trustme.CA()
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    secured: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: Writer) -> None:
        await up_to_starttls(reader, writer, b"220 go\r\n" + injected)
        await writer.start_tls(server_side)
        secured.append(await reader.readline())

    with pytest.raises(IncompleteError, match=r"no connection|TLS failed"):
        served(talk, context)
    assert b"".join(secured) == b""


@pytest.mark.parametrize(
    "then", [b"220 go\r\n", b"454 4.7.0 not now\r\n", b"220 go\r\n\x15\x03\x01"]
)
def test_a_relay_that_fails_at_tls_gets_nothing_in_the_clear(then: bytes) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: Writer) -> None:
        await up_to_starttls(reader, writer, then)
        heard.append(await reader.read(1000))
        writer.write(b"not TLS at all, and never was\r\n")
        heard.append(await reader.read(1000))

    with pytest.raises(IncompleteError):
        served(talk, ssl.create_default_context())
    assert b"MAIL" not in b"".join(heard)
