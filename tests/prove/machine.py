"""A reference model of the ledger, and every step that can befall it, in any order.

Each run is a process of its own, forked, that really dies where the step says so. What was really
taken stands in a notebook that the run's provider writes as a mailbox would. `test_machine` lets
hypothesis choose the steps.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection, delete, select, update
from tests.delivery.world import (
    EDITION,
    ENVELOPE,
    NOW,
    add_readers,
    address,
    make_letter,
    suppress,
    token,
)
from tests.prove.deeds import DEEDS, Provider
from tests.prove.dying import die_at, refuse_commits
from tests.prove.witnesses.notebook import accepted

from digest.delivery import ledger
from digest.delivery.ledger.cancelling import let_go, withdraw
from digest.delivery.ledger.proving import prove
from digest.errors import ContentError, DigestError
from digest.model.sending import DeliveryState, Outcome
from digest.store.database import Database
from digest.store.ledger import claims
from digest.store.ledger.dispatches import mark_dispatching
from digest.store.ledger.events import unknown_deliveries
from digest.store.tables import deliveries, subscriptions, suppressions

LISTS = ("main", "weekend")
READERS = range(6)

_DEEDS = st.lists(st.sampled_from(DEEDS), min_size=1, max_size=5)


class Machine(RuleBasedStateMachine):
    """The store, the notebook, and what a person would expect of both."""

    #: URL of a store for one machine, with an edition and nothing else; set by whoever runs it.
    new_url: Callable[[Path], str]

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(prefix="digest-machine-")
        self._notebook = Path(self._folder.name) / "accepted"
        self._url = type(self).new_url(Path(self._folder.name))
        self.database = Database(self._url)
        self._minutes = 0
        self._resent: Counter[str] = Counter()
        self._frozen: set[str] = set()
        self._cancelled = False
        self._forbidden: Counter[str] = Counter()

    # ---- Readers ------------------------------------------------------------------------------

    @initialize(main=st.sets(st.sampled_from(READERS), min_size=1), other=st.sets(
        st.sampled_from(READERS)))  # fmt: skip
    def begin(self, main: set[int], other: set[int]) -> None:
        """Readers of two lists; the first is frozen."""
        add_readers(self.database, sorted(main))
        add_readers(self.database, sorted(other), list_name="weekend")
        self.freeze("main")

    @rule(reader=st.sampled_from(READERS), list_name=st.sampled_from(LISTS), status=st.sampled_from(
        ("active", "unsubscribed")))  # fmt: skip
    def change_mind(self, reader: int, list_name: str, status: str) -> None:
        """A reader leaves a list, or comes back."""
        with self.database.write() as connection:
            connection.execute(
                update(subscriptions)
                .where(subscriptions.c.token == token(reader, list_name))
                .values(status=status)
            )

    @rule(reader=st.sampled_from(READERS))
    def suppress(self, reader: int) -> None:
        """An address must not be written to any more, or may be again."""
        with self.database.write() as connection:
            gone = connection.execute(
                delete(suppressions).where(suppressions.c.email == address(reader))
            ).rowcount
        if not gone:
            suppress(self.database, reader)

    # ---- The ledger ---------------------------------------------------------------------------

    @rule(list_name=st.sampled_from(LISTS))
    def freeze(self, list_name: str) -> None:
        """A list joins, or has joined already."""
        try:
            ledger.freeze(
                self.database, make_letter(), edition_id=EDITION, ledger="main",
                list_name=list_name, provider="scripted", stories=[], now=self._now(),
            )  # fmt: skip
        except ContentError:
            assert self._cancelled
        else:
            self._frozen.add(list_name)

    @rule(deeds=_DEEDS, batch=st.integers(1, 4))
    def run(self, deeds: list[str], batch: int) -> None:
        """A run that may die anywhere at its provider."""
        self._forbid()
        self._wait(self._start(deeds, batch))
        self._see_at_most(1, deeds)

    @rule(place=st.integers(1, 40), deeds=_DEEDS, batch=st.integers(1, 4))
    def run_dying_at_a_commit(self, place: int, deeds: list[str], batch: int) -> None:
        """A run that dies as it begins or ends a transaction."""
        self._forbid()
        self._wait(self._start(deeds, batch, die=("commits", place)))
        self._see_at_most(1, deeds)

    @rule(place=st.integers(1, 4000), deeds=_DEEDS, batch=st.integers(1, 4))
    def run_dying_at_a_line(self, place: int, deeds: list[str], batch: int) -> None:
        """A run that dies at a line of the program."""
        self._forbid()
        self._wait(self._start(deeds, batch, die=("lines", place)))
        self._see_at_most(1, deeds)

    @precondition(lambda self: self.database.is_sqlite)
    @rule(commits=st.sets(st.integers(1, 20), max_size=4), deeds=_DEEDS, batch=st.integers(1, 4))
    def run_on_a_full_disk(self, commits: set[int], deeds: list[str], batch: int) -> None:
        """A run whose store refuses some of its commits."""
        self._forbid()
        self._wait(self._start(deeds, batch, refused=commits))

    @rule(first=st.lists(st.sampled_from(DEEDS), max_size=4), second=st.lists(
        st.sampled_from(DEEDS), max_size=4))  # fmt: skip
    def run_two_at_once(self, first: list[str], second: list[str]) -> None:
        """SQLite sends one of them away, PostgreSQL lets them share."""
        self._forbid()
        children = [self._start(first, 1), self._start(second, 1)]
        for child in children:
            self._wait(child)
        self._see_at_most(2, first + second)

    @precondition(lambda self: not self.database.is_sqlite)
    @rule(deeds=st.lists(st.sampled_from(DEEDS), max_size=3))
    def run_hangs_and_another_takes_over(self, deeds: list[str]) -> None:
        """A run is stopped in the middle, its lease passes, another goes on, then it wakes."""
        self._forbid()
        hanging = self._start([*deeds, "HANG"], 2, lease=0.2)
        _, status = os.waitpid(hanging, os.WUNTRACED)
        self._wait(self._start(None, 2, lease=0.2))
        if os.WIFSTOPPED(status):
            os.kill(hanging, signal.SIGCONT)
            self._wait(hanging)

    @rule(minutes=st.integers(-3000, 3000))
    def jump(self, minutes: int) -> None:
        """Somebody sets the clock."""
        self._minutes += minutes

    def _unknown(self, connection: Connection) -> list[str]:
        return [found.id for found in unknown_deliveries(connection, self._dispatch().id)]

    # ---- Afterwards ---------------------------------------------------------------------------

    @rule()
    def reconcile(self) -> None:
        """The provider tells of every unknown one whether it had taken it."""
        taken = accepted(self._notebook)
        with self.database.write() as connection:
            outcomes = [
                Outcome(id_, DeliveryState.ACCEPTED if taken[id_] else DeliveryState.REFUSED, "log")
                for id_ in self._unknown(connection)
            ]
            claims.settle(connection, outcomes, self._now())

    @rule()
    def resend_unknown(self) -> None:
        """A person takes the risk: only now may somebody get a second copy."""
        if self._cancelled:
            return
        with self.database.write() as connection:
            ids = self._unknown(connection)
            outcomes = [Outcome(id_, DeliveryState.PENDING, "again") for id_ in ids]
            assert claims.settle(connection, outcomes, self._now()) == len(ids)
            if ids:
                mark_dispatching(connection, EDITION)
        self._resent.update(ids)

    @rule()
    def cancel_or_undo(self) -> None:
        """An edition is called back, or leaves after all."""
        if self._cancelled:
            let_go(self.database, self._dispatch(), self._now())
        else:
            withdraw(self.database, self._dispatch(), self._now())
        self._cancelled = not self._cancelled

    # ---- What must hold after every step ------------------------------------------------------

    @invariant()
    def everybody_is_accounted_for(self) -> None:
        """The balance adds up, and every row agrees with what was really taken."""
        if not self._frozen:
            return
        states: dict[str, str] = {}
        proof = prove(
            self.database, EDITION, show=lambda row: states.__setitem__(row.id, row.state)
        )
        assert proof is not None
        assert proof.holds, [fault.what for fault in proof.faults] or proof.missing
        taken = accepted(self._notebook)
        assert set(taken) <= set(states)
        for id_, state in states.items():
            copies, resent = taken[id_], self._resent[id_]
            assert copies <= 1 + resent, "a second copy that nobody asked for"
            assert copies <= self._forbidden.get(id_, copies), "sent to a reader who had left"
            if state == "accepted":
                assert copies >= 1, "lost: nobody has taken it"
            elif state in ("pending", "refused", "excluded") and not resent:
                assert copies == 0, f"{state}, and taken"

    def teardown(self) -> None:
        """Served in peace, nobody is left over."""
        try:
            if self._frozen and not self._cancelled:
                self._serve()
        finally:
            self.database.close()
            self._folder.cleanup()

    def _serve(self) -> None:
        for _ in range(100):
            self._wait(self._start(None, 3))
            now = ledger.balance(self.database, EDITION, "main")
            if not now.pending + now.submitting:
                break
        assert not now.pending + now.submitting, now
        self.everybody_is_accounted_for()

    # ---- Processes ----------------------------------------------------------------------------

    def _start(
        self,
        deeds: Sequence[str] | None,
        batch: int,
        *,
        die: tuple[str, int] | None = None,
        refused: Iterable[int] = (),
        lease: float = 60.0,
    ) -> int:
        """Fork a sender."""
        child = os.fork()
        if child:
            return child
        code = 1
        try:
            signal.alarm(50)
            if not os.environ.get("DIGEST_DEBUG"):
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            refuse_commits(frozenset(refused))
            if die:
                die_at(*die)
            asyncio.run(self._send(deeds, batch, lease))
            code = 0
        except DigestError:
            code = 3
        finally:
            os._exit(code)

    async def _send(self, deeds: Sequence[str] | None, batch: int, lease: float) -> None:
        database = Database(self._url, durability="process")
        stop = asyncio.Event()
        await ledger.dispatch(
            database, self._dispatch(database), Provider(deeds, self._notebook, stop), ENVELOPE,
            batch=batch, now=self._now, progress=lambda _balance: None, stop=stop, patience=(0.0,),
            lease=lease, heartbeat=lease / 4, pauses=(0.0,),
        )  # fmt: skip
        database.close()

    def _wait(self, child: int) -> None:
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, 3, -signal.SIGKILL), f"a run ended with {code}"

    # ---- The model ----------------------------------------------------------------------------

    def _dispatch(self, database: Database | None = None) -> ledger.Dispatch:
        found = ledger.frozen(database or self.database, EDITION, "main")
        assert found is not None
        return found

    def _now(self) -> Any:
        return NOW + timedelta(minutes=self._minutes)

    def _forbid(self) -> None:
        """Note who must not get (another) copy by the run that comes: those who have left."""
        taken = accepted(self._notebook)
        with self.database.read() as connection:
            rows = connection.execute(
                select(deliveries.c.id, deliveries.c.email).where(deliveries.c.state == "pending")
            ).all()
            active = set(
                connection.scalars(
                    select(subscriptions.c.token).where(
                        subscriptions.c.status == "active", subscriptions.c.list.in_(self._frozen)
                    )
                )
            )
            gone = set(connection.scalars(select(suppressions.c.email)))
        welcome = {
            address(reader)
            for reader in READERS
            for list_name in LISTS
            if token(reader, list_name) in active
        } - gone
        self._forbidden = Counter(
            {row.id: taken[row.id] for row in rows if row.email not in welcome}
        )

    def _see_at_most(self, connections: int, deeds: Sequence[str]) -> None:
        """No more in doubt than there were connections, and starts that the provider left open."""
        most = connections + sum(deed.startswith("silent") for deed in deeds)
        with self.database.read() as connection:
            ids = connection.scalars(
                select(deliveries.c.id).where(deliveries.c.state == "submitting")
            ).all()
        assert len(ids) <= most
