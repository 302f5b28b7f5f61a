"""SendGrid's faults, TLS and bad networks: nobody gets two, nobody is lost, doubt stays small."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, cast

import pytest
import trustme
from tests.delivery.sendgrid_server import KEY, Sendgrid, fault, serving
from tests.delivery.sendgrid_submitting import last, open_sendgrid, recipients, submit
from tests.delivery.smtp_servers import talking
from tests.delivery.world import add_readers, freeze, make_letter, send, states

from digest.delivery.ledger.starting import StoppingError
from digest.delivery.providers.sendgrid.calling import Interface
from digest.delivery.providers.sendgrid.connecting import Body
from digest.errors import CredentialsError, IncompleteError, StoreError
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database

ACCEPTED, PENDING = DeliveryState.ACCEPTED, DeliveryState.PENDING
REFUSED, UNKNOWN = DeliveryState.REFUSED, DeliveryState.UNKNOWN

#: More than the two ends of a connection on loopback hold without being read.
LARGE = b"picture " * 1_500_000


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Sendgrid]:
    sendgrid = Sendgrid()
    with serving(sendgrid):
        yield sendgrid


# ---- Several requests at a time -------------------------------------------------------------


def test_requests_leave_together_and_no_more_than_allowed(server: Sendgrid) -> None:
    server.meanwhile = threading.Barrier(3, timeout=20).wait
    provider = open_sendgrid(server.url, concurrency=3, most=2)
    assert last(submit(provider, recipients(12))) == [ACCEPTED] * 12
    assert server.most_at_once == 3
    assert len(server.requests) == 6


def test_each_request_under_way_may_be_in_doubt_and_no_other(
    database: Database, server: Sendgrid
) -> None:
    add_readers(database, range(20))
    dispatch = freeze(database)
    server.meanwhile = threading.Barrier(3, timeout=20).wait
    server.answers = [None, None, None]
    with pytest.raises(IncompleteError, match=r"without response"):
        send(database, dispatch, open_sendgrid(server.url, concurrency=3, most=2))
    found = sorted(states(database).values())
    assert found == ["pending"] * 14 + ["unknown"] * 6
    server.meanwhile = lambda: None
    send(database, dispatch, open_sendgrid(server.url))
    assert sorted(states(database).values()) == ["accepted"] * 14 + ["unknown"] * 6
    assert len(server.emails) == 14


def test_a_halt_lets_what_is_under_way_end(server: Sendgrid) -> None:
    starts: list[int] = []

    def start(ids: Sequence[str]) -> None:
        if starts:
            raise StoppingError
        starts.append(len(ids))

    provider = open_sendgrid(server.url, concurrency=2, most=2)
    assert last(submit(provider, recipients(8), start)) == [ACCEPTED, ACCEPTED]


def test_a_store_that_fails_meanwhile_loses_no_outcome(server: Sendgrid) -> None:
    told: list[Outcome] = []

    async def run() -> None:
        starts: list[int] = []

        async def starting(ids: Sequence[str]) -> None:
            if starts:
                raise StoreError("the disk is full")
            starts.append(len(ids))

        provider = open_sendgrid(server.url, concurrency=2, most=2)
        try:
            async for outcome in provider.submit(recipients(6), starting):
                told.append(outcome)  # noqa: PERF401 (what came before the failure counts)
        finally:
            await provider.close()

    with pytest.raises(StoreError):
        asyncio.run(run())
    assert [outcome.state for outcome in told] == [ACCEPTED, ACCEPTED]


def test_when_the_caller_goes_away_nothing_leaves_any_more(server: Sendgrid) -> None:
    async def run() -> int:
        async def starting(_ids: Sequence[str]) -> None:
            """Go on."""

        provider = open_sendgrid(server.url, concurrency=2, most=1)
        outcomes = provider.submit(recipients(6), starting)
        await anext(outcomes)
        await cast(AsyncGenerator[Outcome], outcomes).aclose()
        seen = len(server.requests)
        await provider.close()
        return seen

    seen = asyncio.run(run())
    assert seen == len(server.requests) < 6


# ---- Answers --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 405, 415, 451])
def test_an_interface_that_does_not_take_it_costs_nobody(
    database: Database, server: Sendgrid, status: int
) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    server.answers = [(status, {}, fault("not like this"))]
    with pytest.raises(IncompleteError, match=f"{status} not like this"):
        send(database, dispatch, open_sendgrid(server.url))
    assert set(states(database).values()) == {"pending"}


@pytest.mark.parametrize(
    "answer",
    [(500, {}, fault("internal server error")), (502, {}, b"<h1>Bad gateway</h1>"), (503, {}, b"")],
    ids=["500", "502", "503 of a gateway"],
)
def test_a_failure_in_the_middle_of_the_work_is_unknown(
    server: Sendgrid, answer: tuple[int, dict[str, str], Any]
) -> None:
    server.answers = [answer]
    assert last(submit(open_sendgrid(server.url), recipients(2))) == [UNKNOWN] * 2
    assert len(server.requests) == 1


def test_doubt_once_in_a_while_does_not_end_the_run(server: Sendgrid) -> None:
    taken: tuple[int, dict[str, str], Any] = (202, {}, {})
    server.answers = [(500, {}, {}), taken, (500, {}, {}), taken]
    outcomes = submit(open_sendgrid(server.url, most=1), recipients(4))
    assert last(outcomes) == [UNKNOWN, ACCEPTED, UNKNOWN, ACCEPTED]


@pytest.mark.parametrize("answer", [b"[]", b'{"errors": 3}', b'{"errors": [3]}', b"\xff\xfe"])
def test_errors_that_make_no_sense_are_read_as_text(server: Sendgrid, answer: bytes) -> None:
    server.answers = [(403, {}, answer)]
    with pytest.raises(CredentialsError, match="403"):
        submit(open_sendgrid(server.url), recipients(1))


def test_a_body_that_breaks_off_takes_nothing_back(server: Sendgrid) -> None:
    server.answers = [(202, {"Content-Length": "1000", "X-Message-Id": "m7"}, b"half")]
    outcomes = submit(open_sendgrid(server.url), recipients(1))
    assert (outcomes[0][-1].state, outcomes[0][-1].provider_id) == (ACCEPTED, "m7")


# ---- Connections that break -----------------------------------------------------------------


def headers_of(incoming: BinaryIO) -> None:
    while incoming.readline() not in (b"\r\n", b""):
        pass


def answer_early(status: str, body: bytes = b"") -> Callable[[BinaryIO, Any], None]:
    """A server that answers when it has read the headers, and hangs up."""

    def talk(incoming: BinaryIO, say: Callable[[bytes], object]) -> None:
        headers_of(incoming)
        if status:
            length = b"Content-Length: %d\r\n" % len(body)
            say(f"HTTP/1.1 {status}\r\n".encode() + length + b"\r\n" + body)
            incoming.read(200_000)

    return talk


def through(talk: Callable[[BinaryIO, Any], None], number: int, **settings: Any) -> Any:
    letter = make_letter(picture=LARGE)
    with talking(talk) as port:
        provider = open_sendgrid(f"http://127.0.0.1:{port}", letter=letter, **settings)
        return submit(provider, recipients(number))


def test_a_connection_that_ends_within_the_request_costs_nobody() -> None:
    with pytest.raises(IncompleteError, match=r"[Rr]eset|[Pp]ipe"):
        through(answer_early(""), 2)


def test_a_server_that_does_not_read_is_given_up_in_time() -> None:
    held = threading.Event()

    def talk(_incoming: BinaryIO, _say: Callable[[bytes], object]) -> None:
        held.wait(30)

    try:
        with pytest.raises(IncompleteError, match="timed out"):
            through(talk, 1, timeout=0.3)
    finally:
        held.set()


def test_a_refusal_before_the_last_byte_may_be_heard_and_never_counts_as_taken() -> None:
    """Whether the answer arrives before the reset is the network's business."""
    with pytest.raises((IncompleteError, CredentialsError)):
        through(answer_early("401 Unauthorized"), 1)
    with suppress(IncompleteError):
        assert last(through(answer_early("202 Accepted"), 1)) == [UNKNOWN]


def test_a_name_that_does_not_exist_costs_nobody() -> None:
    with pytest.raises(IncompleteError, match=r"nowhere\.invalid"):
        submit(open_sendgrid("http://nowhere.invalid"), recipients(1))


# ---- TLS ------------------------------------------------------------------------------------


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def secure(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def trust(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, folder: Any) -> None:
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


def test_letters_leave_protected(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    trust(authority, monkeypatch, tmp_path)
    sendgrid = Sendgrid()
    with serving(sendgrid, secure(authority)):
        provider = open_sendgrid(
            sendgrid.url, letter=make_letter(picture=LARGE[:3_000_000]), concurrency=2, most=2
        )
        assert last(submit(provider, recipients(8))) == [ACCEPTED] * 8
    assert len(sendgrid.emails) == 8


@pytest.mark.parametrize("named", ["127.0.0.1", "elsewhere.example"])
def test_nobody_whose_certificate_is_not_right_hears_the_key(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, named: str
) -> None:
    if named != "127.0.0.1":
        trust(authority, monkeypatch, tmp_path)
    sendgrid = Sendgrid()
    with (
        serving(sendgrid, secure(authority, named)),
        pytest.raises(IncompleteError, match="certificate verify failed"),
    ):
        submit(open_sendgrid(sendgrid.url), recipients(1))
    assert sendgrid.requests == []


def test_a_server_without_tls_hears_nothing(server: Sendgrid) -> None:
    url = server.url.replace("http:", "https:")
    with pytest.raises(IncompleteError):
        submit(open_sendgrid(url, timeout=2.0), recipients(1))
    assert server.requests == []


# ---- The package ----------------------------------------------------------------------------


def test_a_request_is_never_written_out() -> None:
    body = Body(b'{"email": "zoe@readers.example"}')
    assert f"{body}" == "32 bytes"
    assert body.encode("utf-8") is body


def test_every_request_says_json_and_has_its_own_connection(server: Sendgrid) -> None:
    answer = Interface(KEY, server.url, 5).post("mail", "batch")
    assert answer.status == 201
    assert server.batches
