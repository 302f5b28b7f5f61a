"""The weekly edition that leaves by itself: what `digest send --yes` does, then the workers.

It asks every few minutes and does each thing once: an edition that is frozen is not built again,
one that workers have is not handed over again, one that has left is left alone. What stops it (not
approved, an error of the check) is looked at again until the time for a missed edition is over;
after that only a person sends it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from digest import pipeline
from digest.delivery import ledger
from digest.delivery.ledger.aging import require_fresh, require_original
from digest.edition.lifecycle import record_of
from digest.errors import ContentError, StoppedError
from digest.publication import Publication, window_for
from digest.subscribers.lists import choose_list
from digest.worker.handing import hand_over
from digest.worker.moments import due_moment, weekly_of
from digest.worker.telling import Tell, Told

#: States of an edition that nothing is to be done about.
_OVER = ("dispatched", "skipped")


def run_schedule(
    publication: Publication,
    *,
    now: datetime,
    tell: Tell,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Send the edition whose moment has come to the workers, if there is one.

    Args:
        stopping: asked between steps; nothing further is begun once it says so.

    Raises:
        DigestError: why the edition does not leave now; nothing was sent.
    """
    config, database = publication.config, publication.database
    weekly = weekly_of(config)
    moment = due_moment(weekly, now) if weekly else None
    if moment is None:
        return
    # The week as it was at that moment, also where a new one has begun since.
    window = window_for(config, moment)
    record = record_of(database, window.edition)
    if record is not None and record.state in _OVER:
        return
    require_original(database, now, config.zone)
    frozen = ledger.frozen(database, window.edition, "main")
    if frozen is None:
        if record is not None and not pipeline.is_built(publication, window.edition):
            raise ContentError(
                f"{window.edition} was built on another machine: its folder is not here",
                "Let that machine's worker keep the schedule, and start this one with "
                "--no-schedule.",
            )

        def show(_step: str, _done: int, _total: int) -> None:
            if stopping():
                raise StoppedError(f"{window.edition}: stopped before it was frozen")

        plan = pipeline.plan_send(
            publication,
            window,
            list_name=choose_list(config),
            rehearse=False,
            now=now,
            progress=show,
        )
        show("", 0, 0)
        frozen = pipeline.freeze(publication, plan, now=now)
    if frozen.cancelled_at is not None:
        return
    require_fresh(config, frozen, now, late=False)
    handed = hand_over(database, config, frozen, now=now)
    if handed.shards:
        local = moment.astimezone(config.zone)
        tell(
            Told(
                "begun",
                "schedule due",
                f"{frozen.edition}: {local:%A %H:%M} has come; handed over in {handed.shards} "
                f"{'shard' if handed.shards == 1 else 'shards'}",
                fields={"edition": frozen.edition, "at": moment, "shards": handed.shards},
            )
        )
