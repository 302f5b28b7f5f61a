"""What goes wrong at a witness, and when: by a list, then by chance with a seed.

A witness asks once for each message (SMTP) or request (SendGrid) it meets, and once for each
connection. `""` is that nothing goes wrong.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

#: What can happen to a message, at an SMTP witness. Those of ACCEPTING happen after it was
#: written down.
SMTP_FAULTS = (
    "mail-421", "mail-450", "rcpt-450", "rcpt-550", "rcpt-cut", "data-451", "data-554", "data-cut",
    "body-cut", "body-silence", "dot-451", "dot-554", "dot-421", "dot-cut", "drop", "half",
    "silence",
)  # fmt: skip

#: What can happen to a connection, at an SMTP witness.
SMTP_CONNECTION_FAULTS = ("refuse", "banner-421", "banner-half", "greeting-421", "greeting-cut")

#: What can happen to a request, at the witness of SendGrid.
SENDGRID_FAULTS = (
    "refuse", "body-cut", "400", "401", "404", "413", "429", "429-reset", "500", "503", "302",
    "cut", "drop", "half", "silence", "silence-body", "garbage",
)  # fmt: skip

#: What may leave an outcome unknown: the other side had, or may have had, all of it, and its answer
#: did not come or says nothing.
DOUBTFUL = {
    "smtp": frozenset({"body-cut", "body-silence", "dot-cut", "drop", "half", "silence"}),
    "sendgrid": frozenset({
        "refuse", "body-cut", "500", "503", "cut", "drop", "half", "silence", "silence-body",
        "garbage",
    }),
}  # fmt: skip

#: The message was accepted all the same, and the client cannot know.
ACCEPTING = frozenset({"drop", "half", "silence", "garbage"})


@dataclass
class Plan:
    """Faults to come.

    Args:
        messages: one for each message, used up.
        connections: the same for each connection.
        kinds: then by chance among these,
        rate: with this probability a message,
        most: so many times at most.
    """

    messages: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)
    kinds: Sequence[str] = ()
    rate: float = 0.0
    most: int = 1_000_000
    seed: str = "0"

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    def at_message(self) -> str:
        """What goes wrong with the next message."""
        if self.messages:
            return self.messages.pop(0)
        if self.kinds and self.most and self._chance.random() < self.rate:
            self.most -= 1
            return self._chance.choice(self.kinds)
        return ""

    def at_connection(self) -> str:
        """What goes wrong with the next connection."""
        return self.connections.pop(0) if self.connections else ""

    def as_json(self) -> dict[str, object]:
        """How it is told to a witness in another process."""
        return asdict(self)
