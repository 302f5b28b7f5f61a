"""Whom the studio shows a letter to: an invented reader, somebody of a list, or a subscriber.

Of a reader of a list nothing is known but the list: tokens give their fallbacks. Subscribers are
found by a part of their address and shown with their own name and dates; what the browser gets is
a masked address and an id that means nothing outside this session. The token that leaves the list
for a reader never comes here: every way out ends in “…”.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from digest.config import Config
from digest.delivery.message.envelope import envelope_for, values_for
from digest.model.people import Subscription, mask_address
from digest.model.sending import Letter
from digest.publication import Publication
from digest.store.ledger.dispatches import DeliveryRow
from digest.store.people import subscribers as people

#: Id of the invented reader, and how the ids of lists begin.
SAMPLE: Final = "sample"
LIST_PREFIX: Final = "list:"
#: Readers that a search gives, and that a session keeps ids of.
MOST_FOUND = 10
_MOST_KNOWN = 1000

_SAMPLE_NAME = "Claude Exemple"
_SAMPLE_ADDRESS = "claude@example.org"
_SUBSCRIBED_DAYS_AGO = 250
#: Stands for a reader's token, in the way out.
_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody to show a letter to; `email` never leaves this process unmasked.

    `since` is when they subscribed; None where that is unknown.
    """

    id: str
    label: str
    email: str
    name: str
    list: str
    since: datetime | None = None


class Readers:
    """The readers of one session."""

    def __init__(self) -> None:
        self._found: dict[str, Reader] = {}

    def offered(self, config: Config, now: datetime) -> list[Reader]:
        """The invented reader, then one of each list."""
        since = now - timedelta(days=_SUBSCRIBED_DAYS_AGO)
        first = config.lists[0].name
        label = f"{_SAMPLE_NAME}, {mask_address(_SAMPLE_ADDRESS)}"
        return [
            Reader(SAMPLE, label, _SAMPLE_ADDRESS, _SAMPLE_NAME, first, since),
            *(
                Reader(f"{LIST_PREFIX}{one.name}", one.description or one.name, "", "", one.name)
                for one in config.lists
            ),
        ]

    def search(self, publication: Publication, part: str) -> list[Reader]:
        """Subscribers with this in their address, at most ten; nobody for less than two letters."""
        part = part.strip().lower()
        if len(part) < 2:
            return []
        with publication.database.read() as connection:
            found = people.find_subscriptions(connection, part, limit=MOST_FOUND)
        return [self._known(subscription) for subscription in found]

    def are_known(self, publication: Publication) -> bool:
        """Whether the store knows any subscriber: lists may be imported only before a sending."""
        lists = publication.config.lists
        with publication.database.read() as connection:
            return any(people.count_by_status(connection, one.name) for one in lists)

    def find(self, config: Config, reader_id: str, now: datetime) -> Reader | None:
        """The reader with this id; None when there is none."""
        offered = {reader.id: reader for reader in self.offered(config, now)}
        return offered.get(reader_id or SAMPLE) or self._found.get(reader_id)

    def _known(self, subscription: Subscription) -> Reader:
        for reader in self._found.values():
            if (reader.email, reader.list) == (subscription.email, subscription.list):
                return reader
        if len(self._found) >= _MOST_KNOWN:
            self._found.clear()
        reader = Reader(
            secrets.token_urlsafe(12),
            f"{mask_address(subscription.email)}, {subscription.list}",
            subscription.email,
            subscription.name,
            subscription.list,
            subscription.consent_at,
        )
        self._found[reader.id] = reader
        return reader


def values_of(reader: Reader, config: Config, letter: Letter, now: datetime) -> dict[str, str]:
    """What stands for each token of the letter if it left for this reader now."""
    envelope = envelope_for(config, letter, day=now.astimezone(config.zone).date())
    row = DeliveryRow(
        "", reader.email or _SAMPLE_ADDRESS, reader.name, "", reader.list, "x", reader.since
    )
    values = values_for(row, envelope)
    values["unsubscribe_url"] = way_out(config)
    return values


def way_out(config: Config) -> str:
    """The unsubscribe address as the studio shows it; “” when the publication has none."""
    public = config.publication.public_url.rstrip("/")
    return f"{public}/u/{_HIDDEN}" if public else ""


def shown(reader: Reader) -> Mapping[str, str]:
    """What the page learns of a reader."""
    return {"id": reader.id, "label": reader.label}
