"""Queries on who a dispatch goes to: its frozen lists, and the way from one list to another.

Every function takes a connection inside a transaction of `Database.read()` or `Database.write()`.
Dispatches and the balance stand in `dispatches`, what a run does with deliveries in `claims`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from digest.model.sending import DeliveryState
from digest.store.tables import (
    audiences,
    deliveries,
    dispatches,
    editions,
    subscribers,
    subscriptions,
    suppressions,
)

_FROZEN_COLUMNS = (
    "id",
    "dispatch_id",
    "email",
    "name",
    "language",
    "list",
    "token",
    "subscribed_at",
    "state",
    "detail",
    "changed_at",
)

#: Why a row is excluded when only the subscription it came from is to blame. A person who was
#: really forgotten has no address in the ledger any more and is never found by it.
_OF_ONE_LIST = ("unsubscribed", "unconfirmed", "removed", "forgotten")


@dataclass(frozen=True, slots=True)
class Moved:
    """The subscription that a delivery was moved to."""

    list: str
    token: str
    subscribed_at: datetime | None


def has_audience(connection: Connection, dispatch_id: int, list_name: str) -> bool:
    """Whether a list's audience is frozen in this dispatch."""
    query = select(audiences.c.list).where(
        audiences.c.dispatch_id == dispatch_id, audiences.c.list == list_name
    )
    return connection.execute(query).first() is not None


def add_audience(connection: Connection, dispatch_id: int, list_name: str, now: datetime) -> int:
    """Make a delivery of every subscription of a list; returns how many rows were added.

    An address that already has a row keeps it. When that row was only excluded because of its
    state on another list, and the address is active on this one, the row becomes pending: with
    `move`, this is how leaving one list does not cost the edition on another.
    """
    _revive(connection, dispatch_id, list_name, now)
    reason = _reason_at_freeze()
    source = (
        select(
            _random_id(connection),
            literal(dispatch_id),
            subscribers.c.email,
            subscribers.c.name,
            subscribers.c.language,
            subscriptions.c.list,
            subscriptions.c.token,
            subscriptions.c.consent_at,
            case((reason == "", DeliveryState.PENDING), else_=DeliveryState.EXCLUDED),
            reason,
            literal(now, deliveries.c.changed_at.type),
        )
        .join_from(subscriptions, subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(
            subscriptions.c.list == list_name,
            ~_has_row(dispatch_id),
        )
        .order_by(subscriptions.c.id)
    )
    statement = insert(deliveries).from_select(list(_FROZEN_COLUMNS), source)
    size = connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount
    connection.execute(
        insert(audiences).values(dispatch_id=dispatch_id, list=list_name, size=size, frozen_at=now)
    )
    return size


def count_audience(connection: Connection, dispatch_id: int | None, list_name: str) -> Counter[str]:
    """What `add_audience` would do with a list: "" for pending, else excluded, by reason."""
    reason = _reason_at_freeze()
    query = (
        select(reason, func.count())
        .join_from(subscriptions, subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(subscriptions.c.list == list_name)
        .group_by(reason)
    )
    if dispatch_id is not None:
        revived = exists().where(_is_elsewhere(dispatch_id, list_name))
        query = query.where(~_has_row(dispatch_id) | ((reason == "") & revived))
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def hold_audiences(connection: Connection, dispatch_id: int) -> None:
    """Let no list be frozen in a dispatch until the transaction ends; several may hold at once.

    Those who exclude a reader for leaving take it first: a list that is just being frozen, and
    could be the reader's other one, is then seen by `move`, or sees the exclusion and revives it.
    """
    connection.execute(
        select(editions.c.id)
        .join(dispatches, dispatches.c.edition == editions.c.id)
        .where(dispatches.c.id == dispatch_id)
        .with_for_update(read=True, of=editions)
    )


def move(connection: Connection, ids: Sequence[str], run: str, now: datetime) -> dict[str, Moved]:
    """Let deliveries go on under another list that is frozen in their dispatch.

    The address is active on that list and not suppressed; of several lists, the one frozen first.
    Deliveries without such a list stay as they are.

    Args:
        ids: pending deliveries, locked by the caller; some hundreds at most.
        run: who holds the moved ones, or "".

    Returns:
        Id → where to, of those that were moved.
    """
    query = (
        select(
            deliveries.c.id,
            subscriptions.c.list,
            subscriptions.c.token,
            subscriptions.c.consent_at,
        )
        .join_from(deliveries, subscribers, subscribers.c.email == deliveries.c.email)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .join(
            audiences,
            (audiences.c.dispatch_id == deliveries.c.dispatch_id)
            & (audiences.c.list == subscriptions.c.list),
        )
        .where(
            deliveries.c.id.in_(ids),
            subscriptions.c.token != deliveries.c.token,
            _reason_at_freeze() == "",
        )
        .order_by(audiences.c.frozen_at, audiences.c.list)
    )
    moved: dict[str, Moved] = {}
    for id_, *to in connection.execute(query):
        moved.setdefault(id_, Moved(*to))
    if moved:
        statement = (
            update(deliveries)
            .where(deliveries.c.id == bindparam("of_id"))
            .values(
                list=bindparam("to_list"),
                token=bindparam("to_token"),
                subscribed_at=bindparam("to_subscribed_at"),
                run=run,
                changed_at=now,
            )
        )
        rows = [
            {
                "of_id": id_,
                "to_list": to.list,
                "to_token": to.token,
                "to_subscribed_at": to.subscribed_at,
            }
            for id_, to in moved.items()
        ]
        connection.execute(statement, rows)
    return moved


def audience_size(connection: Connection, dispatch_id: int) -> int:
    """How many deliveries the frozen lists brought in, as noted when they were frozen."""
    query = select(func.coalesce(func.sum(audiences.c.size), 0)).where(
        audiences.c.dispatch_id == dispatch_id
    )
    return int(connection.scalar(query) or 0)


def is_suppressed(email: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether an address must not be written to."""
    return exists().where(suppressions.c.email == email)


# ---- Detail ---------------------------------------------------------------------------------


def _revive(connection: Connection, dispatch_id: int, list_name: str, now: datetime) -> None:
    found = (
        select(
            deliveries.c.id,
            subscriptions.c.token,
            subscriptions.c.consent_at,
            subscribers.c.name,
            subscribers.c.language,
        )
        .join_from(deliveries, subscribers, subscribers.c.email == deliveries.c.email)
        .join(subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
        .where(
            _is_elsewhere(dispatch_id, list_name),
            subscriptions.c.list == list_name,
            _reason_at_freeze() == "",
        )
    )
    rows = [
        {
            "of_id": row.id,
            "to_list": list_name,
            "to_token": row.token,
            "to_subscribed_at": row.consent_at,
            "to_name": row.name,
            "to_language": row.language,
            "at": now,
        }
        for row in connection.execute(found)
    ]
    if rows:
        statement = (
            update(deliveries)
            .where(deliveries.c.id == bindparam("of_id"))
            .values(
                state=DeliveryState.PENDING,
                detail="",
                provider_id="",
                list=bindparam("to_list"),
                token=bindparam("to_token"),
                subscribed_at=bindparam("to_subscribed_at"),
                name=bindparam("to_name"),
                language=bindparam("to_language"),
                changed_at=bindparam("at"),
            )
        )
        connection.execute(statement, rows)


def _reason_at_freeze() -> ColumnElement[str]:
    """Why a subscription is excluded; empty when it is not."""
    status = subscriptions.c.status
    return case(
        (is_suppressed(subscribers.c.email), "suppressed"),
        (status == "unsubscribed", "unsubscribed"),
        (status == "pending", "unconfirmed"),
        else_="",
    )


def _has_row(dispatch_id: int) -> ColumnElement[bool]:
    return exists().where(
        deliveries.c.dispatch_id == dispatch_id, deliveries.c.email == subscribers.c.email
    )


def _is_elsewhere(dispatch_id: int, list_name: str) -> ColumnElement[bool]:
    """A row excluded only for its state on another list."""
    return and_(
        deliveries.c.dispatch_id == dispatch_id,
        deliveries.c.email == subscribers.c.email,
        deliveries.c.state == DeliveryState.EXCLUDED,
        deliveries.c.detail.in_(_OF_ONE_LIST),
        deliveries.c.list != list_name,
    )


def _random_id(connection: Connection) -> ColumnElement[str]:
    if connection.dialect.name == "sqlite":
        return func.lower(func.hex(func.randomblob(cast(16, Integer))))
    return func.replace(cast(func.gen_random_uuid(), String), "-", "")
