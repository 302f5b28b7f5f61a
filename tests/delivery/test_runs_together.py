"""Runs that meet: killed ones, hung ones, a second one, one that is asked to stop."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence

import pytest
from sqlalchemy import select
from tests.delivery.ledger_rows import PENDING, rows
from tests.delivery.world import (
    EDITION,
    ENVELOPE,
    NOW,
    Scripted,
    add_readers,
    address,
    freeze,
    open_store,
    send,
    states,
)

from digest.delivery import ledger
from digest.delivery.ledger.journal import Journal
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database
from digest.store.ledger import claims, runs
from digest.store.tables import editions
from digest.store.tables import runs as run_rows


class Silent(Scripted):
    """Starts deliveries and says nothing about those of `quiet`; can settle `known`."""

    def __init__(self, quiet: Iterable[str], known: dict[str, DeliveryState]) -> None:
        super().__init__()
        self.quiet = set(quiet)
        self.known = known
        self.asked: list[str] = []
        self.emails: dict[str, str] = {}

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Like `Scripted`, but quiet at times."""
        self.emails |= {recipient.id: recipient.email for recipient in recipients}
        await starting([recipient.id for recipient in recipients])
        for recipient in recipients:
            if recipient.email not in self.quiet:
                yield Outcome(recipient.id, DeliveryState.ACCEPTED)
        yield Outcome("of nobody", DeliveryState.ACCEPTED)

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """Tell what is known."""
        self.asked += ids
        return [
            Outcome(id_, self.known[self.emails[id_]])
            for id_ in self.asked
            if self.emails.get(id_) in self.known
        ]


def test_silence_about_a_started_delivery_is_settled_or_unknown(lite_database: Database) -> None:
    database = lite_database
    add_readers(database, range(4))
    provider = Silent([address(1), address(2)], {address(2): DeliveryState.ACCEPTED})
    balance = send(database, freeze(database), provider)
    assert (balance.accepted, balance.unknown, balance.adds_up) == (3, 1, True)
    assert states(database)[address(1)] == "unknown"


def abandon(database: Database, dispatch: ledger.Dispatch, place: str, *, claimed: int) -> str:
    """What a run leaves that was killed while the first of its deliveries was submitting."""

    async def run() -> str:
        async with Journal(database, place, lambda: NOW) as journal:
            found, _ = await journal.call(claims.claim, dispatch.id, journal.run, claimed, NOW)
            await journal.starting([found[0].id])
            return journal.run

    return asyncio.run(run())


def test_a_killed_run_leaves_one_unknown_and_gives_the_rest_back(
    either_database: Database,
) -> None:
    add_readers(either_database, range(6))
    dispatch = freeze(either_database)
    abandon(either_database, dispatch, "scripted", claimed=4)
    provider = Scripted()
    balance = send(either_database, dispatch, provider)
    assert (balance.accepted, balance.unknown, balance.adds_up) == (5, 1, True)
    assert len(provider.accepted) == 5


class Looking(Silent):
    """Notes for how long a dead run's deliveries are left to whoever clears up after it."""

    def __init__(self, database: Database, dead: str) -> None:
        super().__init__([], {})
        self.database = database
        self.dead = dead
        self.left = 0.0

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """Look, and know nothing."""
        with self.database.read() as connection:
            until = connection.scalars(
                select(run_rows.c.lease_until).where(run_rows.c.id == self.dead)
            ).one()
        self.left = until - time.time()
        return []


def test_a_dead_run_is_cleared_up_after_within_the_lease_of_the_one_that_does_it(
    lite_database: Database,
) -> None:
    """Should that one die too, the next does not wait longer than it was told to."""
    add_readers(lite_database, range(3))
    dispatch = freeze(lite_database)
    dead = abandon(lite_database, dispatch, "scripted", claimed=2)
    with lite_database.write() as connection:
        runs.enlist(
            connection, dead, dispatch.id,
            provider="scripted", host="far", pid=1, started_at=NOW, lease=0.0,
        )  # fmt: skip
    provider = Looking(lite_database, dead)
    assert send(lite_database, dispatch, provider, lease=5.0).unknown == 1
    assert 0 < provider.left <= 5


def test_only_the_provider_that_was_at_it_is_asked_what_became_of_it(database: Database) -> None:
    add_readers(database, range(6))
    dispatch = freeze(database)
    abandon(database, dispatch, "outbox /elsewhere", claimed=2)
    provider = Silent([], {})
    assert send(database, dispatch, provider).unknown == 1
    assert provider.asked == []


def test_on_postgresql_a_living_run_is_left_alone(postgres_url: str) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(6))
    dispatch = freeze(database)
    second = Scripted()

    async def both() -> ledger.Balance:
        async with Journal(database, "scripted", lambda: NOW) as first:
            claimed, _ = await first.call(claims.claim, dispatch.id, first.run, 3, NOW)
            await first.starting([claimed[0].id])
            return await ledger.dispatch(
                database,
                dispatch,
                second,
                ENVELOPE,
                batch=10,
                now=lambda: NOW,
                progress=lambda _balance: None,
                stop=asyncio.Event(),
            )

    balance = asyncio.run(both())
    assert (balance.accepted, balance.submitting, balance.pending) == (3, 1, 2)
    with database.read() as connection:
        assert connection.scalar(select(editions.c.state)) == "dispatching"
    assert send(database, dispatch, second).unknown == 1
    database.close()


def test_two_runs_on_postgresql_share_the_work_without_a_second_copy(postgres_url: str) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(60))
    dispatch = freeze(database)
    providers = [Scripted(), Scripted()]

    async def both() -> None:
        await asyncio.gather(
            *(
                ledger.dispatch(
                    database,
                    dispatch,
                    provider,
                    ENVELOPE,
                    batch=7,
                    now=lambda: NOW,
                    progress=lambda _balance: None,
                    stop=asyncio.Event(),
                )
                for provider in providers
            )
        )

    asyncio.run(both())
    copies = Counter(providers[0].accepted) + Counter(providers[1].accepted)
    assert copies == Counter(address(number) for number in range(60))
    assert all(provider.accepted for provider in providers)
    assert ledger.balance(database, EDITION, "main").accepted == 60
    with database.read() as connection:
        assert connection.scalar(select(editions.c.state)) == "dispatched"
    database.close()


def test_a_run_whose_connection_to_postgresql_breaks_connects_again_and_goes_on(
    postgres_url: str,
) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(10))
    dispatch = freeze(database)
    provider = Scripted()

    def cut(recipient: Recipient) -> None:
        if len(provider.seen) == 4:
            with database.read() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )

    provider.before_start = cut
    balance = send(database, dispatch, provider)
    assert provider.accepted == {address(number): 1 for number in range(10)}
    assert (balance.accepted, balance.adds_up) == (10, True)
    database.close()


def test_stop_finishes_what_is_in_flight_and_gives_the_rest_back(
    either_database: Database,
) -> None:
    add_readers(either_database, range(10))
    dispatch = freeze(either_database)
    provider = Scripted()
    stop = asyncio.Event()

    def press(_recipient: Recipient) -> None:
        if len(provider.seen) == 3:
            stop.set()

    provider.after_start = press
    balance = send(either_database, dispatch, provider, stop=stop)
    assert (balance.accepted, balance.pending, balance.submitting) == (3, 7, 0)
    second = Scripted()
    assert send(either_database, dispatch, second).accepted == 10
    assert len(second.accepted) == 7


def test_stop_also_ends_the_wait_for_another_attempt(database: Database) -> None:
    add_readers(database, range(2))
    stop = asyncio.Event()
    provider = Scripted({address(0): [PENDING] * 5})

    def press(recipient: Recipient) -> None:
        if recipient.email == address(1):
            stop.set()

    provider.after_start = press
    balance = send(database, freeze(database), provider, stop=stop, patience=(3600.0,))
    assert (balance.accepted, balance.pending) == (1, 1)


def test_a_run_that_is_cancelled_gives_back_what_it_had(lite_database: Database) -> None:
    database = lite_database
    add_readers(database, range(10))
    dispatch = freeze(database)
    provider = Scripted()

    async def run() -> None:
        task = asyncio.create_task(
            ledger.dispatch(
                database,
                dispatch,
                provider,
                ENVELOPE,
                batch=10,
                now=lambda: NOW,
                progress=lambda _balance: None,
                stop=asyncio.Event(),
            )
        )
        provider.before_start = lambda _recipient: len(provider.seen) == 5 and task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert all(run == "" for state, _, _, run in rows(database).values() if state == PENDING)
    second = Scripted()
    balance = send(database, dispatch, second)
    assert balance.adds_up
    assert set(second.accepted) & set(provider.accepted) == set()
