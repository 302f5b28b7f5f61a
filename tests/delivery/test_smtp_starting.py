"""When a message may leave: not before it is written down, and not faster than agreed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
from tests.delivery.smtp_servers import Script, scripted
from tests.delivery.smtp_submitting import open_smtp, recipients, submit
from tests.delivery.world import (
    EDITION,
    add_readers,
    freeze,
    send,
)

from digest.delivery import ledger
from digest.delivery.ledger.starting import StoppingError, WithdrawnError
from digest.delivery.providers.smtp.provider import Smtp
from digest.delivery.throttling import Throttle
from digest.errors import IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database

ACCEPTED = DeliveryState.ACCEPTED
PENDING = DeliveryState.PENDING


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

    with scripted(Script()) as port:
        provider = open_smtp(port, throttle=Throttle(0.0001))
        with pytest.raises(StoppingError):
            submit(provider, recipients(3), start)
    assert [len(ids) for ids in asked] == [1, 0]
