"""Who a letter would reach, counted before anything is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from digest.delivery.ledger.freezing import balance
from digest.delivery.ledger.records import Dispatch
from digest.store.database import Database
from digest.store.ledger import audience as audiences
from digest.store.ledger import dispatches as queries
from digest.store.people import subscribers as people


@dataclass(frozen=True, slots=True)
class Audience:
    """How many would be written to, and how many not, by reason.

    `already` of the list are accounted for in the dispatch, by another list or by an earlier
    freeze; they are no part of the rest.
    """

    recipients: int
    excluded: Mapping[str, int]
    already: int = 0

    @property
    def size(self) -> int:
        """Everybody who would be accounted for."""
        return self.recipients + sum(self.excluded.values())


def foresee_audience(
    database: Database, edition: str, list_name: str, *, rehearse: bool = False
) -> Audience:
    """The audience that freezing this list for this edition would add."""
    with database.read() as connection:
        dispatch = None if rehearse else queries.find_dispatch(connection, edition, "main")
        counts = audiences.count_audience(connection, dispatch, list_name)
        everybody = sum(people.count_by_status(connection, list_name).values())
    already = everybody - counts.total()
    recipients = counts.pop("", 0)
    excluded = {reason: count for reason, count in counts.items() if count}
    return Audience(recipients, excluded, already)


def frozen_audience(database: Database, dispatch: Dispatch) -> Audience:
    """Who was frozen in a dispatch, whatever became of them since."""
    now = balance(database, dispatch.edition, dispatch.ledger)
    return Audience(now.audience - sum(now.excluded.values()), now.excluded)


def is_frozen(database: Database, dispatch: Dispatch, list_name: str) -> bool:
    """Whether the list's audience is part of the dispatch already."""
    with database.read() as connection:
        return audiences.has_audience(connection, dispatch.id, list_name)
