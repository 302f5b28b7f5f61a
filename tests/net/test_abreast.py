"""Calls run side by side, and none of them holds whoever has stopped waiting."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, wait

import pytest

from digest.net import Abreast


def test_results_and_errors_come_back_in_order() -> None:
    with Abreast(3, "calls") as pool:
        assert list(pool.map(lambda number: 10 // number, [1, 2, 5])) == [10, 5, 2]
        failing = pool.submit(divmod, 1, 0)
    with pytest.raises(ZeroDivisionError):
        failing.result()


def test_calls_run_at_once_and_no_more_than_there_are_threads() -> None:
    both = threading.Barrier(2)
    lock = threading.Lock()
    running, most = 0, 0

    def call() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both.wait(5)
        with lock:
            running -= 1

    with Abreast(2, "calls") as pool:
        calls = [pool.submit(call) for _ in range(6)]
    assert [one.exception() for one in calls] == [None] * 6
    assert most == 2


def test_a_call_that_hangs_is_left_behind_and_those_after_it_are_dropped() -> None:
    release = threading.Event()

    def stopped() -> None:
        with Abreast(1, "calls") as pool:
            pool.submit(release.wait, 30)
            waiting.append(pool.submit(release.wait, 30))
            raise KeyboardInterrupt

    waiting: list[object] = []
    with pytest.raises(KeyboardInterrupt):
        stopped()
    (dropped,) = waiting
    with pytest.raises(CancelledError):
        dropped.result(0)  # type: ignore[attr-defined]
    release.set()


def test_the_threads_never_hold_the_end_of_the_program() -> None:
    release = threading.Event()
    pool = Abreast(1, "hanging server")
    asked = pool.submit(release.wait, 30)
    assert not wait([asked], 0).done
    (thread,) = [one for one in threading.enumerate() if one.name == "hanging server"]
    assert thread.daemon
    release.set()
    pool.shutdown()
    assert not thread.is_alive()
