"""Any relay: each reader has one copy, or a state that says why not."""

from __future__ import annotations

import asyncio

import pytest
from tests.delivery.smtp_servers import Mailroom, Script, relay, scripted
from tests.delivery.smtp_submitting import open_smtp, recipients, submit
from tests.delivery.world import (
    EDITION,
    ENVELOPE,
    NOW,
    add_readers,
    address,
    freeze,
    make_letter,
    send,
)

from digest.delivery import ledger
from digest.delivery.message.building import MessageTemplate
from digest.errors import IncompleteError
from digest.model.sending import DeliveryState
from digest.store.database import Database

ACCEPTED = DeliveryState.ACCEPTED
PENDING = DeliveryState.PENDING
REFUSED = DeliveryState.REFUSED
UNKNOWN = DeliveryState.UNKNOWN


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
    script = Script()
    setattr(script, kind, [reply])
    with scripted(script) as port:
        outcomes = submit(open_smtp(port), recipients(1), started.extend)
    assert outcomes[0].state is state
    assert started == []


def test_a_letter_larger_than_the_relay_takes_costs_no_reader_the_edition() -> None:
    script = Script(greeting=["250-hello\r\n250 SIZE 100"])
    with (
        scripted(script) as port,
        pytest.raises(IncompleteError, match="the relay takes 100 bytes; the letter has "),
    ):
        submit(open_smtp(port), recipients(2))


@pytest.mark.parametrize("connections", [1, 20])
def test_a_relay_that_refuses_whatever_it_is_sent_is_stopped_early(
    database: Database, connections: int
) -> None:
    add_readers(database, range(50))
    dispatch = freeze(database)
    with (
        scripted(Script(mail=["553 sender not allowed"] * 60)) as port,
        pytest.raises(IncompleteError, match="sender not allowed") as caught,
    ):
        send(database, dispatch, open_smtp(port, connections=connections))
    assert "sender" in caught.value.hint
    balance = ledger.balance(database, EDITION, "main")
    assert (balance.refused, balance.pending) == (10, 40)


def test_smtp_cannot_be_asked_afterwards() -> None:
    assert asyncio.run(open_smtp(1).settle(["x"])) == []
