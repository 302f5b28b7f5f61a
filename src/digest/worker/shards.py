"""Shards: into how many parts an edition is cut, and the job that carries one.

A shard is a part of the deliveries by their ids; which of them are still to be sent is the
ledger's business, so that a job too many does nothing. Rates are counted by each process for
itself, so where one is set the edition stays in one piece: two shards would go twice as fast.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from digest.config import Config
from digest.worker.jobs import DELIVER, DELIVERIES

if TYPE_CHECKING:
    from procrastinate import App
    from procrastinate.jobs import JobDeferrer

_MOST = 32
_EDITION = re.compile(r"\d{4}-W\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` (from 0) of `count` of a dispatch; `late`: a person said that it may be old;
    `handed`: a mark of those that were handed over together.

    Raises:
        ValueError: there can be no such shard; a job's arguments come from the database.
    """

    edition: str
    dispatch: int
    index: int
    count: int
    late: bool = False
    handed: str = ""

    def __post_init__(self) -> None:
        numbers = (self.dispatch, self.index, self.count)
        if not (
            isinstance(self.edition, str)
            and _EDITION.fullmatch(self.edition)
            and all(type(number) is int for number in numbers)
            and 0 <= self.index < self.count
            and isinstance(self.late, bool)
            and isinstance(self.handed, str)
        ):
            raise ValueError("no shard of an edition")

    def __str__(self) -> str:
        if self.count == 1:
            return self.edition
        return f"{self.edition}, shard {self.index + 1} of {self.count}"

    @property
    def whole(self) -> Shard:
        """The edition in one piece."""
        return Shard(self.edition, self.dispatch, 0, 1, self.late, self.handed)


def stays_whole(config: Config) -> bool:
    """Whether an edition must be sent by one process at a time, so that a rate holds."""
    return bool(config.delivery.rate or config.delivery.throttles)


def shard_count(config: Config, left: int) -> int:
    """Into how many shards so many deliveries are cut: none is smaller than a batch."""
    if stays_whole(config):
        return 1
    return max(1, min(_MOST, left // config.delivery.batch))


def job_of(app: App, shard: Shard, at: datetime | None = None) -> JobDeferrer:
    """What adds a shard to the jobs, once while it waits; two of the same never run together.

    Args:
        at: when it may begin; None for at once.
    """
    name = f"dispatch {shard.dispatch}, shard {shard.index} of {shard.count}"
    return app.configure_task(
        DELIVER,
        queue=DELIVERIES,
        lock=name,
        queueing_lock=name,
        schedule_at=at,
        task_kwargs=asdict(shard),
    )
