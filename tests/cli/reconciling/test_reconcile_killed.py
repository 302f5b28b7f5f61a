"""What a run left behind that was killed is told, and nothing is made of it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.cli.conftest import WEEK, Digest
from tests.cli.reconciling.world import (
    Doubt,
    open_store,
    states,
)

from digest.store.database import Database
from digest.store.ledger import runs
from digest.store.tables import deliveries, dispatches


@pytest.fixture
def stranded(left: Doubt) -> list[str]:
    """A run was killed at four deliveries."""
    ids = left(0)
    with closing(open_store()) as database, database.write() as connection:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(ids[:4]))
            .values(state="submitting", run="5" * 32, provider_id="smtp relais:25")
        )
    return ids[:4]


def test_what_a_killed_run_was_at_is_not_called_settled(
    either_store: str, digest: Digest, stranded: list[str]
) -> None:
    ran = digest("reconcile")
    assert (ran.code, ran.out) == (7, "")
    assert f"{WEEK}: 4 are submitting: the process that was at them has ended" in ran.err
    hint = " ".join(ran.err.split())
    assert f"`digest send --week {WEEK}` finds out what it can and goes on; then" in hint
    told = digest("reconcile", "--week", WEEK, "--json")
    assert told.code == 7
    (edition,) = told.json["editions"]
    assert (edition["submitting"], edition["in_flight"], edition["unknown"]) == (4, 0, 0)
    assert f"`digest send --week {WEEK}` finds out" in edition["next"]
    assert [states()[id_] for id_ in stranded] == ["submitting"] * 4


def test_what_a_killed_run_was_at_is_told_beside_what_is_unknown(
    digest: Digest, stranded: list[str]
) -> None:
    with closing(open_store()) as database, database.write() as connection:
        doubtful = deliveries.c.id.in_(stranded[1:])
        connection.execute(update(deliveries).where(doubtful).values(state="unknown"))
    ran = digest("reconcile")
    assert ran.code == 7
    assert f"{WEEK}: 1 is submitting: the process that was at it has ended" in ran.out
    assert "the outcome of 3 deliveries is unknown still" in ran.err


def test_what_a_run_at_work_has_in_hand_is_no_alarm(
    either_store: str, digest: Digest, stranded: list[str]
) -> None:
    run_id = "5" * 32
    with closing(open_store()) as database:
        with database.write() as connection:
            row = connection.execute(select(dispatches.c.id, dispatches.c.provider)).one()
            noted: dict[str, Any] = {"host": "relais", "pid": 7, "started_at": datetime.now(UTC)}
            runs.enlist(connection, run_id, row.id, provider=row.provider, lease=600, **noted)
        with _at_work(database, run_id):
            ran = digest("reconcile")
            told = digest("reconcile", "--json").json
        assert (ran.code, ran.err) == (0, "")
        assert f"{WEEK}: 4 in flight: a process is at work on this edition." in ran.out
        assert (told["editions"][0]["submitting"], told["editions"][0]["in_flight"]) == (4, 4)
        if either_store == "postgresql":
            with database.write() as connection:
                runs.renew(connection, run_id, -1)
            with _at_work(database, run_id):
                assert digest("reconcile").code == 7
    assert digest("reconcile").code == 7


@contextmanager
def _at_work(database: Database, run_id: str) -> Iterator[None]:
    """A run holds what runs hold: its session's lock, or the store's."""
    if database.path is None:
        with database.connect() as session:
            assert runs.try_run_lock(session, run_id)
            yield
            runs.drop_run_lock(session, run_id)
        return
    with database.path.with_name(database.path.name + ".sending").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def test_status_names_what_is_being_submitted(digest: Digest, left: Doubt) -> None:
    ids = left(0)
    assert "submitting" not in digest("status").out + digest("status", "--json").out
    with closing(open_store()) as database, database.write() as connection:
        connection.execute(
            update(deliveries).where(deliveries.c.id.in_(ids[:4])).values(state="submitting")
        )
        connection.execute(
            update(deliveries).where(deliveries.c.id == ids[4]).values(state="pending")
        )
    lines = [line.rstrip() for line in digest("status").out.splitlines()]
    assert lines[4:6] == [" 4 submitting", " 1 pending"]
    told = digest("status", "--json").json
    assert (told["submitting"], told["pending"], told["adds_up"]) == (4, 1, True)
