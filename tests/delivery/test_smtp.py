"""Any relay: what was accepted is never repeated, what was not is never lost."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

import pytest
import trustme
from tests.delivery.smtp_servers import Mailroom, Script, only, relay, scripted, talking
from tests.delivery.world import (
    EDITION,
    ENVELOPE,
    NOW,
    add_readers,
    address,
    freeze,
    make_letter,
    send,
    states,
)

from digest.delivery import ledger
from digest.delivery.ledger.starting import StoppingError, WithdrawnError
from digest.delivery.message.building import MessageTemplate
from digest.delivery.providers.smtp import provider as smtp_provider
from digest.delivery.providers.smtp.provider import Smtp
from digest.delivery.providers.smtp.relay import Relay as Where
from digest.delivery.providers.smtp.reopening import Reopening
from digest.delivery.throttling import Throttle
from digest.errors import CredentialsError, IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database

ACCEPTED, PENDING = DeliveryState.ACCEPTED, DeliveryState.PENDING
REFUSED, UNKNOWN = DeliveryState.REFUSED, DeliveryState.UNKNOWN


def open_smtp(
    port: int,
    *,
    connections: int = 1,
    security: str = "none",
    context: ssl.SSLContext | None = None,
    username: str = "",
    password: str = "",
    timeout: float = 5.0,
    kind: type[Smtp] = Smtp,
    **options: Any,
) -> Smtp:
    where = Where("127.0.0.1", port, security, timeout, context, username, password)
    return kind(
        where,
        MessageTemplate(make_letter(), ENVELOPE),
        "lettre@example.org",
        lambda: NOW,
        connections=connections,
        pauses=(0.0, 0.0),
        **options,
    )


def recipients(number: int) -> list[Recipient]:
    return [
        Recipient(f"{n:032x}", address(n), f"Lecteur {n}", "fr", "t", {}) for n in range(number)
    ]


def submit(
    provider: Smtp,
    to: Sequence[Recipient],
    start: Callable[[Sequence[str]], None] = lambda _ids: None,
) -> dict[int, Outcome]:
    """Number of the reader → outcome."""

    async def run() -> dict[int, Outcome]:
        async def starting(ids: Sequence[str]) -> None:
            start(ids)

        try:
            return {int(o.id, 16): o async for o in provider.submit(to, starting)}
        finally:
            await provider.close()

    return asyncio.run(run())


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def client_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_every_reader_gets_one_copy_over_several_connections(database: Database) -> None:
    add_readers(database, range(40))
    mailroom = Mailroom()
    with relay(mailroom) as port:
        balance = send(database, freeze(database), open_smtp(port, connections=4), batch=25)
    assert balance.accepted == 40
    assert sorted(to for to, _ in mailroom.taken) == sorted(address(n) for n in range(40))
    assert 1 < len(mailroom.sessions) <= 8


def test_the_message_arrives_byte_for_byte() -> None:
    mailroom = Mailroom()
    to = recipients(1)
    with relay(mailroom) as port:
        outcomes = submit(open_smtp(port), to)
    built = MessageTemplate(make_letter(), ENVELOPE).build(to[0], NOW)
    assert b"\r\n=2E" in built, "a line that began with a dot is part of this test"
    assert mailroom.taken[0][1] == built
    assert outcomes[0].detail == "250 queued as 1 for r…@readers.example"


def test_a_reader_the_relay_refuses_does_not_stop_the_others() -> None:
    mailroom = Mailroom()
    mailroom.replies = {
        address(1): [f"550 5.1.1 <{address(1)}> unknown"],
        address(2): ["451 4.7.1 greylisted"],
    }
    with relay(mailroom) as port:
        outcomes = submit(open_smtp(port), recipients(4))
    assert [outcomes[n].state for n in range(4)] == [ACCEPTED, REFUSED, PENDING, ACCEPTED]
    assert outcomes[1].detail == "550 5.1.1 <r…@readers.example> unknown"


def test_a_greylisted_reader_is_served_in_the_same_run(database: Database) -> None:
    add_readers(database, range(3))
    mailroom = Mailroom()
    mailroom.replies = {address(1): ["451 later"]}
    with relay(mailroom) as port:
        balance = send(database, freeze(database), open_smtp(port))
    assert balance.accepted == 3
    assert sorted(to for to, _ in mailroom.taken) == [address(n) for n in range(3)]


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("552 too large", REFUSED),
        ("452 no room", PENDING),
        ("250 taken", ACCEPTED),
        ("350 what?", UNKNOWN),
        ("530 log in first", REFUSED),
    ],
)
def test_the_verdict_after_the_final_dot_decides(reply: str, state: DeliveryState) -> None:
    with scripted(Script(dot=[reply])) as port:
        assert submit(open_smtp(port), recipients(1))[0].state is state


@pytest.mark.parametrize("kind", ["mail", "data"])
@pytest.mark.parametrize(("reply", "state"), [("550 no", REFUSED), ("450 later", PENDING)])
def test_a_refusal_before_the_body_starts_nothing(
    kind: str, reply: str, state: DeliveryState
) -> None:
    started: list[str] = []
    with scripted(Script(**{kind: [reply]})) as port:
        outcomes = submit(open_smtp(port), recipients(1), started.extend)
    assert outcomes[0].state is state
    assert started == []


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


def test_a_letter_larger_than_the_relay_takes_is_refused() -> None:
    script = Script(greeting=["250-hello\r\n250 SIZE 100"])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(2))
    assert {outcome.state for outcome in outcomes.values()} == {REFUSED}
    assert outcomes[0].detail.startswith("the relay takes 100 bytes; the letter has ")


def test_a_run_that_is_stopped_does_not_wait_for_a_relay_that_is_not_there(
    closed_port: int,
) -> None:
    def stop(_ids: Sequence[str]) -> None:
        raise StoppingError

    began = time.monotonic()
    provider = open_smtp(closed_port)
    provider._lines[0].reopening = Reopening((60.0,))
    with pytest.raises(StoppingError):
        submit(provider, recipients(2), stop)
    assert time.monotonic() - began < 20


def test_a_run_that_is_cancelled_leaves_no_connection_open() -> None:
    over = threading.Event()
    heard: list[bytes] = []

    def talk(incoming: BinaryIO, say: Callable[[bytes], object]) -> None:
        over.wait(30)
        heard.append(incoming.read())

    async def run(port: int) -> None:
        provider = open_smtp(port)

        async def starting(_ids: Sequence[str]) -> None:
            return None

        async def consume() -> None:
            async for _outcome in provider.submit(recipients(1), starting):
                raise AssertionError

        task = asyncio.create_task(consume())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await provider.close()

    with talking(talk) as port:
        try:
            asyncio.run(asyncio.wait_for(run(port), 20))
        finally:
            over.set()


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


def test_an_unexpected_reply_to_data_sends_no_body() -> None:
    script = Script(data=["250 why not", "250 why not"])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(1))
    assert outcomes[0].state is PENDING
    assert script.bodies == 0


def test_a_verdict_421_puts_off_and_opens_a_new_connection() -> None:
    script = Script(dot=["421 closing"])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(2))
    assert [outcomes[n].state for n in range(2)] == [PENDING, ACCEPTED]
    assert script.connections == 2


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


def test_a_relay_that_refuses_our_greeting_is_asked_again() -> None:
    script = Script(greeting=["550 not you"])
    with scripted(script) as port:
        assert submit(open_smtp(port), recipients(1))[0].state is ACCEPTED
    assert script.connections == 2


def test_a_relay_that_refuses_whatever_it_is_sent_is_stopped_early(database: Database) -> None:
    add_readers(database, range(50))
    dispatch = freeze(database)
    with (
        scripted(Script(mail=["553 sender not allowed"] * 60)) as port,
        pytest.raises(IncompleteError, match="sender not allowed") as caught,
    ):
        send(database, dispatch, open_smtp(port))
    assert "sender" in caught.value.hint
    balance = ledger.balance(database, EDITION, "main")
    assert (balance.refused, balance.pending) == (10, 40)


# ---- Doubt and bad manners ------------------------------------------------------------------


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


def test_a_relay_that_hung_up_before_the_dot_left_puts_off() -> None:
    started: list[str] = []

    def start(ids: Sequence[str]) -> None:
        started.extend(ids)
        time.sleep(0.2)

    with scripted(Script(drop_in_body=[0])) as port:
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
    def drip(say: Callable[[bytes], object]) -> None:
        for _time in range(60):
            say(b"2")
            time.sleep(0.05)

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

    began = time.monotonic()
    with talking(talk) as port:
        provider = open_smtp(port, timeout=0.3)
        if at == "greeting":
            with pytest.raises(IncompleteError, match="no answer in time"):
                submit(provider, recipients(1))
        else:
            outcome = submit(provider, recipients(1))[0]
            assert outcome.state is UNKNOWN
            assert "no answer in time" in outcome.detail
    assert time.monotonic() - began < 2.5


# ---- Security -------------------------------------------------------------------------------


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_encrypted_login_works(
    security: str, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    mailroom = Mailroom()
    options: dict[str, object] = {"starttls": server_context, "require_starttls": True}
    if security == "tls":
        options = {"tls": server_context, "auth_require_tls": False}
    with relay(
        mailroom,
        authenticator=only(b"digest", b"secret"),
        **options,  # type: ignore[arg-type]
    ) as port:
        provider = open_smtp(
            port, security=security, context=client_context, username="digest", password="secret"
        )
        outcomes = submit(provider, recipients(2))
    assert [outcomes[n].state for n in range(2)] == [ACCEPTED, ACCEPTED]


def test_a_wrong_password_is_a_matter_of_credentials_and_costs_nobody(
    database: Database, server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    login = only(b"digest", b"secret")
    with relay(Mailroom(), starttls=server_context, authenticator=login) as port:
        provider = open_smtp(
            port,
            connections=2,
            security="starttls",
            context=client_context,
            username="digest",
            password="wrong",
        )
        with pytest.raises(CredentialsError) as caught:
            send(database, dispatch, provider)
    assert caught.value.exit_code == 4
    assert "wrong" not in caught.value.message
    assert set(states(database).values()) == {"pending"}


PASSWORD = "hunter2secret"
LOGIN = base64.b64encode(f"\0digest\0{PASSWORD}".encode()).decode()


@pytest.mark.parametrize("quoted", [PASSWORD, PASSWORD.upper(), LOGIN])
def test_a_password_that_the_relay_quotes_is_not_repeated(quoted: str) -> None:
    hello: list[str | None] = ["250-hello\r\n250 AUTH PLAIN"] * 9
    script = Script(greeting=hello, auth=[f"535 5.7.8 no: {quoted}"])
    with scripted(script) as port:
        provider = open_smtp(port, username="digest", password=PASSWORD)
        with pytest.raises(CredentialsError) as caught:
            submit(provider, recipients(1))
        assert caught.value.message.endswith("535 5.7.8 no: ***")
        script.dot = [f"250 taken with {quoted}", f"350 {quoted}", None]
        script.mail = [f"550 {quoted}"]
        provider = open_smtp(port, username="digest", password=PASSWORD)
        outcomes = submit(provider, recipients(3))
    assert outcomes[0].detail == "550 ***"
    assert outcomes[1].provider_id == "taken with ***"
    assert outcomes[2].detail == "unexpected verdict: 350 ***"
    assert PASSWORD not in repr(provider._relay)


def test_a_relay_that_wants_a_login_and_gets_none_says_so() -> None:
    with scripted(Script(mail=["530 5.7.0 authentication required"])) as port:
        provider = open_smtp(port)
        with pytest.raises(CredentialsError, match="authentication required"):
            submit(provider, recipients(1))


def test_a_login_that_fails_for_the_moment_is_tried_again() -> None:
    answers = iter(["454 4.7.0 for the moment", "235 welcome"])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            reply = b"250 OK"
            if verb == b"EHLO":
                reply = b"250-hello\r\n250 AUTH PLAIN"
            elif verb == b"AUTH":
                reply = next(answers).encode()
            elif verb == b"DATA":
                reply = b"354 go on"
            elif line not in (b".\r\n", b"QUIT\r\n") and verb not in (b"MAIL", b"RCPT"):
                continue
            writer.write(reply + b"\r\n")
        writer.close()

    async def run() -> Outcome:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        provider = open_smtp(server.sockets[0].getsockname()[1], username="u", password="p")

        async def starting(_ids: Sequence[str]) -> None:
            return None

        async with server:
            found = [o async for o in provider.submit(recipients(1), starting)]
            await provider.close()
        return found[0]

    assert asyncio.run(run()).state is ACCEPTED


def test_a_relay_without_a_login_is_explained() -> None:
    with scripted(Script()) as port:
        provider = open_smtp(port, username="digest", password="secret")
        with pytest.raises(IncompleteError, match="no login"):
            submit(provider, recipients(1))


def test_a_relay_without_starttls_is_never_used_in_the_clear(
    client_context: ssl.SSLContext,
) -> None:
    mailroom = Mailroom()
    with relay(mailroom) as port:
        provider = open_smtp(port, security="starttls", context=client_context)
        with pytest.raises(IncompleteError, match="STARTTLS"):
            submit(provider, recipients(1))
    assert mailroom.taken == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for_is_refused(
    security: str, server_context: ssl.SSLContext
) -> None:
    mailroom = Mailroom()
    options = {security: server_context}
    with relay(mailroom, **options) as port:  # type: ignore[arg-type]
        provider = open_smtp(port, security=security, context=ssl.create_default_context())
        with pytest.raises(IncompleteError, match="TLS failed") as caught:
            submit(provider, recipients(1))
    assert "ca_file" in caught.value.hint
    assert mailroom.taken == []


# ---- Starting -------------------------------------------------------------------------------


def test_a_withdrawn_reader_gets_nothing_and_the_others_do() -> None:
    def withdraw(ids: Sequence[str]) -> None:
        if ids and int(ids[0], 16) == 1:
            raise WithdrawnError(ids)

    script = Script()
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(3), withdraw)
    assert sorted(outcomes) == [0, 2]
    assert script.bodies == 2


@pytest.mark.parametrize("error", [StoppingError(), IncompleteError("the store is full")])
def test_when_nothing_may_start_any_more_no_body_leaves(error: Exception) -> None:
    def refuse(_ids: Sequence[str]) -> None:
        raise error

    script = Script()
    with scripted(script) as port:
        provider = open_smtp(port, connections=2)
        with pytest.raises(type(error)):
            submit(provider, recipients(6), refuse)
    assert script.bodies == 0


def test_at_most_one_delivery_a_connection_is_ever_in_doubt(database: Database) -> None:
    add_readers(database, range(30))
    most: list[int] = []

    class Watched(Smtp):
        def submit(
            self, recipients: Sequence[Recipient], starting: Starting
        ) -> AsyncIterator[Outcome]:
            async def watched(ids: Sequence[str]) -> None:
                await starting(ids)
                most.append(ledger.balance(database, EDITION, "main").submitting)

            return super().submit(recipients, watched)

    with scripted(Script()) as port:
        send(database, freeze(database), open_smtp(port, connections=3, kind=Watched))
    assert len(most) >= 10
    assert max(most) <= 3


def test_an_address_that_cannot_be_sent_to_is_refused_before_the_relay_hears_of_it() -> None:
    bad = Recipient("f" * 32, "zo e@readers.example", "", "fr", "t", {})
    script = Script()
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), [bad])
    assert outcomes[int("f" * 32, 16)].state is REFUSED
    assert script.connections == 0


ZOE = Recipient("f" * 32, "zoé@readers.example", "", "fr", "t", {})


def test_an_address_beyond_ascii_is_written_to_where_the_relay_takes_it() -> None:
    mailroom = Mailroom()
    with relay(mailroom, enable_SMTPUTF8=True, decode_data=False) as port:
        outcomes = submit(open_smtp(port), [ZOE, *recipients(1)])
    assert [outcome.state for outcome in outcomes.values()] == [ACCEPTED, ACCEPTED]
    assert ["SMTPUTF8" in options for options in mailroom.options] == [True, False]
    assert "BODY=8BITMIME" in mailroom.options[0]
    assert {to for to, _content in mailroom.taken} == {ZOE.email, address(0)}


@pytest.mark.parametrize(
    ("offers", "missing"),
    [("250 SIZE 0", "SMTPUTF8"), ("250-SIZE 0\r\n250 SMTPUTF8", "8BITMIME")],
)
def test_an_address_beyond_ascii_is_refused_clearly_where_the_relay_does_not(
    offers: str, missing: str
) -> None:
    script = Script(greeting=[f"250-hello\r\n{offers}"])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), [ZOE, *recipients(1)])
    refused = outcomes[int(ZOE.id, 16)]
    assert refused.state is REFUSED
    assert missing in refused.detail
    assert "zo" not in refused.detail
    assert outcomes[0].state is ACCEPTED


def test_each_message_leaves_from_its_own_return_path() -> None:
    mailroom = Mailroom()
    path = "rebonds+{}@example.org".format
    with relay(mailroom) as port:
        submit(open_smtp(port, return_path=lambda one: path(one.id[-2:])), recipients(2))
    assert mailroom.senders == [path("00"), path("01")]


@pytest.mark.parametrize(
    ("hello", "host", "own", "said"),
    [
        ("envoi.example.org", "127.0.0.1", "other.example.org", "envoi.example.org"),
        ("", "127.0.0.1", "other.example.org", "[127.0.0.1]"),
        ("", "relay.example.org", "envoi.example.org", "envoi.example.org"),
        ("", "relay.example.org", "", "[127.0.0.1]"),
    ],
)
def test_the_relay_hears_a_name_that_it_can_look_up_or_an_address(
    hello: str, host: str, own: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailroom = Mailroom()
    resolve = socket.getaddrinfo

    def resolved(name: str, *arguments: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if name == host else name, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(smtp_provider, "own_name", lambda: own)
    with relay(mailroom) as port:
        provider = open_smtp(port, connections=2)
        provider._relay = replace(provider._relay, host=host, hello=hello)
        provider._is_named = bool(hello) or provider._relay.is_here
        outcomes = submit(provider, recipients(2))
    assert [outcome.state for outcome in outcomes.values()] == [ACCEPTED, ACCEPTED]
    assert set(mailroom.names) == {said}


def test_slow_domains_wait_and_the_others_go_past_them() -> None:
    script = Script()
    slow = [Recipient(f"{n:032x}", f"l{n}@slow.example", "", "fr", "t", {}) for n in range(3)]
    fast = [Recipient(f"{n:032x}", f"l{n}@fast.example", "", "fr", "t", {}) for n in range(3, 9)]
    order: list[str] = []
    throttle = Throttle(0, [(["slow.example"], 10.0)])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port, throttle=throttle), [*slow, *fast], order.extend)
    assert len(outcomes) == 9
    assert [int(id_, 16) for id_ in order] == [0, 3, 4, 5, 6, 7, 8, 1, 2]


def test_a_run_that_is_stopped_does_not_wait_for_the_throttle() -> None:
    asked: list[Sequence[str]] = []

    def start(ids: Sequence[str]) -> None:
        asked.append(ids)
        if not ids:
            raise StoppingError

    began = time.monotonic()
    with scripted(Script()) as port:
        provider = open_smtp(port, throttle=Throttle(0.01))
        with pytest.raises(StoppingError):
            submit(provider, recipients(3), start)
    assert [len(ids) for ids in asked] == [1, 0]
    assert time.monotonic() - began < 60


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


def test_smtp_cannot_be_asked_afterwards() -> None:
    assert asyncio.run(open_smtp(1).settle(["x"])) == []
