"""Starts that wait for each other: on many connections at a busy relay, and never for long."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.delivery.smtp_servers import Script, scripted
from tests.delivery.smtp_submitting import open_smtp, recipients, submit

from digest.delivery.providers.smtp.gathering import WAIT, Gathering
from digest.model.sending import DeliveryState


def test_on_twenty_connections_half_of_them_are_enough_for_a_start() -> None:
    starts = Gathering()
    starts.started(100.0)
    assert not starts.is_enough(9, 40, 100.0)
    assert starts.is_enough(10, 40, 100.0)


def test_nobody_waits_for_others_for_long() -> None:
    starts = Gathering()
    assert starts.is_enough(1, 40, 100.0), "nothing has been started yet"
    starts.started(100.0)
    assert not starts.is_enough(1, 40, 100.0 + WAIT / 2)
    assert starts.is_enough(1, 40, 100.0 + WAIT)


@pytest.mark.parametrize("under_way", [1, 8])
def test_where_few_are_under_way_nobody_waits(under_way: int) -> None:
    starts = Gathering()
    starts.started(100.0)
    assert starts.is_enough(1, under_way, 100.0)


def test_a_message_that_waits_alone_leaves_all_the_same() -> None:
    """19 of the connections have nothing to send any more."""
    started: list[str] = []

    def start(ids: Sequence[str]) -> None:
        started.extend(ids)

    script = Script()
    with scripted(script) as port:
        outcomes = submit(open_smtp(port, connections=20), recipients(41), start)
    assert {outcome.state for outcome in outcomes.values()} == {DeliveryState.ACCEPTED}
    assert len(started) == len(set(started)) == script.bodies == 41
