"""What a dialogue with a relay is about: one message's envelope, and what is learnt of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from digest.delivery.providers.smtp.replies import Reply

#: The part of a message's dialogue that a reply answers.
Stage = Literal["mail", "rcpt", "data", "end"]


@dataclass(slots=True)
class Submission:
    """One message's envelope: ASCII addresses unless `utf8`, `size` in bytes.

    `is_8bit`: its content is not all ASCII. The rest is the dialogue's own notes: whether the
    final dot has been said, and the first reply that refused it.
    """

    id: str
    sender: str
    recipient: str
    size: int = 0
    utf8: bool = False
    is_8bit: bool = False
    is_ended: bool = field(default=False, init=False)
    failed: tuple[Stage, Reply] | None = field(default=None, init=False)


@dataclass(frozen=True, slots=True)
class Login:
    """Who we say we are; empty for servers that know this machine by its address."""

    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(slots=True)
class StartTls:
    """Begin TLS now, then call `secured`."""


@dataclass(slots=True)
class Ready:
    """Submissions are welcome."""


@dataclass(slots=True)
class GoAhead:
    """The envelope was accepted: `content` may follow."""

    id: str


@dataclass(slots=True)
class Verdict:
    """What the server said of a message, and of which part of it."""

    id: str
    reply: Reply
    stage: Stage


@dataclass(slots=True)
class LoginRefused:
    """The server does not take these credentials, or wants some; the connection is at its end."""

    reply: Reply


@dataclass(slots=True)
class Unsuitable:
    """The server lacks what is needed: `starttls`, `auth`; the connection is at its end."""

    lacks: Literal["starttls", "auth"]


@dataclass(slots=True)
class Ended:
    """The server ends the connection, or can no longer be understood."""

    detail: str


Event = StartTls | Ready | GoAhead | Verdict | LoginRefused | Unsuitable | Ended
