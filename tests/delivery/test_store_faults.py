"""The store fails in the middle of a run: nobody twice, nobody lost, and as few unknown as can be.

PostgreSQL is really restarted, connections are really cut, SQLite is really full and locked.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event, select
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
from tests.postgres import control_postgres

from digest.delivery import ledger
from digest.delivery.ledger.journal import Journal
from digest.delivery.ledger.starting import WithdrawnError
from digest.errors import StoreError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database
from digest.store.ledger import claims, writing
from digest.store.tables import deliveries

READERS = 40


class Together(Scripted):
    """Starts several deliveries at a time, as several connections do, and hears of all later."""

    group = 4
    detail = "250 taken"

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Group by group."""
        for first in range(0, len(recipients), self.group):
            group = recipients[first : first + self.group]
            self.seen += group
            self.before_start(group[0])
            await starting([recipient.id for recipient in group])
            self.after_start(group[0])
            for recipient in group:
                self.accepted[recipient.email] = self.accepted.get(recipient.email, 0) + 1
                yield Outcome(recipient.id, DeliveryState.ACCEPTED, self.detail)


def at_turn(provider: Scripted, turn: int, act: Callable[[], object]) -> Callable[[object], None]:
    """Act when the provider has seen so many readers, once."""
    done: list[int] = []

    def hook(_recipient: object) -> None:
        if len(provider.seen) >= turn and not done:
            done.append(turn)
            act()

    return hook


def go_on(database: Database, dispatch: ledger.Dispatch, before: Scripted, *, doubts: int) -> None:
    """The next run finishes the dispatch; nobody had two copies and few are in doubt."""
    after = Scripted()
    balance = send(database, dispatch, after)
    assert balance.adds_up
    assert not balance.pending + balance.submitting
    assert set(after.accepted).isdisjoint(before.accepted)
    assert all(copies == 1 for copies in (before.accepted | after.accepted).values())
    assert balance.accepted + balance.unknown == READERS
    assert balance.unknown <= doubts
    unsure = {email for email, state in states(database).items() if state == "unknown"}
    assert unsure <= set(before.accepted)


# ---- SQLite ---------------------------------------------------------------------------------


@contextmanager
def full_disk(database: Database) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """Two functions: the disk is full from now on; there is room again."""
    opened: list[sqlite3.Connection] = []

    def note(connection: sqlite3.Connection, _record: object) -> None:
        opened.append(connection)

    def limit(pages: int) -> None:
        for connection in opened:
            try:
                connection.execute(f"PRAGMA max_page_count = {pages}")
            except sqlite3.ProgrammingError:
                continue

    event.listen(database.engine, "connect", note)
    try:
        yield lambda: limit(1), lambda: limit(1_000_000)
    finally:
        event.remove(database.engine, "connect", note)


def test_a_full_disk_ends_the_run_and_the_next_one_goes_on(lite_database: Database) -> None:
    add_readers(lite_database, range(READERS))
    dispatch = freeze(lite_database)
    provider = Together()
    provider.detail = "250 " + "x" * 3000
    with full_disk(lite_database) as (fill, _free):
        provider.after_start = at_turn(provider, 12, fill)
        with pytest.raises(StoreError, match="full") as caught:
            send(lite_database, dispatch, provider)
    assert caught.value.exit_code == 8
    assert ledger.balance(lite_database, EDITION, "main").adds_up
    go_on(lite_database, dispatch, provider, doubts=Together.group)


def test_what_is_known_is_written_when_the_disk_has_room_again(lite_database: Database) -> None:
    add_readers(lite_database, range(READERS))
    dispatch = freeze(lite_database)
    provider = Together()
    provider.detail = "250 " + "x" * 3000
    with full_disk(lite_database) as (fill, free):

        def fill_for_a_while() -> None:
            fill()
            asyncio.get_running_loop().call_later(0.05, free)

        provider.after_start = at_turn(provider, 12, fill_for_a_while)
        with pytest.raises(StoreError, match="full"):
            send(lite_database, dispatch, provider)
    assert set(states(lite_database).values()) == {"accepted", "pending"}
    go_on(lite_database, dispatch, provider, doubts=0)


def test_another_program_that_writes_for_a_moment_is_waited_for(lite_database: Database) -> None:
    add_readers(lite_database, range(READERS))
    dispatch = freeze(lite_database)
    assert lite_database.path is not None
    other = sqlite3.connect(lite_database.path, isolation_level=None)
    provider = Together()

    def hold() -> None:
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.1, other.execute, "ROLLBACK")

    provider.before_start = at_turn(provider, 12, hold)
    balance = send(lite_database, dispatch, provider)
    other.close()
    assert balance.accepted == READERS
    assert set(provider.accepted.values()) == {1}


def test_another_program_that_does_not_let_go_ends_the_run(
    lite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.store.database.BUSY_SECONDS", 0)
    add_readers(lite_database, range(READERS))
    dispatch = freeze(lite_database)
    assert lite_database.path is not None
    other = sqlite3.connect(lite_database.path, isolation_level=None)
    provider = Together()
    provider.after_start = at_turn(provider, 12, lambda: other.execute("BEGIN IMMEDIATE"))
    with pytest.raises(StoreError, match="locked") as caught:
        send(lite_database, dispatch, provider)
    other.execute("ROLLBACK")
    other.close()
    assert caught.value.exit_code == 8
    go_on(lite_database, dispatch, provider, doubts=Together.group)


def test_rows_that_another_program_moves_in_the_file_are_still_found(
    lite_database: Database,
) -> None:
    add_readers(lite_database, range(READERS))
    dispatch = freeze(lite_database)
    assert lite_database.path is not None
    other = sqlite3.connect(lite_database.path, isolation_level=None)
    provider = Together()

    def move(_recipient: object) -> None:
        """As VACUUM may: every number now means another row, or none."""
        other.execute("UPDATE deliveries SET rowid = rowid + 1000000")
        other.execute("UPDATE deliveries SET rowid = rowid - 999999")

    provider.before_start = at_turn(provider, 12, lambda: move(None))
    provider.after_start = at_turn(provider, 24, lambda: move(None))
    balance = send(lite_database, dispatch, provider)
    assert other.execute("SELECT max(rowid) FROM deliveries").fetchone() == (READERS + 2,)
    other.close()
    assert (balance.accepted, balance.adds_up) == (READERS, True)
    assert set(provider.accepted.values()) == {1}


def test_starts_wait_together_for_another_program(lite_database: Database) -> None:
    add_readers(lite_database, range(3))
    dispatch = freeze(lite_database)
    assert lite_database.path is not None
    other = sqlite3.connect(lite_database.path, isolation_level=None)

    async def run() -> None:
        async with Journal(lite_database, "scripted", lambda: NOW) as journal:
            rows, _ = await journal.claim(dispatch.id, 3)
            other.execute("BEGIN IMMEDIATE")
            journal.record(Outcome(rows[0].id, DeliveryState.REFUSED, "no such address"))
            waiting = [
                asyncio.ensure_future(work)
                for work in (
                    journal.starting([rows[1].id]),
                    journal.call(claims.holds_pending, dispatch.id, journal.run),
                    journal.starting([rows[2].id]),
                    journal.flush(),
                )
            ]
            await asyncio.wait(waiting, timeout=0.2)
            assert not any(task.done() for task in waiting)
            other.execute("ROLLBACK")
            await asyncio.gather(*waiting)

    asyncio.run(run())
    other.close()
    assert sorted(states(lite_database).values()) == ["refused", "submitting", "submitting"]


def test_what_is_known_is_written_soon_although_nothing_starts(either_database: Database) -> None:
    add_readers(either_database, range(1))
    dispatch = freeze(either_database)

    async def run() -> None:
        async with Journal(either_database, "scripted", lambda: NOW) as journal:
            rows, _ = await journal.claim(dispatch.id, 1)
            await journal.starting([rows[0].id])
            journal.record(Outcome(rows[0].id, DeliveryState.ACCEPTED))
            for _attempt in range(1000):
                if "accepted" in states(either_database).values():
                    return
                await asyncio.sleep(0.02)

    asyncio.run(run())
    assert set(states(either_database).values()) == {"accepted"}


# ---- PostgreSQL -----------------------------------------------------------------------------


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
            assert await second.is_dead(first.run)
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


# ---- Clocks ---------------------------------------------------------------------------------


def test_a_clock_that_jumps_back_and_forth_changes_nothing(either_database: Database) -> None:
    add_readers(either_database, range(READERS))
    dispatch = freeze(either_database)
    chance = random.Random(5)

    def jumping() -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=chance.uniform(-1e5, 1e5))

    provider = Together()
    balance = send(either_database, dispatch, provider, now=jumping, batch=7)
    assert (balance.accepted, balance.adds_up) == (READERS, True)
    assert set(provider.accepted.values()) == {1}


def test_words_that_a_database_cannot_carry_do_not_cost_the_outcome(
    either_database: Database,
) -> None:
    add_readers(either_database, range(READERS))
    provider = Together()
    provider.detail = "250 \0 \udcff ok"
    balance = send(either_database, freeze(either_database), provider)
    assert balance.accepted == READERS
    with either_database.read() as connection:
        assert set(connection.scalars(select(deliveries.c.detail))) == {"250  ? ok"}
