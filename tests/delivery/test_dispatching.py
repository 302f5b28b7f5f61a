"""Runs of the ledger: nobody twice, nobody lost, whatever the provider does."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from tests.delivery.ledger_rows import PENDING, REFUSED, UNKNOWN, rows
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
    token,
)

from digest.delivery import ledger
from digest.delivery.ledger.dispatching import place_of
from digest.delivery.ledger.proving import prove
from digest.errors import CredentialsError, IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database
from digest.store.tables import editions, subscriptions


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


def test_what_the_provider_puts_off_is_tried_again_in_the_same_run(
    either_database: Database,
) -> None:
    add_readers(either_database, range(6))
    provider = Scripted({address(2): [PENDING], address(4): [PENDING, PENDING]})
    balance = send(either_database, freeze(either_database), provider, batch=2)
    assert provider.accepted == {address(number): 1 for number in range(6)}
    assert balance.pending == 0
    assert rows(either_database)[address(4)][2] == 3


def test_a_batch_that_is_claimed_in_portions_is_whole_also_when_it_is_tried_again(
    either_database: Database,
) -> None:
    sizes: list[int] = []

    class Counting(Scripted):
        def submit(
            self, recipients: Sequence[Recipient], starting: Starting
        ) -> AsyncIterator[Outcome]:
            sizes.append(len(recipients))
            return super().submit(recipients, starting)

    number = 250
    add_readers(either_database, range(number))
    provider = Counting({address(n): [PENDING] for n in range(1, number)})
    balance = send(either_database, freeze(either_database), provider, batch=1000)
    assert provider.accepted == {address(n): 1 for n in range(number)}
    assert sizes == [number, number - 1]
    assert (balance.accepted, balance.adds_up) == (number, True)


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


def test_what_a_provider_puts_off_without_a_word_speaks_against_nobody(database: Database) -> None:
    class Wordless(Scripted):
        async def submit(
            self, recipients: Sequence[Recipient], starting: Starting
        ) -> AsyncIterator[Outcome]:
            async for outcome in super().submit(recipients, starting):
                yield replace(outcome, detail="", provider_id="its own name")

    add_readers(database, range(2))
    send(database, freeze(database), Wordless({address(1): [PENDING] * 9}))
    proof = prove(database, EDITION)
    assert proof is not None
    assert proof.holds, proof.faults


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


def test_a_provider_is_known_by_its_name_and_place() -> None:
    provider = Scripted()
    assert place_of(provider) == "scripted"
    provider.place = "/outbox"  # type: ignore[attr-defined]
    assert place_of(provider) == "scripted /outbox"


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


@pytest.fixture(scope="module")
def store_of_twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store to copy: migrations take most of the time of an example."""
    file = tmp_path_factory.mktemp("twelve") / "digest.db"
    database = open_store(f"sqlite:///{file}")
    add_readers(database, range(12))
    database.close()
    return file


OUTCOMES = st.sampled_from([DeliveryState.ACCEPTED, PENDING, REFUSED, UNKNOWN])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
