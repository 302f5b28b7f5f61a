"""Queries on subscribers, their subscriptions and suppressions. Who may be added, changed or
written to is decided in `digest.subscribers`.

Those who add people take `hold_suppressions` first and touch `suppressions` before
`subscribers`: on PostgreSQL nobody then slips in beside a person who is just being forgotten.
"""

from __future__ import annotations

import secrets
from collections.abc import Generator
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Update,
    delete,
    func,
    select,
    update,
)

from digest.model.people import Subscription, SubscriptionStatus, Suppression, SuppressionReason
from digest.store.database import Database
from digest.store.facts import random_key
from digest.store.ledger.audience import hold_audiences, move
from digest.store.tables import (
    deliveries,
    dispatches,
    events,
    insert_into,
    subscribers,
    subscriptions,
    suppressions,
)

#: The fact that holds the key of the address hashes.
ADDRESS_KEY = "address_key"

#: What an excluded delivery says of a reader who is no longer there.
FORGOTTEN = "forgotten"
REMOVED = "removed"


def address_key(connection: Connection) -> bytes:
    """The random key of this store's address hashes, made when first needed (32 bytes)."""
    return random_key(connection, ADDRESS_KEY)


def hold_suppressions(connection: Connection) -> None:
    """Let nobody be suppressed until the transaction ends; several may hold at once."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE suppressions IN SHARE MODE")


# ---- Subscriptions -----------------------------------------------------------------------------


def get_subscription(connection: Connection, list_name: str, email: str) -> Subscription | None:
    """An address's subscription to a list, or None. `email` is normalised."""
    row = connection.execute(
        _subscription_rows().where(subscriptions.c.list == list_name, subscribers.c.email == email)
    ).first()
    return None if row is None else _subscription(row)


def get_subscription_by_token(connection: Connection, token: str) -> Subscription | None:
    """The subscription that a token belongs to, or None."""
    row = connection.execute(_subscription_rows().where(subscriptions.c.token == token)).first()
    return None if row is None else _subscription(row)


def subscriptions_of(connection: Connection, email: str) -> list[Subscription]:
    """Every subscription of an address, by list."""
    rows = connection.execute(
        _subscription_rows().where(subscribers.c.email == email).order_by(subscriptions.c.list)
    )
    return [_subscription(row) for row in rows]


def each_subscription(
    connection: Connection,
    list_name: str,
    *,
    status: SubscriptionStatus | None = None,
    limit: int | None = None,
) -> Generator[Subscription, None, None]:
    """Subscriptions of a list by address, streamed a thousand at a time."""
    query = _subscription_rows().where(subscriptions.c.list == list_name)
    if status is not None:
        query = query.where(subscriptions.c.status == status)
    query = query.order_by(subscribers.c.email).limit(limit)
    with connection.execute(query, execution_options={"yield_per": 1000}) as rows:
        for row in rows:
            yield _subscription(row)


def find_subscriptions(connection: Connection, part: str, *, limit: int) -> list[Subscription]:
    """Active subscriptions whose address holds `part` (lower case), by address and list."""
    rows = connection.execute(
        _subscription_rows()
        .where(
            subscribers.c.email.contains(part, autoescape=True),
            subscriptions.c.status == SubscriptionStatus.ACTIVE,
        )
        .order_by(subscribers.c.email, subscriptions.c.list)
        .limit(limit)
    )
    return [_subscription(row) for row in rows]


def put_subscriber(
    connection: Connection, email: str, *, name: str, language: str, now: datetime
) -> int:
    """The id of an address's subscriber, made when missing; empty `name` and `language` change
    nothing."""
    query = select(subscribers.c.id).where(subscribers.c.email == email)
    given = {key: value for key, value in (("name", name), ("language", language)) if value}
    if connection.execute(query).first() is None:
        row = {"email": email, "created_at": now, **given}
        connection.execute(
            insert_into(connection, subscribers).values(row).on_conflict_do_nothing()
        )
    elif given:
        connection.execute(update(subscribers).where(subscribers.c.email == email).values(given))
    return int(connection.execute(query).scalar_one())


def insert_subscription(
    connection: Connection, subscriber_id: int, subscription: Subscription, *, now: datetime
) -> None:
    """Put a subscriber on a list; changes nothing when they are there already."""
    connection.execute(
        insert_into(connection, subscriptions)
        .values(
            subscriber_id=subscriber_id,
            list=subscription.list,
            status=subscription.status,
            token=subscription.token,
            consent_at=subscription.consent_at,
            consent_source=subscription.consent_source,
            changed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["subscriber_id", "list"])
    )


def set_status(
    connection: Connection, token: str, status: SubscriptionStatus, *, now: datetime
) -> bool:
    """Change a subscription's status; False when it had it already or is gone."""
    done = connection.execute(
        update(subscriptions)
        .where(subscriptions.c.token == token, subscriptions.c.status != status)
        .values(status=status, changed_at=now)
    )
    return done.rowcount == 1


def set_consent(
    connection: Connection, token: str, *, source: str, given_at: datetime | None, now: datetime
) -> None:
    """Note the evidence of consent."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.token == token)
        .values(consent_source=source, consent_at=given_at, changed_at=now)
    )


def delete_subscription(
    connection: Connection, subscription: Subscription, *, now: datetime
) -> None:
    """Take a subscription away, and the subscriber when it was the last one. Its pending
    deliveries go on under another list of their dispatch, or become excluded."""
    pending = connection.execute(
        select(deliveries.c.id, deliveries.c.dispatch_id)
        .where(
            _deliveries_to(subscription.email),
            deliveries.c.state == "pending",
            deliveries.c.token == subscription.token,
        )
        .order_by(deliveries.c.dispatch_id)
        .with_for_update()
    ).all()
    for row in pending:
        hold_audiences(connection, row.dispatch_id)
        # Out of the hands of a run that has claimed it with the token that goes.
        move(connection, [row.id], "", now)
    connection.execute(
        _exclude_pending(subscription.email, REMOVED, now).where(
            deliveries.c.token == subscription.token
        )
    )
    connection.execute(delete(subscriptions).where(subscriptions.c.token == subscription.token))
    others = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscribers.c.id)
    connection.execute(
        delete(subscribers).where(subscribers.c.email == subscription.email, ~others.exists())
    )


def count_by_status(connection: Connection, list_name: str) -> dict[SubscriptionStatus, int]:
    """Subscriptions of a list by status; a status that nobody has is missing."""
    rows = connection.execute(
        select(subscriptions.c.status, func.count())
        .where(subscriptions.c.list == list_name)
        .group_by(subscriptions.c.status)
    )
    return {SubscriptionStatus(status): number for status, number in rows}


def count_suppressed(connection: Connection, list_name: str) -> int:
    """Active subscriptions of a list whose address is suppressed."""
    return connection.execute(
        select(func.count())
        .select_from(subscriptions.join(subscribers))
        .where(
            subscriptions.c.list == list_name,
            subscriptions.c.status == SubscriptionStatus.ACTIVE,
            subscribers.c.email.in_(select(suppressions.c.email)),
        )
    ).scalar_one()


# ---- Suppressions ------------------------------------------------------------------------------


def get_suppression(connection: Connection, address_hash: str) -> Suppression | None:
    """The suppression of an address by its hash, or None."""
    row = connection.execute(
        select(suppressions).where(suppressions.c.address_hash == address_hash)
    ).first()
    return None if row is None else _suppression(row)


def list_suppressions(connection: Connection, limit: int | None) -> list[Suppression]:
    """Suppressions, latest first."""
    latest = (suppressions.c.added_at.desc(), suppressions.c.email.desc().nulls_last())
    rows = connection.execute(select(suppressions).order_by(*latest).limit(limit))
    return [_suppression(row) for row in rows]


def put_suppression(connection: Connection, address_hash: str, suppression: Suppression) -> None:
    """Write a suppression, in place of an earlier one."""
    values = {
        "email": suppression.email or None,
        "reason": suppression.reason,
        "note": suppression.note,
        "added_at": suppression.added_at,
    }
    connection.execute(
        insert_into(connection, suppressions)
        .values(address_hash=address_hash, **values)
        .on_conflict_do_update(index_elements=["address_hash"], set_=values)
    )


def delete_suppression(connection: Connection, address_hash: str) -> None:
    """Lift a suppression."""
    connection.execute(delete(suppressions).where(suppressions.c.address_hash == address_hash))


# ---- Erasure -----------------------------------------------------------------------------------


def erase(connection: Connection, email: str, *, now: datetime) -> tuple[int, int]:
    """Erase a person: the subscriber, every subscription, and what deliveries say of them.

    The deliveries stay, each under a random mark of its own, so that every balance adds up, and
    their events without the delivery and the words; pending deliveries become excluded. Returns
    how many subscriptions went and how many deliveries were made anonymous.
    """
    gone = len(subscriptions_of(connection, email))
    connection.execute(delete(subscribers).where(subscribers.c.email == email))
    connection.execute(_exclude_pending(email, FORGOTTEN, now))
    ids = connection.scalars(select(deliveries.c.id).where(_deliveries_to(email))).all()
    for delivery in ids:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery)
            .values(
                email=f"{FORGOTTEN}-{secrets.token_hex(16)}",
                name="",
                language="",
                token="",
                provider_id="",
                subscribed_at=None,
            )
        )
        connection.execute(
            update(events)
            .where(events.c.delivery_id == delivery)
            .values(delivery_id=None, detail="", url="")
        )
    return gone, len(ids)


def drop_traces(database: Database) -> None:
    """Write SQLite's log back and empty it, so that what was erased is on the disk no more.

    Left for later by SQLite itself when somebody else is reading.
    """
    if database.is_sqlite:
        with database.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _deliveries_to(email: str) -> ColumnElement[bool]:
    # Named by dispatch as well, so that the unique index serves.
    every_dispatch = select(dispatches.c.id)
    return deliveries.c.dispatch_id.in_(every_dispatch) & (deliveries.c.email == email)


def _exclude_pending(email: str, reason: str, now: datetime) -> Update:
    return (
        update(deliveries)
        .where(_deliveries_to(email), deliveries.c.state == "pending")
        .values(state="excluded", detail=reason, run="", changed_at=now)
    )


def _subscription_rows() -> Select[tuple[object, ...]]:
    return select(
        subscribers.c.email,
        subscribers.c.name,
        subscribers.c.language,
        subscriptions.c.list,
        subscriptions.c.status,
        subscriptions.c.token,
        subscriptions.c.consent_at,
        subscriptions.c.consent_source,
        subscriptions.c.changed_at,
    ).join_from(subscriptions, subscribers)


def _subscription(row: Row[tuple[object, ...]]) -> Subscription:
    values = row._asdict()
    values["status"] = SubscriptionStatus(values["status"])
    return Subscription(**values)


def _suppression(row: Row[tuple[object, ...]]) -> Suppression:
    return Suppression(
        email=row.email or "",
        reason=SuppressionReason(row.reason),
        added_at=row.added_at,
        note=row.note,
    )
