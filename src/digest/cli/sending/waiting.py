"""Waits until an edition may leave, in sight of the person who started it.

Ctrl-C and SIGTERM end the wait as they end a dispatch, also where a shell that started the command
in the background has it ignore Ctrl-C.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

from digest.cli.frame import err, now
from digest.cli.sending.progress import duration
from digest.errors import StoppedError

#: Seconds between two looks at the clock.
_LOOK = 0.5


def wait_until(moment: datetime, edition: str, shown: str) -> None:
    """Return when the moment has come, by the clock on the wall or by the time that has passed.

    Args:
        shown: the moment as people read it.

    Raises:
        StoppedError: Ctrl-C or SIGTERM; nothing has left.
    """
    begun = time.monotonic()
    span = (moment - now()).total_seconds()

    def left() -> float:
        return min(span - (time.monotonic() - begun), (moment - now()).total_seconds())

    try:
        with _stopped_by_signals():
            _count_down(left, f"{edition} leaves on {shown}")
    except KeyboardInterrupt:
        raise StoppedError(
            f"{edition}: stopped before anything left; it is frozen, to leave on {shown}",
            "The same command waits again; `digest send --at` sets another moment, `digest "
            "cancel` calls it off.",
        ) from None


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    def stop(*_signal: object) -> NoReturn:
        raise KeyboardInterrupt

    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, heeding in before.items():
            signal.signal(sign, heeding)


def _count_down(left: Callable[[], float], title: str) -> None:
    if not sys.stderr.isatty():
        err().print(f"{title}; waiting.")
        while (seconds := left()) > 0:
            time.sleep(min(seconds, _LOOK))
        return
    from rich.live import Live
    from rich.text import Text

    def line() -> Text:
        return Text(f"{title}, in {duration(max(left(), 0))} – Ctrl-C stops waiting.")

    with Live(console=err(), get_renderable=line, refresh_per_second=2, transient=True):
        while (seconds := left()) > 0:
            time.sleep(min(seconds, _LOOK))
