"""What is said on one SMTP connection, in which order, and what the answers mean. No sockets.

Bytes go in by `receive`, bytes to send come out by `outgoing`, and what was learnt comes back as
events. Where the server offers PIPELINING, the envelope of the next message rides in the same
write as the end of the one before, so that a message costs one round trip and not four.

    MAIL RCPT DATA ──► 250 250 354 ──► GoAhead ──► content, dot, MAIL RCPT DATA ──► Verdict, 250 …

Sources: RFC 5321 (SMTP), RFC 2920 (PIPELINING: DATA ends a group, and its 354 must be answered
even when every recipient was refused), RFC 1870 (SIZE), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8),
RFC 3207 (STARTTLS: nothing said before TLS counts), RFC 4954 (AUTH), RFC 1047 (a connection lost
after the final dot leaves the outcome unknown).
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Literal

from digest.delivery.providers.smtp.replies import GarbledError, Reply, ReplyReader

#: Replies that speak of who we say we are, not of the message (RFC 4954 §4 and §6).
CREDENTIALS = frozenset({530, 534, 535, 538})

Stage = Literal["mail", "rcpt", "data", "end"]


@dataclass(frozen=True, slots=True)
class Submission:
    """One message's envelope: ASCII addresses unless `utf8`, `size` in bytes."""

    id: str
    sender: str
    recipient: str
    size: int = 0
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class StartTls:
    """Begin TLS now, then call `secured`."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Submissions are welcome."""


@dataclass(frozen=True, slots=True)
class GoAhead:
    """The envelope was accepted: `content` may follow."""

    id: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the server said of a message, and of which part of it."""

    id: str
    reply: Reply
    stage: Stage


@dataclass(frozen=True, slots=True)
class LoginRefused:
    """The server does not take these credentials, or wants some; the connection is at its end."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Unsuitable:
    """The server lacks what is needed: `starttls`, `auth`; the connection is at its end."""

    lacks: Literal["starttls", "auth"]


@dataclass(frozen=True, slots=True)
class Ended:
    """The server ends the connection, or can no longer be understood."""

    detail: str


Event = StartTls | Ready | GoAhead | Verdict | LoginRefused | Unsuitable | Ended


class _Awaited(Enum):
    GREETING = auto()
    EHLO = auto()
    STARTTLS = auto()
    AUTH = auto()
    LOGIN_NAME = auto()
    LOGIN_PASSWORD = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    END = auto()
    NOTHING = auto()
    FAREWELL = auto()


@dataclass(slots=True)
class _Message:
    """A message on its way; `failed` is the first reply that refused it."""

    submission: Submission
    content_sent: bool = False
    failed: tuple[Stage, Reply] | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """Who we say we are; empty for servers that know this machine by its address."""

    username: str = ""
    password: str = field(default="", repr=False)


class Dialogue:
    """One connection, from the greeting to QUIT.

    Args:
        name: what EHLO says this machine is.
        tls: STARTTLS is asked for and required.
        login: who we say we are.
    """

    def __init__(self, name: str, *, tls: bool = False, login: Login | None = None) -> None:
        self._name = name
        self._tls_wanted = tls
        self._login = login or Login()
        self._reader = ReplyReader()
        self._out: list[bytes] = []
        self._awaited: deque[tuple[_Awaited, _Message | None]] = deque([(_Awaited.GREETING, None)])
        self._messages: deque[_Message] = deque()
        self._waiting: _Message | None = None
        self._extensions: dict[str, str] = {}
        self._reset_first = False
        self._ready = False
        self._over = False

    # ---- What the connection can do --------------------------------------------------------

    @property
    def extensions(self) -> dict[str, str]:
        """What the server offered after EHLO: keyword in capitals → parameters."""
        return self._extensions

    @property
    def largest(self) -> int:
        """Bytes of a message that the server takes; 0: it does not say."""
        limit = self._extensions.get("SIZE", "")
        return int(limit) if limit.isdigit() else 0

    @property
    def has_room(self) -> bool:
        """Whether `submit` may be called: one message under way and one behind it, at most."""
        if not self._ready or self._over or self._waiting is not None:
            return False
        return not self._messages or "PIPELINING" in self._extensions

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return self._ready and not self._messages and self._waiting is None

    @property
    def listens(self) -> bool:
        """Whether a reply is due, so that silence is a fault."""
        return bool(self._awaited) and not self._over

    # ---- In and out -------------------------------------------------------------------------

    def outgoing(self) -> list[bytes]:
        """What is to be written now, in order; it is handed over once."""
        out, self._out = self._out, []
        return out

    def receive(self, data: bytes) -> list[Event]:
        """Take what arrived; returns what it means, in order."""
        events: list[Event] = []
        self._reader.feed(data)
        while not self._over:
            try:
                reply = self._reader.next()
            except GarbledError as error:
                self._end(events, error.detail)
                break
            if reply is None:
                break
            self._hear(reply, events)
        return events

    def secured(self) -> None:
        """TLS stands: everything said before is forgotten (RFC 3207 §4.2)."""
        self._tls_wanted = False
        self._hello()

    def submit(self, submission: Submission) -> None:
        """Begin a message, or let it wait behind the one whose content is due."""
        message = _Message(submission)
        if self._messages:
            self._waiting = message
        else:
            self._begin(message)

    def content(self, id_: str, parts: Sequence[bytes]) -> None:
        """The bytes of the message that `GoAhead` named: dot-stuffed, ended by CRLF."""
        self._due(id_)
        self._out.extend(parts)

    def finish(self, id_: str) -> None:
        """The final dot, and with it the envelope of the message that waits."""
        message = self._due(id_)
        message.content_sent = True
        self._say(".", _Awaited.END, message)
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._begin(waiting)

    def quit(self) -> None:
        """Take leave; nothing may be under way."""
        self._say("QUIT", _Awaited.FAREWELL)
        self._ready = False

    def lost(self) -> list[tuple[str, bool]]:
        """The connection is gone: (id, whether the server may have accepted it) of each message."""
        self._over = True
        open_ = [*self._messages, *([self._waiting] if self._waiting else [])]
        self._messages.clear()
        self._waiting = None
        return [(message.submission.id, message.content_sent) for message in open_]

    def _due(self, id_: str) -> _Message:
        message = self._messages[0]
        if message.submission.id != id_ or message.content_sent:
            raise ValueError(f"no content is due for {id_}")
        return message

    # ---- Replies ----------------------------------------------------------------------------

    def _hear(self, reply: Reply, events: list[Event]) -> None:
        if not self._awaited:
            early = "before the message ended: " if self._messages else ""
            self._end(events, f"{early}{reply}")
            return
        awaited, message = self._awaited.popleft()
        if message is not None:
            self._judge(awaited, message, reply, events)
        elif reply.code == 421 or not self._opening(awaited, reply, events):
            self._end(events, str(reply))

    def _opening(self, awaited: _Awaited, reply: Reply, events: list[Event]) -> bool:
        """One step before the first message; False when it failed."""
        if awaited in (_Awaited.NOTHING, _Awaited.FAREWELL):
            return awaited is _Awaited.NOTHING
        if awaited in (_Awaited.AUTH, _Awaited.LOGIN_NAME, _Awaited.LOGIN_PASSWORD):
            return self._logging_in(awaited, reply, events)
        if not reply.is_good:
            return False
        if awaited is _Awaited.GREETING:
            self._hello()
        elif awaited is _Awaited.EHLO:
            self._extensions = _extensions_of(reply)
            self._after_hello(events)
        elif self._reader.has_unread:
            return False
        else:
            events.append(StartTls())
        return True

    def _logging_in(self, awaited: _Awaited, reply: Reply, events: list[Event]) -> bool:
        login = self._login
        if reply.code == 334 and awaited is not _Awaited.AUTH:
            is_name = awaited is _Awaited.LOGIN_NAME
            self._say(_base64(login.username if is_name else login.password))
            following = _Awaited.LOGIN_PASSWORD if is_name else _Awaited.AUTH
            self._awaited.append((following, None))
            return True
        if reply.is_good:
            self._open_for_messages(events)
            return True
        if reply.is_passing:
            return False
        events.append(LoginRefused(reply))
        self._over = True
        return True

    def _judge(
        self, awaited: _Awaited, message: _Message, reply: Reply, events: list[Event]
    ) -> None:
        if reply.code in CREDENTIALS and awaited is not _Awaited.END:
            events.append(LoginRefused(reply))
            self._over = True
        elif awaited is _Awaited.END:
            self._conclude(message, "end", reply, events)
            if reply.code == 421:
                self._end(events, str(reply))
        elif reply.code == 421:
            self._end(events, str(reply))
        elif awaited is _Awaited.DATA:
            self._judge_data(message, reply, events)
        else:
            stage: Stage = "mail" if awaited is _Awaited.MAIL else "rcpt"
            if not reply.is_good and message.failed is None:
                message.failed = stage, reply
            if "PIPELINING" not in self._extensions:
                self._step(awaited, message, events)

    def _judge_data(self, message: _Message, reply: Reply, events: list[Event]) -> None:
        if message.failed is not None:
            if reply.code == 354:  # RFC 2920 §3.1: an empty message for nobody ends it
                self._out.append(b".\r\n")
                self._awaited.append((_Awaited.NOTHING, None))
            self._conclude(message, *message.failed, events)
        elif reply.code == 354:
            events.append(GoAhead(message.submission.id))
        elif reply.code >= 400:
            self._conclude(message, "data", reply, events)
        else:
            self._end(events, f"unexpected reply to DATA: {reply}")

    def _step(self, awaited: _Awaited, message: _Message, events: list[Event]) -> None:
        """Without PIPELINING: one command, one reply."""
        if message.failed is not None:
            self._conclude(message, *message.failed, events)
        elif awaited is _Awaited.MAIL:
            self._say(_rcpt(message.submission), _Awaited.RCPT, message)
        else:
            self._say("DATA", _Awaited.DATA, message)

    def _conclude(self, message: _Message, stage: Stage, reply: Reply, events: list[Event]) -> None:
        self._messages.remove(message)
        self._reset_first = stage != "end"
        events.append(Verdict(message.submission.id, reply, stage))
        if self._waiting is not None and not self._messages:
            waiting, self._waiting = self._waiting, None
            self._begin(waiting)

    # ---- Commands ---------------------------------------------------------------------------

    def _hello(self) -> None:
        self._say(f"EHLO {self._name}", _Awaited.EHLO)

    def _after_hello(self, events: list[Event]) -> None:
        if self._tls_wanted:
            if "STARTTLS" in self._extensions:
                self._say("STARTTLS", _Awaited.STARTTLS)
            else:
                events.append(Unsuitable("starttls"))
                self._over = True
        elif self._login.username:
            self._log_in(events)
        else:
            self._open_for_messages(events)

    def _log_in(self, events: list[Event]) -> None:
        offered = self._extensions.get("AUTH", "").upper().split()
        login = self._login
        if "PLAIN" in offered:
            plain = _base64(f"\0{login.username}\0{login.password}")
            self._say(f"AUTH PLAIN {plain}", _Awaited.AUTH)
        elif "LOGIN" in offered:
            self._say("AUTH LOGIN", _Awaited.LOGIN_NAME)
        else:
            events.append(Unsuitable("auth"))
            self._over = True

    def _open_for_messages(self, events: list[Event]) -> None:
        self._ready = True
        events.append(Ready())

    def _begin(self, message: _Message) -> None:
        self._messages.append(message)
        if self._reset_first:
            self._reset_first = False
            self._say("RSET", _Awaited.NOTHING)
        submission = message.submission
        self._say(_mail(submission, self._extensions), _Awaited.MAIL, message)
        if "PIPELINING" in self._extensions:
            self._say(_rcpt(submission), _Awaited.RCPT, message)
            self._say("DATA", _Awaited.DATA, message)

    def _say(
        self, line: str, awaited: _Awaited | None = None, message: _Message | None = None
    ) -> None:
        self._out.append(line.encode() + b"\r\n")
        if awaited is not None:
            self._awaited.append((awaited, message))

    def _end(self, events: list[Event], detail: str) -> None:
        self._over = True
        events.append(Ended(detail))


def _mail(submission: Submission, extensions: dict[str, str]) -> str:
    line = f"MAIL FROM:<{submission.sender}>"
    if submission.size and "SIZE" in extensions:
        line += f" SIZE={submission.size}"
    return f"{line} SMTPUTF8" if submission.utf8 else line


def _rcpt(submission: Submission) -> str:
    return f"RCPT TO:<{submission.recipient}>"


def _extensions_of(reply: Reply) -> dict[str, str]:
    """Keyword → parameters; `AUTH=PLAIN` of old servers counts as `AUTH PLAIN`."""
    found: dict[str, str] = {}
    for line in reply.lines[1:]:
        keyword, _, parameters = line.replace("=", " ", 1).partition(" ")
        name = keyword.upper()
        found[name] = f"{found[name]} {parameters}" if name in found else parameters.strip()
    return found


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
