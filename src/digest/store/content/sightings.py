"""Queries on when things were seen: single articles, and the addresses of a source.

For telling people only; what is fetched again, and when, is decided in `digest.net`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from digest.store.tables import articles, fetches
from digest.text.masking import mask_url


@dataclass(frozen=True, slots=True)
class Sighting:
    """When an article was seen: first, last, and first with its present words."""

    first: datetime
    last: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class LastFetch:
    """When an address was last asked for, and the status it answered with."""

    at: datetime
    status: int


def sightings(
    connection: Connection, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Sighting]:
    """(source, URL) → when it was seen, for the articles that the store has."""
    columns = (articles.c.first_seen, articles.c.last_seen, articles.c.changed_at)
    found: dict[tuple[str, str], Sighting] = {}
    for source, url in keys:
        rows = connection.execute(
            select(*columns).where(articles.c.source == source, articles.c.url == url)
        )
        for row in rows:
            found[source, url] = Sighting(*row)
    return found


def last_fetch(connection: Connection, address: str) -> LastFetch | None:
    """The last time that an address, or anything below it, was asked for."""
    row = connection.execute(
        select(fetches.c.fetched_at, fetches.c.status)
        .where(fetches.c.url.startswith(mask_url(address), autoescape=True))
        .order_by(fetches.c.fetched_at.desc())
        .limit(1)
    ).first()
    return None if row is None else LastFetch(*row)
