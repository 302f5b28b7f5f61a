"""Editions called back while they leave, at every moment: a row of the proof.

Once `digest cancel` has answered, nobody is written to whose delivery had not begun by then. Where
one sender at a time has the store (SQLite) it is ended before, in whatever way; where several share
it the edition is called back under its hands. Then it is let go again, and everybody is served.
"""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable

from sqlalchemy import select
from tests.prove.rounds import scene_with_witness
from tests.prove.scene import IN_DOUBT, WEEK, Scene, Stage
from tests.prove.sending import COMMAND, DEADLINE, Launcher, in_doubt, judge
from tests.prove.tally import Tally

from digest.store.tables import deliveries

_CANCEL = ("cancel", "--yes", "--week", WEEK)
_UNDO = ("cancel", "--undo", "--week", WEEK)

#: Two hours after the scene's moment: SendGrid holds it until then.
_LATER = ("--at", "2026-11-16T09:30:00+01:00")

#: How long an edition is on its way that nobody calls back.
_SECONDS = 2.0

#: States of deliveries that had begun.
_BEGUN = ("submitting", "accepted", "unknown", "refused")


def call_back_often(
    stage: Stage,
    launchers: tuple[Launcher, Launcher],
    provider: str,
    store: str,
    times: int,
    seed: str,
    *,
    progress: Callable[[], None] = lambda: None,
) -> Tally:
    """Call so many editions back, each at another moment; `kills` of the tally counts them.

    Raises:
        AssertionError: a command does not end, or has a bug; its note names the seed.
    """
    begun = time.monotonic()
    tally = Tally(f"{provider}, cancelled", store, limit=IN_DOUBT[provider])
    try:
        for number in range(times):
            chance = random.Random(f"{seed}/{provider}/{store}/cancelled/{number}")
            with scene_with_witness(stage, provider, store) as (scene, _witness):
                _Story(scene, stage.readers, launchers, tally, chance).tell()
            tally.kills += 1
            tally.rounds += 1
            progress()
    except AssertionError as error:
        error.add_note(f"DIGEST_KILL_SEED={seed}")
        raise
    tally.seconds = time.monotonic() - begun
    return tally


class _Story:
    def __init__(
        self,
        scene: Scene,
        readers: int,
        launchers: tuple[Launcher, Launcher],
        tally: Tally,
        chance: random.Random,
    ) -> None:
        self._scene = scene
        self._readers = readers
        self._sender, self._other = launchers
        self._tally = tally
        self._chance = chance
        self._is_held = scene.provider == "sendgrid" and chance.random() < 0.5

    def tell(self) -> None:
        """Sent, called back on the way, let go again and served."""
        # Slowly enough that it is called back in the middle.
        self._scene.more = {"DIGEST__DELIVERY__RATE": str(self._readers / _SECONDS)}
        self._sender.start(self._scene, (*COMMAND, *(_LATER if self._is_held else ())))
        self._wait_until_taken(self._chance.randrange(self._readers // 2))
        self._scene.more = {}
        if self._scene.url:
            code = self._run(_CANCEL, self._other)
            begun = self._begun()
            self._count_doubt(killed=False, ended=self._sender.wait())
        else:
            code, begun = self._call_back_after_the_sender()
        if code == 5:
            # It had left altogether.
            return
        assert code == 0, self._said()
        # Whoever SendGrid was handed in the meantime; it is told so itself.
        assert self._run(_CANCEL) == 0, self._said()
        self._tally.beyond += len(self._scene.accepted().keys() - begun)
        self._judge()
        assert self._run(_UNDO) == 0, self._said()
        self._serve()
        self._tally.unknown += self._judge()

    def _call_back_after_the_sender(self) -> tuple[int, set[str]]:
        """On SQLite; while the sender is at it nothing changes."""
        if self._chance.random() < 0.2:
            code = self._run(_CANCEL, self._other)
            if code != 8:
                self._count_doubt(killed=False, ended=self._sender.wait())
                return code, self._begun()
        way = self._chance.choice([signal.SIGINT, signal.SIGKILL])
        self._sender.signal(way)
        self._count_doubt(killed=way == signal.SIGKILL, ended=self._sender.wait())
        return self._run(_CANCEL), self._begun()

    def _serve(self) -> None:
        """Everybody who is left; what SendGrid holds it will deliver."""
        code = None
        deadline = time.monotonic() + DEADLINE
        while code not in (0, 7):
            assert time.monotonic() < deadline, f"ends with {code}: {self._said()}"
            code = self._run(COMMAND)

    def _run(self, arguments: tuple[str, ...], launcher: Launcher | None = None) -> int:
        """A command to its end."""
        launcher = launcher or self._sender
        launcher.start(self._scene, arguments)
        code = launcher.wait()
        assert code is not None, "a command does not end"
        assert code != 1, self._said()
        return code

    def _wait_until_taken(self, number: int) -> None:
        """Until so many are taken, or nothing more comes."""
        deadline = time.monotonic() + 5.0
        while self._scene.accepted().total() < number and time.monotonic() < deadline:
            time.sleep(0.005)

    def _begun(self) -> set[str]:
        with self._scene.open() as publication, publication.database.read() as connection:
            query = select(deliveries.c.id).where(deliveries.c.state.in_(_BEGUN))
            return set(connection.scalars(query))

    def _count_doubt(self, *, killed: bool, ended: int | None) -> None:
        """What the sender that has ended left in doubt, and may."""
        assert ended not in (None, 1), self._said()
        left = len(in_doubt(self._scene))
        most = self._tally.limit if killed else 0
        self._tally.worst = max(self._tally.worst, left)
        self._tally.in_flight += min(left, most)
        self._tally.beyond += max(0, left - most)

    def _judge(self) -> int:
        """Hold the ledger against the witness; how many are unknown."""
        verdict = judge(self._scene)
        self._tally.duplicates += verdict.duplicates
        self._tally.lost += verdict.lost
        self._tally.said = verdict.said or self._tally.said
        return verdict.unknown

    def _said(self) -> str:
        return (self._scene.folder / "said").read_text()[-2000:]
