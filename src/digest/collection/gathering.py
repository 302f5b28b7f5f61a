"""Runs sources side by side, each under its own deadline; what they give comes out as one stream.

A source that hangs, fails or has a fault of its own harms no other: its thread is left behind,
what it gave so far is used, and its error is told. What is done with the articles is left to the
caller.
"""

from __future__ import annotations

import math
import queue
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.errors import DigestError, SourceError
from digest.model.content import Article, Rejected, Window
from digest.sources import Source

#: Sources that are read at the same time.
SIDE_BY_SIDE = 16
#: Articles that are handed over at once, and how many such handfuls may wait to be taken.
_HANDFUL, _WAITING = 50, 20

#: An article, something unusable, the error a source ended with, or None: it ended well.
Given = Article | Rejected | SourceError | None
_Queue = queue.Queue[tuple[int, list[Given]]]


@dataclass(frozen=True, slots=True)
class Ready:
    """A source that is about to be read, and the seconds it has."""

    source: Source
    seconds: float


def gather(
    sources: Sequence[Ready], window: Window, *, within: float = math.inf
) -> Iterator[tuple[int, Given]]:
    """What the sources give, as it comes: the source's index, and an article or a rejection.

    The last of every source is its end: None, or the error that ended it. After `within` seconds
    all sources that have not ended have failed.
    """
    given: _Queue = queue.Queue(_WAITING)
    latest = time.monotonic() + within
    waiting = [_Reader(index, ready, given) for index, ready in enumerate(sources)]
    waiting.reverse()
    reading: dict[int, _Reader] = {}
    begun: _Begun = queue.SimpleQueue()
    threads = 0
    try:
        while waiting or reading:
            while waiting and len(reading) < SIDE_BY_SIDE:
                reader = waiting.pop()
                reading[reader.index] = reader
                if not reader.begin(latest):
                    continue
                begun.put(reader)
                # A new thread is waited for while others compute, so that each reads many sources.
                if threads < len(reading):
                    threads += 1
                    arguments = (begun, window)
                    threading.Thread(target=_read_each, args=arguments, daemon=True).start()
            for reader in [r for r in reading.values() if r.seconds_left <= 0]:
                del reading[reader.index]
                threads -= 1
                for one in reader.abandon():
                    yield reader.index, one
            soonest = min((r.seconds_left for r in reading.values()), default=0.0)
            try:
                index, handful = given.get(timeout=max(0.0, soonest))
            except queue.Empty:
                continue
            if index not in reading:
                continue
            if handful[-1] is None or isinstance(handful[-1], SourceError):
                del reading[index]
            for one in handful:
                yield index, one
    finally:
        for reader in reading.values():
            reader.abandon()
        begun.put(None)


class _Reader:
    """One source, read in another thread than the one that waits for it."""

    def __init__(self, index: int, ready: Ready, given: _Queue) -> None:
        self.index = index
        self._source = ready.source
        self._seconds = ready.seconds
        self._given = given
        self._ends = 0.0
        self._handful: list[Given] = []
        self.abandoned = threading.Event()

    @property
    def seconds_left(self) -> float:
        return self._ends - time.monotonic()

    def begin(self, latest: float) -> bool:
        """Its seconds begin; False when those of all sources are over."""
        now = time.monotonic()
        self._ends = min(now + self._seconds, latest)
        return now < latest

    def abandon(self) -> list[Given]:
        """Leave the thread behind; what it had in hand, and that it is late."""
        self.abandoned.set()
        late = SourceError(
            f"source “{self._source.name}”: not done within {self._seconds:g} seconds",
            "Try again later, or raise `deadline` of the source in config.toml.",
        )
        return [*self._handful, late]

    def read(self, window: Window) -> None:
        """Hand over what the source gives and how it ended, as long as somebody waits for it."""
        end: SourceError | None = None
        try:
            for one in self._source.articles(window):
                self._handful.append(one)
                if len(self._handful) >= _HANDFUL and not self._hand_over():
                    return
        except Exception as error:
            end = _as_source_error(self._source.name, error)
        self._handful.append(end)
        self._hand_over()

    def _hand_over(self) -> bool:
        """Put the handful where it is taken from; False when nobody waits for it any more."""
        handful, self._handful = self._handful, []
        while not self.abandoned.is_set():
            try:
                self._given.put((self.index, handful), timeout=0.5)
            except queue.Full:
                continue
            return True
        return False


_Begun = queue.SimpleQueue[_Reader | None]


def _read_each(begun: _Begun, window: Window) -> None:
    """Read one source after the other, up to the end or one that was late."""
    while reader := begun.get():
        reader.read(window)
        if reader.abandoned.is_set():
            return
    begun.put(None)


def _as_source_error(name: str, error: Exception) -> SourceError:
    if isinstance(error, SourceError):
        return error
    if isinstance(error, DigestError):
        return SourceError(error.message, error.hint)
    last = traceback.extract_tb(error.__traceback__)[-1]
    return SourceError(
        f"source “{name}”: {type(error).__name__} in {Path(last.filename).name}:{last.lineno}: "
        f"{str(error)[:200]}",
        "This is a fault of the source's program; report it to those who wrote it.",
    )
