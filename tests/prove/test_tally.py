"""What a proof may find and still hold: nothing unknown that was not in flight, in any run."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from tests.prove.__main__ import table_of
from tests.prove.rounds import new_tally
from tests.prove.tally import Run, count_run


def left(
    *submitting: str, unknown: tuple[str, ...] = (), killed: bool = True, faults: str = ""
) -> Run:
    """A run by itself that left these; `faults` by their names."""
    return Run(
        killed=killed,
        alone=True,
        new=[*submitting, *unknown],
        submitting=submitting,
        faults=Counter(faults.split()),
    )


def test_killed_sender_may_leave_one_in_doubt_on_each_connection() -> None:
    tally = new_tally("smtp", "power")
    count_run(tally, left("a", "b", "c", "d"))
    assert tally.holds
    assert (tally.kills, tally.worst, tally.in_flight) == (1, 4, 4)
    count_run(tally, left("e", "f", "g", "h", "i"))
    assert not tally.holds


def test_quiet_runs_make_up_for_no_bad_one() -> None:
    tally = new_tally("smtp", "power")
    for _ in range(10):
        count_run(tally, left())
    count_run(tally, left(unknown=("a", "b", "c", "d", "e")))
    assert tally.beyond == 1
    assert not tally.holds


def test_run_that_was_not_killed_leaves_in_doubt_what_faults_cut_off() -> None:
    tally = new_tally("smtp", "process")
    count_run(tally, left(killed=False, unknown=("a",), faults="drop rcpt-450 mail-421"))
    assert tally.holds
    assert tally.faults == 3
    count_run(tally, left(killed=False, unknown=("b",), faults="dot-451"))
    assert not tally.holds, "a clear answer leaves no doubt"


def test_request_is_in_doubt_with_all_its_readers() -> None:
    tally = new_tally("sendgrid", "process")
    count_run(tally, left(killed=False, unknown=tuple("abcdefghij"), faults="500"))
    assert tally.holds
    count_run(tally, left(killed=False, unknown=("k",), faults="429"))
    assert not tally.holds


def test_outbox_settles_everything() -> None:
    tally = new_tally("outbox", "process")
    count_run(tally, left())
    assert tally.holds
    tally.unknown = 1
    assert not tally.holds


@pytest.mark.parametrize("what", ["duplicates", "lost", "beyond"])
def test_one_of_them_breaks_the_proof(what: str) -> None:
    whole = new_tally("smtp", "power")
    assert whole.holds
    broken = replace(whole)
    setattr(broken, what, 1)
    assert not broken.holds
    marks = [str(mark) for mark in table_of([whole, broken], "").columns[-1].cells]
    assert ["✓" in marks[0], "✗" in marks[1]] == [True, True]
