"""The store in the way of a run: a full disk, another program, a clock that jumps."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select
from tests.delivery.faulty_store import READERS, Together, at_turn, go_on
from tests.delivery.world import (
    EDITION,
    NOW,
    add_readers,
    freeze,
    send,
    states,
)

from digest.delivery import ledger
from digest.delivery.ledger.journal import Journal
from digest.errors import StoreError
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database
from digest.store.ledger import claims
from digest.store.tables import deliveries


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
