"""What a proof counts, and what it must find. Pure: no process, no store.

`unknown ≤ in flight` is held against every single run: an outcome that is unknown was under way
when a sender was killed, or was cut off by a fault of the witness. What a run without either
leaves in doubt is `beyond`, and breaks the proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from tests.prove.scene import A_FAULT
from tests.prove.witnesses.faults import DOUBTFUL


@dataclass(slots=True)
class Tally:
    """What came of the rounds of one provider on one store.

    `worst` is the most that one kill left under way, and may be `limit`; `in_flight` is all that
    kills left under way and faults cut off, `unknown` what of it was still unknown at the ends.
    """

    provider: str
    store: str
    limit: int
    rounds: int = 0
    kills: int = 0
    faults: int = 0
    duplicates: int = 0
    lost: int = 0
    worst: int = 0
    in_flight: int = 0
    unknown: int = 0
    beyond: int = 0
    seconds: float = 0.0
    said: str = ""

    @property
    def holds(self) -> bool:
        """Whether every guarantee was kept."""
        return (
            not self.duplicates
            and not self.lost
            and not self.beyond
            and self.worst <= self.limit
            and self.unknown <= self.in_flight
        )


@dataclass(frozen=True, slots=True)
class Run:
    """What one run left: `new` deliveries in doubt that were not so before it, `submitting` of
    them, and the faults that came about meanwhile. `alone`: no second sender was at it."""

    killed: bool
    alone: bool
    new: Collection[str]
    submitting: Collection[str]
    faults: Counter[str]


def count_run(tally: Tally, run: Run) -> None:
    """Add a run to the tally, and hold what it left in doubt against what it may leave."""
    cut_off = sum(run.faults[fault] for fault in DOUBTFUL.get(tally.provider, ())) * A_FAULT.get(
        tally.provider, 0
    )
    tally.faults += run.faults.total()
    if not run.killed:
        tally.in_flight += min(len(run.new), cut_off)
        tally.beyond += max(0, len(run.new) - cut_off)
        return
    tally.kills += 1
    if run.alone:
        # Of a second sender it cannot be seen what it left, and what it found.
        tally.worst = max(tally.worst, len(run.submitting))
    most = tally.limit + cut_off
    tally.in_flight += min(len(run.new), most)
    tally.beyond += max(0, len(run.new) - most)
