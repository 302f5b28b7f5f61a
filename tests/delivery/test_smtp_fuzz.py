"""Whatever a server says: no crash, nothing accepted that was not, at most one in doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery.providers.smtp.dialogue import Dialogue
from digest.delivery.providers.smtp.signals import (
    Ended,
    Event,
    GoAhead,
    LoginRefused,
    Ready,
    Submission,
    Verdict,
)

REPLIES = st.one_of(
    st.sampled_from(
        [
            b"250 2.1.0 Ok\r\n",
            b"354 go on\r\n",
            b"250-first\r\n250 last\r\n",
            b"421 4.3.2 closing\r\n",
            b"450 4.2.0 later\r\n",
            b"550 5.1.1 unknown\r\n",
            b"530 5.7.0 who are you\r\n",
            b"250\r\n",
            b"250 lone line feed\n",
            b"220 again\r\n",
            b"\r\n",
            b"25",
        ]
    ),
    st.binary(max_size=30),
)


@dataclass
class Told:
    """What a run of a dialogue told, and what it wrote."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    ended: list[Event] = field(default_factory=list)
    dots: list[str] = field(default_factory=list)
    lost: list[tuple[str, bool]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)


class Model:
    """Drives a dialogue as a connection and its batch do, and holds it to what it promises."""

    def __init__(self, *, pipelines: bool) -> None:
        self.told = Told()
        self.dialogue = Dialogue("mail.example.org")
        self._due = ""
        self._replies_since_dot = 0
        self.hear(b"220 relay\r\n")
        self.hear(b"250-relay\r\n250 PIPELINING\r\n" if pipelines else b"250 relay\r\n")

    def written(self) -> bytes:
        """What it says now."""
        out, self.dialogue.out = self.dialogue.out, []
        return b"".join(out)

    def fill(self) -> None:
        """Give it the next messages, as long as it has room."""
        while self.dialogue.has_room:
            id_ = f"m{len(self.told.given)}"
            self.told.given.append(id_)
            self.dialogue.submit(Submission(id_, "lettre@example.org", f"{id_}@example.org", 9))
        self.written()

    def start(self) -> None:
        """Send the content that is due."""
        if self._due and not self.told.ended:
            id_, self._due = self._due, ""
            self.dialogue.content(id_, [b"x\r\n"])
            self.dialogue.finish(id_)
            in_doubt = [one for one in self.told.dots if one not in self.told.verdicts]
            assert in_doubt == [], "a second final dot left before the first one's verdict"
            self.told.dots.append(id_)
            assert self.written().startswith(b"x\r\n.\r\n")

    def hear(self, data: bytes) -> None:
        """What the server said."""
        for event in self.dialogue.receive(data):
            assert not self.told.ended, "something was learnt after the end"
            if isinstance(event, Verdict):
                assert event.id not in self.told.verdicts
                self.told.verdicts[event.id] = event
            elif isinstance(event, GoAhead):
                assert not self._due
                self._due = event.id
            elif isinstance(event, Ended | LoginRefused):
                self.told.ended.append(event)
                self._due = ""
            else:
                assert isinstance(event, Ready)

    def end(self) -> Told:
        """The connection is gone."""
        told = self.told
        told.lost = self.dialogue.lost()
        assert self.dialogue.receive(b"250 too late\r\n") == []
        assert not self.dialogue.has_room
        open_ = [id_ for id_, _is_doubtful in told.lost]
        assert sorted([*told.verdicts, *open_]) == sorted(told.given), "somebody got lost"
        doubtful = [id_ for id_, is_doubtful in told.lost if is_doubtful]
        assert len(doubtful) <= 1
        assert set(doubtful) == set(told.dots) - set(told.verdicts)
        for id_, verdict in told.verdicts.items():
            assert (verdict.stage == "end") == (id_ in told.dots)
            if verdict.reply.is_good:
                assert id_ in told.dots, "accepted without its final dot"
        return told


def cut(data: bytes, places: Sequence[int]) -> Iterator[bytes]:
    """The same bytes in pieces."""
    ends = sorted({place % (len(data) + 1) for place in places})
    for start, end in zip([0, *ends], [*ends, len(data)], strict=True):
        yield data[start:end]


@settings(max_examples=400)
@given(
    pipelines=st.booleans(),
    replies=st.lists(REPLIES, max_size=40),
    order=st.lists(st.sampled_from(["fill", "start"]), min_size=1, max_size=7),
)
def test_any_replies_in_any_order_keep_every_promise(
    pipelines: bool, replies: list[bytes], order: list[str]
) -> None:
    model = Model(pipelines=pipelines)
    acts: dict[str, Callable[[], None]] = {"fill": model.fill, "start": model.start}
    for number, reply in enumerate(replies):
        acts[order[number % len(order)]]()
        model.hear(reply)
    model.end()


class Relay:
    """A polite server: what it makes of each line, by the script of a message's stages."""

    def __init__(self, script: Sequence[str], *, pipelines: bool) -> None:
        self._script = list(script)
        self._pipelines = pipelines
        self.taken: list[str] = []
        self._now = ""
        self._in_data = False
        self._refused = False
        self._is_open = True

    def answer(self, written: bytes) -> bytes:
        """What it says to these lines."""
        said = []
        for line in written.decode().splitlines():
            if not self._is_open:
                break
            reply = self._answer(line)
            self._is_open = not reply.startswith("421")
            said.append(f"{reply}\r\n" if reply else "")
        return "".join(said).encode()

    def _answer(self, line: str) -> str:
        if self._in_data:
            if line != ".":
                return ""
            self._in_data = False
            reply = self._next("end")
            if reply.startswith("2"):
                self.taken.append(self._now)
            return reply
        if line.startswith("MAIL"):
            self._refused = False
            return self._heed(self._next("mail"))
        if line.startswith("RCPT"):
            self._now = line.partition("<")[2].partition("@")[0]
            return "503 5.5.1 no sender" if self._refused else self._heed(self._next("rcpt"))
        if line == "DATA":
            if self._refused:
                return "554 5.5.1 no recipients"
            reply = self._next("data")
            self._in_data = reply.startswith("354")
            return reply
        return "250 2.0.0 reset"

    def _heed(self, reply: str) -> str:
        self._refused = not reply.startswith("250")
        return reply

    def _next(self, stage: str) -> str:
        kind = self._script.pop(0) if self._script else "well"
        if kind == "well":
            return "354 go on" if stage == "data" else f"250 2.0.0 {self._now or 'fine'}"
        return {"later": "451 4.3.0 later", "never": "550 5.7.1 never", "close": "421 4.3.2 bye"}[
            kind
        ]


@settings(max_examples=400)
@given(
    pipelines=st.booleans(),
    script=st.lists(st.sampled_from(["well"] * 6 + ["later", "never", "close"]), max_size=40),
    cuts=st.lists(st.lists(st.integers(0, 200), max_size=6), min_size=1, max_size=5),
    merged=st.booleans(),
)
def test_what_a_polite_relay_took_is_what_is_told(
    pipelines: bool, script: list[str], cuts: list[list[int]], merged: bool
) -> None:
    relay = Relay(script, pipelines=pipelines)
    model = Model(pipelines=pipelines)
    dialogue = model.dialogue
    model.written()
    held = b""
    for turn in range(150):
        if dialogue.has_room and len(model.told.given) < 8:
            id_ = f"m{len(model.told.given)}"
            model.told.given.append(id_)
            dialogue.submit(Submission(id_, "lettre@example.org", f"{id_}@example.org", 9))
        if model._due and not model.told.ended:
            id_, model._due = model._due, ""
            dialogue.content(id_, [b"x\r\n"])
            dialogue.finish(id_)
            model.told.dots.append(id_)
        held += relay.answer(model.written())
        if merged and turn % 2:
            continue
        for piece in cut(held, cuts[turn % len(cuts)]):
            model.hear(piece)
        held = b""
    told = model.end()
    accepted = [id_ for id_, verdict in told.verdicts.items() if verdict.reply.is_good]
    assert accepted == relay.taken
    assert not told.lost or told.ended
