"""The power is cut: what SQLite was told to keep is there, what it was not is really gone."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.prove.power import can_cut, restore, watch
from tests.prove.rounds import scene_with_witness
from tests.prove.scene import Stage
from tests.prove.sending import Launcher, judge

pytestmark = pytest.mark.skipif(not can_cut(), reason="SQLite is built into this Python")


def killed_writer(store: Path, synchronous: str, rows: int) -> int:
    """A process that commits rows one by one and dies; how many it said were committed."""
    with closing(sqlite3.connect(store)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE kept (number INTEGER)")
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        watch(store, "0")
        connection = sqlite3.connect(store, isolation_level=None)
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        for number in range(rows):
            connection.execute("INSERT INTO kept VALUES (?)", (number,))
            os.write(writing, b".")
        os.kill(os.getpid(), signal.SIGKILL)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        said = len(told.read())
    os.waitpid(child, 0)
    return said


def kept(store: Path) -> int:
    """How many rows the disk has, in a file that is whole."""
    restore(store)
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return int(connection.execute("SELECT count(*) FROM kept").fetchone()[0])


def test_what_was_synchronised_survives_and_what_was_not_is_lost(tmp_path: Path) -> None:
    assert killed_writer(tmp_path / "full.db", "FULL", 300) == kept(tmp_path / "full.db") == 300
    assert killed_writer(tmp_path / "normal.db", "NORMAL", 300) == 300
    assert kept(tmp_path / "normal.db") < 300


def test_durability_power_keeps_the_promises_and_process_promises_less(
    tmp_path: Path,
) -> None:
    """The second half shows that the first can fail: without waiting for the disk, what left just
    before the cut is pending again, and leaves twice."""
    stage = Stage(tmp_path, "", 60)
    found = {}
    with Launcher() as sender:
        for durability in ("power", "process"):
            with scene_with_witness(stage, "smtp", "cut") as (scene, _relay):
                scene.store = durability
                sender.start(scene, die_at=("commits", 60))
                assert sender.wait() == -signal.SIGKILL
                assert scene.accepted()
                scene.cut_power()
                sender.start(scene)
                assert sender.wait() in (0, 7)
                found[durability] = judge(scene)
    assert (found["power"].duplicates, found["power"].lost) == (0, 0)
    assert found["process"].duplicates > 0
