"""A relay's silence is believed only when nobody can still be talking to it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from sqlalchemy import select, update
from tests.delivery.world import Scripted, add_readers, address, freeze, open_store, send
from tests.events.world import LATER, dispatched, event, kept, state_of

from digest.events.reconciling import reconcile
from digest.model.events import EventKind
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database
from digest.store.ledger import runs
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
