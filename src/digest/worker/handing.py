"""Hands a frozen edition over to the workers: one job a shard, once.

A shard is a part of the deliveries by their ids; which of them are still to be sent is the
ledger's business, so that a job too many does nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from digest.config import Config
from digest.delivery import ledger
from digest.delivery.ledger.aging import require_original
from digest.delivery.ledger.departure import waits_itself
from digest.store.database import Database
from digest.worker.jobs import (
    DELIVER,
    DELIVERIES,
    open_jobs,
    open_shards,
    prepare_jobs,
    require_workers,
)

_MOST_SHARDS = 32

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
    that leaves later waits for its moment; SendGrid waits for it itself.

    Args:
        late: a person said that the edition may leave although it is old.
        shards: their number, where it is not to follow from the number of deliveries.

    Raises:
        UsageError, ConfigError: there can be no workers here.
        StoreError: the store is a copy.
    """
    require_workers(database)
    require_original(database, now)
    prepare_jobs(database)
    balance = ledger.balance(database, frozen.edition, frozen.ledger)
    pending = balance.pending + balance.submitting
    departure = None if waits_itself(config.delivery.provider) else frozen.send_at
    if not pending:
        return HandedOver(0)
    from procrastinate.exceptions import AlreadyEnqueued

    number = shards or shard_count(config, pending)
    added = 0
    with open_jobs(database) as app:
        if any(shard["dispatch"] == frozen.id for shard in open_shards(app)):
            return HandedOver(0, departure)
        for index in range(number):
            name = f"dispatch {frozen.id}, shard {index} of {number}"
            job = app.configure_task(
                DELIVER, queue=DELIVERIES, lock=name, queueing_lock=name, schedule_at=departure
            )
            try:
                job.defer(
                    edition=frozen.edition,
                    dispatch=frozen.id,
                    index=index,
                    count=number,
                    late=late,
                )
            except AlreadyEnqueued:
                continue
            added += 1
    _log.info("handed over", extra={"digest": {"edition": frozen.edition, "shards": added}})
    return HandedOver(added, departure)


def shard_count(config: Config, pending: int) -> int:
    """Into how many shards so many deliveries are cut: none is smaller than a batch.

    Where a rate is to be kept it is one: two processes would go twice as fast.
    """
    if config.delivery.rate or config.delivery.throttles:
        return 1
    return max(1, min(_MOST_SHARDS, pending // config.delivery.batch))
