"""Real mail servers: every message arrives once, byte for byte, whatever they offer or limit."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.relays.exim import exim
from tests.relays.opensmtpd import opensmtpd
from tests.relays.postfix import postfix
from tests.relays.sending import arrived, readers, send
from tests.relays.unpacked import open_folder

from digest.errors import IncompleteError
from digest.model.sending import DeliveryState

ACCEPTED, REFUSED = DeliveryState.ACCEPTED, DeliveryState.REFUSED


@pytest.fixture(scope="module")
def tls() -> Iterator[tuple[dict[str, Any], ssl.SSLContext]]:
    """Postfix's settings for STARTTLS, and a context that trusts it."""
    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    certificate = authority.issue_cert("127.0.0.1")
    with open_folder() as folder:
        files: dict[str, Path] = {"key": folder / "key.pem", "cert": folder / "cert.pem"}
        certificate.private_key_pem.write_to_path(str(files["key"]))
        for blob in certificate.cert_chain_pems:
            blob.write_to_path(str(files["cert"]), append=True)
        yield {f"smtpd_tls_{name}_file": file for name, file in files.items()}, context


def test_postfix_gets_each_message_once_over_tls_and_in_the_clear(
    tls: tuple[dict[str, Any], ssl.SSLContext],
) -> None:
    settings, context = tls
    to = readers(300)
    strangers = readers(5, "elsewhere.example")
    with postfix(smtpd_tls_security_level="may", **settings) as relay:
        outcomes = send(relay.port, to[:150], security="starttls", context=context)
        mixed = [one for pair in zip(to[150:155], strangers, strict=True) for one in pair]
        outcomes |= send(relay.port, [*mixed, *to[155:]])
        for one in to:
            assert outcomes[one.email].state is ACCEPTED
            assert outcomes[one.email].provider_id.startswith("2.0.0 Ok: queued as ")
        for one in strangers:
            assert outcomes[one.email].state is REFUSED
            assert outcomes[one.email].detail.startswith("554 5.7.1 ")
        arrived(relay.messages, to)


def test_a_postfix_that_lets_in_few_connections_gets_everything_over_those() -> None:
    to = readers(60)
    with postfix(
        smtpd_client_connection_count_limit=2, smtpd_client_event_limit_exceptions=""
    ) as relay:
        outcomes = send(relay.port, to, connections=6)
        assert {outcome.state for outcome in outcomes.values()} == {ACCEPTED}
        arrived(relay.messages, to)


def test_a_letter_too_large_for_postfix_stops_the_run_before_a_byte_of_it_leaves() -> None:
    with (
        postfix(message_size_limit=5000) as relay,
        pytest.raises(IncompleteError, match=r"the relay takes 5,000 bytes"),
    ):
        send(relay.port, readers(2))


def test_a_postfix_that_hangs_up_on_refused_readers_serves_the_others() -> None:
    to = readers(30)
    strangers = readers(4, "elsewhere.example")
    with postfix(smtpd_hard_error_limit=1, smtpd_error_sleep_time=0) as relay:
        outcomes = send(relay.port, [*to[:10], *strangers, *to[10:]], connections=1)
        assert {outcomes[one.email].state for one in to} == {ACCEPTED}
        assert {outcomes[one.email].state for one in strangers} == {REFUSED}
        arrived(relay.messages, to)


@pytest.mark.parametrize("server", [exim, opensmtpd])
def test_other_servers_get_each_message_once(
    server: Callable[[], AbstractContextManager[tuple[int, Path]]],
) -> None:
    to = readers(200)
    strangers = readers(3, "elsewhere.example")
    with server() as (port, mail):
        outcomes = send(port, [*to[:20], *strangers, *to[20:]], connections=4)
        assert {outcomes[one.email].state for one in to} == {ACCEPTED}
        assert {outcomes[one.email].state for one in strangers} == {REFUSED}
        arrived(lambda: [file.read_bytes() for file in mail.glob("new/*")], to)
