"""Real servers that want a login over TLS get it, and one that nobody vouches for gets nothing.

OpenSMTPD is not among them: Debian's speaks no TLS with the OpenSSL it comes with
(https://github.com/OpenSMTPD/OpenSMTPD/issues/1171), and without TLS it takes no login.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from tests.relays.exim import exim
from tests.relays.logins import PASSWORD, USER, judging
from tests.relays.postfix import postfix
from tests.relays.sending import arrived, readers, send
from tests.relays.unpacked import open_folder

from digest.errors import CredentialsError, IncompleteError
from digest.model.sending import DeliveryState


@dataclass(frozen=True)
class Server:
    """A running one; `messages` says what it delivered."""

    port: int
    messages: Callable[[], list[bytes]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def context(authority: trustme.CA) -> ssl.SSLContext:
    """Trusts the servers' certificate."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return trusting


SERVERS = ["postfix PLAIN", "postfix LOGIN", "exim PLAIN", "exim LOGIN"]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, authority: trustme.CA) -> Iterator[Server]:
    """A server that takes mail over STARTTLS and with a login only."""
    name, _, mechanism = request.param.partition(" ")
    certificate = authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.bytes()
    with ExitStack() as stack:
        if name == "postfix":
            yield stack.enter_context(_postfix(certificate, mechanism))
        else:
            port, mail = stack.enter_context(exim(certificate, mechanism))
            yield Server(port, lambda: [file.read_bytes() for file in mail.glob("new/*")])


@contextmanager
def _postfix(certificate: bytes, mechanism: str) -> Iterator[Server]:
    with open_folder() as folder, judging(folder / "logins", mechanism):
        pem: Path = folder / "relay.pem"
        pem.write_bytes(certificate)
        with postfix(
            smtpd_tls_chain_files=pem,
            smtpd_tls_security_level="encrypt",
            smtpd_sasl_auth_enable="yes",
            smtpd_sasl_type="dovecot",
            smtpd_sasl_path=folder / "logins",
            smtpd_client_restrictions="permit_sasl_authenticated, reject",
        ) as running:
            yield Server(running.port, running.messages)


def test_a_login_over_tls_is_taken_and_each_message_arrives_once(
    server: Server, context: ssl.SSLContext
) -> None:
    to = readers(30)
    outcomes = send(
        server.port, to, security="starttls", context=context, username=USER, password=PASSWORD
    )
    assert {outcome.state for outcome in outcomes.values()} == {DeliveryState.ACCEPTED}
    arrived(server.messages, to)


def test_a_wrong_password_is_said_to_be_one_and_not_shown(
    server: Server, context: ssl.SSLContext
) -> None:
    with pytest.raises(CredentialsError, match="refused the login") as caught:
        send(
            server.port,
            readers(2),
            connections=1,
            security="starttls",
            context=context,
            username=USER,
            password="geheim",
        )
    assert "geheim" not in caught.value.message


def test_no_password_is_told_to_a_server_that_nobody_vouches_for(server: Server) -> None:
    with pytest.raises(IncompleteError, match=r"TLS failed: .*certificate"):
        send(
            server.port,
            readers(1),
            security="starttls",
            context=ssl.create_default_context(),
            username=USER,
            password=PASSWORD,
        )
