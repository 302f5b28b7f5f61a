"""Runs of the ledger: nobody twice, nobody lost, whatever the provider or the store does."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from tests.delivery.world import (
    EDITION,
    ENVELOPE,
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
    token,
)

from digest.delivery import ledger
from digest.delivery.ledger.dispatching import place_of
from digest.delivery.ledger.journal import Journal
from digest.errors import CredentialsError, IncompleteError, StoreError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database
from digest.store.ledger import audience, claims
from digest.store.ledger import dispatches as queries
from digest.store.tables import audiences, deliveries, editions, subscriptions
from digest.subscribers import membership

PENDING, REFUSED, UNKNOWN = DeliveryState.PENDING, DeliveryState.REFUSED, DeliveryState.UNKNOWN


def rows(database: Database) -> dict[str, tuple[str, str, int, str]]:
    """Address → state, detail, attempts, run."""
    with database.read() as connection:
        found = connection.execute(select(deliveries))
        return {row.email: (row.state, row.detail, row.attempts, row.run) for row in found}


def test_everybody_gets_one_copy_and_the_edition_is_dispatched(either_database: Database) -> None:
    add_readers(either_database, range(25))
    provider = Scripted()
    balance = send(either_database, freeze(either_database), provider, batch=10)
    assert provider.accepted == {address(number): 1 for number in range(25)}
    assert (balance.accepted, balance.pending, balance.adds_up) == (25, 0, True)
    with either_database.read() as connection:
        row = connection.execute(select(editions)).one()
    assert row.state == "dispatched"
    assert row.dispatched_at > NOW


def test_a_second_send_has_nothing_to_do(either_database: Database) -> None:
    add_readers(either_database, range(3))
    dispatch = freeze(either_database)
    send(either_database, dispatch, Scripted())
    second = Scripted()
    send(either_database, dispatch, second)
    assert second.seen == []


def test_each_reader_gets_their_own_values(database: Database) -> None:
    add_readers(database, [0])
    provider = Scripted()
    send(database, freeze(database), provider)
    values = provider.seen[0].values
    assert values["name"] == "Lecteur 0"
    assert values["address"] == "r…@readers.example"
    assert values["unsubscribe_url"] == f"https://lettre.example.org/u/{token(0)}"
    assert values["dispatch_date"].startswith("Dimanche")
    for date in ("dispatch_date", "next_date", "since"):
        assert " " not in values[date]
        assert "\u00a0" in values[date]
    assert str(ENVELOPE.day.year) not in values["next_date"]
    assert "21" in values["since"]


def test_a_reader_without_a_day_of_consent_has_no_since(database: Database) -> None:
    add_readers(database, [0])
    with database.write() as connection:
        connection.execute(update(subscriptions).values(consent_at=None))
    provider = Scripted()
    send(database, freeze(database), provider)
    assert provider.seen[0].values["since"] == ""


def test_since_is_the_day_in_the_publications_zone(database: Database) -> None:
    add_readers(database, [0])
    late = NOW.replace(day=9, hour=23, minute=30)
    with database.write() as connection:
        connection.execute(update(subscriptions).values(consent_at=late))
    provider = Scripted()
    send(database, freeze(database), provider)
    assert provider.seen[0].values["since"].startswith("10")


def test_who_leaves_after_the_freeze_gets_nothing(either_database: Database) -> None:
    add_readers(either_database, range(5))
    dispatch = freeze(either_database)
    leave(either_database, 0)
    suppress(either_database, 1)
    with either_database.write() as connection:
        connection.execute(subscriptions.delete().where(subscriptions.c.token == token(2)))
    provider = Scripted()
    balance = send(either_database, dispatch, provider, batch=2)
    assert sorted(provider.accepted) == [address(3), address(4)]
    assert balance.excluded == {"unsubscribed": 1, "suppressed": 1, "forgotten": 1}
    assert balance.adds_up


def test_who_leaves_one_list_is_written_to_on_another_of_the_dispatch(
    either_database: Database,
) -> None:
    add_readers(either_database, range(8))
    freeze(either_database)
    add_readers(either_database, range(6), list_name="other")
    add_readers(either_database, range(8), list_name="elsewhere")
    dispatch = freeze(either_database, list_name="other")
    for number in (0, 1, 2, 3, 6):
        leave(either_database, number)
    leave(either_database, 2, "other")
    suppress(either_database, 3)
    with either_database.write() as connection:
        gone = subscriptions.c.token.in_([token(4), token(7)])
        connection.execute(subscriptions.delete().where(gone))
    told: list[ledger.Balance] = []
    provider = Scripted()
    balance = send(either_database, dispatch, provider, batch=3, progress=told.append)
    assert provider.accepted == {address(number): 1 for number in (0, 1, 4, 5)}
    assert balance.excluded == {"unsubscribed": 2, "suppressed": 1, "forgotten": 1}
    assert (balance.audience, balance.adds_up, told[-1]) == (8, True, balance)
    assert all(earlier.adds_up for earlier in told)
    seen = {recipient.email: recipient for recipient in provider.seen}
    assert [seen[address(number)].values["list"] for number in (0, 1, 4, 5)] == [
        *["other"] * 3,
        "main",
    ]
    assert seen[address(0)].token == token(0, "other")
    assert seen[address(0)].values["unsubscribe_url"].endswith(token(0, "other"))
    with either_database.read() as connection:
        row = connection.execute(select(deliveries).where(deliveries.c.email == address(4))).one()
    assert (row.list, row.token) == ("other", token(4, "other"))
    assert row.subscribed_at == NOW - timedelta(days=5)


def test_who_leaves_while_put_off_is_tried_again_under_another_list(
    either_database: Database,
) -> None:
    add_readers(either_database, range(3))
    add_readers(either_database, range(3), list_name="other")
    freeze(either_database)
    dispatch = freeze(either_database, list_name="other")
    provider = Scripted({address(1): [PENDING]})
    provider.after_start = lambda recipient: (
        leave(either_database, 1) if recipient.email == address(1) else None
    )
    balance = send(either_database, dispatch, provider)
    assert (balance.accepted, balance.excluded, balance.adds_up) == (3, {}, True)
    assert provider.seen[-1].token == token(1, "other")


def test_the_list_that_was_frozen_first_takes_over(either_database: Database) -> None:
    add_readers(either_database, [0])
    freeze(either_database)
    for name in ("b", "a"):
        add_readers(either_database, [0], list_name=name)
    freeze(either_database, list_name="b")
    with either_database.write() as connection:
        connection.execute(update(audiences).values(frozen_at=NOW - timedelta(hours=1)))
    dispatch = freeze(either_database, list_name="a")
    leave(either_database, 0)
    provider = Scripted()
    send(either_database, dispatch, provider)
    assert provider.seen[0].values["list"] == "b"


def test_who_is_removed_from_one_list_is_written_to_on_another_of_the_dispatch(
    either_database: Database,
) -> None:
    add_readers(either_database, range(4))
    add_readers(either_database, range(3), list_name="other")
    freeze(either_database)
    dispatch = freeze(either_database, list_name="other")
    leave(either_database, 1, "other")
    suppress(either_database, 2)
    for number in range(4):
        membership.remove(either_database, address(number), "main", now=NOW)
    balance = ledger.balance(either_database, EDITION, "main")
    assert (balance.pending, balance.excluded, balance.adds_up) == (1, {"removed": 3}, True)
    provider = Scripted()
    assert send(either_database, dispatch, provider).adds_up
    assert provider.accepted == {address(0): 1}
    assert provider.seen[0].token == token(0, "other")


def test_who_is_removed_between_claim_and_start_gets_no_link_that_is_dead(
    either_database: Database,
) -> None:
    add_readers(either_database, range(4))
    add_readers(either_database, range(4), list_name="other")
    freeze(either_database)
    dispatch = freeze(either_database, list_name="other")
    provider = Scripted()
    links: dict[str, str] = {}

    def remove(recipient: Recipient) -> None:
        if recipient.token == token(1):
            membership.remove(either_database, address(1), "main", now=NOW)

    provider.before_start = remove
    provider.after_start = lambda recipient: links.update({recipient.email: recipient.token})
    balance = send(either_database, dispatch, provider)
    assert provider.accepted == {address(number): 1 for number in range(4)}
    assert links[address(1)] == token(1, "other")
    assert (balance.excluded, balance.adds_up) == ({}, True)


@pytest.mark.parametrize("removed", [False, True])
def test_on_postgresql_a_list_that_is_just_being_frozen_takes_over(
    postgres_url: str, removed: bool
) -> None:
    database = open_store(postgres_url)
    add_readers(database, [0])
    add_readers(database, [0], list_name="other")
    dispatch = freeze(database)

    def go() -> None:
        if removed:
            membership.remove(database, address(0), "main", now=NOW)
            return
        leave(database, 0)
        with database.write() as connection:
            claims.claim(connection, dispatch.id, "", 10, NOW)

    with ThreadPoolExecutor(1) as thread:
        with database.write() as connection:
            queries.lock_edition(connection, EDITION)
            audience.add_audience(connection, dispatch.id, "other", NOW)
            going = thread.submit(go)
            wait([going], timeout=0.5)
        going.result(timeout=20)
    provider = Scripted()
    balance = send(database, dispatch, provider)
    assert (balance.accepted, balance.adds_up) == (1, True)
    assert provider.seen[0].token == token(0, "other")
    database.close()


def test_who_is_forgotten_between_claim_and_start_gets_nothing(either_database: Database) -> None:
    add_readers(either_database, range(4))
    dispatch = freeze(either_database)
    provider = Scripted()

    def forget(recipient: Recipient) -> None:
        if recipient.email == address(1):
            with either_database.write() as connection:
                connection.execute(
                    update(deliveries)
                    .where(deliveries.c.id == recipient.id)
                    .values(state="excluded", detail="forgotten", email="forgotten-1")
                )

    provider.before_start = forget
    balance = send(either_database, dispatch, provider)
    assert address(1) not in provider.accepted
    assert balance.excluded == {"forgotten": 1}
    assert balance.adds_up
    assert balance.pending == 0


def test_a_start_that_fails_for_one_lets_the_others_start_later(database: Database) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    provider = Scripted()

    def withdraw(recipient: Recipient) -> None:
        if recipient.email == address(0):
            leave(database, 0)
            with database.write() as connection:
                connection.execute(
                    update(deliveries).where(deliveries.c.id == recipient.id).values(run="other")
                )

    provider.before_start = withdraw
    balance = send(database, dispatch, provider)
    assert sorted(provider.accepted) == [address(1), address(2)]
    assert balance.adds_up


def test_what_the_provider_puts_off_is_tried_again_in_the_same_run(
    either_database: Database,
) -> None:
    add_readers(either_database, range(6))
    provider = Scripted({address(2): [PENDING], address(4): [PENDING, PENDING]})
    balance = send(either_database, freeze(either_database), provider, batch=2)
    assert provider.accepted == {address(number): 1 for number in range(6)}
    assert balance.pending == 0
    assert rows(either_database)[address(4)][2] == 3


def test_what_is_put_off_too_often_stays_pending_for_the_next_send(database: Database) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    balance = send(database, dispatch, Scripted({address(1): [PENDING] * 9}))
    assert (balance.accepted, balance.pending, balance.adds_up) == (2, 1, True)
    state, detail, attempts, run = rows(database)[address(1)]
    assert (state, detail, attempts, run) == ("pending", "said pending", 3, "")
    following = Scripted()
    assert send(database, dispatch, following).pending == 0
    assert following.accepted == {address(1): 1}


def test_a_provider_that_puts_off_everything_is_left_in_peace(database: Database) -> None:
    add_readers(database, range(50))
    provider = Scripted({address(number): [PENDING] * 9 for number in range(50)})
    balance = send(database, freeze(database), provider, batch=5)
    assert balance.pending == 50
    assert len(provider.seen) == 15


def test_refused_and_unknown_are_never_sent_again(either_database: Database) -> None:
    add_readers(either_database, range(4))
    dispatch = freeze(either_database)
    provider = Scripted({address(0): [REFUSED], address(1): [UNKNOWN]})
    send(either_database, dispatch, provider)
    second = Scripted()
    balance = send(either_database, dispatch, second)
    assert second.seen == []
    assert (balance.accepted, balance.refused, balance.unknown) == (2, 1, 1)
    assert rows(either_database)[address(0)][1] == "said refused"


def test_a_refused_call_keeps_everybody_and_goes_on_later(either_database: Database) -> None:
    add_readers(either_database, range(10))
    dispatch = freeze(either_database)
    provider = Scripted()
    provider.fail_after = (4, CredentialsError("no", "check"))
    with pytest.raises(CredentialsError):
        send(either_database, dispatch, provider)
    balance = ledger.balance(either_database, EDITION, "main")
    assert (balance.accepted, balance.pending, balance.adds_up) == (4, 6, True)
    assert all(run == "" for state, _, _, run in rows(either_database).values() if state == PENDING)
    second = Scripted()
    send(either_database, dispatch, second)
    assert set(provider.accepted) & set(second.accepted) == set()
    assert len(provider.accepted) + len(second.accepted) == 10


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


def test_only_the_provider_that_was_at_it_is_asked_what_became_of_it(database: Database) -> None:
    add_readers(database, range(6))
    dispatch = freeze(database)
    abandon(database, dispatch, "outbox /elsewhere", claimed=2)
    provider = Silent([], {})
    assert send(database, dispatch, provider).unknown == 1
    assert provider.asked == []


def test_a_provider_is_known_by_its_name_and_place() -> None:
    provider = Scripted()
    assert place_of(provider) == "scripted"
    provider.place = "/outbox"  # type: ignore[attr-defined]
    assert place_of(provider) == "scripted /outbox"


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
    provider.after_start = lambda recipient: recipient.email == address(1) and stop.set()
    balance = send(database, freeze(database), provider, stop=stop, patience=(3600.0,))
    assert (balance.accepted, balance.pending) == (1, 1)


def test_progress_is_told_with_numbers_that_always_add_up(database: Database) -> None:
    add_readers(database, range(20))
    dispatch = freeze(database)
    leave(database, 3)
    told: list[ledger.Balance] = []
    script = {address(1): [REFUSED], address(2): [PENDING]}
    final = send(database, dispatch, Scripted(script), progress=told.append, batch=6)
    assert told[0].pending == 20
    assert all(balance.adds_up for balance in told)
    assert told[-1] == final


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


@pytest.fixture(scope="module")
def store_of_twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to copy: migrations take most of the time of an example."""
    file = tmp_path_factory.mktemp("twelve") / "digest.db"
    database = open_store(f"sqlite:///{file}")
    add_readers(database, range(12))
    database.close()
    return file


OUTCOMES = st.sampled_from([DeliveryState.ACCEPTED, PENDING, REFUSED, UNKNOWN])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    script=st.dictionaries(
        st.integers(0, 11).map(address), st.lists(OUTCOMES, max_size=5), max_size=12
    ),
    gone=st.sets(st.integers(0, 11), max_size=4),
    batch=st.integers(1, 15),
    crash=st.none() | st.integers(0, 14),
)
def test_whatever_a_provider_does_nobody_is_lost_or_written_twice(
    tmp_path_factory: pytest.TempPathFactory,
    store_of_twelve: Path,
    script: dict[str, list[DeliveryState]],
    gone: set[int],
    batch: int,
    crash: int | None,
) -> None:
    file = tmp_path_factory.mktemp("store") / "digest.db"
    shutil.copy(store_of_twelve, file)
    database = Database(f"sqlite:///{file}")
    dispatch = freeze(database)
    for number in gone:
        leave(database, number)
    provider = Scripted(script)
    if crash is not None:
        provider.fail_after = (crash, IncompleteError("the provider is away"))
    try:
        balance = send(database, dispatch, provider, batch=batch)
    except IncompleteError:
        balance = ledger.balance(database, EDITION, "main")
    assert balance.adds_up
    assert balance.submitting == 0
    provider.fail_after = None
    provider.script = {}
    final = send(database, dispatch, provider, batch=batch)
    assert final.adds_up
    assert final.pending == final.submitting == 0
    assert all(copies == 1 for copies in provider.accepted.values())
    assert final.accepted == len(provider.accepted)
    database.close()
