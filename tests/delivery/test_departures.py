"""Who leaves between the freeze and the start is not written to, or on another list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from tests.delivery.ledger_rows import PENDING, UNKNOWN
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
    suppress,
    token,
)

from digest.delivery import ledger
from digest.delivery.ledger.proving import prove
from digest.model.sending import Outcome, Recipient
from digest.store.database import Database
from digest.store.ledger import audience, claims
from digest.store.ledger import dispatches as queries
from digest.store.ledger.events import unknown_deliveries
from digest.store.tables import audiences, deliveries, subscriptions
from digest.subscribers import membership


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


def test_who_was_in_doubt_left_and_is_on_a_later_list_stands_there_without_a_fault(
    either_database: Database,
) -> None:
    """What a provider called the first attempt says nothing about the next one."""
    add_readers(either_database, range(2))
    dispatch = freeze(either_database)
    send(either_database, dispatch, Scripted({address(1): [UNKNOWN]}))
    with either_database.write() as connection:
        (left,) = unknown_deliveries(connection, dispatch.id)
        claims.settle(connection, [Outcome(left.id, PENDING, "a person had it sent again")], NOW)
    leave(either_database, 1)
    assert send(either_database, dispatch, Scripted()).excluded == {"unsubscribed": 1}
    add_readers(either_database, [1], list_name="other")
    joined = freeze(either_database, list_name="other")
    proof = prove(either_database, joined.edition, "main")
    assert proof is not None
    assert (proof.balance.pending, [fault.what for fault in proof.faults]) == (1, [])


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


def test_who_moved_to_another_list_is_not_claimed_again_as_long_as_the_first_claim_is_out(
    either_database: Database,
) -> None:
    """With the first one's link in hand, it would start by the second one's claim."""
    add_readers(either_database, range(2))
    add_readers(either_database, range(2), list_name="other")
    freeze(either_database)
    dispatch = freeze(either_database, list_name="other")
    run = "f" * 32
    with either_database.write() as connection:
        first, _excluded = claims.claim(connection, dispatch.id, run, 10, NOW)
    held = {row.id for row in first}
    membership.remove(either_database, address(1), "main", now=NOW)
    with either_database.write() as connection:
        assert claims.claim(connection, dispatch.id, run, 10, NOW, held=held) == ([], {})
        ((moved,), _excluded) = claims.claim(connection, dispatch.id, run, 10, NOW)
    assert (moved.email, moved.token) == (address(1), token(1, "other"))


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
