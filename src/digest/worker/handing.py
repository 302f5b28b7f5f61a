"""Hands a frozen edition over to the workers: one job a shard, once."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime

from digest.config import Config
from digest.delivery import ledger
from digest.delivery.ledger.aging import require_original
from digest.delivery.ledger.departure import waits_itself
from digest.store.database import Database
from digest.worker.jobs import (
    bring_forward,
    open_jobs,
    open_shards,
    prepare_jobs,
    require_workers,
)
from digest.worker.shards import Shard, job_of, shard_count

_log = logging.getLogger("digest.worker")


@dataclass(frozen=True, slots=True)
class HandedOver:
    """How many shards were added, and the moment they wait for; None: they leave at once."""

    shards: int
    at: datetime | None = None


def hand_over(
    database: Database,
    config: Config,
    frozen: ledger.Dispatch,
    *,
    now: datetime,
    late: bool = False,
    shards: int | None = None,
) -> HandedOver:
    """Give what is pending to the workers.

    Nothing is added where workers have the edition already, or nothing is pending. An edition
    that leaves later waits for its moment, which may have been set anew; SendGrid waits for it
    itself.

    Args:
        late: a person said that the edition may leave although it is old.
        shards: their number, where it is not to follow from the number of deliveries.

    Raises:
        UsageError, ConfigError: there can be no workers here.
        StoreError: the store is a copy.
    """
    require_workers(database)
    require_original(database, now, config.zone)
    prepare_jobs(database)
    balance = ledger.balance(database, frozen.edition, frozen.ledger)
    departure = None if waits_itself(config.delivery.provider) else frozen.send_at
    if not balance.left:
        return HandedOver(0)
    from procrastinate.exceptions import AlreadyEnqueued

    number = shards or shard_count(config, balance.left)
    added, mark = 0, secrets.token_hex(4)
    with open_jobs(database) as app:
        if any(shard["dispatch"] == frozen.id for shard in open_shards(app)):
            if departure is not None:
                with database.write() as connection:
                    bring_forward(connection, frozen.id, departure)
            return HandedOver(0, departure)
        for index in range(number):
            shard = Shard(frozen.edition, frozen.id, index, number, late, mark)
            try:
                job_of(app, shard, departure).defer()
            except AlreadyEnqueued:
                continue
            added += 1
    _log.info("handed over", extra={"digest": {"edition": frozen.edition, "shards": added}})
    return HandedOver(added, departure)
