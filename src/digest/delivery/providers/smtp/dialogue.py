"""What is said on one SMTP connection, in which order, and what the answers mean. No sockets.

Bytes go in by `receive`, bytes to send stand in `out`, and what was learnt comes back as events.
Where the server offers PIPELINING, the envelope of the next message rides in the same write as the
end of the one before, so that a message costs one round trip and not four.

    MAIL RCPT DATA ──► 250 250 354 ──► GoAhead ──► content, dot, MAIL RCPT DATA ──► Verdict, 250 …

Sources: RFC 5321 (SMTP; §3.2: a server that refuses EHLO is greeted by HELO), RFC 2920 (PIPELINING:
DATA ends a group, and its 354 must be answered even when every recipient was refused), RFC 1870
(SIZE), RFC 6152 (8BITMIME), RFC 6531 (SMTPUTF8), RFC 3207 (STARTTLS: nothing said before TLS
counts), RFC 4954 (AUTH), RFC 1047 (a connection lost after the final dot leaves the outcome
unknown).
"""

from __future__ import annotations

import base64
from collections import deque
from collections.abc import Iterable
from typing import Literal

from digest.delivery.providers.smtp.replies import GarbledError, Reply, ReplyReader
from digest.delivery.providers.smtp.signals import (
    Ended,
    Event,
    GoAhead,
    Login,
    LoginRefused,
    Ready,
    Stage,
    StartTls,
    Submission,
    Unsuitable,
    Verdict,
)

#: Replies that speak of who we say we are, not of the message (RFC 4954 §4 and §6).
CREDENTIALS = frozenset({530, 534, 535, 538})

#: What a reply answers: a step of the opening, a message's stage, or something nobody minds.
_Awaited = (
    Stage
    | Literal["greeting", "ehlo", "helo", "starttls", "auth", "login name", "login password"]
    | Literal["reset", "nothing", "farewell"]
)


class Dialogue:
    """One connection, from the greeting to QUIT.

    Args:
        name: what EHLO says this machine is.
        tls: STARTTLS is asked for and required.
        login: who we say we are.
    """

    def __init__(self, name: str, *, tls: bool = False, login: Login | None = None) -> None:
        self.name = name
        #: Keyword in capitals → parameters, as the server offered after EHLO.
        self.extensions: dict[str, str] = {}
        #: Whole replies so far.
        self.heard = 0
        self._tls_wanted = tls
        self._login = login or Login()
        self._reader = ReplyReader()
        #: Bytes that are to be written now, in order; whoever writes them empties it.
        self.out: list[bytes] = []
        #: Bytes of a message that the server takes; 0: it does not say.
        self.largest = 0
        self._unheard = 0
        self._awaited: deque[tuple[_Awaited, Submission | None]] = deque([("greeting", None)])
        self._messages: deque[Submission] = deque()
        self._waiting: Submission | None = None
        self._pipelines = False
        self._reset_first = False
        self._ready = False
        self._over = False

    # ---- What the connection can do --------------------------------------------------------

    @property
    def has_room(self) -> bool:
        """Whether `submit` may be called: one message under way and one behind it, at most."""
        if not self._ready or self._over or self._waiting is not None:
            return False
        return not self._messages or self._pipelines

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return self._ready and not self._messages and self._waiting is None

    @property
    def listens(self) -> bool:
        """Whether a reply is due, so that silence is a fault."""
        return bool(self._awaited) and not self._over

    # ---- In and out -------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[Event]:
        """Take what arrived; returns what it means, in order."""
        events: list[Event] = []
        replies = self._reader.read(data)
        self._unheard = len(replies)
        for reply in replies:
            if self._over:
                break
            self._unheard -= 1
            if isinstance(reply, GarbledError):
                self._end(events, reply.detail)
            else:
                self.heard += 1
                self._hear(reply, events)
        return events

    def secured(self) -> None:
        """TLS stands: everything said before is forgotten (RFC 3207 §4.2)."""
        self._tls_wanted = False
        self._reader = ReplyReader()
        self.extensions = {}
        self._pipelines, self.largest = False, 0
        self._hello()

    def submit(self, submission: Submission) -> None:
        """Begin a message, or let it wait behind the one whose content is due."""
        if self._messages:
            self._waiting = submission
        else:
            self._begin(submission)

    def content(self, id_: str, content: Iterable[bytes]) -> None:
        """The message that `GoAhead` named, in pieces: dot-stuffed, ended by CRLF."""
        self._due(id_)
        self.out.extend(content)

    def finish(self, id_: str) -> None:
        """The final dot, and with it the envelope of the message that waits."""
        submission = self._due(id_)
        submission.is_ended = True
        self.out.append(b".\r\n")
        self._awaited.append(("end", submission))
        self._go_on()

    def quit(self) -> None:
        """Take leave; nothing may be under way."""
        self._say("QUIT", "farewell")
        self._ready = False

    def lost(self) -> list[tuple[str, bool]]:
        """The connection is gone: (id, whether the server may have accepted it) of each message."""
        self._over = True
        open_ = [*self._messages, *([self._waiting] if self._waiting else [])]
        self._messages.clear()
        self._waiting = None
        return [(submission.id, submission.is_ended) for submission in open_]

    def _due(self, id_: str) -> Submission:
        submission = self._messages[0]
        if submission.id != id_ or submission.is_ended:
            raise ValueError(f"no content is due for {id_}")
        return submission

    # ---- Replies ----------------------------------------------------------------------------

    def _hear(self, reply: Reply, events: list[Event]) -> None:
        if not self._awaited:
            early = "before the message ended: " if self._messages else ""
            self._end(events, f"{early}{reply}")
            return
        awaited, submission = self._awaited.popleft()
        if submission is not None:
            self._judge(awaited, submission, reply, events)
        elif reply.code == 421 or not self._opening(awaited, reply, events):
            self._end(events, str(reply))

    def _opening(self, awaited: _Awaited, reply: Reply, events: list[Event]) -> bool:
        """One step before the first message; False when it failed."""
        if awaited in ("nothing", "farewell"):
            return awaited == "nothing"
        if awaited in ("auth", "login name", "login password"):
            return self._logging_in(awaited, reply, events)
        if awaited == "ehlo" and reply.code >= 500:
            self._say(f"HELO {self.name}", "helo")
            return True
        if not reply.is_good:
            return False
        if awaited == "greeting":
            self._hello()
        elif awaited == "helo":
            self._after_hello(events)
        elif awaited == "ehlo":
            self.extensions = _extensions_of(reply)
            self._pipelines = "PIPELINING" in self.extensions
            limit = self.extensions.get("SIZE", "")
            self.largest = int(limit) if limit.isascii() and limit.isdigit() else 0
            self._after_hello(events)
        elif self._unheard or self._reader.has_unread:
            return False
        else:
            events.append(StartTls())
        return True

    def _logging_in(self, awaited: _Awaited, reply: Reply, events: list[Event]) -> bool:
        login = self._login
        if reply.code == 334 and awaited != "auth":
            is_name = awaited == "login name"
            secret = _base64(login.username if is_name else login.password)
            self._say(secret, "login password" if is_name else "auth")
            return True
        if reply.is_good:
            self._open_for_messages(events)
            return True
        if reply.code < 500:
            return False
        events.append(LoginRefused(reply))
        self._over = True
        return True

    def _judge(
        self, awaited: _Awaited, submission: Submission, reply: Reply, events: list[Event]
    ) -> None:
        code = reply.code
        if awaited == "end":
            self._conclude(submission, "end", reply, events)
            if code == 421:
                self._end(events, str(reply))
        elif code in CREDENTIALS:
            events.append(LoginRefused(reply))
            self._over = True
        elif code == 421:
            if submission.failed is not None:
                self._conclude(submission, *submission.failed, events)
            self._end(events, str(reply))
        elif awaited == "data":
            self._judge_data(submission, reply, events)
        elif awaited == "reset":
            self._say(self._mail(submission), "mail", submission)
        else:
            if not 200 <= code < 300 and submission.failed is None:
                submission.failed = ("mail" if awaited == "mail" else "rcpt"), reply
            if not self._pipelines:
                self._step(awaited, submission, events)

    def _judge_data(self, submission: Submission, reply: Reply, events: list[Event]) -> None:
        if submission.failed is not None:
            if reply.code == 354:  # RFC 2920 §3.1: an empty message for nobody ends it
                self.out.append(b".\r\n")
                self._awaited.append(("nothing", None))
            self._conclude(submission, *submission.failed, events)
        elif reply.code == 354:
            events.append(GoAhead(submission.id))
        elif reply.code >= 400:
            self._conclude(submission, "data", reply, events)
        else:
            self._end(events, f"unexpected reply to DATA: {reply}")

    def _step(self, awaited: _Awaited, submission: Submission, events: list[Event]) -> None:
        """Without PIPELINING: one command, one reply."""
        if submission.failed is not None:
            self._conclude(submission, *submission.failed, events)
        elif awaited == "mail":
            self._say(f"RCPT TO:<{submission.recipient}>", "rcpt", submission)
        else:
            self._say("DATA", "data", submission)

    def _conclude(
        self, submission: Submission, stage: Stage, reply: Reply, events: list[Event]
    ) -> None:
        self._messages.popleft()
        self._reset_first = stage != "end"
        events.append(Verdict(submission.id, reply, stage))
        if not self._messages:
            self._go_on()

    # ---- Commands ---------------------------------------------------------------------------

    def _hello(self) -> None:
        self._say(f"EHLO {self.name}", "ehlo")

    def _after_hello(self, events: list[Event]) -> None:
        if self._tls_wanted:
            if "STARTTLS" in self.extensions:
                self._say("STARTTLS", "starttls")
            else:
                events.append(Unsuitable("starttls"))
                self._over = True
        elif self._login.username:
            self._log_in(events)
        else:
            self._open_for_messages(events)

    def _log_in(self, events: list[Event]) -> None:
        offered = self.extensions.get("AUTH", "").upper().split()
        login = self._login
        if "PLAIN" in offered:
            plain = _base64(f"\0{login.username}\0{login.password}")
            self._say(f"AUTH PLAIN {plain}", "auth")
        elif "LOGIN" in offered:
            self._say("AUTH LOGIN", "login name")
        else:
            events.append(Unsuitable("auth"))
            self._over = True

    def _open_for_messages(self, events: list[Event]) -> None:
        self._ready = True
        events.append(Ready())

    def _go_on(self) -> None:
        """Say the envelope of the message that waits, if one does and it may ride along."""
        if self._waiting is not None and (self._pipelines or not self._messages):
            waiting, self._waiting = self._waiting, None
            self._begin(waiting)

    def _begin(self, submission: Submission) -> None:
        self._messages.append(submission)
        reset, self._reset_first = self._reset_first, False
        if not self._pipelines:
            if reset:
                self._say("RSET", "reset", submission)
            else:
                self._say(self._mail(submission), "mail", submission)
            return
        if reset:
            self._say("RSET", "nothing")
        self.out.append(
            f"{self._mail(submission)}\r\nRCPT TO:<{submission.recipient}>\r\nDATA\r\n".encode()
        )
        self._awaited += (("mail", submission), ("rcpt", submission), ("data", submission))

    def _mail(self, submission: Submission) -> str:
        line = f"MAIL FROM:<{submission.sender}>"
        if submission.size and "SIZE" in self.extensions:
            line += f" SIZE={submission.size}"
        if submission.is_8bit and "8BITMIME" in self.extensions:
            line += " BODY=8BITMIME"
        return f"{line} SMTPUTF8" if submission.utf8 else line

    def _say(self, line: str, awaited: _Awaited, submission: Submission | None = None) -> None:
        self.out.append(f"{line}\r\n".encode())
        self._awaited.append((awaited, submission))

    def _end(self, events: list[Event], detail: str) -> None:
        self._over = True
        events.append(Ended(detail))


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
