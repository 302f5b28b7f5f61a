"""One round: an edition is sent, the sender killed again and again, until everybody is served.

How a kill comes about is drawn by lot from a seed: at a boundary of the ledger, at a line of the
program, or at some moment; sometimes beside a second sender, sometimes by Ctrl-C. The witness
fails meanwhile, by lot too.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count

from tests.prove.scene import IN_DOUBT, Scene, Stage
from tests.prove.sending import Launcher, in_doubt, judge
from tests.prove.tally import Run, Tally, count_run
from tests.prove.witnesses import Plan, Witness, witness
from tests.prove.witnesses.faults import (
    SENDGRID_FAULTS,
    SMTP_CONNECTION_FAULTS,
    SMTP_FAULTS,
)

#: Attempts to serve the rest in peace after the last kill.
_ATTEMPTS = 40

#: Gives a witness for a provider and a fresh scene.
Witnesses = Callable[[Scene], Witness | None]


def play(
    stage: Stage,
    launchers: tuple[Launcher, Launcher],
    tally: Tally,
    kills: int,
    seed: str,
    *,
    invite: Witnesses | None = None,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Rounds until so many senders were killed; adds to the tally.

    Args:
        invite: whom to ask for a witness; our own otherwise.
        progress: called after every run.

    Raises:
        AssertionError: a sender does not end, or has a bug; its note names the seed.
    """
    begun = time.monotonic()
    try:
        for number in count():
            if tally.kills >= kills:
                break
            chance = random.Random(f"{seed}/{tally.provider}/{tally.store}/{number}")
            with scene_with_witness(stage, tally.provider, tally.store, invite) as (scene, seen):
                _Round(scene, seen, launchers, tally, chance, progress).play(kills - tally.kills)
            tally.rounds += 1
    except AssertionError as error:
        error.add_note(f"DIGEST_KILL_SEED={seed}")
        raise
    finally:
        tally.seconds += time.monotonic() - begun


def new_tally(provider: str, store: str) -> Tally:
    """Nothing counted yet."""
    return Tally(provider, store, limit=IN_DOUBT[provider])


@contextmanager
def scene_with_witness(
    stage: Stage, provider: str, store: str, invite: Witnesses | None = None
) -> Iterator[tuple[Scene, Witness | None]]:
    """A fresh scene, and who takes its messages; the outbox is its own witness."""
    with ExitStack() as stack:
        scene = stack.enter_context(stage.scene(provider, store))
        if provider == "outbox":
            yield scene, None
            return
        seen = invite(scene) if invite else None
        if seen is None:
            running = stack.enter_context(witness(provider, scene.notebook))
            scene.port, seen = running.port, running
        scene.witness = seen
        yield scene, seen


class _Round:
    def __init__(
        self,
        scene: Scene,
        seen: Witness | None,
        launchers: tuple[Launcher, Launcher],
        tally: Tally,
        chance: random.Random,
        progress: Callable[[], None],
    ) -> None:
        self._scene = scene
        self._witness = seen
        self._first, self._second = launchers
        self._tally = tally
        self._chance = chance
        self._progress = progress
        self._doubt = self._in_doubt()
        self._faults = self._faults_now()

    def play(self, kills: int) -> None:
        """Kill, go on, judge."""
        tally, most = self._tally, self._chance.randint(3, 12)
        self._make_trouble()
        for _ in range(min(kills, most)):
            if not self._kill():
                break
        if self._witness is not None:
            self._witness.fail(Plan())
        self._serve_the_rest()
        verdict = judge(self._scene)
        tally.duplicates += verdict.duplicates
        tally.lost += verdict.lost
        tally.unknown += verdict.unknown
        tally.said = verdict.said or tally.said

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
        place, way = None, self._chance.random()
        if way < 0.25:
            place = ("commits", self._chance.randint(1, 60))
        elif way < 0.5:
            place = ("lines", int(self._chance.uniform(1, 60_000)))
        two = self._chance.random() < 0.15 and not self._scene.is_cut_off
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
        assert code is not None, "the sender does not end"
        assert code != 1, (self._scene.folder / "said").read_text()
        self._count(killed=code == -signal.SIGKILL, alone=not two)
        return code != 0

    def _serve_the_rest(self) -> None:
        """In peace; PostgreSQL may take a moment to notice that the last killed one is dead."""
        code: int | None = None
        for _ in range(_ATTEMPTS):
            self._first.start(self._scene)
            code = self._first.wait()
            self._count(killed=False, alone=True)
            if code == 0 or (code == 7 and not self._submitting):
                return
            time.sleep(0.1)
        self._tally.said = f"ends with {code}: {(self._scene.folder / 'said').read_text()[-300:]}"

    def _count(self, *, killed: bool, alone: bool) -> None:
        """What the run that has just ended left behind."""
        if killed:
            self._scene.cut_power()
        before, self._doubt = self._doubt, self._in_doubt()
        faults, self._faults = self._faults, self._faults_now()
        count_run(
            self._tally,
            Run(
                killed=killed,
                alone=alone,
                new=self._doubt.keys() - before.keys(),
                submitting=self._submitting,
                faults=self._faults - faults,
            ),
        )
        self._progress()

    def _in_doubt(self) -> dict[str, str]:
        """Who may have a copy or not; of the outbox what its next run, which looks, left so."""
        found = in_doubt(self._scene)
        if self._tally.provider != "outbox":
            return found
        return {id_: state for id_, state in found.items() if state == "unknown"}

    @property
    def _submitting(self) -> list[str]:
        return [id_ for id_, state in self._doubt.items() if state == "submitting"]

    def _faults_now(self) -> Counter[str]:
        return self._witness.faults if self._witness is not None else Counter()
