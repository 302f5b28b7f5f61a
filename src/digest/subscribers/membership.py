"""Puts people on lists and lets them leave: by hand, by their own link, for good.

Leaving is always possible and never asks why. Coming back is never silent: somebody who
unsubscribed is added again only with fresh evidence of consent, somebody suppressed not at all.
CSV files are left to `importing` and `exporting`, bounces and complaints to `suppression`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Literal

from sqlalchemy import Connection

from digest.errors import UsageError
from digest.model.people import (
    Subscription,
    SubscriptionStatus,
    SuppressionReason,
    mask_address,
)
from digest.store.database import Database
from digest.store.people import subscribers as people
from digest.subscribers.addresses import AddressError, normalise
from digest.subscribers.fields import read_consent_source, read_language, read_name
from digest.subscribers.suppression import find_suppression, place_suppression

Change = Literal["added", "updated", "unchanged"]

#: What `token_urlsafe(32)` makes.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Addition:
    """A subscription as it stands after `add`, and what `add` did to it."""

    subscription: Subscription
    change: Change


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What `forget` erased: subscriptions, and deliveries that bear a random mark now."""

    subscriptions: int
    deliveries: int


@dataclass(frozen=True, slots=True)
class ListStats:
    """How many subscriptions a list has by status. `suppressed` counts the active ones whose
    address is suppressed, so that `active - suppressed` receive the next edition."""

    list: str
    active: int
    pending: int
    unsubscribed: int
    suppressed: int

    @property
    def receiving(self) -> int:
        """Who receives the next edition."""
        return self.active - self.suppressed


def add(
    database: Database,
    list_name: str,
    email: str,
    *,
    name: str = "",
    language: str = "",
    consent_source: str = "",
    consent_at: datetime | None = None,
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE,
    resubscribe: bool = False,
    now: datetime,
) -> Addition:
    """Put one person on a list, or change what is known of one who is on it.

    Args:
        database: the store.
        list_name: the list.
        email: the address, as typed.
        name: as shown to the person; empty changes nothing.
        language: a code such as `fr`; empty changes nothing.
        consent_source: the evidence of consent: where and how it was given.
        consent_at: when; default: `now`, if there is a source.
        status: `active` or `pending`.
        resubscribe: bring back somebody who unsubscribed; needs a `consent_source`.
        now: the moment.

    Raises:
        UsageError: the address or a field cannot be used, or the person must not be added.
    """
    try:
        address = normalise(email)
        name, language = read_name(name), read_language(language)
        consent_source = read_consent_source(consent_source)
    except ValueError as error:
        what = "The address cannot be used: " if isinstance(error, AddressError) else ""
        raise UsageError(f"{what}{error}.", "Correct it and run the command again.") from None
    if resubscribe and not consent_source:
        raise UsageError(
            "Bringing somebody back needs the evidence of their consent.",
            "Add --consent-source, e.g. “paper form of 12 March 2025”.",
        )
    wanted = Subscription(
        email=address,
        name=name,
        language=language,
        list=list_name,
        status=status,
        token=token_urlsafe(32),
        consent_at=consent_at or (now if consent_source else None),
        consent_source=consent_source,
        changed_at=now,
    )
    with database.write() as connection:
        people.hold_suppressions(connection)
        _refuse_suppressed(connection, address)
        before = people.get_subscription(connection, list_name, address)
        if before is not None:
            _refuse_return(before, wanted, resubscribe=resubscribe)
        subscriber = people.put_subscriber(
            connection, address, name=name, language=language, now=now
        )
        if before is None:
            people.insert_subscription(connection, subscriber, wanted, now=now)
        else:
            _renew(connection, before, wanted, now=now)
        after = people.get_subscription(connection, list_name, address) or wanted
    if before is None:
        return Addition(after, "added")
    return Addition(after, "unchanged" if after == before else "updated")


def unsubscribe(
    database: Database, email: str, list_name: str | None = None, *, now: datetime
) -> bool:
    """Take an address off one list, or off every list it is on (`None`), at once.

    Returns False when it had unsubscribed already.

    Raises:
        UsageError: it is no address, or not on the list.
    """
    address = _address(email)
    with database.write() as connection:
        found = [
            subscription
            for subscription in people.subscriptions_of(connection, address)
            if list_name in (None, subscription.list)
        ]
        if not found:
            raise _not_on(list_name, address)
        changed = [
            people.set_status(
                connection, subscription.token, SubscriptionStatus.UNSUBSCRIBED, now=now
            )
            for subscription in found
        ]
    return any(changed)


def unsubscribe_by_token(database: Database, token: str, *, now: datetime) -> Subscription | None:
    """Take the subscription of a token off its list; idempotent. None: no such token."""
    if not _TOKEN.fullmatch(token):
        return None
    with database.write() as connection:
        people.set_status(connection, token, SubscriptionStatus.UNSUBSCRIBED, now=now)
        return people.get_subscription_by_token(connection, token)


def find_by_token(database: Database, token: str) -> Subscription | None:
    """The subscription of a token, or None."""
    if not _TOKEN.fullmatch(token):
        return None
    with database.read() as connection:
        return people.get_subscription_by_token(connection, token)


def remove(database: Database, email: str, list_name: str, *, now: datetime) -> None:
    """Delete a subscription, as if it had never been; a later import may bring it back.

    The subscriber goes with the last subscription. Past deliveries keep the address. One that is
    still to be made is excluded, unless the person is active on another list of its dispatch.

    Raises:
        UsageError: it is no address, or not on the list.
    """
    address = _address(email)
    with database.write() as connection:
        subscription = people.get_subscription(connection, list_name, address)
        if subscription is None:
            raise _not_on(list_name, address)
        people.delete_subscription(connection, subscription, now=now)


def forget(database: Database, email: str, *, now: datetime) -> Forgotten:
    """Erase a person for good, on every list and in past deliveries; nothing brings them back.

    A keyed hash of the address stays among the suppressions. Works for an address that is not
    here as well: it will not come in later. Backups and the outbox are not touched.

    Raises:
        UsageError: it is no address.
    """
    address = _address(email)
    with database.write() as connection:
        place_suppression(connection, address, SuppressionReason.FORGOTTEN, now=now)
        subscriptions, deliveries = people.erase(connection, address, now=now)
    people.drop_traces(database)
    return Forgotten(subscriptions, deliveries)


def listing(
    database: Database,
    list_name: str,
    status: SubscriptionStatus | None = None,
    limit: int | None = None,
) -> list[Subscription]:
    """Subscriptions of a list by address."""
    with database.read() as connection:
        return list(people.each_subscription(connection, list_name, status=status, limit=limit))


def stats(database: Database, list_name: str) -> ListStats:
    """How many subscriptions a list has by status."""
    with database.read() as connection:
        counts = people.count_by_status(connection, list_name)
        suppressed = people.count_suppressed(connection, list_name)
    return ListStats(
        list=list_name,
        active=counts.get(SubscriptionStatus.ACTIVE, 0),
        pending=counts.get(SubscriptionStatus.PENDING, 0),
        unsubscribed=counts.get(SubscriptionStatus.UNSUBSCRIBED, 0),
        suppressed=suppressed,
    )


def _refuse_suppressed(connection: Connection, address: str) -> None:
    suppression = find_suppression(connection, address)
    if suppression is None:
        return
    if suppression.reason is SuppressionReason.FORGOTTEN:
        why = "asked to be forgotten"
    else:
        why = f"is suppressed ({suppression.reason}, {suppression.added_at:%Y-%m-%d})"
    raise UsageError(
        f"{mask_address(address)} {why}.",
        "If it may be written to again: `digest suppress lift ADDRESS`.",
    )


def _refuse_return(before: Subscription, wanted: Subscription, *, resubscribe: bool) -> None:
    shown = mask_address(before.email)
    if before.status is SubscriptionStatus.UNSUBSCRIBED and not resubscribe:
        when = f" on {before.changed_at:%Y-%m-%d}" if before.changed_at else ""
        raise UsageError(
            f"{shown} unsubscribed from “{before.list}”{when}.",
            "If they asked to come back: add --resubscribe and --consent-source.",
        )
    if _confirms(before, wanted) and not wanted.consent_source:
        raise UsageError(
            f"{shown} has not confirmed the subscription to “{before.list}”.",
            "If they did in another way: add --consent-source.",
        )


def _confirms(before: Subscription, wanted: Subscription) -> bool:
    return (
        before.status is SubscriptionStatus.PENDING and wanted.status is SubscriptionStatus.ACTIVE
    )


def _renew(
    connection: Connection, before: Subscription, wanted: Subscription, *, now: datetime
) -> None:
    returns = before.status is SubscriptionStatus.UNSUBSCRIBED or _confirms(before, wanted)
    if returns:
        people.set_status(connection, before.token, wanted.status, now=now)
    if wanted.consent_source and (returns or not before.consent_source):
        people.set_consent(
            connection,
            before.token,
            source=wanted.consent_source,
            given_at=wanted.consent_at,
            now=now,
        )


def _address(email: str) -> str:
    try:
        return normalise(email)
    except AddressError as error:
        raise UsageError(f"The address cannot be used: {error}.", "Correct it.") from None


def _not_on(list_name: str | None, address: str) -> UsageError:
    where = f"on the list “{list_name}”" if list_name else "on any list"
    return UsageError(
        f"{mask_address(address)} is not {where}.", "`digest subscribers list` shows who is."
    )
