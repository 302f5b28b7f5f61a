"""A relay's silence is believed only when nobody can still be talking to it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import select, update
from tests.delivery.world import EDITION, Scripted, add_readers, address, freeze, open_store, send
from tests.events.world import LATER, dispatched, event, kept, state_of

from digest.config import Config
from digest.config.settings.delivery import DeliverySettings
from digest.config.settings.letter import EditionSettings
from digest.config.settings.publication import PublicationSettings
from digest.delivery import ledger
from digest.delivery.ledger import cancelling
from digest.delivery.running import deliver
from digest.events.applying import apply
from digest.events.reconciling import reconcile
from digest.model.events import EventKind
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database
from digest.store.ledger import runs
from digest.store.ledger.cancelling import ASKED
from digest.store.tables import deliveries


def test_letter_in_the_hands_of_a_run_that_hangs_is_not_given_back(postgres_url: str) -> None:
    database = open_store(postgres_url)
    ids = dispatched(database, 3, unknown=[0], provider="smtp")
    run = secrets.token_hex(16)
    with database.write() as connection:
        connection.execute(
            update(deliveries).where(deliveries.c.id == ids[0]).values(run=run, provider_id="smtp")
        )
    seen = [event(id_, EventKind.DELIVERED, source="postfix") for id_ in ids[1:]]
    with database.connect() as session:
        assert runs.try_run_lock(session, run)
        ((held,), _) = reconcile(database, seen, log_is_complete=True, now=LATER)
    ((free,), _) = reconcile(database, log_is_complete=True, now=LATER)
    assert (held.pending, held.distrust) == (0, "a run that was at it has not ended")
    assert (free.pending, state_of(database, ids[0])) == (1, "pending")
    database.close()


def under_way(database: Database, id_: str) -> None:
    """A delivery stands as while a run is at it, or has died at it."""
    with database.write() as connection:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == id_)
            .values(state="submitting", run="0" * 32, attempts=0, provider_id="scripted")
        )


@pytest.mark.parametrize(
    ("kinds", "settled"),
    [
        (["accepted"], "accepted"),
        (["delivered"], "accepted"),
        (["opened"], "accepted"),
        (["clicked", "bounced"], "accepted"),
        (["bounced"], "refused"),
    ],
)
def test_what_came_while_a_run_was_at_it_is_not_forgotten(
    either_database: Database, kinds: list[str], settled: str
) -> None:
    """The run dies; the next one makes its delivery unknown, and the event knew better."""
    database = either_database
    ids = dispatched(database, 2)
    under_way(database, ids[0])
    reports = [event(ids[0], EventKind(kind)) for kind in kinds]
    applied = apply(database, reports, now=LATER)
    assert (applied.kept.total(), applied.settled.total()) == (len(kinds), 0)
    assert apply(database, reports, now=LATER).repeated == len(kinds)
    assert state_of(database, ids[0]) == "submitting"
    dispatch = ledger.frozen(database, EDITION, "main")
    assert dispatch is not None
    send(database, dispatch, Scripted())
    assert state_of(database, ids[0]) == "unknown"
    ((found,), _) = reconcile(database, now=LATER)
    assert (found.unknown, state_of(database, ids[0])) == (0, settled)
    assert ledger.balance(database, EDITION, "main").adds_up


def test_it_is_asked_by_the_run_itself_where_its_provider_fell_silent(
    either_database: Database,
) -> None:
    """SendGrid says “processed” before its answer is given up for lost."""
    database = either_database
    add_readers(database, range(3))
    dispatch = freeze(database)
    provider = Scripted({address(1): [DeliveryState.UNKNOWN], address(2): [DeliveryState.UNKNOWN]})

    def processed(recipient: Recipient) -> None:
        if recipient.email != address(2):
            apply(database, [event(recipient.id, EventKind.ACCEPTED)], now=LATER)

    provider.after_start = processed
    config = Config(
        publication=PublicationSettings(name="Lettre", sender="lettre@example.org"),
        edition=EditionSettings(images="embed"),
        delivery=DeliverySettings(provider="tests.events.test_reconciling:given"),
    )
    _given.append(provider)
    balance = asyncio.run(
        deliver(
            database,
            config,
            dispatch,
            clock=lambda: LATER,
            progress=lambda _balance: None,
            stop=asyncio.Event(),
        )
    )
    assert (balance.accepted, balance.unknown) == (2, 1)
    assert ledger.balance(database, EDITION, "main") == balance


_given: list[Scripted] = []


def given(*_arguments: object) -> Scripted:
    """The provider that a test gives."""
    return _given.pop()


def test_that_it_was_taken_is_kept_only_while_nobody_knows(either_database: Database) -> None:
    database = either_database
    ids = dispatched(database, 2, unknown=[1])
    applied = apply(database, [event(id_, EventKind.ACCEPTED) for id_ in ids], now=LATER)
    assert (applied.kept.total(), applied.repeated) == (0, 0)
    assert dict(applied.settled) == {(EDITION, "accepted"): 1}
    assert not kept(database)


def test_that_it_was_taken_before_it_was_called_back_settles_nothing(
    either_database: Database,
) -> None:
    """SendGrid may have forgotten it since; that it was delivered is another matter."""
    database = either_database
    ids = dispatched(database, 2)
    with database.write() as connection:
        connection.execute(update(deliveries).values(state="unknown", detail=ASKED))
    assert not apply(database, [event(id_, EventKind.ACCEPTED) for id_ in ids], now=LATER).settled
    apply(database, [event(ids[0], EventKind.DELIVERED)], now=LATER)
    ((found,), _) = reconcile(database, now=LATER)
    assert (found.unknown, state_of(database, ids[0])) == (1, "accepted")


def test_what_was_taken_and_forgotten_again_is_no_sign_of_a_second_copy(
    either_database: Database,
) -> None:
    """Called back for good and let go again: only what is said of the new copy counts."""
    database = either_database
    ids = dispatched(database, 2)
    under_way(database, ids[0])
    taken = event(ids[0], EventKind.ACCEPTED)
    apply(database, [taken], now=LATER)
    with database.write() as connection:
        connection.execute(update(deliveries).values(state="accepted", provider_id="B_1 m1"))
    dispatch = ledger.frozen(database, EDITION, "main")
    assert dispatch is not None
    assert cancelling.forget_scheduled(database, dispatch, "B_1", LATER) == 2
    assert cancelling.let_go(database, dispatch, LATER) == 2
    send(database, dispatch, Scripted({address(0): [DeliveryState.UNKNOWN]}))
    ((found,), _) = reconcile(database, now=LATER)
    assert (found.unknown, state_of(database, ids[0])) == (1, "unknown")


class Unnamed(Scripted):
    """SendGrid, named by the settings after the edition was frozen; it gives nothing a name."""

    name = "sendgrid"

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """By the script."""
        async for outcome in super().submit(recipients, starting):
            yield replace(outcome, provider_id="")


def test_what_another_provider_left_in_doubt_is_not_for_the_relays_log(
    either_database: Database,
) -> None:
    add_readers(either_database, range(3))
    unknown = {address(0): [DeliveryState.UNKNOWN]}
    send(either_database, freeze(either_database, provider="smtp"), Unnamed(unknown))
    with either_database.read() as connection:
        rows = connection.execute(select(deliveries.c.id, deliveries.c.state)).all()
    seen = [
        event(row.id, EventKind.DELIVERED, source="postfix")
        for row in rows
        if row.state == "accepted"
    ]
    ((found,), _) = reconcile(either_database, seen, log_is_complete=True, now=LATER)
    assert (len(seen), found.unknown, found.pending) == (2, 1, 0)


def test_dry_run_tells_what_several_batches_would_do(either_database: Database) -> None:
    ids = dispatched(either_database, 4, unknown=[0, 1])
    reports = [event(ids[n % 4], EventKind.OPENED, name=str(n)) for n in range(2500)]
    ((found,), applied) = reconcile(either_database, reports, dry_run=True, now=LATER)
    assert (applied.kept["opened"], found.accepted, found.unknown) == (2500, 2, 0)
    assert not kept(either_database)
    assert state_of(either_database, ids[0]) == "unknown"
