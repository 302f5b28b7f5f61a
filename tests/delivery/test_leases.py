"""Runs are known while they live, and taken over from when they die or hang."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from sqlalchemy import select
from tests.delivery.dispatched import dispatched
from tests.delivery.world import (
    EDITION,
    NOW,
    Scripted,
    add_readers,
    freeze,
    open_store,
    send,
)

from digest.delivery import ledger
from digest.delivery.ledger.journal import Journal
from digest.delivery.ledger.recovering import at_work
from digest.delivery.ledger.starting import WithdrawnError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database
from digest.store.ledger import runs as queries
from digest.store.tables import runs


def others(database: Database, dispatch: ledger.Dispatch) -> list[str]:
    """Every run that is noted or holds something."""
    with database.read() as connection:
        return queries.others(connection, dispatch.id, "")


def test_a_run_is_noted_while_it_is_at_work_and_not_after(either_database: Database) -> None:
    add_readers(either_database, range(3))
    dispatch = freeze(either_database)
    provider = Scripted()
    seen: list[tuple[int, str]] = []

    def look(_recipient: Recipient) -> None:
        with either_database.read() as connection:
            row = connection.execute(select(runs)).one()
        seen.append((row.pid, row.provider))

    provider.after_start = look
    send(either_database, dispatch, provider)
    assert seen == [(os.getpid(), "scripted")] * 3
    assert others(either_database, dispatch) == []


class Gated(Scripted):
    """Waits after its last reader until it may end."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = asyncio.Event()
        self.may_end = asyncio.Event()

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Like `Scripted`, but slow to end."""
        async for outcome in super().submit(recipients, starting):
            yield outcome
        self.waits.set()
        await self.may_end.wait()


def test_what_a_run_leaves_that_dies_meanwhile_is_taken_over_by_one_at_work(
    postgres_url: str,
) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(10))
    dispatch = freeze(database)

    async def go() -> ledger.Balance:
        provider = Gated()
        async with Journal(database, "scripted", lambda: NOW) as dying:
            rows, _ = await dying.claim(dispatch.id, 4)
            await dying.starting([rows[0].id])
            running = asyncio.create_task(dispatched(database, dispatch, provider))
            await provider.waits.wait()
            assert len(provider.accepted) == 6
        await until(lambda: held_locks(database) == 1)
        provider.may_end.set()
        return await running

    balance = asyncio.run(go())
    assert (balance.accepted, balance.unknown, balance.pending) == (9, 1, 0)


def held_locks(database: Database) -> int:
    """How many runs are alive."""
    with database.read() as connection:
        count: int = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        ).scalar_one()
        return count


async def until(is_so: Callable[[], bool]) -> None:
    """Look again and again, for half a minute at most."""
    for _attempt in range(3000):
        if is_so():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came")


def test_a_run_that_hangs_loses_what_it_held_and_may_still_say_what_became_of_it(
    postgres_url: str,
) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(6))
    dispatch = freeze(database)
    provider = Scripted()

    async def go() -> ledger.Balance:
        async with (
            Journal(database, "scripted", lambda: NOW) as hanging,
            at_work(hanging, dispatch.id, "scripted", NOW, -1.0, 3600.0),
        ):
            rows, _ = await hanging.claim(dispatch.id, 3)
            await hanging.starting([rows[0].id])
            balance = await dispatched(database, dispatch, provider)
            assert (balance.accepted, balance.unknown, balance.pending) == (5, 1, 0)
            with pytest.raises(WithdrawnError) as caught:
                await hanging.starting([rows[1].id, rows[2].id])
            assert caught.value.ids == {rows[1].id, rows[2].id}
            hanging.record(Outcome(rows[0].id, DeliveryState.ACCEPTED))
            await hanging.flush()
        return ledger.balance(database, EDITION, "main")

    balance = asyncio.run(go())
    assert (balance.accepted, balance.unknown, balance.adds_up) == (6, 0, True)


def test_a_run_that_renews_its_lease_keeps_what_it_holds(postgres_url: str) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(6))
    dispatch = freeze(database)

    async def go() -> ledger.Balance:
        async with (
            Journal(database, "scripted", lambda: NOW) as first,
            at_work(first, dispatch.id, "scripted", NOW, -1.0, 3600.0),
        ):
            rows, _ = await first.claim(dispatch.id, 3)
            await first.call(queries.renew, first.run, 60.0)
            balance = await dispatched(database, dispatch, Scripted())
            await first.starting([row.id for row in rows])
        return balance

    balance = asyncio.run(go())
    assert (balance.accepted, balance.pending) == (3, 3)


def test_the_heart_of_a_run_beats(postgres_url: str) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(1))
    dispatch = freeze(database)

    def lease() -> float:
        with database.read() as connection:
            return float(connection.scalars(select(runs.c.lease_until)).one())

    async def go() -> None:
        async with (
            Journal(database, "scripted", lambda: NOW) as journal,
            at_work(journal, dispatch.id, "scripted", NOW, 60.0, 0.01),
        ):
            first = lease()
            await until(lambda: lease() > first)

    asyncio.run(go())
