"""Who we say we are to a relay, whom from, and whom to."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import Any

import pytest
from tests.delivery.smtp_servers import Mailroom, Script, relay, scripted
from tests.delivery.smtp_submitting import open_smtp, recipients, submit
from tests.delivery.world import (
    address,
)

from digest.delivery.providers.smtp import provider as smtp_provider
from digest.model.sending import DeliveryState, Recipient

ACCEPTED = DeliveryState.ACCEPTED
PENDING = DeliveryState.PENDING
REFUSED = DeliveryState.REFUSED


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
