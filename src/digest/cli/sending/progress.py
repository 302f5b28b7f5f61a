"""What is seen of a dispatch while it runs: how fast, how much longer, and what came of it so far.

On a terminal two lines on standard error that vanish at the end; in the logs one line every 30
seconds (`--log-level info`). Deciding is pure (`Rate`, `Pace`); what stands for good is printed by
`digest send` afterwards.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from digest.cli.frame import err

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live

    from digest.delivery.ledger import Balance

#: Seconds over which messages a second are counted.
WINDOW = 10.0
#: Seconds between two lines of the log.
LOG_SECONDS = 30.0
#: Seconds without any outcome after which that is said.
QUIET_SECONDS = 5.0
#: Seconds and outcomes before which a rate says nothing about the time that is left.
SURE_SECONDS, SURE_OUTCOMES = 2.0, 10

_log = logging.getLogger("digest.delivery")


class Rate:
    """Messages a second over the last `WINDOW` seconds; one sample a quarter of a second."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()

    def saw(self, done: int, at: float) -> None:
        """So many are done at this moment (seconds of a clock that only goes forward)."""
        samples = self._samples
        if len(samples) > 1 and at - samples[-2][0] < WINDOW / 40:
            samples.pop()
        samples.append((at, done))
        while len(samples) > 2 and samples[1][0] <= at - WINDOW:
            samples.popleft()

    def per_second(self, at: float) -> float:
        """Messages a second; 0 before anything was done."""
        if not self._samples:
            return 0.0
        first, before = self._samples[0]
        seconds, done = at - max(first, at - WINDOW), self._samples[-1][1] - before
        return done / seconds if seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """A dispatch at one moment, for this run.

    `done` and `todo` are deliveries, `rate` messages a second, `seconds_left` None when nobody can
    say; `put_off` counts how often a delivery was given back to be tried later; `quiet` is the
    number of seconds since the last outcome, `seconds` since the run began.
    """

    done: int
    todo: int
    accepted: int
    refused: int
    unknown: int
    put_off: int
    rate: float
    quiet: float
    seconds: float

    @property
    def seconds_left(self) -> float | None:
        """At this rate."""
        if self.seconds < SURE_SECONDS or self.done < SURE_OUTCOMES or self.rate <= 0:
            return None
        return (self.todo - self.done) / self.rate

    def in_words(self) -> str:
        """`1,240 messages/s · 25 s left · 30,990 accepted · 10 refused`."""
        parts = [f"{self.rate:,.{0 if self.rate >= 10 else 1}f} messages/s"]
        if self.quiet >= QUIET_SECONDS:
            parts.append(f"no outcome for {duration(self.quiet)}")
        elif self.seconds_left is not None:
            parts.append(f"{duration(self.seconds_left)} left")
        parts += [
            f"{count:,} {word}"
            for count, word in (
                (self.accepted, "accepted"),
                (self.refused, "refused"),
                (self.unknown, "unknown"),
                (self.put_off, "put off"),
            )
            if count or word == "accepted"
        ]
        return " · ".join(parts)


def duration(seconds: float) -> str:
    """`8 s`, `2 min 05 s`, `1 h 40 min`."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


class DeliveryProgress:
    """Shows a run's progress from `with` to its end; call `show` with every balance.

    `show` is cheap enough to be called for each message. Nothing is drawn where standard error is
    no terminal. The first balance shown is where the run begins: what was recovered from a dead
    one before is none of its messages.

    Args:
        edition: its id, as people see it.
        before: the balance until the first one is shown.
        console: where to draw. Default: standard error.
        clock: seconds that only go forward.
        log_seconds: between two lines of the log.
    """

    def __init__(
        self,
        edition: str,
        before: Balance,
        *,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
        log_seconds: float = LOG_SECONDS,
    ) -> None:
        self._edition = edition
        self._before = self._balance = before
        self._console = console or err()
        self._clock = clock
        self._log_seconds = log_seconds
        self._rate = Rate()
        self._begun = self._last_outcome = clock()
        self._has_begun = False
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._logger: threading.Thread | None = None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        """Begin."""
        self._rate.saw(0, self._clock())
        if self._console.is_terminal:
            from rich.live import Live

            self._live = Live(
                console=self._console,
                get_renderable=self.drawn,
                refresh_per_second=4,
                transient=True,
            )
            self._live.start()
        if _log.isEnabledFor(logging.INFO):
            self._logger = threading.Thread(target=self._log_now_and_then, daemon=True)
            self._logger.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; the lines vanish."""
        self._ended.set()
        if self._live is not None:
            self._live.stop()
        if self._logger is not None:
            self._logger.join()

    def show(self, balance: Balance) -> None:
        """Take note of where the deliveries stand."""
        if not self._has_begun:
            self._begin(balance)
        before, self._balance = self._balance, balance
        if balance.left != before.left:
            self._last_outcome = self._clock()

    def say_stopping(self) -> None:
        """Answer the first Ctrl-C, above the two lines."""
        if self._console.is_terminal:
            self._console.print(
                "Stopping: what is in flight is finished; Ctrl-C again ends at once."
            )

    def pace(self) -> Pace:
        """Where the run is now."""
        with self._lock:
            now, balance, before = self._clock(), self._balance, self._before
            todo = before.left
            done = todo - balance.left
            self._rate.saw(done, now)
            return Pace(
                done=done,
                todo=todo,
                accepted=balance.accepted - before.accepted,
                refused=balance.refused - before.refused,
                unknown=balance.unknown - before.unknown,
                put_off=balance.put_off - before.put_off,
                rate=self._rate.per_second(now),
                quiet=now - self._last_outcome,
                seconds=now - self._begun,
            )

    def drawn(self) -> RenderableType:
        """The two lines."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        pace = self.pace()
        todo = f"{pace.todo:,}"
        bar = Table.grid(padding=(0, 1), expand=True)
        for ratio in (None, 1, None, None):
            bar.add_column(ratio=ratio, no_wrap=True)
        bar.add_row(
            Text(f"Sending {self._edition}", style="bold"),
            ProgressBar(
                total=max(pace.todo, 1),
                completed=pace.done,
                complete_style="green",
                finished_style="green",
            ),
            Text(f"{pace.done / max(pace.todo, 1):4.0%}"),
            Text(f"{pace.done:>{len(todo)},} of {todo}", style="dim"),
        )
        style = "yellow" if pace.quiet >= QUIET_SECONDS else "dim"
        return Group(bar, Text(pace.in_words(), style=style))

    def _begin(self, balance: Balance) -> None:
        with self._lock:
            self._before = self._balance = balance
            self._begun = self._last_outcome = self._clock()
            self._rate = Rate()
            self._rate.saw(0, self._begun)
            self._has_begun = True

    def _log_now_and_then(self) -> None:
        while not self._ended.wait(self._log_seconds):
            pace = self.pace()
            left = pace.seconds_left
            _log.info(
                "sending",
                extra={
                    "digest": {
                        "edition": self._edition,
                        "done": pace.done,
                        "todo": pace.todo,
                        "accepted": pace.accepted,
                        "refused": pace.refused,
                        "unknown": pace.unknown,
                        "put_off": pace.put_off,
                        "messages_per_second": round(pace.rate, 1),
                        "seconds_left": None if left is None else round(left),
                    }
                },
            )
