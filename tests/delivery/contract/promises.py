"""What every provider promises, as tests: subclass `Promises` for your own and run them.

A `FarSide` is the other end of a provider: it knows what it took, and a test can tell it to refuse,
put off, go silent or be gone. A promise that cannot be broken by yours (a folder refuses nobody)
is left out by setting its test to None in the subclass.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Protocol

import pytest
from tests.delivery.world import (
    ENVELOPE,
    add_readers,
    address,
    freeze,
    leave,
    make_letter,
    open_store,
    send,
    token,
)

from digest.config import load_config
from digest.delivery.ledger.starting import StoppingError, WithdrawnError
from digest.delivery.providers import open_provider
from digest.errors import CredentialsError, IncompleteError
from digest.model.sending import DeliveryState, Outcome, Provider, Recipient
from digest.store.database import Database

ACCEPTED, PENDING = DeliveryState.ACCEPTED, DeliveryState.PENDING
REFUSED, UNKNOWN = DeliveryState.REFUSED, DeliveryState.UNKNOWN

READERS = 12

PUBLICATION = """
[publication]
name = "Actualités internationales"
sender = "lettre@example.org"
public_url = "https://lettre.example.org"
postal_address = "1, rue de l’Exemple, 75000 Paris"

[edition]
images = "embed"

"""


class FarSide(Protocol):
    """The other end. `settings` is the text of `[delivery]` that leads to it."""

    settings: str

    def taken(self) -> list[str]:
        """The address of every copy it took, one entry a copy."""
        ...

    def refuse(self, email: str) -> None:
        """Refuse this address for good, if it ever refuses anybody."""
        ...

    def put_off(self, email: str) -> None:
        """Do not take this address now; the next time it is welcome."""
        ...

    def lose_answer(self) -> None:
        """Take what comes next, and hang up without an answer."""
        ...

    def refuse_login(self) -> None:
        """Refuse who we say we are."""
        ...

    def go_away(self) -> None:
        """Be unreachable from now on."""
        ...


class Promises:
    """Subclass it, and give `far_side`."""

    def far_side(
        self, folder: Path, environment: pytest.MonkeyPatch
    ) -> AbstractContextManager[FarSide]:
        """A running far side; `folder` is the publication's, secrets go to the environment."""
        raise NotImplementedError

    @pytest.fixture
    def side(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FarSide]:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with self.far_side(tmp_path, monkeypatch) as side:
            (tmp_path / "config.toml").write_text(PUBLICATION + side.settings, encoding="utf-8")
            yield side

    @pytest.fixture
    def store(self, store_url: str) -> Iterator[Database]:
        store = open_store(store_url)
        yield store
        store.close()

    # ---- What comes of a submission ---------------------------------------------------------

    def test_every_recipient_has_one_copy_and_one_outcome(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        outcomes = submit(tmp_path, recipients())
        assert [outcome.state for outcome in outcomes] == [ACCEPTED] * READERS
        assert sorted(outcome.id for outcome in outcomes) == sorted(ids())
        assert sorted(side.taken()) == sorted(address(n) for n in range(READERS))

    def test_nothing_is_taken_before_the_ledger_has_written_it_down(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        announced: set[str] = set()

        async def starting(asked: Sequence[str]) -> None:
            assert not {address(int(id_, 16)) for id_ in asked} & set(side.taken())
            await asyncio.sleep(0.01)
            assert not {address(int(id_, 16)) for id_ in asked} & set(side.taken())
            announced.update(asked)

        submit(tmp_path, recipients(), starting)
        assert announced == set(ids())

    def test_who_left_meanwhile_gets_nothing_and_the_others_do(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        gone = ids()[3]

        async def starting(asked: Sequence[str]) -> None:
            if gone in asked:
                raise WithdrawnError([gone])

        outcomes = submit(tmp_path, recipients(), starting)
        accepted = {outcome.id for outcome in outcomes if outcome.state is ACCEPTED}
        assert accepted == set(ids()) - {gone}
        assert sorted(side.taken()) == sorted(address(n) for n in range(READERS) if n != 3)

    def test_when_the_run_stops_nothing_more_leaves(self, side: FarSide, tmp_path: Path) -> None:
        async def starting(_asked: Sequence[str]) -> None:
            raise StoppingError

        with suppress(StoppingError):
            outcomes = submit(tmp_path, recipients(), starting)
            assert all(outcome.state is PENDING for outcome in outcomes)
        assert side.taken() == []

    def test_a_fault_of_the_ledger_is_heard_and_nothing_leaves(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        async def starting(_asked: Sequence[str]) -> None:
            raise OSError("the disk is full")

        with pytest.raises(OSError, match="the disk is full"):
            submit(tmp_path, recipients(), starting)
        assert side.taken() == []

    def test_one_whom_the_far_side_refuses_does_not_stop_the_others(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        side.refuse(address(2))
        outcomes = last(submit(tmp_path, recipients()))
        assert outcomes.pop(ids()[2]).state is REFUSED
        assert {outcome.state for outcome in outcomes.values()} == {ACCEPTED}
        assert sorted(side.taken()) == sorted(address(n) for n in range(READERS) if n != 2)

    def test_who_is_put_off_is_tried_again_and_has_one_copy(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        side.put_off(address(2))
        first = last(submit(tmp_path, recipients()))
        assert {outcome.state for outcome in first.values()} <= {ACCEPTED, PENDING}
        pending = [one for one in recipients() if first[one.id].state is PENDING]
        assert {outcome.state for outcome in submit(tmp_path, pending)} <= {ACCEPTED}
        assert sorted(side.taken()) == sorted(address(n) for n in range(READERS))

    def test_an_answer_that_is_lost_is_never_taken_for_a_refusal(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        side.lose_answer()
        outcomes = last(submit(tmp_path, recipients()))
        doubtful = {id_ for id_, outcome in outcomes.items() if outcome.state is UNKNOWN}
        assert doubtful
        assert not [outcome for outcome in outcomes.values() if outcome.state is REFUSED]
        assert all(side.taken().count(address(int(id_, 16))) <= 1 for id_ in ids())

    def test_where_nobody_answers_everybody_stays_pending(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        side.go_away()
        with suppress(IncompleteError):
            outcomes = submit(tmp_path, recipients())
            assert {outcome.state for outcome in outcomes} <= {PENDING}
        assert side.taken() == []

    def test_a_refused_login_is_said_as_such_and_costs_nobody(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        side.refuse_login()
        started: list[str] = []
        outcomes: list[Outcome] = []

        async def starting(asked: Sequence[str]) -> None:
            started.extend(asked)

        with pytest.raises(CredentialsError):
            submit(tmp_path, recipients(), starting, outcomes)
        settled = {outcome.id for outcome in outcomes if outcome.state is PENDING}
        assert set(started) <= settled
        assert side.taken() == []

    def test_nothing_that_is_said_of_a_delivery_holds_an_address(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        side.refuse(address(2))
        outcomes = submit(tmp_path, recipients())
        assert outcomes
        for outcome in outcomes:
            said = outcome.detail + outcome.provider_id
            assert not [n for n in range(READERS) if address(n) in said]

    def test_what_never_left_is_never_settled_as_accepted(
        self, side: FarSide, tmp_path: Path
    ) -> None:
        async def run() -> Sequence[Outcome]:
            provider = opened(tmp_path)
            try:
                return await provider.settle(["f" * 32])
            finally:
                await provider.close()

        assert not [found for found in asyncio.run(run()) if found.state is ACCEPTED]

    # ---- With the ledger --------------------------------------------------------------------

    def test_a_whole_audience_is_served_once_whatever_is_run_again(
        self, side: FarSide, tmp_path: Path, store: Database
    ) -> None:
        add_readers(store, range(READERS))
        dispatch = freeze(store)
        leave(store, 4)
        for _run in range(2):
            balance = send(store, dispatch, opened(tmp_path), batch=5)
            assert balance.adds_up
            assert (balance.accepted, balance.excluded) == (READERS - 1, {"unsubscribed": 1})
        assert sorted(side.taken()) == sorted(address(n) for n in range(READERS) if n != 4)

    def test_lost_answers_are_counted_and_never_sent_again(
        self, side: FarSide, tmp_path: Path, store: Database
    ) -> None:
        side.lose_answer()
        add_readers(store, range(READERS))
        dispatch = freeze(store)
        send(store, dispatch, opened(tmp_path), batch=5)
        balance = send(store, dispatch, opened(tmp_path), batch=5)
        assert balance.adds_up
        assert balance.unknown >= 1
        assert balance.unknown + balance.accepted == READERS
        assert all(side.taken().count(address(n)) <= 1 for n in range(READERS))


def recipients() -> list[Recipient]:
    """As many as a test needs."""
    return [
        Recipient(id_, address(n), f"Lecteur {n}", "fr", token(n), {"name": f"Lecteur {n}"})
        for n, id_ in enumerate(ids())
    ]


def ids() -> list[str]:
    """The ids of their deliveries: the reader's number in hexadecimal."""
    return [f"{n:032x}" for n in range(READERS)]


def opened(folder: Path) -> Provider:
    """The provider that the publication's settings name."""
    assert ENVELOPE.edition == make_letter().edition
    return open_provider(load_config(folder / "config.toml"), make_letter())


async def _go_on(_asked: Sequence[str]) -> None:
    """Nothing speaks against it."""


def submit(
    folder: Path,
    to: Sequence[Recipient],
    starting: Callable[[Sequence[str]], Awaitable[None]] = _go_on,
    outcomes: list[Outcome] | None = None,
) -> list[Outcome]:
    """What one submission says, in order; also into `outcomes` as far as it came."""
    heard: list[Outcome] = [] if outcomes is None else outcomes

    async def run() -> None:
        provider = opened(folder)
        try:
            async for outcome in provider.submit(to, starting):
                heard.append(outcome)  # noqa: PERF401
        finally:
            await provider.close()

    asyncio.run(run())
    return heard


def last(outcomes: Sequence[Outcome]) -> dict[str, Outcome]:
    """The last word on every delivery."""
    return {outcome.id: outcome for outcome in outcomes}
