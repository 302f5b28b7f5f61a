"""Nothing leaves to a relay that nobody vouches for, and no password is repeated."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Sequence

import pytest
import trustme
from tests.delivery.smtp_servers import Mailroom, Script, only, relay, scripted
from tests.delivery.smtp_submitting import open_smtp, recipients, submit
from tests.delivery.world import (
    add_readers,
    freeze,
    send,
    states,
)

from digest.errors import CredentialsError, IncompleteError
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database

ACCEPTED = DeliveryState.ACCEPTED
PENDING = DeliveryState.PENDING


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
        with pytest.raises(CredentialsError, match=r"wants a login: .* required") as caught:
            submit(provider, recipients(1))
    assert "Set [delivery.smtp] username_env" in caught.value.hint


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
    with relay(mailroom, **options) as port:
        provider = open_smtp(port, security=security, context=ssl.create_default_context())
        with pytest.raises(IncompleteError, match="TLS failed") as caught:
            submit(provider, recipients(1))
    assert "ca_file" in caught.value.hint
    assert mailroom.taken == []


def test_a_port_that_speaks_no_tls_is_named_for_what_it_is(client_context: ssl.SSLContext) -> None:
    with scripted(Script()) as port:
        provider = open_smtp(port, security="tls", context=client_context)
        with pytest.raises(IncompleteError, match="TLS failed: wrong version number") as caught:
            submit(provider, recipients(1))
    assert "security" in caught.value.hint
