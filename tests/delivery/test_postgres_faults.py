"""PostgreSQL restarts, is cut off, stays away or is in the way in the middle of a run."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import Connection
from tests.delivery.faulty_store import READERS, Together, at_turn, go_on
from tests.delivery.world import (
    EDITION,
    ENVELOPE,
    NOW,
    add_readers,
    address,
    freeze,
    open_store,
    send,
    states,
)
from tests.postgres import control_postgres

from digest.delivery import ledger
from digest.delivery.ledger.journal import Journal
from digest.delivery.ledger.starting import WithdrawnError
from digest.errors import StoreError
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database
from digest.store.ledger import claims, writing


@pytest.mark.parametrize("mode", ["fast", "immediate"])
@pytest.mark.parametrize("moment", ["before_start", "after_start"])
def test_a_restarted_postgresql_costs_nothing(postgres_url: str, mode: str, moment: str) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(READERS))
    dispatch = freeze(database)
    provider = Together()
    restart = at_turn(provider, 12, lambda: control_postgres(postgres_url, "restart", mode=mode))
    setattr(provider, moment, restart)
    balance = send(database, dispatch, provider)
    assert (balance.accepted, balance.adds_up) == (READERS, True)
    assert provider.accepted == {address(number): 1 for number in range(READERS)}


def test_a_postgresql_that_stays_away_ends_the_run_and_the_next_one_goes_on(
    postgres_url: str,
) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(READERS))
    dispatch = freeze(database)
    provider = Together()
    provider.after_start = at_turn(
        provider, 12, lambda: control_postgres(postgres_url, "stop", mode="immediate")
    )
    try:
        with pytest.raises(StoreError) as caught:
            send(database, dispatch, provider, pauses=(0.01,))
    finally:
        control_postgres(postgres_url, "start")
    assert caught.value.exit_code == 8
    go_on(database, dispatch, provider, doubts=Together.group)


def test_outcomes_that_could_not_be_written_are_written_when_postgresql_is_back(
    postgres_url: str,
) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(READERS))
    dispatch = freeze(database)
    provider = Together()
    provider.after_start = at_turn(
        provider, 12, lambda: control_postgres(postgres_url, "stop", mode="immediate")
    )

    async def run() -> None:
        asyncio.get_running_loop().call_later(0.3, control_postgres, postgres_url, "start")
        await ledger.dispatch(
            database,
            dispatch,
            provider,
            ENVELOPE,
            batch=100,
            now=lambda: NOW,
            progress=lambda _balance: None,
            stop=asyncio.Event(),
            pauses=[0.1] * 100,
        )

    asyncio.run(run())
    assert set(states(database).values()) == {"accepted"}
    assert set(provider.accepted.values()) == {1}


def cut_everybody(database: Database) -> None:
    """End every other session of the database."""
    with database.read() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


def test_connections_that_are_cut_again_and_again_cost_nothing(postgres_url: str) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(READERS))
    dispatch = freeze(database)
    provider = Together()

    provider.before_start = provider.after_start = lambda _recipient: cut_everybody(database)
    balance = send(database, dispatch, provider)
    assert (balance.accepted, balance.adds_up) == (READERS, True)
    assert provider.accepted == {address(number): 1 for number in range(READERS)}


def test_a_start_whose_confirmation_is_lost_is_neither_lost_nor_in_doubt(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    database = open_store(postgres_url)
    add_readers(database, range(READERS))
    dispatch = freeze(database)
    real = writing._PostgresWriter._transaction
    calls: list[int] = []

    def cut_after_commit(self: writing._PostgresWriter, *arguments: object, **options: object):  # type: ignore[no-untyped-def]
        done = real(self, *arguments, **options)  # type: ignore[arg-type]
        calls.append(len(calls))
        if len(calls) == 3:
            self._raw.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return done

    monkeypatch.setattr(writing._PostgresWriter, "_transaction", cut_after_commit)
    provider = Together()
    balance = send(database, dispatch, provider)
    assert len(calls) > 3
    assert (balance.accepted, balance.adds_up) == (READERS, True)
    assert provider.accepted == {address(number): 1 for number in range(READERS)}


def test_two_transactions_in_each_others_way_are_sorted_out(postgres_url: str) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(2))
    dispatch = freeze(database)

    async def run() -> None:
        async with Journal(database, "scripted", lambda: NOW) as journal:
            rows, _ = await journal.claim(dispatch.id, 2)
            first, second = sorted(row.id for row in rows)
            with database.write() as connection:
                # Whoever waits longer than a second for the other is the one who is sent away.
                connection.exec_driver_sql("SET LOCAL deadlock_timeout = '30s'")
                touch = "UPDATE deliveries SET name = name WHERE id = %s"
                connection.exec_driver_sql(touch, (second,))
                journal.record(Outcome(first, DeliveryState.REFUSED, "550"))
                starting = asyncio.ensure_future(journal.starting([second]))
                await wait_for_lock(database)
                await asyncio.to_thread(connection.exec_driver_sql, touch, (first,))
            await starting

    asyncio.run(run())
    assert sorted(states(database).values()) == ["refused", "submitting"]


async def wait_for_lock(database: Database) -> None:
    """Until a session waits for another one."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    for _attempt in range(400):
        with database.read() as connection:
            if connection.exec_driver_sql(waiting).scalar_one():
                return
        await asyncio.sleep(0.02)
    pytest.fail("nobody waits")


def test_a_run_that_may_not_wait_still_writes_what_it_knows(postgres_url: str) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(READERS))
    dispatch = freeze(database)
    provider = Together()
    provider.after_start = at_turn(provider, 12, lambda: cut_everybody(database))
    with pytest.raises(StoreError):
        send(database, dispatch, provider, pauses=())
    assert ledger.balance(database, EDITION, "main").accepted == len(provider.accepted)
    go_on(database, dispatch, provider, doubts=0)


def test_a_run_that_was_taken_for_dead_waits_until_the_other_has_cleared_up(
    postgres_url: str,
) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(2))
    dispatch = freeze(database)

    async def run() -> None:
        async with (
            Journal(database, "scripted", lambda: NOW, pauses=[0.05] * 200) as first,
            Journal(database, "scripted", lambda: NOW) as second,
        ):
            rows, _ = await first.claim(dispatch.id, 2)
            pid = await first.call(backend)
            with database.read() as connection:
                connection.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 10000)")
            assert await second.take_over(first.run)
            starting = asyncio.ensure_future(first.starting([row.id for row in rows]))
            await asyncio.wait([starting], timeout=0.5)
            assert not starting.done()
            await second.call(claims.release, dispatch.id, first.run)
            await second.bury(first.run)
            with pytest.raises(WithdrawnError):
                await starting

    asyncio.run(run())
    assert set(states(database).values()) == {"pending"}


def backend(connection: Connection) -> int:
    """The process of PostgreSQL that serves a connection."""
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def test_a_statement_that_takes_too_long_is_not_tried_for_ever(postgres_url: str) -> None:
    database = open_store(postgres_url)

    def slow(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL statement_timeout = 10")
        connection.exec_driver_sql("SELECT pg_sleep(20)")

    async def run() -> None:
        async with Journal(database, "scripted", lambda: NOW, pauses=[60.0]) as journal:
            with pytest.raises(StoreError, match="statement timeout"):
                await journal.call(slow)

    asyncio.run(run())
