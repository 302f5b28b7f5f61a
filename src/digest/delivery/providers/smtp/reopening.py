"""When a line to a relay that was lost, or could not be had, is tried again. Pure.

A relay that lets in fewer connections than we would like is not in trouble: as long as another
line stands, one that is turned away rests for a while. Without any other, patience is short and
has an end, also where lines stand for an instant in turns. Pauses are scattered, so that twenty
lines do not knock at the same instant.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

#: Seconds that a line rests while others do the work.
REST = 30.0


class Reopening:
    """The history of one line; `now` is in seconds, on any scale that does not go back.

    Args:
        pauses: seconds before each further attempt; 0.5 to 1.5 times that in fact.
        rest: seconds of rest, scattered in the same way.
        chance: a number from 0 to 1.
    """

    def __init__(
        self,
        pauses: Sequence[float],
        *,
        rest: float = REST,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._pauses = pauses
        self._rest = rest
        self._chance = chance
        self._failures = 0
        self._until = 0.0
        self._is_resting = False
        self._has_rested = False

    def worked(self) -> None:
        """A message found its answer on it."""
        self._failures, self._until = 0, 0.0
        self._is_resting = self._has_rested = False

    def failed(self, now: float, *, others: bool) -> bool:
        """It could not be had, or was lost before it was of use; False: give it up.

        Args:
            others: whether another line to the same relay stands.
        """
        self._failures += 1
        self._is_resting = others and self._failures > 1 and not self._has_rested
        if not self._is_resting and self._failures > len(self._pauses):
            self.worked()
            return False
        seconds = self._rest if self._is_resting else self._pauses[self._failures - 1]
        self._until = now + seconds * (0.5 + self._chance())
        return True

    def wait(self, now: float, *, others: bool) -> float:
        """Seconds until it may be tried again; nobody rests when nobody works."""
        if self._is_resting and not others:
            self.worked()
            self._has_rested = True
        return max(0.0, self._until - now)
