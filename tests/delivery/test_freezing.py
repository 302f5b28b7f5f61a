"""A letter and its audience are fixed once, and everybody in it is accounted for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from tests.delivery.world import (
    EDITION,
    NOW,
    Scripted,
    add_readers,
    address,
    freeze,
    leave,
    make_letter,
    open_store,
    send,
    states,
    suppress,
    token,
)

from digest.delivery import ledger
from digest.delivery.ledger.audience import foresee_audience
from digest.errors import ContentError, StoreError
from digest.store.database import Database
from digest.store.ledger import dispatches as queries
from digest.store.tables import deliveries, dispatches, editions, published, subscriptions
from digest.subscribers import membership


def state_of_edition(database: Database) -> str:
    with database.read() as connection:
        found = connection.scalar(select(editions.c.state).where(editions.c.id == EDITION))
    assert found is not None
    return str(found)


def test_every_subscription_becomes_a_delivery_or_an_exclusion_with_its_reason(
    either_database: Database,
) -> None:
    add_readers(either_database, range(5))
    add_readers(either_database, [5, 6], status="unsubscribed")
    add_readers(either_database, [7], status="pending")
    suppress(either_database, 0)
    foreseen = foresee_audience(either_database, EDITION, "main")
    freeze(either_database)
    balance = ledger.balance(either_database, EDITION, "main")
    assert balance.pending == 4
    assert balance.excluded == {"suppressed": 1, "unsubscribed": 2, "unconfirmed": 1}
    assert balance.audience == 8
    assert balance.adds_up
    assert (foreseen.recipients, foreseen.excluded) == (balance.pending, balance.excluded)


def test_delivery_ids_are_opaque_and_differ(either_database: Database) -> None:
    add_readers(either_database, range(50))
    freeze(either_database)
    with either_database.read() as connection:
        ids = set(connection.scalars(select(deliveries.c.id)))
    assert len(ids) == 50
    assert all(len(bytes.fromhex(id_)) == 16 for id_ in ids)


def test_freezing_again_changes_nothing_and_keeps_the_first_letter(
    either_database: Database,
) -> None:
    add_readers(either_database, range(3))
    first = freeze(either_database, letter=make_letter("Premier objet"))
    add_readers(either_database, [3])
    again = freeze(either_database, letter=make_letter("Objet changé"))
    assert again == first
    assert again.letter.subject == "Premier objet"
    assert len(states(either_database)) == 3


def test_pictures_are_frozen_with_the_letter(database: Database) -> None:
    letter = make_letter(picture=bytes(range(256)))
    freeze(database, letter=letter)
    found = ledger.frozen(database, EDITION, "main")
    assert found is not None
    assert found.letter == letter


def test_a_damaged_frozen_letter_is_never_sent(database: Database) -> None:
    freeze(database)
    with database.write() as connection:
        connection.execute(update(dispatches).values(letter=b"nothing of the kind"))
    with pytest.raises(StoreError, match="damaged"):
        ledger.frozen(database, EDITION, "main")


def test_nothing_is_frozen_before_a_send(database: Database) -> None:
    assert ledger.frozen(database, EDITION, "main") is None
    assert ledger.balance(database, EDITION, "main") == ledger.Balance()


def test_the_main_ledger_moves_the_edition_and_remembers_its_stories(database: Database) -> None:
    freeze(database)
    freeze(database, list_name="other")
    assert state_of_edition(database) == "dispatching"
    with database.read() as connection:
        assert connection.scalars(select(published.c.url)).all() == ["https://example.org/detroit"]


def test_somebody_on_two_lists_gets_one_copy(either_database: Database) -> None:
    add_readers(either_database, range(3))
    add_readers(either_database, range(2, 5), list_name="other")
    freeze(either_database)
    assert foresee_audience(either_database, EDITION, "other").recipients == 2
    freeze(either_database, list_name="other")
    assert sorted(states(either_database)) == [address(number) for number in range(5)]
    assert ledger.balance(either_database, EDITION, "main").adds_up


def test_leaving_one_list_does_not_cost_the_edition_on_another(either_database: Database) -> None:
    add_readers(either_database, [0, 1], status="unsubscribed")
    add_readers(either_database, [0, 1], list_name="other")
    suppress(either_database, 1)
    freeze(either_database)
    assert foresee_audience(either_database, EDITION, "other").recipients == 1
    dispatch = freeze(either_database, list_name="other")
    balance = ledger.balance(either_database, EDITION, "main")
    assert (balance.pending, balance.excluded, balance.adds_up) == (1, {"suppressed": 1}, True)
    provider = Scripted()
    send(either_database, dispatch, provider)
    assert provider.accepted == {address(0): 1}
    assert provider.seen[0].values["list"] == "other"


def test_being_removed_from_one_list_does_not_cost_the_edition_on_another(
    either_database: Database,
) -> None:
    add_readers(either_database, range(3))
    add_readers(either_database, [0, 1], list_name="other")
    freeze(either_database)
    for number in range(3):
        membership.remove(either_database, address(number), "main", now=NOW)
    suppress(either_database, 1)
    assert ledger.balance(either_database, EDITION, "main").excluded == {"removed": 3}
    foreseen = foresee_audience(either_database, EDITION, "other")
    assert (foreseen.recipients, foreseen.excluded, foreseen.already) == (1, {}, 1)
    dispatch = freeze(either_database, list_name="other")
    balance = ledger.balance(either_database, EDITION, "main")
    assert (balance.pending, balance.excluded, balance.adds_up) == (1, {"removed": 2}, True)
    provider = Scripted()
    assert send(either_database, dispatch, provider).adds_up
    assert provider.accepted == {address(0): 1}
    assert provider.seen[0].token == token(0, "other")


def test_a_subscription_that_was_gone_at_its_turn_does_not_cost_the_edition_on_another_list(
    either_database: Database,
) -> None:
    add_readers(either_database, [0])
    add_readers(either_database, [0], list_name="other")
    dispatch = freeze(either_database)
    with either_database.write() as connection:
        connection.execute(delete(subscriptions).where(subscriptions.c.token == token(0)))
    assert send(either_database, dispatch, Scripted()).excluded == {"forgotten": 1}
    freeze(either_database, list_name="other")
    provider = Scripted()
    assert send(either_database, dispatch, provider).adds_up
    assert provider.accepted == {address(0): 1}


def test_who_was_forgotten_is_not_brought_back_by_another_list(either_database: Database) -> None:
    add_readers(either_database, [0])
    add_readers(either_database, [0, 1], list_name="other")
    freeze(either_database)
    membership.forget(either_database, address(0), now=NOW)
    dispatch = freeze(either_database, list_name="other")
    provider = Scripted()
    balance = send(either_database, dispatch, provider)
    assert provider.accepted == {address(1): 1}
    assert (balance.excluded, balance.adds_up) == ({"forgotten": 1}, True)


def test_foreseeing_tells_who_of_a_list_is_in_the_ledger_already(
    either_database: Database,
) -> None:
    add_readers(either_database, range(4))
    add_readers(either_database, [4], status="unsubscribed")
    add_readers(either_database, range(2, 6), list_name="other")
    assert foresee_audience(either_database, EDITION, "other").already == 0
    freeze(either_database)
    foreseen = foresee_audience(either_database, EDITION, "other")
    assert (foreseen.recipients, foreseen.excluded, foreseen.already) == (2, {}, 2)
    assert foresee_audience(either_database, EDITION, "other", rehearse=True).already == 0
    freeze(either_database, list_name="other")
    foreseen = foresee_audience(either_database, EDITION, "other")
    assert (foreseen.size, foreseen.already) == (0, 4)


def test_a_rehearsal_blocks_nothing_and_is_replaced_by_the_next(either_database: Database) -> None:
    add_readers(either_database, range(3))
    freeze(either_database, ledger_name="rehearsal", letter=make_letter("Essai"))
    add_readers(either_database, [3])
    second = freeze(either_database, ledger_name="rehearsal", letter=make_letter("Essai bis"))
    assert second.letter.subject == "Essai bis"
    assert ledger.balance(either_database, EDITION, "rehearsal").pending == 4
    assert state_of_edition(either_database) == "approved"
    send(either_database, second, Scripted())
    assert state_of_edition(either_database) == "approved"
    with either_database.read() as connection:
        assert connection.scalars(select(published.c.url)).all() == []
    assert freeze(either_database).letter.subject == make_letter().subject
    assert ledger.balance(either_database, EDITION, "main").pending == 4


@pytest.mark.parametrize(("state", "words"), [(None, "not in the store"), ("skipped", "skipped")])
def test_an_edition_that_does_not_exist_cannot_be_frozen(
    database: Database, state: str | None, words: str
) -> None:
    with database.write() as connection:
        if state is None:
            connection.execute(delete(editions))
        else:
            connection.execute(update(editions).values(state=state))
    with pytest.raises(ContentError, match=words):
        freeze(database)


def test_a_row_that_disappears_shows_in_the_balance(database: Database) -> None:
    add_readers(database, range(3))
    freeze(database)
    with database.write() as connection:
        connection.execute(delete(deliveries).where(deliveries.c.email == address(1)))
    assert not ledger.balance(database, EDITION, "main").adds_up


def test_two_lists_of_a_finished_edition_open_it_again(database: Database) -> None:
    add_readers(database, [0])
    send(database, freeze(database), Scripted())
    assert state_of_edition(database) == "dispatched"
    add_readers(database, [1], list_name="other")
    dispatch = freeze(database, list_name="other")
    assert state_of_edition(database) == "dispatching"
    provider = Scripted()
    send(database, dispatch, provider)
    assert provider.accepted == {address(1): 1}
    assert state_of_edition(database) == "dispatched"


def test_a_failed_freeze_leaves_nothing_behind(database: Database) -> None:
    add_readers(database, range(3))
    with database.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON audiences "
            "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    with pytest.raises(Exception, match="full"):
        freeze(database)
    assert states(database) == {}
    assert state_of_edition(database) == "approved"


def test_the_store_keeps_moments_of_the_freeze(store_url: str) -> None:
    database = open_store(store_url)
    dispatch = freeze(database)
    assert dispatch.frozen_at == NOW
    leave(database, 99)
    database.close()


def test_nobody_joins_an_edition_that_was_called_back(either_database: Database) -> None:
    add_readers(either_database, range(3))
    dispatch = freeze(either_database)
    with either_database.write() as connection:
        queries.set_cancelled(connection, dispatch.id, NOW)
    add_readers(either_database, [3], list_name="other")
    with pytest.raises(ContentError, match="was cancelled"):
        freeze(either_database, list_name="other")
    with either_database.write() as connection:
        queries.set_cancelled(connection, dispatch.id, None)
    assert freeze(either_database, list_name="other").cancelled_at is None


def test_a_dispatch_knows_when_it_leaves_and_what_its_provider_calls_it(
    either_database: Database,
) -> None:
    add_readers(either_database, range(3))
    dispatch = freeze(either_database)
    with either_database.write() as connection:
        queries.set_send_at(connection, dispatch.id, NOW + timedelta(hours=2))
        assert queries.set_batch(connection, dispatch.id, "first") == "first"
        assert queries.set_batch(connection, dispatch.id, "second") == "first"
    found = ledger.frozen(either_database, EDITION, "main")
    assert found is not None
    assert (found.send_at, found.provider_batch) == (NOW + timedelta(hours=2), "first")
