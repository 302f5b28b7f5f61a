"""Rows of the ledger as tests look at them."""

from __future__ import annotations

from sqlalchemy import select

from digest.model.sending import DeliveryState
from digest.store.database import Database
from digest.store.tables import deliveries

PENDING, REFUSED, UNKNOWN = DeliveryState.PENDING, DeliveryState.REFUSED, DeliveryState.UNKNOWN


def rows(database: Database) -> dict[str, tuple[str, str, int, str]]:
    """Address → state, detail, attempts, run."""
    with database.read() as connection:
        found = connection.execute(select(deliveries))
        return {row.email: (row.state, row.detail, row.attempts, row.run) for row in found}
