"""What SendGrid answers decides what becomes of a request; none is ever repeated blindly."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import pytest
from tests.delivery.sendgrid_server import KEY, Sendgrid, fault, serving
from tests.delivery.sendgrid_submitting import last, open_sendgrid, recipients, submit
from tests.delivery.smtp_servers import talking
from tests.delivery.world import EDITION, add_readers, address, freeze, send, states

from digest.delivery import ledger
from digest.errors import CredentialsError, IncompleteError
from digest.model.sending import DeliveryState
from digest.store.database import Database

ACCEPTED, PENDING = DeliveryState.ACCEPTED, DeliveryState.PENDING
REFUSED, UNKNOWN = DeliveryState.REFUSED, DeliveryState.UNKNOWN


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sendgrid]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    sendgrid = Sendgrid()
    with serving(sendgrid):
        yield sendgrid


@pytest.mark.parametrize("names_fields", [True, False])
def test_a_bad_reader_is_found_and_the_others_are_served(
    database: Database, server: Sendgrid, names_fields: bool
) -> None:
    add_readers(database, range(40))
    server.names_fields = names_fields
    server.rejected = {address(7), address(31)}
    balance = send(database, freeze(database), open_sendgrid(server.url))
    assert (balance.accepted, balance.refused) == (38, 2)
    assert {email for email, state in states(database).items() if state == "refused"} == {
        address(7),
        address(31),
    }
    assert len(server.emails) == len(set(server.emails)) == 38


def test_what_sendgrid_says_about_a_reader_is_kept_without_the_address(server: Sendgrid) -> None:
    server.rejected = {address(0)}
    outcomes = submit(open_sendgrid(server.url), recipients(1))
    assert outcomes[0][-1].state is REFUSED
    assert outcomes[0][-1].detail == "400 r…@readers.example is not a valid address"


def test_never_more_than_one_request_is_in_doubt(server: Sendgrid) -> None:
    """While a split request is worked off, those not asked for again are pending."""
    server.rejected = {address(3)}
    doubtful: set[str] = set()
    most = 0

    async def run() -> None:
        nonlocal most

        async def starting(ids: Sequence[str]) -> None:
            nonlocal most
            doubtful.update(ids)
            most = max(most, len(doubtful))

        async for outcome in open_sendgrid(server.url).submit(recipients(10), starting):
            doubtful.discard(outcome.id)

    asyncio.run(run())
    assert most == 10
    assert doubtful == set()


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_costs_nobody(database: Database, server: Sendgrid, status: int) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    server.answers = [(status, {}, fault("no permission for you@example.org"))]
    with pytest.raises(CredentialsError) as caught:
        send(database, dispatch, open_sendgrid(server.url))
    assert "y…@example.org" in caught.value.message
    assert set(states(database).values()) == {"pending"}
    assert send(database, dispatch, open_sendgrid(server.url)).accepted == 3


@pytest.mark.parametrize(
    "answer", [(500, {}, b"oops"), (503, {}, {}), (200, {}, {}), None], ids=str
)
def test_a_request_without_a_clear_answer_is_unknown_and_never_repeated(
    database: Database, server: Sendgrid, answer: tuple[int, dict[str, str], object] | None
) -> None:
    add_readers(database, range(4))
    dispatch = freeze(database)
    server.answers = [answer]
    balance = send(database, dispatch, open_sendgrid(server.url), batch=2)
    assert (balance.accepted, balance.unknown) == (2, 2)
    send(database, dispatch, open_sendgrid(server.url))
    assert len(server.emails) == 2


def test_after_two_requests_in_doubt_nothing_more_is_risked(
    database: Database, server: Sendgrid
) -> None:
    add_readers(database, range(10))
    dispatch = freeze(database)
    server.answers = [(500, {}, {}), (502, {}, {})]
    with pytest.raises(IncompleteError):
        send(database, dispatch, open_sendgrid(server.url), batch=2)
    balance = ledger.balance(database, EDITION, "main")
    assert (balance.unknown, balance.pending) == (4, 6)


def test_no_answer_in_time_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert last(submit(open_sendgrid(url, timeout=0.2), recipients(1))) == [UNKNOWN]


def test_when_sendgrid_cannot_be_reached_everybody_stays_pending(database: Database) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(IncompleteError, match="refused"):
            send(database, dispatch, open_sendgrid(url))
    assert set(states(database).values()) == {"pending"}


def test_a_request_that_is_too_large_is_split(server: Sendgrid) -> None:
    server.most_bytes = 10_000
    assert last(submit(open_sendgrid(server.url), recipients(20))) == [ACCEPTED] * 20
    assert len(server.emails) == len(set(server.emails)) == 20


def test_a_letter_that_is_too_large_for_anybody_says_so(server: Sendgrid) -> None:
    server.most_bytes = 10
    with pytest.raises(IncompleteError, match="too large"):
        submit(open_sendgrid(server.url), recipients(4))


def test_a_fault_of_the_letter_refuses_no_reader(server: Sendgrid) -> None:
    server.answers = [(400, {}, fault("subject is required", "subject"))]
    with pytest.raises(IncompleteError, match="subject"):
        submit(open_sendgrid(server.url), recipients(5))


def test_a_fault_of_some_reader_that_names_no_place_is_narrowed_down(server: Sendgrid) -> None:
    server.answers = [(400, {}, fault("an address stands there twice", "personalizations"))]
    assert last(submit(open_sendgrid(server.url), recipients(4))) == [ACCEPTED] * 4
    assert len(server.emails) == len(set(server.emails)) == 4


def test_a_refusal_that_is_not_sendgrids_own_word_refuses_no_reader(server: Sendgrid) -> None:
    server.answers = [(202, {}, {}), *[(400, {}, b"<h1>400 Bad Request</h1>")] * 3]
    outcomes = submit(open_sendgrid(server.url, most=2), recipients(4))
    assert last(outcomes) == [ACCEPTED, ACCEPTED, PENDING, PENDING]


def test_what_stands_in_between_and_refuses_everybody_ends_the_run(
    database: Database, server: Sendgrid
) -> None:
    add_readers(database, range(40))
    dispatch = freeze(database)
    server.answers = [(400, {}, b"<h1>400 Bad Request</h1>")] * 100
    with pytest.raises(IncompleteError, match="400 Bad Request") as caught:
        send(database, dispatch, open_sendgrid(server.url))
    assert "api_url" in caught.value.hint
    assert set(states(database).values()) == {"pending"}
    server.answers = []
    assert send(database, dispatch, open_sendgrid(server.url)).accepted == 40


def test_when_the_first_readers_are_all_refused_the_rest_is_kept(
    database: Database, server: Sendgrid
) -> None:
    add_readers(database, range(40))
    dispatch = freeze(database)
    server.names_fields = False
    server.rejected = {address(n) for n in range(40)}
    with pytest.raises(IncompleteError, match="refused the first"):
        send(database, dispatch, open_sendgrid(server.url))
    balance = ledger.balance(database, EDITION, "main")
    assert (balance.refused, balance.pending) == (10, 30)


def test_another_address_of_the_interface_is_explained(server: Sendgrid) -> None:
    server.answers = [(404, {}, b"<html>not here</html>")]
    with pytest.raises(IncompleteError) as caught:
        submit(open_sendgrid(server.url), recipients(2))
    assert "api_url" in caught.value.hint


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed_and_costs_nobody(
    database: Database, server: Sendgrid, status: int
) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    other = Sendgrid()
    with serving(other):
        server.answers = [(status, {"Location": f"{other.url}/v3/mail/send?to=private"}, {})]
        with pytest.raises(IncompleteError, match=f"{status} redirect to") as caught:
            send(database, dispatch, open_sendgrid(server.url))
    assert "private" not in caught.value.message
    assert "api_url" in caught.value.hint
    assert (other.visits, other.requests, server.visits) == ([], [], [])
    assert set(states(database).values()) == {"pending"}
    assert send(database, dispatch, open_sendgrid(server.url)).accepted == 3


@pytest.mark.parametrize("headers", [{}, {"Location": "http://[broken"}, {"Location": "/here"}])
def test_a_redirect_to_nowhere_is_one_too(server: Sendgrid, headers: dict[str, str]) -> None:
    server.answers = [(302, headers, b"")]
    with pytest.raises(IncompleteError, match="302 redirect;"):
        submit(open_sendgrid(server.url), recipients(1))
    assert server.visits == []


def test_a_key_that_sendgrid_quotes_is_not_repeated(server: Sendgrid) -> None:
    server.answers = [(401, {}, fault(f"bad key {KEY}"))]
    with pytest.raises(CredentialsError) as caught:
        submit(open_sendgrid(server.url), recipients(1))
    assert caught.value.message == "SendGrid: 401 bad key ***"
    server.answers = [(500, {}, f"Bearer {KEY}".encode()), (202, {"X-Message-Id": KEY}, {})]
    assert submit(open_sendgrid(server.url), recipients(1))[0][-1].detail == "500 Bearer ***"
    assert submit(open_sendgrid(server.url), recipients(1))[0][-1].provider_id == "***"


def answering(
    incoming: BinaryIO, say: Callable[[bytes], object], start: bytes, more: bytes, pause: float
) -> None:
    """Take a request, say `start`, and then `more` for a long time."""
    length = 0
    while (line := incoming.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    incoming.read(length)
    say(start)
    for _time in range(60):
        say(more)
        time.sleep(pause)


@pytest.mark.parametrize(
    ("start", "state"),
    [
        (b"HTTP/1.1 5", UNKNOWN),
        (b"HTTP/1.1 202 OK\r\nX-", UNKNOWN),
        (b"HTTP/1.1 500 Oops\r\n\r\n", UNKNOWN),
        (b"HTTP/1.1 202 Accepted\r\n\r\n", ACCEPTED),
    ],
)
def test_an_answer_that_drips_is_waited_for_no_longer_than_one_that_is_silent(
    start: bytes, state: DeliveryState
) -> None:
    began = time.monotonic()
    with talking(lambda incoming, say: answering(incoming, say, start, b"0", 0.05)) as port:
        provider = open_sendgrid(f"http://127.0.0.1:{port}", timeout=0.3)
        assert last(submit(provider, recipients(1))) == [state]
    assert time.monotonic() - began < 1.5


def test_an_answer_without_an_end_is_read_to_a_megabyte() -> None:
    said = 0

    def talk(incoming: BinaryIO, say: Callable[[bytes], object]) -> None:
        def count(piece: bytes) -> None:
            nonlocal said
            say(piece)
            said += len(piece)

        answering(incoming, count, b"HTTP/1.1 500 Oops\r\n\r\n", b"x" * 1_000_000, 0.0)

    with talking(talk) as port:
        provider = open_sendgrid(f"http://127.0.0.1:{port}")
        assert last(submit(provider, recipients(1))) == [UNKNOWN]
    assert said < 30_000_000
