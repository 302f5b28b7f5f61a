"""One round: an edition is sent, the sender killed again and again, until everybody is served."""

from __future__ import annotations

import random
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from tests.prove.scene import IN_DOUBT, Scene, Stage
from tests.prove.sending import Launcher, judge, submitting
from tests.prove.witnesses import Plan, Running, witness
from tests.prove.witnesses.faults import (
    SENDGRID_FAULTS,
    SMTP_CONNECTION_FAULTS,
    SMTP_FAULTS,
)

#: Attempts to serve the rest in peace after the last kill.
_ATTEMPTS = 40


_WORKERS_CONNECTIONS = 2
_WORKERS_RELAY = """\
provider = "smtp"

[delivery.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
connections = {connections}
"""


@dataclass(slots=True)
class Tally:
    """What came of the rounds of one provider on one store.

    `in_doubt` is the most that one kill left under way; `allowed` what may be unknown in all, by
    the kills and faults there were.
    """

    provider: str
    store: str
    rounds: int = 0
    kills: int = 0
    faults: int = 0
    duplicates: int = 0
    lost: int = 0
    unknown: int = 0
    in_doubt: int = 0
    allowed: int = 0
    seconds: float = 0.0
    said: str = ""

    @property
    def holds(self) -> bool:
        """Whether every guarantee was kept."""
        limit = IN_DOUBT.get(self.provider, 0)
        return (
            not self.duplicates
            and not self.lost
            and self.unknown <= self.allowed
            and (not limit or self.in_doubt <= limit)
        )


def play(
    stage: Stage, launchers: tuple[Launcher, Launcher], tally: Tally, kills: int, seed: str
) -> None:
    """Rounds until so many senders were killed; adds to the tally."""
    begun = time.monotonic()
    for number in count():
        if tally.kills >= kills:
            break
        chance = random.Random(f"{seed}/{tally.provider}/{tally.store}/{number}")
        with scene_with_witness(stage, tally.provider, tally.store) as (scene, running):
            _Round(scene, running, launchers, tally, chance).play(kills - tally.kills)
        tally.rounds += 1
    tally.seconds += time.monotonic() - begun


def kill_several_workers(cluster: str, folder: Path, kills: int, seed: str) -> Tally:
    """Workers that share an edition on PostgreSQL and a relay, killed at random."""
    import psycopg
    from tests.worker.killing import kill_workers

    begun, home = time.monotonic(), folder / "workers"
    home.mkdir()
    name = f"prove_{uuid.uuid4().hex}"
    with psycopg.connect(cluster.replace("+psycopg", "") + "/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
    with witness("smtp", home / "accepted") as relay:
        found = kill_workers(
            f"{cluster}/{name}",
            home,
            kills=kills,
            workers=2,
            seed=random.Random(seed).getrandbits(32),
            delivery=_WORKERS_RELAY.format(port=relay.port, connections=_WORKERS_CONNECTIONS),
            provider="smtp",
            connections=_WORKERS_CONNECTIONS,
            witness=lambda: relay.accepted,
        )
    return Tally(
        provider="smtp, 2 workers",
        store="postgresql",
        rounds=found.rounds,
        kills=found.kills,
        duplicates=found.duplicates,
        lost=found.lost,
        unknown=found.unknown,
        allowed=found.in_flight,
        seconds=time.monotonic() - begun,
    )


@contextmanager
def scene_with_witness(
    stage: Stage, provider: str, store: str
) -> Iterator[tuple[Scene, Running | None]]:
    """A fresh scene, and who takes its messages; the outbox is its own witness."""
    with ExitStack() as stack:
        scene = stack.enter_context(stage.scene(provider, store))
        running = None
        if provider != "outbox":
            kind: Literal["smtp", "sendgrid"] = "smtp" if provider == "smtp" else "sendgrid"
            running = stack.enter_context(witness(kind, scene.notebook))
            scene.port = running.port
        yield scene, running


class _Round:
    def __init__(
        self,
        scene: Scene,
        running: Running | None,
        launchers: tuple[Launcher, Launcher],
        tally: Tally,
        chance: random.Random,
    ) -> None:
        self._scene = scene
        self._witness = running
        self._first, self._second = launchers
        self._tally = tally
        self._chance = chance

    def play(self, kills: int) -> None:
        """Kill, go on, judge."""
        tally, most = self._tally, self._chance.randint(3, 12)
        self._make_trouble()
        for _ in range(min(kills, most)):
            if not self._kill():
                break
        if self._witness is not None:
            self._witness.fail(Plan())
            came = self._witness.faults.total()
            tally.faults += came
            tally.allowed += came * self._a_fault
        self._serve_the_rest()
        verdict = judge(self._scene)
        tally.duplicates += verdict.duplicates
        tally.lost += verdict.lost
        tally.unknown += verdict.unknown
        tally.said = verdict.said or tally.said

    @property
    def _a_fault(self) -> int:
        """How many one fault may leave unknown."""
        return {"smtp": 1, "sendgrid": IN_DOUBT["sendgrid"]}.get(self._tally.provider, 0)

    def _make_trouble(self) -> None:
        if self._witness is None or self._chance.random() < 0.3:
            return
        smtp = self._tally.provider == "smtp"
        kinds = SMTP_FAULTS if smtp else SENDGRID_FAULTS
        quick = [kind for kind in kinds if "silence" not in kind]
        self._witness.fail(
            Plan(
                kinds=quick if self._chance.random() < 0.7 else kinds,
                connections=[self._chance.choice(SMTP_CONNECTION_FAULTS)] if smtp else [],
                rate=self._chance.choice([0.02, 0.1]) if smtp else 0.3,
                most=self._chance.randint(1, 6),
                seed=str(self._chance.random()),
            )
        )

    def _kill(self) -> bool:
        """Start a sender, or two, and kill the first; False when it had ended by itself."""
        tally, place, way = self._tally, None, self._chance.random()
        if way < 0.25:
            place = ("commits", self._chance.randint(1, 60))
        elif way < 0.5:
            place = ("lines", int(self._chance.uniform(1, 60_000)))
        two = self._chance.random() < 0.15
        self._first.start(self._scene, die_at=place)
        if two:
            self._second.start(self._scene)
        code = self._first.wait(0.0 if place is None else 20.0)
        if code is None:
            time.sleep(self._chance.uniform(0.02, 0.6))
            gently = self._chance.random() < 0.1
            self._first.signal(signal.SIGINT if gently else signal.SIGKILL)
            code = self._first.wait()
        if two:
            other = self._second.wait()
            assert other is not None, "the second sender does not end"
        killed = code == -signal.SIGKILL
        if killed:
            tally.kills += 1
            if not two:
                left = submitting(self._scene)
                tally.in_doubt = max(tally.in_doubt, left)
            tally.allowed += IN_DOUBT[tally.provider]
        assert code is not None, "the sender does not end"
        assert code != 1, (self._scene.folder / "said").read_text()
        return code != 0

    def _serve_the_rest(self) -> None:
        """In peace; PostgreSQL may take a moment to notice that the last killed one is dead."""
        code: int | None = None
        for _ in range(_ATTEMPTS):
            self._first.start(self._scene)
            code = self._first.wait()
            if code == 0 or (code == 7 and not submitting(self._scene)):
                return
            time.sleep(0.1)
        self._tally.said = f"ends with {code}: {(self._scene.folder / 'said').read_text()[-300:]}"
