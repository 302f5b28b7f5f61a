"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: `unknown` is what cannot be seen from here; it is nobody's fault.
State = Literal["ok", "warning", "error", "unknown"]


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing looked at: its name, how it is, in words, and what to do when it is not well.

    A `hint` of several lines holds a record to publish, each on a line of its own.
    """

    name: str
    state: State
    found: str
    hint: str = ""
