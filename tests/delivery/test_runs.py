"""A run from the shell and around it: shards, signals, memory, what is learnt later."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import event, select
from tests.delivery.dispatched import dispatched
from tests.delivery.world import (
    EDITION,
    NOW,
    Scripted,
    add_readers,
    address,
    freeze,
    leave,
    open_store,
    send,
    states,
    suppress,
)

from digest.delivery import ledger
from digest.delivery.running import _end_at_once, event_loop_factory
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database
from digest.store.ledger import claims
from digest.store.tables import deliveries

ROOT = Path(__file__).parents[2]


def test_a_suppression_between_claim_and_start_is_honoured(either_database: Database) -> None:
    add_readers(either_database, range(6))
    dispatch = freeze(either_database)
    provider = Scripted()

    def complain(recipient: Recipient) -> None:
        if recipient.email == address(2):
            suppress(either_database, 2)
            suppress(either_database, 3)

    provider.before_start = complain
    balance = send(either_database, dispatch, provider)
    assert sorted(provider.accepted) == [address(number) for number in (0, 1, 4, 5)]
    assert balance.excluded == {"suppressed": 2}
    assert balance.adds_up
    assert balance.pending == 0


def test_who_unsubscribes_before_the_next_batch_is_claimed_gets_nothing(
    either_database: Database,
) -> None:
    add_readers(either_database, range(9))
    dispatch = freeze(either_database)
    provider = Scripted()

    def go_away(_recipient: Recipient) -> None:
        if len(provider.seen) == 1:
            for number in (7, 8):
                leave(either_database, number)

    provider.before_start = go_away
    balance = send(either_database, dispatch, provider, batch=3)
    left = set(provider.accepted)
    assert balance.accepted == len(left) == 7
    assert balance.excluded == {"unsubscribed": 2}


def test_nothing_is_asked_of_the_store_for_a_start_of_nobody(database: Database) -> None:
    add_readers(database, range(2))

    class Waiting(Scripted):
        async def submit(
            self, recipients: Sequence[Recipient], starting: Starting
        ) -> AsyncIterator[Outcome]:
            """Ask whether to go on, as a provider does that waits for a rate limit."""
            await starting(())
            async for outcome in super().submit(recipients, starting):
                yield outcome

    assert send(database, freeze(database), Waiting()).accepted == 2


@pytest.mark.parametrize("count", [1, 3, 32])
def test_shards_part_the_audience_without_rest(either_database: Database, count: int) -> None:
    add_readers(either_database, range(50))
    dispatch = freeze(either_database)
    copies: Counter[str] = Counter()
    for index in range(count):
        shard = (index, count)
        with either_database.read() as connection:
            waiting = claims.left_in(connection, dispatch.id, shard)
        provider = Scripted()
        send(either_database, dispatch, provider, shard=shard)
        assert len(provider.accepted) == waiting
        copies.update(provider.accepted)
        with either_database.read() as connection:
            assert claims.left_in(connection, dispatch.id, shard) == 0
    assert copies == Counter(address(number) for number in range(50))


def test_runs_on_shards_at_the_same_time_give_everybody_one_copy(postgres_url: str) -> None:
    database = open_store(postgres_url)
    add_readers(database, range(80))
    dispatch = freeze(database)
    providers = [Scripted() for _ in range(4)]

    async def go() -> None:
        await asyncio.gather(
            *(
                dispatched(database, dispatch, provider, batch=7, shard=(index, 4))
                for index, provider in enumerate(providers)
            )
        )

    asyncio.run(go())
    copies: Counter[str] = Counter()
    for provider in providers:
        copies.update(provider.accepted)
    assert copies == Counter(address(number) for number in range(80))
    assert set(states(database).values()) == {"accepted"}


def test_claims_find_their_rows_by_an_index_of_what_is_free(either_database: Database) -> None:
    add_readers(either_database, range(30))
    dispatch = freeze(either_database)
    asked: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many):  # type: ignore[no-untyped-def]
        asked.append((statement, parameters))

    with either_database.write() as connection:
        event.listen(either_database.engine, "before_cursor_execute", note)
        claims.claim(connection, dispatch.id, "f" * 32, 10, NOW)
        event.remove(either_database.engine, "before_cursor_execute", note)
        query, parameters = next(found for found in asked if found[0].startswith("SELECT"))
        if either_database.is_sqlite:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", parameters)  # type: ignore[arg-type]
            wanted = "ix_deliveries_free"
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {query}", parameters)  # type: ignore[arg-type]
            wanted = "ix_deliveries_pending"
        assert wanted in str(plan.all())


def test_a_cancelled_start_is_not_taken_for_one_that_left(either_database: Database) -> None:
    add_readers(either_database, range(6))
    dispatch = freeze(either_database)
    provider = Scripted()

    async def go() -> None:
        task = asyncio.create_task(dispatched(either_database, dispatch, provider))

        def cancel(_recipient: Recipient) -> None:
            if len(provider.seen) == 3:
                asyncio.get_running_loop().call_soon(task.cancel)

        provider.before_start = cancel
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(go())
    balance = ledger.balance(either_database, EDITION, "main")
    assert (balance.unknown, balance.submitting, balance.adds_up) == (0, 0, True)
    after = Scripted()
    assert send(either_database, dispatch, after).accepted == 6
    assert set(after.accepted).isdisjoint(provider.accepted)


def unknown(database: Database, numbers: Iterable[int]) -> tuple[ledger.Dispatch, dict[str, str]]:
    """A dispatch in which some are unknown and the others accepted; address → id."""
    add_readers(database, range(5))
    dispatch = freeze(database)
    send(database, dispatch, Scripted({address(n): [DeliveryState.UNKNOWN] for n in numbers}))
    with database.read() as connection:
        rows = connection.execute(select(deliveries.c.email, deliveries.c.id))
        return dispatch, {row.email: row.id for row in rows}


def test_what_is_learnt_later_settles_only_what_was_unknown(either_database: Database) -> None:
    _dispatch, ids = unknown(either_database, [0, 1, 2])
    with either_database.write() as connection:
        learnt = [
            Outcome(ids[address(0)], DeliveryState.ACCEPTED, "delivered", "smtp 1"),
            Outcome(ids[address(1)], DeliveryState.REFUSED, "550"),
            Outcome(ids[address(3)], DeliveryState.REFUSED, "not this one"),
            Outcome("of nobody", DeliveryState.REFUSED),
        ]
        assert claims.settle(connection, learnt, NOW) == 2
        assert claims.settle(connection, learnt, NOW) == 0
    found = states(either_database)
    assert [found[address(number)] for number in range(4)] == [
        "accepted",
        "refused",
        "unknown",
        "accepted",
    ]


def test_an_unknown_delivery_that_is_sent_again_leaves_once_more(
    either_database: Database,
) -> None:
    dispatch, ids = unknown(either_database, [0, 1])
    with either_database.write() as connection:
        again = [Outcome(ids[address(0)], DeliveryState.PENDING, "a person said so")]
        assert claims.settle(connection, again, NOW) == 1
    provider = Scripted()
    balance = send(either_database, dispatch, provider)
    assert provider.accepted == {address(0): 1}
    assert (balance.accepted, balance.unknown) == (4, 1)


STOPPING = """
import asyncio, os, signal, sys
from digest.delivery.running import _heed_signals

async def main():
    stop = asyncio.Event()
    _heed_signals(asyncio.get_running_loop(), stop)
    print("ready", flush=True)
    await stop.wait()
    print("finishing", flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_second_ctrl_c_ends_at_once(sign: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STOPPING], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.send_signal(sign)
        assert child.stdout.readline() == "finishing\n"
        child.send_signal(sign)
        assert child.wait(30) == 130


def test_without_uvloop_the_standard_loop_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert event_loop_factory() is asyncio.new_event_loop


def test_with_uvloop_it_is_used() -> None:
    uvloop = pytest.importorskip("uvloop")
    loop = event_loop_factory()()
    assert isinstance(loop, uvloop.Loop)
    loop.close()


def test_a_large_audience_does_not_stand_in_memory(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-m", "tests.delivery.large_child", str(tmp_path / "digest.db"), "50000"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    accepted, peak = map(int, done.stdout.split())
    assert accepted == 50_000
    assert peak < 130_000_000, "a million take less than 200 MB"


def test_stop_gives_back_what_was_claimed_ahead(either_database: Database) -> None:
    add_readers(either_database, range(12))
    dispatch = freeze(either_database)
    stop = asyncio.Event()
    provider = Scripted()

    def press(_recipient: Recipient) -> None:
        if len(provider.seen) == 3:
            stop.set()

    provider.after_start = press
    balance = send(either_database, dispatch, provider, batch=3, stop=stop)
    assert (balance.accepted, balance.pending, balance.submitting) == (3, 9, 0)
    with either_database.read() as connection:
        free = select(deliveries.c.run).where(deliveries.c.state == "pending")
        assert set(connection.scalars(free)) == {""}
    assert len(provider.seen) == 3


@pytest.mark.parametrize("is_terminal", [True, False])
def test_who_ends_at_once_leaves_the_terminal_with_a_cursor(
    monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: is_terminal)
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr(os, "_exit", sys.exit)
    with pytest.raises(SystemExit) as caught:
        _end_at_once()
    assert caught.value.code == 130
    assert written.getvalue() == ("\x1b[?25h\n" if is_terminal else "")
