"""An edition is taken back while it is on its way, and let go again: nobody twice, nobody lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
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
)

from digest.config import Config
from digest.config.settings.publication import PublicationSettings
from digest.delivery import ledger
from digest.delivery.ledger import cancelling
from digest.edition.lifecycle import record_of, reopen
from digest.errors import ContentError, IncompleteError, StoreError
from digest.model.sending import DeliveryState, Recipient
from digest.pipeline.cancelling import undo
from digest.publication import Publication
from digest.store.database import Database
from digest.store.ledger import runs
from digest.store.tables import deliveries, dispatches, published


def balance(database: Database) -> ledger.Balance:
    found = ledger.balance(database, EDITION, "main")
    assert found.adds_up
    return found


def again(database: Database) -> ledger.Dispatch:
    found = ledger.frozen(database, EDITION, "main")
    assert found is not None
    return found


def as_held(database: Database, **provider_ids: str) -> None:
    """Give deliveries of readers `r0`, `r1`, … what a provider calls them."""
    with database.write() as connection:
        for reader, provider_id in provider_ids.items():
            connection.execute(
                update(deliveries)
                .where(deliveries.c.email == address(int(reader[1:])))
                .values(provider_id=provider_id)
            )


def test_a_run_under_way_finds_its_claims_withdrawn(either_database: Database) -> None:
    database = either_database
    add_readers(database, range(6))
    dispatch = freeze(database)
    provider = Scripted()

    def called_back_after_two(_recipient: Recipient) -> None:
        if len(provider.accepted) == 2:
            cancelling.withdraw(database, dispatch, NOW)

    provider.before_start = called_back_after_two
    # An hour if it took what was withdrawn for what was put off.
    send(database, dispatch, provider, patience=(3600.0,))
    found = balance(database)
    assert (found.accepted, found.pending, found.excluded) == (2, 0, {"cancelled": 4})
    assert len(provider.accepted) == 2
    record = record_of(database, EDITION)
    assert record is not None
    assert record.state == "dispatched"


def test_what_is_under_way_ends_as_it_ends(either_database: Database) -> None:
    database = either_database
    add_readers(database, range(3))
    dispatch = freeze(database)
    provider = Scripted()

    def called_back(_recipient: Recipient) -> None:
        if not provider.accepted:
            cancelling.withdraw(database, dispatch, NOW)

    provider.after_start = called_back
    send(database, dispatch, provider)
    found = balance(database)
    assert (found.accepted, found.excluded) == (1, {"cancelled": 2})


def test_what_is_put_off_after_it_was_called_back_does_not_leave(
    either_database: Database,
) -> None:
    database = either_database
    add_readers(database, range(3))
    dispatch = freeze(database)
    provider = Scripted({address(n): [DeliveryState.PENDING] for n in range(3)})

    def called_back(_recipient: Recipient) -> None:
        if len(provider.seen) == 1:
            cancelling.withdraw(database, dispatch, NOW)

    provider.after_start = called_back
    send(database, dispatch, provider)
    found = balance(database)
    assert not provider.accepted
    assert (found.pending, found.excluded) == (0, {"cancelled": 3})


def test_let_go_between_two_attempts_what_was_put_off_leaves(either_database: Database) -> None:
    database = either_database
    add_readers(database, range(2))
    dispatch = freeze(database)
    provider = Scripted({address(0): [DeliveryState.PENDING], address(1): [DeliveryState.PENDING]})

    def called_back_and_let_go(_recipient: Recipient) -> None:
        if len(provider.seen) == 1:
            cancelling.withdraw(database, dispatch, NOW)
            cancelling.let_go(database, again(database), NOW)

    provider.after_start = called_back_and_let_go
    send(database, dispatch, provider)
    assert provider.accepted == {address(0): 1, address(1): 1}


def test_let_go_again_only_the_others_get_it(either_database: Database) -> None:
    database = either_database
    add_readers(database, range(4))
    dispatch = freeze(database)
    cancelling.withdraw(database, dispatch, NOW)
    send(database, again(database), Scripted())
    assert balance(database).excluded == {"cancelled": 4}
    leave(database, 3)
    assert cancelling.let_go(database, again(database), NOW) == 4
    record = record_of(database, EDITION)
    assert record is not None
    assert record.state == "dispatching"
    provider = Scripted()
    send(database, again(database), provider)
    assert sorted(provider.accepted) == [address(n) for n in range(3)]
    assert balance(database).excluded == {"unsubscribed": 1}


def test_only_what_the_provider_holds_under_the_name_is_called_back(
    either_database: Database,
) -> None:
    database = either_database
    add_readers(database, range(7))
    dispatch = freeze(database)
    unknown = [DeliveryState.UNKNOWN]
    provider = Scripted({address(2): unknown.copy(), address(3): unknown.copy()})
    provider.script[address(6)] = [DeliveryState.REFUSED]
    send(database, dispatch, provider)
    as_held(
        database, r0="B_1 m1", r1="m1", r2="sendgrid B_1", r3="", r4="Bx1 m1", r5="B_1", r6="B_1"
    )
    assert cancelling.forget_scheduled(database, dispatch, "B_1", NOW) == 3
    found = states(database)
    assert [found[address(n)] for n in range(7)] == [
        "excluded",
        "accepted",
        "excluded",
        "unknown",
        "accepted",
        "excluded",
        "refused",
    ]
    assert balance(database).excluded == {"cancelled": 3}


def held_names(database: Database) -> list[str]:
    """What a provider calls the deliveries, by reader."""
    with database.read() as connection:
        query = select(deliveries.c.provider_id).order_by(deliveries.c.email)
        return list(connection.scalars(query))


def test_what_a_provider_is_asked_to_forget_is_in_doubt_until_it_answers(
    either_database: Database,
) -> None:
    database = either_database
    add_readers(database, range(3))
    # The settings may have named another provider when it was frozen.
    dispatch = replace(freeze(database, provider="smtp"), provider_batch="B_1")
    send(database, dispatch, Scripted())
    as_held(database, r0="B_1 m1", r1="B_1", r2="m2")
    cancelling.doubt_scheduled(database, dispatch, NOW)
    assert (balance(database).unknown, balance(database).accepted) == (2, 1)
    assert held_names(database) == ["sendgrid B_1 m1", "sendgrid B_1", "m2"]
    assert (again(database).provider_batch, again(database).called_back) == ("", ("B_1",))
    cancelling.believe_scheduled(database, dispatch, NOW)
    assert (balance(database).accepted, held_names(database)) == (3, ["B_1 m1", "B_1", "m2"])
    assert (again(database).provider_batch, again(database).called_back) == ("B_1", ())
    cancelling.doubt_scheduled(database, dispatch, NOW)
    assert cancelling.forget_scheduled(database, dispatch, "B_1", NOW) == 2
    assert balance(database).excluded == {"cancelled": 2}


def test_let_go_again_a_name_stays_while_something_is_held_under_it(
    either_database: Database,
) -> None:
    """What is still to be handed over goes under another one: this one may be withheld."""
    database = either_database
    add_readers(database, range(3))
    dispatch = freeze(database)
    send(database, dispatch, Scripted())
    as_held(database, r0="B_1 m1", r1="B_2 m1", r2="B_2 m2")
    with database.write() as connection:
        connection.execute(update(dispatches).values(called_back="B_1", provider_batch="B_2"))
    cancelling.withdraw(database, again(database), NOW)
    cancelling.doubt_scheduled(database, again(database), NOW)
    assert balance(database).unknown == 3
    assert cancelling.forget_scheduled(database, again(database), "B_2", NOW) == 2
    assert again(database).names == ("B_1", "B_2")
    assert cancelling.let_go(database, again(database), NOW) == 2
    found = again(database)
    assert (found.provider_batch, found.called_back, found.cancelled_at) == ("", ("B_1",), None)
    assert held_names(database) == ["sendgrid B_1 m1", "", ""]


def test_let_go_again_a_name_that_was_never_called_back_stays(database: Database) -> None:
    add_readers(database, range(2))
    dispatch = freeze(database)
    with database.write() as connection:
        connection.execute(update(dispatches).values(provider_batch="B1"))
    cancelling.withdraw(database, dispatch, NOW)
    cancelling.let_go(database, again(database), NOW)
    assert (again(database).provider_batch, again(database).cancelled_at) == ("B1", None)


def test_while_another_process_hands_over_under_the_old_name_nothing_is_let_go(
    postgres_url: str,
) -> None:
    """It would claim what is pending again, and hand it over to be withheld."""
    database, run = open_store(postgres_url), "0123456789abcdef" * 2
    add_readers(database, range(2))
    dispatch = freeze(database)
    with database.write() as connection:
        connection.execute(update(dispatches).values(called_back="B_1"))
        connection.execute(
            update(deliveries)
            .where(deliveries.c.email == address(0))
            .values(state="submitting", run=run, provider_id="sendgrid B_1")
        )
    cancelling.withdraw(database, dispatch, NOW)
    settings = Config(publication=PublicationSettings(name="Lettre"))
    publication = Publication(settings, database)
    with database.connect() as session:
        assert runs.try_run_lock(session, run)
        with pytest.raises(IncompleteError, match="another process is at it still") as caught:
            undo(publication, EDITION, now=NOW)
        assert caught.value.hint
        assert balance(database).excluded == {"cancelled": 1}
    assert undo(publication, EDITION, now=NOW) == 1
    assert balance(database).pending == 1


def test_the_moment_of_the_first_call_stays(database: Database) -> None:
    add_readers(database, range(2))
    cancelling.withdraw(database, freeze(database), NOW)
    cancelling.withdraw(database, again(database), NOW + timedelta(hours=1))
    assert again(database).cancelled_at == NOW


def test_what_was_called_back_does_not_go_on_by_itself(database: Database) -> None:
    add_readers(database, range(3))
    dispatch = freeze(database)
    cancelling.require_not_cancelled(database, dispatch, ENVELOPE.timezone)
    cancelling.withdraw(database, dispatch, NOW)
    with pytest.raises(ContentError, match="nobody has it") as caught:
        cancelling.require_not_cancelled(database, again(database), ENVELOPE.timezone)
    assert "cancelled on 2026-11-22 at 08:30;" in caught.value.message
    assert "editions reopen" in caught.value.hint
    with database.write() as connection:
        one = select(deliveries.c.id).limit(1).scalar_subquery()
        connection.execute(
            update(deliveries).where(deliveries.c.id == one).values(state="accepted", detail="")
        )
    with pytest.raises(ContentError, match="it had left for 1") as caught:
        cancelling.require_not_cancelled(database, again(database), ENVELOPE.timezone)
    assert "reopen" not in caught.value.hint


def test_no_list_joins_what_was_called_back(database: Database) -> None:
    add_readers(database, range(2))
    add_readers(database, range(2, 4), list_name="eco")
    cancelling.withdraw(database, freeze(database), NOW)
    with pytest.raises(ContentError):
        freeze(database, list_name="eco")
    assert balance(database).audience == 2


def test_opened_again_nothing_of_it_counts_as_published(either_database: Database) -> None:
    database = either_database
    add_readers(database, range(3))
    cancelling.withdraw(database, freeze(database), NOW)
    reopen(database, EDITION)
    with database.read() as connection:
        assert connection.execute(select(published)).all() == []
        assert connection.execute(select(deliveries)).all() == []
    assert ledger.frozen(database, EDITION, "main") is None
    record = record_of(database, EDITION)
    assert record is not None
    assert record.state == "built"


@pytest.mark.parametrize("state", ["accepted", "unknown", "submitting", "pending"])
def test_what_somebody_may_have_is_not_opened_again(database: Database, state: str) -> None:
    add_readers(database, range(3))
    cancelling.withdraw(database, freeze(database), NOW)
    with database.write() as connection:
        connection.execute(
            update(deliveries).where(deliveries.c.email == address(0)).values(state=state)
        )
    with pytest.raises(ContentError, match="has left"):
        reopen(database, EDITION)
    assert ledger.balance(database, EDITION, "main").audience == 3


def test_what_was_not_called_back_is_not_opened_again(database: Database) -> None:
    add_readers(database, range(2))
    dispatch = freeze(database)
    assert replace(dispatch, cancelled_at=None) == dispatch
    with pytest.raises(ContentError, match="has left"):
        reopen(database, EDITION)


def test_a_store_that_cannot_be_written_changes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_readers(database, range(2))
    dispatch = freeze(database)

    def full(*_arguments: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("digest.store.ledger.dispatches.set_cancelled", full)
    with pytest.raises(StoreError):
        cancelling.withdraw(database, dispatch, NOW)
    assert set(states(database).values()) == {"pending"}
