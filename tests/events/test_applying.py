"""What is reported counts once, silences whom it must, and follows nobody."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from tests.delivery.world import EDITION, address, token
from tests.events.world import (
    FOREIGN,
    LATER,
    SENT,
    dispatched,
    event,
    kept,
    list_status,
    state_of,
    suppressed,
)

from digest.delivery import ledger
from digest.events.applying import BATCH, apply
from digest.events.reconciling import reconcile
from digest.model.events import Event, EventKind
from digest.model.people import SuppressionReason
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database
from digest.store.tables import editions, subscriptions
from digest.subscribers import membership
from digest.subscribers import suppression as suppressing

BOUNCED, COMPLAINED = EventKind.BOUNCED, EventKind.COMPLAINED


def gone(delivery: str, **values: object) -> Event:
    """The address is no more."""
    values.setdefault("detail", "550 5.1.1 no mailbox")
    return event(delivery, BOUNCED, is_permanent=True, **values)  # type: ignore[arg-type]


def test_each_event_counts_once_however_often_it_comes(either_database: Database) -> None:
    database = either_database
    ids = dispatched(database, 3)
    reports = [event(id_, EventKind.DELIVERED) for id_ in ids] + [gone(ids[0])]
    first = apply(database, reports, now=LATER)
    assert (dict(first.kept), first.repeated) == ({"delivered": 3, "bounced": 1}, 0)
    assert dict(first.suppressed) == {"bounce": 1}
    again = apply(database, [*reports, *reports], now=LATER)
    assert (again.kept.total(), again.repeated, again.suppressed.total()) == (0, 8, 0)
    assert len(kept(database)) == 4


def test_more_than_one_batch_is_applied_whole(database: Database) -> None:
    (id_,) = dispatched(database, 1)
    seen: list[int] = []
    reports = [event(id_, EventKind.OPENED, name=str(n)) for n in range(BATCH + 5)]
    applied = apply(database, iter(reports), now=LATER, progress=seen.append)
    assert (applied.read, applied.kept["opened"], seen) == (
        BATCH + 5,
        BATCH + 5,
        [BATCH, BATCH + 5],
    )


def test_address_that_is_gone_or_complains_is_written_to_no_more(
    either_database: Database,
) -> None:
    database = either_database
    ids = dispatched(database, 5)
    applied = apply(
        database,
        [
            gone(ids[0]),
            event(ids[1], COMPLAINED),
            gone(ids[2]),
            event(ids[2], COMPLAINED),
            event(ids[3], BOUNCED, detail="452 4.2.2 mailbox full"),
            event(ids[4], EventKind.DEFERRED),
        ],
        now=LATER,
    )
    assert suppressed(database) == {
        address(0): "bounce",
        address(1): "complaint",
        address(2): "complaint",
    }
    assert dict(applied.suppressed) == {"bounce": 1, "complaint": 2}
    (note,) = [one.note for one in suppressing.listing(database) if one.email == address(0)]
    assert note == f"{EDITION}, sendgrid: 550 5.1.1 no mailbox"


def test_soft_bounces_never_suppress_however_many(database: Database) -> None:
    (id_,) = dispatched(database, 1)
    reports = [event(id_, BOUNCED, name=str(n), detail="5.7.1 blocked") for n in range(20)]
    assert apply(database, reports, now=LATER).kept["bounced"] == 20
    assert not suppressed(database)


def test_what_anybody_may_write_silences_nobody(database: Database) -> None:
    ids = dispatched(database, 3)
    reports = [
        gone(ids[0], is_proven=False),
        event(ids[1], COMPLAINED, is_proven=False),
        event(ids[2], EventKind.UNSUBSCRIBED, is_proven=False),
    ]
    applied = apply(database, reports, now=LATER)
    assert applied.kept.total() == 3
    assert not suppressed(database)
    assert list_status(database, token(2)) == "active"


def test_what_anybody_may_write_settles_nothing(database: Database) -> None:
    (id_,) = dispatched(database, 1, unknown=[0])
    reports = [gone(id_, is_proven=False), event(id_, EventKind.DELIVERED, is_proven=False)]
    assert not apply(database, reports, now=LATER).settled
    (left,), _applied = reconcile(database, now=LATER)
    assert left.unknown == 1


def test_failure_of_another_message_with_the_same_id_silences_nobody(database: Database) -> None:
    """Who saw a letter may send a mail with its id through the same relay, to where it fails."""
    ids = dispatched(database, 2)
    reports = [
        gone(ids[0], recipient="nobody@elsewhere.example"),
        gone(ids[1], recipient=address(1).upper()),
        gone(ids[1], name="broken", recipient="nobody@\x00"),
    ]
    assert apply(database, reports, now=LATER).kept.total() == 3
    assert suppressed(database) == {address(1): "bounce"}


def test_suppression_that_a_person_lifted_stays_lifted(database: Database) -> None:
    (id_,) = dispatched(database, 1)
    apply(database, [gone(id_)], now=LATER)
    suppressing.lift(database, address(0))
    apply(database, [gone(id_)], now=LATER)
    assert not suppressed(database)


def test_stronger_reason_stays(database: Database) -> None:
    (id_,) = dispatched(database, 1)
    suppressing.suppress(database, address(0), SuppressionReason.COMPLAINT, now=SENT)
    assert apply(database, [gone(id_)], now=LATER).suppressed.total() == 0
    assert suppressed(database) == {address(0): "complaint"}


def test_unsubscribing_elsewhere_leaves_this_list_only(either_database: Database) -> None:
    database = either_database
    ids = dispatched(database, 2)
    membership.add(database, "monthly", address(0), now=SENT)
    assert apply(database, [event(ids[0], EventKind.UNSUBSCRIBED)], now=LATER).unsubscribed == 1
    assert list_status(database, token(0)) == "unsubscribed"
    assert list_status(database, token(1)) == "active"
    (monthly,) = membership.listing(database, "monthly")
    assert monthly.status == "active"


def test_old_news_of_leaving_do_not_undo_a_newer_consent(database: Database) -> None:
    ids = dispatched(database, 1)
    left = event(ids[0], EventKind.UNSUBSCRIBED)
    with database.write() as connection:
        connection.execute(update(subscriptions).values(consent_at=left.at + timedelta(days=1)))
    assert apply(database, [left], now=LATER + timedelta(days=9)).unsubscribed == 0
    assert list_status(database, token(0)) == "active"


def test_reader_who_was_removed_can_be_reported_of(database: Database) -> None:
    (id_,) = dispatched(database, 1)
    membership.remove(database, address(0), "main", now=SENT)
    applied = apply(database, [event(id_, EventKind.UNSUBSCRIBED)], now=LATER)
    assert (applied.kept.total(), applied.unsubscribed) == (1, 0)


@pytest.mark.parametrize(
    ("kinds", "settled"),
    [
        (["delivered"], "accepted"),
        (["deferred"], "accepted"),
        (["opened"], "accepted"),
        (["clicked"], "accepted"),
        (["complained"], "accepted"),
        (["unsubscribed"], "accepted"),
        (["bounced"], "refused"),
        (["bounced", "delivered"], "accepted"),
        (["delivered", "bounced"], "accepted"),
    ],
)
def test_unknown_outcome_is_settled_by_what_is_reported(
    database: Database, kinds: list[str], settled: str
) -> None:
    ids = dispatched(database, 2, unknown=[0])
    reports = [event(ids[0], EventKind(kind)) for kind in kinds]
    applied = apply(database, reports, now=LATER)
    assert dict(applied.settled) == {(EDITION, settled): 1}
    assert state_of(database, ids[0]) == settled
    assert ledger.balance(database, EDITION, "main").adds_up


def test_what_is_known_is_not_settled_anew(database: Database) -> None:
    ids = dispatched(database, 2, unknown=[1])
    reports: list[Event | Outcome] = [gone(ids[0]), Outcome(ids[0], DeliveryState.PENDING)]
    assert not apply(database, reports, now=LATER).settled
    assert state_of(database, ids[0]) == "accepted"


def test_delivery_the_provider_put_off_is_served_by_the_next_run(database: Database) -> None:
    ids = dispatched(database, 2, unknown=[1])
    applied = apply(database, [Outcome(ids[1], DeliveryState.PENDING)], now=LATER)
    assert dict(applied.settled) == {(EDITION, "pending"): 1}
    with database.read() as connection:
        assert connection.scalar(select(editions.c.state)) == "dispatching"


def test_deliveries_of_others_are_counted_and_left(database: Database) -> None:
    dispatched(database, 1)
    applied = apply(
        database,
        [gone(FOREIGN), event("not an id", COMPLAINED), Outcome(FOREIGN, DeliveryState.ACCEPTED)],
        now=LATER,
    )
    assert (applied.read, applied.foreign, applied.kept.total()) == (3, 3, 0)
    assert not kept(database)
    assert not suppressed(database)


def test_nobody_is_followed_by_clicks_and_opens(database: Database) -> None:
    ids = dispatched(database, 1)
    urls = {
        "plain": "https://example.org/detroit?utm_source=lettre",
        "token": f"https://lettre.example.org/u/{token(0)}",
        "address": "https://example.org/form?mail=reader0%40readers.example&x=1",
        "mailto": f"mailto:{address(0)}",
        "broken": f"https://[{token(0)}",
        "steering": "https://example.org/\x1b[2J",
    }
    reports = [event(ids[0], EventKind.CLICKED, name=name, url=url) for name, url in urls.items()]
    apply(database, [*reports, event(ids[0], EventKind.OPENED, name="open")], now=LATER)
    rows = {row.event_id: row for row in kept(database)}
    assert all(row.delivery_id is None for row in rows.values())
    assert rows["plain"].url == urls["plain"]
    assert rows["token"].url == "https://lettre.example.org/…"
    assert rows["address"].url == "https://example.org/…"
    assert rows["mailto"].url == rows["broken"].url == rows["steering"].url == ""


def test_no_address_stands_in_what_is_kept(database: Database) -> None:
    ids = dispatched(database, 2)
    said = "550 5.1.1 <reader0@readers.example>: \ud800 no such user\x00\nreader0"
    apply(database, [gone(ids[0], detail=said)], now=LATER)
    (row,) = kept(database)
    assert row.detail == "550 5.1.1 <r…@readers.example>: ? no such user reader0"
    (note,) = [one.note for one in suppressing.listing(database)]
    assert address(0) not in note


def test_forgotten_person_leaves_nothing_behind(either_database: Database) -> None:
    database = either_database
    ids = dispatched(database, 2)
    said = "552 5.2.2 the mailbox of Marie Exemple is full"
    apply(database, [event(id_, BOUNCED, detail=said) for id_ in ids], now=LATER)
    membership.forget(database, address(0), now=LATER)
    late = [
        gone(ids[0], name="late", detail=said),
        event(ids[0], COMPLAINED, name="complaint"),
        event(ids[0], EventKind.UNSUBSCRIBED, name="leaves"),
        event(ids[0], EventKind.CLICKED, name="click", url="https://example.org/"),
    ]
    applied = apply(database, late, now=LATER)
    assert (applied.kept.total(), applied.suppressed.total(), applied.unsubscribed) == (4, 0, 0)
    rows = [row for row in kept(database) if row.delivery_id != ids[1]]
    assert len(rows) == 5
    assert all((row.delivery_id, row.detail, row.url) == (None, "", "") for row in rows)
    assert suppressed(database) == {None: "forgotten"}


def test_time_that_cannot_be_yet_is_not_believed(database: Database) -> None:
    ids = dispatched(database, 1)
    apply(database, [event(ids[0], BOUNCED, at=LATER + timedelta(days=400))], now=LATER)
    assert kept(database)[0].at == LATER


def test_same_events_at_the_same_time_count_once(postgres_url: str) -> None:
    from tests.delivery.world import open_store

    database = open_store(postgres_url)
    ids = dispatched(database, 60, unknown=range(30))
    reports = [gone(id_) for id_ in ids]
    results = []
    barrier = threading.Barrier(4)

    def work(turn: int) -> None:
        order = reports if turn % 2 else reports[::-1]
        barrier.wait()
        results.append(apply(database, [replace(one) for one in order], now=LATER))

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert len(results) == 4
    assert sum(one.kept.total() for one in results) == 60
    assert sum(one.suppressed.total() for one in results) == 60
    assert sum(one.settled.total() for one in results) == 30
