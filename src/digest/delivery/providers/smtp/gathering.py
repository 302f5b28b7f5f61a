"""When messages that are due are started together. Pure.

A start is a transaction, which costs the processor what several messages do. A relay that is busy
answers one connection after the other; while it has the letters of many others to read, it loses
nothing when a start waits for its next answers.
"""

from __future__ import annotations

#: So many messages under way or fewer: none waits for another. A connection has two of them.
_FEW = 8

#: With more, one in so many of them is enough for a start.
_PART = 4

#: Seconds after a start in which the next one waits for enough.
WAIT = 0.002


class Gathering:
    """The starts of one batch; `now` is in seconds, on any scale that does not go back."""

    def __init__(self) -> None:
        self._until = 0.0

    def is_enough(self, due: int, under_way: int, now: float) -> bool:
        """Whether so many messages start at once; otherwise they wait for more, up to `WAIT`."""
        return under_way <= _FEW or due * _PART >= under_way or now >= self._until

    def started(self, now: float) -> None:
        """Messages have been started."""
        self._until = now + WAIT
