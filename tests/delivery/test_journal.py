"""How a run writes its ledger: many in one commit, and what a store in the way costs."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from tests.delivery.ledger_rows import REFUSED
from tests.delivery.world import (
    NOW,
    Scripted,
    add_readers,
    address,
    freeze,
    send,
    states,
)

from digest.delivery.ledger.journal import Journal
from digest.errors import StoreError
from digest.model.sending import Outcome, Recipient
from digest.store.database import Database
from digest.store.ledger import claims


def test_a_locked_store_stops_the_run_and_loses_nobody(
    lite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = lite_database
    monkeypatch.setattr("digest.store.database.BUSY_SECONDS", 0)
    add_readers(database, range(10))
    dispatch = freeze(database)
    provider = Scripted()
    assert database.path is not None
    blocker = sqlite3.connect(database.path, isolation_level=None)

    def block(_recipient: Recipient) -> None:
        if len(provider.seen) == 4:
            blocker.execute("BEGIN IMMEDIATE")

    provider.before_start = block
    with pytest.raises(StoreError, match="locked") as caught:
        send(database, dispatch, provider)
    assert caught.value.hint
    blocker.execute("ROLLBACK")
    blocker.close()
    second = Scripted()
    balance = send(database, dispatch, second)
    assert set(second.accepted) & set(provider.accepted) == set()
    assert balance.adds_up
    assert balance.accepted + balance.unknown == 10
    assert balance.unknown <= 1


def test_a_store_that_is_full_for_a_moment_costs_nothing(lite_database: Database) -> None:
    database = lite_database
    add_readers(database, range(10))
    dispatch = freeze(database)
    with database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON deliveries WHEN new.state = 'submitting' "
            f"AND new.email = '{address(4)}' "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    provider = Scripted()
    with pytest.raises(Exception, match="full"):
        send(database, dispatch, provider, batch=3)
    with database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    second = Scripted()
    balance = send(database, dispatch, second)
    assert balance.accepted == 10
    assert balance.adds_up
    assert len(provider.accepted) + len(second.accepted) == 10


def test_many_starts_share_a_commit(database: Database) -> None:
    add_readers(database, range(200))
    dispatch = freeze(database)
    commits = 0

    async def run() -> None:
        nonlocal commits
        async with Journal(database, "scripted", lambda: NOW) as journal:
            found, _ = await journal.call(claims.claim, dispatch.id, journal.run, 200, NOW)
            counted = journal.call

            async def counting(*arguments: object) -> object:
                nonlocal commits
                commits += 1
                return await counted(*arguments)  # type: ignore[arg-type]

            journal.call = counting  # type: ignore[method-assign, assignment]
            await asyncio.gather(*(journal.starting([row.id]) for row in found))

    asyncio.run(run())
    assert set(states(database).values()) == {"submitting"}
    assert commits <= 2


def test_many_outcomes_are_written_although_nothing_starts(lite_database: Database) -> None:
    database = lite_database
    add_readers(database, range(600))
    dispatch = freeze(database)

    async def run() -> None:
        async with Journal(database, "scripted", lambda: NOW) as journal:
            found, _ = await journal.call(claims.claim, dispatch.id, journal.run, 600, NOW)
            for row in found:
                journal.record(Outcome(row.id, REFUSED, detail="550"))
            await journal.flush()

    asyncio.run(run())
    assert set(states(database).values()) == {"refused"}


def test_a_store_that_cannot_be_opened_ends_the_journal_cleanly(database: Database) -> None:
    async def run() -> None:
        async with Journal(database, "scripted", lambda: NOW):
            pass

    assert database.path is not None
    database.path.chmod(0o600)
    for file in database.path.parent.glob("digest.db*"):
        file.unlink()
    database.path.mkdir()
    with pytest.raises(StoreError):
        asyncio.run(run())
