"""When lines are opened again, whose turn it is, and what this machine calls itself."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.providers.smtp.relay import Relay, address_literal, own_name
from digest.delivery.providers.smtp.reopening import Reopening
from digest.delivery.providers.smtp.turns import Turns
from digest.delivery.throttling import Throttle
from digest.model.sending import Recipient


def even() -> float:
    return 0.5


# ---- Opening again --------------------------------------------------------------------------


def test_a_lost_line_is_tried_again_with_growing_pauses_and_then_given_up() -> None:
    line = Reopening((1.0, 4.0), chance=even)
    assert line.wait(100.0, others=False) == 0
    assert line.failed(100.0, others=False)
    assert line.wait(100.0, others=False) == 1
    assert line.wait(101.5, others=False) == 0
    assert line.failed(101.5, others=False)
    assert line.wait(101.5, others=False) == 4
    assert not line.failed(106.0, others=False)
    assert line.wait(106.0, others=False) == 0


def test_pauses_are_scattered() -> None:
    waits = []
    for chance in (0.0, 1.0):
        line = Reopening((2.0,), chance=partial(float, chance))
        line.failed(0.0, others=False)
        waits.append(line.wait(0.0, others=False))
    assert waits == [1.0, 3.0]


def test_a_line_that_worked_begins_anew() -> None:
    line = Reopening((1.0,), chance=even)
    line.failed(0.0, others=False)
    line.worked()
    assert line.failed(0.0, others=False)


def test_a_line_that_is_turned_away_rests_while_others_work() -> None:
    line = Reopening((1.0,), rest=30.0, chance=even)
    for now in range(0, 300, 60):
        assert line.failed(float(now), others=True)
    assert line.wait(240.0, others=True) == 30
    assert line.wait(240.0, others=False) == 0
    assert line.failed(241.0, others=False)


def test_lines_that_stand_for_an_instant_in_turns_have_an_end() -> None:
    """Each fails while another stands, and is asked again when none does."""
    line = Reopening((1.0, 1.0), rest=30.0, chance=even)
    now, tries = 0.0, 0
    while line.failed(now, others=True):
        tries += 1
        assert tries < 100, "there is no end"
        now += line.wait(now, others=False)
    assert now >= 3.0, "with pauses between"


# ---- Turns ----------------------------------------------------------------------------------


def reader(number: int, domain: str = "fast.example") -> Recipient:
    return Recipient(f"{number:032x}", f"l{number}@{domain}", "", "fr", "t", {})


def ids(turns: Turns, clock: Callable[[], float]) -> list[int]:
    found = []
    while (one := turns.next()) is not None:
        found.append(int(one.id, 16))
    return found


def test_without_a_throttle_turns_come_in_order() -> None:
    turns = Turns([reader(0), reader(1), reader(2)])
    first = turns.next()
    assert first is not None
    turns.put_back(first)
    assert (len(turns), ids(turns, even), bool(turns)) == (3, [0, 1, 2], False)


def test_who_waits_for_a_slow_domain_holds_up_nobody_else() -> None:
    now = [0.0]
    throttle = Throttle(0, [(["slow.example"], 2.0)], clock=lambda: now[0])
    slow = [reader(n, "slow.example") for n in range(3)]
    turns = Turns([*slow, reader(3), reader(4)], throttle, clock=lambda: now[0])
    assert ids(turns, even) == [0, 3, 4]
    assert turns.wait == pytest.approx(0.5)
    now[0] = 0.2
    assert turns.next() is None
    assert turns.wait == pytest.approx(0.3)
    now[0] = 0.51
    again = turns.next()
    assert again is not None
    turns.put_back(again)
    now[0] = 1.02
    assert ids(turns, even) == [1]


@given(st.lists(st.sampled_from(["a.example", "b.example", "c.example"]), max_size=40))
def test_with_any_rates_everybody_has_exactly_one_turn(domains: list[str]) -> None:
    now = [0.0]
    throttle = Throttle(50, [(["a.example"], 5.0), (["b.example"], 9.0)], clock=lambda: now[0])
    readers = [reader(number, domain) for number, domain in enumerate(domains)]
    turns = Turns(readers, throttle, clock=lambda: now[0])
    served: list[int] = []
    while turns:
        served += ids(turns, even)
        now[0] += turns.wait
    assert sorted(served) == list(range(len(domains)))


# ---- Names and words ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "literal"),
    [
        ("192.0.2.7", "[192.0.2.7]"),
        ("2001:db8::7", "[IPv6:2001:db8::7]"),
        ("fe80::1%eth0", "[IPv6:fe80::1]"),
        ("::ffff:192.0.2.7", "[192.0.2.7]"),
        ("", "[127.0.0.1]"),
    ],
)
def test_an_address_stands_in_for_a_name(address: str, literal: str) -> None:
    assert address_literal(address) == literal


@pytest.mark.parametrize(
    ("name", "resolves", "said"),
    [
        ("envoi.example.org", ["192.0.2.7"], "envoi.example.org"),
        ("Envoi.Example.org.", ["127.0.1.1", "192.0.2.7"], "envoi.example.org"),
        ("envoi.example.org", ["127.0.1.1"], ""),
        ("envoi.example.org", [], ""),
        ("3f2a9c", ["192.0.2.7"], ""),
        ("envoi.local", ["192.0.2.7"], ""),
        ("localhost.localdomain", ["192.0.2.7"], ""),
        ("en voi.example.org", ["192.0.2.7"], ""),
    ],
)
def test_this_machine_has_a_name_only_where_others_can_use_it(
    name: str, resolves: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(_name: str, _port: None, **_options: object) -> list[tuple[object, ...]]:
        if not resolves:
            raise socket.gaierror
        return [(2, 1, 6, "", (address, 0)) for address in resolves]

    monkeypatch.setattr(socket, "getfqdn", lambda: name)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert own_name() == said


@pytest.mark.parametrize(
    ("host", "is_here"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("relay.example.org", False)],
)
def test_a_relay_on_this_machine_is_known_by_its_name(host: str, is_here: bool) -> None:
    assert Relay(host, 25, "none", 1.0).is_here is is_here


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2.0.0 Ok: queued as 4F2", "2.0.0 Ok: queued as 4F2"),
        ("no <a.reader@example.org>", "no <a…@example.org>"),
        ("two\nlines", "two lines"),
        ("x" * 400, "x" * 300),
        ("you said HUNTER2", "you said ***"),
    ],
)
def test_words_of_a_relay_are_kept_without_what_is_nobodys_business(said: str, kept: str) -> None:
    assert Relay("h", 25, "none", 1.0, username="u", password="hunter2").clean(said) == kept
    if "HUNTER" not in said:
        assert Relay("h", 25, "none", 1.0).clean(said) == kept
