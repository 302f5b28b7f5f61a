"""Nobody is written to faster than agreed, and nobody waits for ever."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.config import Config
from digest.config.settings import DeliverySettings, PublicationSettings, ThrottleSettings
from digest.delivery.throttling import Throttle, open_throttle
from digest.errors import ConfigError

RATES = st.floats(0.01, 5000)


class Clock:
    """A clock that a test moves."""

    def __init__(self, start: float = 0.0) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now


def room(rate: float) -> int:
    """Messages that may leave at once: a tenth of a second's worth, one at least."""
    return max(1, int(rate / 10))


def assert_kept(times: list[float], rate: float, together: int) -> None:
    """In no stretch of time more than rate × seconds + `together`."""
    for first, begin in enumerate(times):
        for last in range(first, len(times)):
            most = rate * (times[last] - begin) + together
            assert last - first + 1 <= most + 1e-6


# ---- What leaves --------------------------------------------------------------------------------


@settings(max_examples=200)
@given(
    rate=RATES,
    start=st.sampled_from([0.0, 1e3, 1.7e9]),
    steps=st.lists(
        st.floats(0, 5) | st.just(0.0) | st.floats(0, 0.01) | st.just("wait"),
        min_size=30,
        max_size=150,
    ),
)
def test_no_stretch_of_time_sees_more_than_the_rate(
    rate: float, start: float, steps: list[float | str]
) -> None:
    clock = Clock(start)
    throttle = Throttle(rate, clock=clock)
    left: list[float] = []
    wait = 0.0
    for step in steps:
        clock.now += wait if isinstance(step, str) else step
        wait = throttle.wait_for("a@b.example")
        assert wait >= 0
        if not wait:
            left.append(clock.now - start)
    assert_kept(left, rate, room(rate))


@given(
    rate=st.floats(1, 5000),
    orange=st.floats(0.1, 100),
    addresses=st.lists(
        st.sampled_from(["a@orange.fr", "b@WANADOO.fr", "c@b.example"]), max_size=99
    ),
    steps=st.lists(st.floats(0, 0.5), min_size=99, max_size=99),
)
def test_domains_are_kept_together_within_the_rate_of_all(
    rate: float, orange: float, addresses: list[str], steps: list[float]
) -> None:
    clock = Clock()
    throttle = Throttle(rate, [(("orange.fr", "wanadoo.fr"), orange)], clock)
    left: dict[str, list[float]] = {"all": [], "orange": []}
    for address, step in zip(addresses, steps, strict=False):
        clock.now += step
        if not throttle.wait_for(address):
            left["all"].append(clock.now)
            if "b.example" not in address:
                left["orange"].append(clock.now)
    assert_kept(left["all"], rate, room(rate))
    assert_kept(left["orange"], orange, room(orange))


@given(rate=RATES, start=st.sampled_from([0.0, 12.5, 1.7e9]), count=st.integers(1, 40))
def test_whoever_waits_as_long_as_told_may_leave(rate: float, start: float, count: int) -> None:
    clock = Clock(start)
    throttle = Throttle(rate, clock=clock)
    for _message in range(count):
        asked = 0
        while wait := throttle.wait_for("a@b.example"):
            assert wait <= 1 / rate + 0.002
            clock.now += wait
            asked += 1
            assert asked <= 3


def test_a_rate_is_used_up() -> None:
    clock = Clock(1.7e9)
    throttle = Throttle(200, clock=clock)
    sent = 0
    while clock.now < 1.7e9 + 10:
        if wait := throttle.wait_for("a@b.example"):
            clock.now += wait
        else:
            sent += 1
    assert 1990 <= sent <= 2020


def test_requests_for_many_count_every_reader() -> None:
    clock = Clock()
    throttle = Throttle(500, clock=clock)
    sent = 0
    while clock.now < 20:
        if wait := throttle.wait_for_group(1000):
            clock.now += wait
        else:
            sent += 1000
    assert 10_000 <= sent <= 11_000
    assert throttle.wait_for_group(1000) in (0.0, 2.0)
    assert 0 < throttle.wait_for("a@b.example") <= 2.0


def test_a_group_within_the_bucket_leaves_at_once() -> None:
    throttle = Throttle(100, clock=Clock())
    assert [throttle.wait_for_group(5) > 0 for _request in range(3)] == [False, False, True]


# ---- Clocks -------------------------------------------------------------------------------------


@given(
    rate=st.floats(0.1, 1000),
    moves=st.lists(st.floats(-1e6, 1e6), max_size=20),
    start=st.sampled_from([0.0, 1.7e9]),
)
def test_a_clock_that_goes_back_blocks_nobody(
    rate: float, moves: list[float], start: float
) -> None:
    clock = Clock(start)
    throttle = Throttle(rate, clock=clock)
    for move in [*moves, -1e6, -1e9]:
        throttle.wait_for("a@b.example")
        clock.now += move
        wait = throttle.wait_for("a@b.example")
        assert wait <= 1 / rate + 0.002
        clock.now += wait + 0.002
        assert throttle.wait_for("a@b.example") == 0 or wait == 0


def test_a_clock_that_stands_still_lets_go_on_when_it_does() -> None:
    clock = Clock(1e6)
    throttle = Throttle(2, clock=clock)
    assert throttle.wait_for("a@b.example") == 0
    assert {throttle.wait_for("a@b.example") for _time in range(1000)} == {0.5}
    clock.now += 0.5
    assert throttle.wait_for("a@b.example") == 0


def test_a_clock_of_the_finest_steps_still_goes_on() -> None:
    clock = Clock()
    throttle = Throttle(1e6, clock=clock)
    sent = 0
    for _step in range(200_000):
        clock.now += 1e-10
        sent += not throttle.wait_for("a@b.example")
    assert sent >= 20


def test_waiting_is_never_shorter_than_timers_are() -> None:
    throttle = Throttle(5000, clock=Clock())
    waits = [throttle.wait_for("a@b.example") for _message in range(600)]
    assert set(waits) == {0.0, 0.001}


# ---- Whom it is about ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "lane"),
    [
        ("a@orange.fr", 1),
        ("a@Orange.FR", 1),
        ("a@mail.orange.fr", 0),
        ("a@notorange.fr", 0),
        ("a@wanadoo.fr", 1),
        ("a@bücher.example", 2),
        ("a@xn--bcher-kva.example", 2),
        ("a@\udcff.example", 0),
        ("orange.fr", 1),
        ("", 0),
    ],
)
def test_a_domain_is_what_stands_behind_the_at(address: str, lane: int) -> None:
    throttle = Throttle(0, [(("orange.fr", "wanadoo.fr."), 1.0), (("Bücher.example",), 1.0)])
    assert throttle.lane(address) == lane


def test_others_go_ahead_while_a_domain_waits() -> None:
    throttle = Throttle(0, [(("orange.fr",), 0.5)], Clock())
    assert throttle.wait_for("a@orange.fr") == 0
    assert throttle.wait_for("b@orange.fr") == 2
    assert {throttle.wait_for("a@b.example") for _message in range(1000)} == {0.0}


def test_who_has_to_wait_takes_nothing_from_the_others() -> None:
    clock = Clock()
    throttle = Throttle(20, [(("orange.fr",), 0.5)], clock)
    assert throttle.wait_for("a@orange.fr") == 0
    assert all(throttle.wait_for("b@orange.fr") for _message in range(100))
    assert throttle.wait_for("a@b.example") == 0


# ---- Settings -----------------------------------------------------------------------------------


def config(rate: float, *throttles: ThrottleSettings) -> Config:
    return Config(
        publication=PublicationSettings(name="Monde"),
        delivery=DeliverySettings(rate=rate, throttles=throttles),
        file=Path("config.toml"),
    )


def test_without_settings_nothing_is_asked() -> None:
    assert open_throttle(config(0)) is None


def test_settings_say_how_fast() -> None:
    clock = Clock()
    orange = ThrottleSettings(domains=("orange.fr",), rate=1)
    throttle = open_throttle(config(0, orange), clock)
    assert throttle is not None
    assert (throttle.wait_for("a@orange.fr"), throttle.wait_for("a@orange.fr")) == (0, 1)
    everybody = open_throttle(config(2), clock)
    assert everybody is not None
    assert (everybody.wait_for("a@b.example"), everybody.wait_for("c@d.example")) == (0, 0.5)


@pytest.mark.parametrize(
    ("domains", "words"),
    [
        (("orange.fr", "ORANGE.fr"), r"throttles\[0\].*stands twice"),
        (("bücher.example", "xn--bcher-kva.example"), "stands twice"),
        (("é" * 70 + ".fr",), "cannot be written in ASCII"),
        (("lettre@orange.fr",), "not a domain"),
        (("",), "not a domain"),
    ],
)
def test_domains_that_cannot_be_meant_are_named(domains: tuple[str, ...], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        open_throttle(config(0, ThrottleSettings(domains=domains, rate=1)))
