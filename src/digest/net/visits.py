"""What is remembered of a fetch, so that an address is asked for again only if it changed.

Where it is remembered is left to others: `digest.store.content.fetches` keeps it in the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Visit:
    """The last answer of an address. `etag` and `last_modified` are its validators, as sent.

    `made_for` says what the answer was read for; for another purpose it is asked for anew.
    `status` is 0 when nobody answered.
    """

    url: str
    made_for: str
    etag: str
    last_modified: str
    status: int
    fetched_at: datetime


class History(Protocol):
    """Where visits are remembered; used from several threads at once."""

    def last(self, url: str) -> Visit | None:
        """The last visit to an address, or None."""
        ...

    def note(self, visit: Visit) -> None:
        """Remember a visit."""
        ...
