"""What a worker says, one line an event: to a person through `tell`, to a machine as a log."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

#: `begun` and `done` are the usual course; `again` comes back by itself; `ended` needs a person.
Kind = Literal["ready", "begun", "done", "again", "ended"]

#: How loud each is in the log.
LEVELS: dict[Kind, int] = {
    "ready": logging.INFO,
    "begun": logging.INFO,
    "done": logging.INFO,
    "again": logging.WARNING,
    "ended": logging.WARNING,
}
_log = logging.getLogger("digest.worker")


@dataclass(frozen=True, slots=True)
class Told:
    """One event: `text` in a sentence, `hint` what a person may do, `event` its name in the log."""

    kind: Kind
    event: str
    text: str
    hint: str = ""
    fields: dict[str, object] = field(default_factory=dict)


Tell = Callable[[Told], None]


def logged(tell: Tell) -> Tell:
    """The same, and to the log."""

    def both(told: Told) -> None:
        extra = {"digest": told.fields, "is_told": True}
        _log.log(LEVELS[told.kind], told.event, extra=extra)
        # Who reads along may have gone; the work goes on.
        with suppress(OSError):
            tell(told)

    return both
