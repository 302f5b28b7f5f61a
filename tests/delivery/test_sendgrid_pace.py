"""SendGrid's rate limit is obeyed, before and after it is met, and never waited for without end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from tests.delivery.sendgrid_server import KEY, Sendgrid, fault, serving
from tests.delivery.sendgrid_submitting import last, open_sendgrid, recipients, submit
from tests.delivery.world import NOW, add_readers, freeze, make_letter, send, states

from digest.config import Config
from digest.config.settings import (
    DeliverySettings,
    EditionSettings,
    ListSettings,
    PublicationSettings,
    SendgridSettings,
)
from digest.delivery.ledger.starting import StoppingError
from digest.delivery.providers.sendgrid import turn as module
from digest.delivery.providers.sendgrid.calling import Answer
from digest.delivery.providers.sendgrid.pacing import MOST_IN_A_ROW, RateLimit
from digest.delivery.running import run_dispatch
from digest.delivery.throttling import Throttle
from digest.delivery.trial import send_test
from digest.errors import IncompleteError
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database

ACCEPTED, PENDING = DeliveryState.ACCEPTED, DeliveryState.PENDING
TOO_MANY: tuple[int, dict[str, str], Any] = (429, {}, fault("too many requests"))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sendgrid]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "_LOOK", 0.0)
    sendgrid = Sendgrid()
    with serving(sendgrid):
        yield sendgrid


class Clock:
    """Seconds; goes on by itself as many at each look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = 100.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def paced(*answers: Answer, put_off: bool = True) -> float:
    """Seconds to wait after these answers, at a clock that stands still."""
    pace = RateLimit(Clock(), lambda: NOW)
    for answer in answers:
        pace.note(answer, put_off=put_off)
    return pace.wait()


def limited(status: int = 429, **headers: str) -> Answer:
    return Answer(status, headers={name.replace("_", "-"): text for name, text in headers.items()})


def at(seconds: float) -> str:
    """That many seconds from now, as SendGrid writes it."""
    return str(int((NOW + timedelta(seconds=seconds)).timestamp()))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"x_ratelimit_reset": at(20)}, 20.0),
        ({"x_ratelimit_reset": at(3600)}, 60.0),
        ({"x_ratelimit_reset": at(-3600)}, 0.0),
        ({"x_ratelimit_reset": "7"}, 7.0),
        ({"x_ratelimit_reset": "soon"}, 0.5),
        ({"x_ratelimit_reset": "nan"}, 0.5),
        ({"x_ratelimit_reset": "inf"}, 0.5),
        ({"x_ratelimit_reset": "-5"}, 0.5),
        ({"retry_after": "12"}, 12.0),
        ({}, 0.5),
    ],
)
def test_the_wait_is_what_sendgrid_says_and_bounded(
    headers: dict[str, Any], seconds: float
) -> None:
    assert paced(limited(**headers)) == pytest.approx(seconds)


def test_a_clock_of_ours_that_is_wrong_does_not_matter() -> None:
    """The reset is compared with the moment at which the answer was written."""
    theirs = format_datetime(NOW + timedelta(days=3), usegmt=True)
    answer = limited(x_ratelimit_reset=at(3 * 86400 + 15), date=theirs)
    assert paced(answer) == pytest.approx(15.0)


def test_a_limit_that_does_not_end_is_asked_ever_more_rarely() -> None:
    waits = [paced(*[limited()] * number) for number in range(1, 10)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


def test_a_limit_that_ends_by_its_word_only_is_not_asked_without_pause() -> None:
    assert paced(*[limited(x_ratelimit_reset=at(-1))] * 3) == pytest.approx(2.0)


def test_the_last_request_of_a_period_is_followed_by_a_pause() -> None:
    spent = limited(202, x_ratelimit_remaining="0", x_ratelimit_reset=at(30))
    assert paced(spent, put_off=False) == pytest.approx(30.0)
    left = limited(202, x_ratelimit_remaining="1", x_ratelimit_reset=at(30))
    assert paced(left, put_off=False) == 0.0
    assert paced(limited(202, x_ratelimit_remaining="0"), put_off=False) == 0.0


@pytest.mark.parametrize(
    "answer",
    [
        (429, {"X-RateLimit-Reset": "30"}, fault("too many requests")),
        TOO_MANY,
        (503, {"Retry-After": "30"}, fault("the API is not available")),
    ],
    ids=["reset", "silent", "unavailable"],
)
def test_a_rate_limit_is_waited_for_and_everybody_is_served_once(
    database: Database, server: Sendgrid, answer: tuple[int, dict[str, str], object]
) -> None:
    add_readers(database, range(3))
    server.answers = [answer]
    provider = open_sendgrid(server.url, clock=Clock(step=1.0))
    assert send(database, freeze(database), provider).accepted == 3
    assert len(server.emails) == 3
    assert len(server.requests) == 2


def test_while_a_limit_is_waited_for_nobody_is_in_doubt(server: Sendgrid) -> None:
    server.answers = [TOO_MANY]
    outcomes = submit(open_sendgrid(server.url, clock=Clock(step=0.1)), recipients(2))
    assert [one.state for one in outcomes[0]] == [PENDING, ACCEPTED]


def test_nothing_leaves_before_the_period_begins_anew(server: Sendgrid) -> None:
    clock = Clock(step=0.01)
    begun: list[float] = []
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "40"}
    server.answers = [(202, spent, {})]

    def start(ids: Sequence[str]) -> None:
        if ids:
            begun.append(clock.now)

    provider = open_sendgrid(server.url, clock=clock, most=1)
    assert last(submit(provider, recipients(2), start)) == [ACCEPTED] * 2
    assert begun[1] - begun[0] >= 40.0


def test_a_halt_ends_the_wait_at_once(server: Sendgrid) -> None:
    """The clock stands still: only the halt can end it."""
    server.answers = [TOO_MANY]
    looks: list[int] = []

    def start(ids: Sequence[str]) -> None:
        looks.append(len(ids))
        if len(looks) == 3:
            raise StoppingError

    outcomes = submit(open_sendgrid(server.url, clock=Clock()), recipients(4), start)
    assert looks == [4, 0, 0]
    assert last(outcomes) == [PENDING] * 4


def test_a_limit_without_end_ends_the_run_and_costs_nobody(
    database: Database, server: Sendgrid
) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    server.answers = [TOO_MANY] * MOST_IN_A_ROW
    with pytest.raises(IncompleteError, match="429 too many requests") as caught:
        send(database, dispatch, open_sendgrid(server.url, clock=Clock(step=5.0)))
    assert "later" in caught.value.hint
    assert set(states(database).values()) == {"pending"}
    assert send(database, dispatch, open_sendgrid(server.url)).accepted == 3


def test_other_requests_are_heard_while_one_waits(server: Sendgrid) -> None:
    """The limit holds what has not left; what is under way ends as it ends."""
    server.answers = [TOO_MANY, TOO_MANY]
    provider = open_sendgrid(server.url, clock=Clock(step=0.2), concurrency=2, most=2)
    assert last(submit(provider, recipients(6))) == [ACCEPTED] * 6
    assert len(server.emails) == len(set(server.emails)) == 6


def test_no_more_than_the_rate_leaves(server: Sendgrid) -> None:
    clock = Clock(step=0.05)
    begun: list[tuple[float, int]] = []

    def start(ids: Sequence[str]) -> None:
        if ids:
            begun.append((clock.now, len(ids)))

    throttle = Throttle(10, (), clock)
    provider = open_sendgrid(server.url, clock=clock, throttle=throttle, most=10, concurrency=4)
    assert last(submit(provider, recipients(45), start)) == [ACCEPTED] * 45
    sizes = [number for _moment, number in begun]
    assert max(sizes) == 10
    first, final = begun[0][0], begun[-1][0]
    assert sum(sizes[:-1]) <= 10 * (final - first) + 10


def test_a_halt_ends_a_throttled_wait(server: Sendgrid) -> None:
    looks: list[int] = []

    def start(ids: Sequence[str]) -> None:
        looks.append(len(ids))
        if not ids:
            raise StoppingError

    provider = open_sendgrid(server.url, throttle=Throttle(0.01, (), Clock()), most=1)

    async def run() -> list[Outcome]:
        async def starting(ids: Sequence[str]) -> None:
            start(ids)

        return [outcome async for outcome in provider.submit(recipients(3), starting)]

    assert [outcome.state for outcome in asyncio.run(run())] == [ACCEPTED]
    assert looks[0] == 1


@pytest.fixture
def config(server: Sendgrid, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Config:
    """A publication that sends through the server: two readers a request, three at a time."""
    monkeypatch.setenv("DIGEST_TEST_KEY", KEY)
    return Config(
        publication=PublicationSettings(
            name="Nouvelles des rives",
            sender="lettre@example.org",
            public_url="https://lettre.example.org",
            postal_address="1, rue de l’Exemple, 75000 Paris",
        ),
        lists=(ListSettings(name="main"),),
        edition=EditionSettings(images="embed"),
        delivery=DeliverySettings(
            provider="sendgrid",
            batch=2,
            rate=2000,
            sendgrid=SendgridSettings(
                api_key_env="DIGEST_TEST_KEY", api_url=server.url, concurrency=3
            ),
        ),
        root=tmp_path,
    )


def test_a_copy_for_looking_at_waits_too(server: Sendgrid, config: Config) -> None:
    server.answers = [(429, {"X-RateLimit-Reset": "0"}, fault("too many requests"))]
    assert send_test(config, make_letter(), "zoe@readers.example", now=NOW).state is ACCEPTED
    assert server.emails == ["zoe@readers.example"]


@pytest.mark.parametrize(("batch", "rate"), [(4, 2), (2, 0)])
def test_the_settings_reach_sendgrid(
    database: Database,
    server: Sendgrid,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    batch: int,
    rate: int,
) -> None:
    """Three requests are under way at once, each with a batch, or with a second's readers."""
    add_readers(database, range(12))
    delivery = replace(config.delivery, batch=batch, rate=rate)
    monkeypatch.setattr("digest.delivery.throttling._SAVED", 10.0)
    server.meanwhile = threading.Barrier(3, timeout=20).wait
    balance, _stopped = run_dispatch(
        database,
        replace(config, delivery=delivery),
        freeze(database),
        clock=lambda: NOW,
        progress=lambda _balance: None,
    )
    assert balance.accepted == 12
    assert server.most_at_once == 3
    assert {len(body["personalizations"]) for body in server.taken} == {2}
