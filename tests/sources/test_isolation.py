"""A reader that is held, crashes or swells takes nothing with it but its own child process."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from digest.sources.isolation import Isolated, IsolatedError, answer_calls, outcome

TASKS = "tests.sources.isolated_tasks"


@pytest.fixture
def isolate() -> Iterator[Callable[..., Isolated]]:
    opened: list[Isolated] = []

    def make(task: str = f"{TASKS}:misbehave", seconds: float = 30, **limits: Any) -> Isolated:
        opened.append(Isolated(task, seconds=seconds, **limits))
        return opened[-1]

    yield make
    for isolated in opened:
        isolated.close()


def ended(process: int) -> bool:
    """Whether a process is gone, waiting for it up to ten seconds; a zombie is not gone."""
    for _ in range(1000):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        threading.Event().wait(0.01)
    return False


def test_an_answer_comes_back_whatever_is_printed(isolate: Any) -> None:
    isolated = isolate(f"{TASKS}:double")
    assert isolated.call(21) == 42
    assert isolated.call("é\ud800\u2028\n") == "é\ud800\u2028\n" * 2
    assert isolated.call([None, {"a": 1.5}]) == [None, {"a": 1.5}] * 2


def test_one_child_answers_many_calls(isolate: Any) -> None:
    isolated = isolate()
    process = isolated.call("process")
    assert process != os.getpid()
    assert isolated.call("process") == process


def test_threads_take_turns(isolate: Any) -> None:
    isolated = isolate(f"{TASKS}:double")
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(isolated.call, range(100))) == [2 * n for n in range(100)]


@pytest.mark.parametrize("how", ["loop", "wait"])
def test_an_endless_call_is_killed_and_the_next_one_served(isolate: Any, how: str) -> None:
    isolated = isolate(seconds=1)
    process = isolated.call("process")
    with pytest.raises(IsolatedError, match="not done within 1 seconds"):
        isolated.call(how)
    assert ended(process)
    assert isolated.call("next") == "next"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("raise", "ValueError: no such thing"),
        ("crash", r"broke off \(-11\)"),
        ("exit", r"broke off \(3\)"),
        ("memory", "more memory than it may take"),
        ("large", "larger than 1,000,000 bytes"),
        ("deep", "RecursionError"),
        ("not-JSON", "TypeError"),
    ],
)
def test_a_failed_call_says_why_and_the_next_one_is_served(
    isolate: Any, how: str, reason: str
) -> None:
    isolated = isolate(most_bytes=1_000_000)
    with pytest.raises(IsolatedError, match=reason) as caught:
        isolated.call(how)
    assert caught.value.reason == str(caught.value)
    assert isolated.call("next") == "next"


def test_a_child_killed_from_outside_is_replaced(isolate: Any) -> None:
    isolated = isolate()
    process = isolated.call("process")
    os.kill(process, 9)
    with contextlib.suppress(IsolatedError):
        isolated.call("lost")
    assert isolated.call("next") == "next"


@pytest.mark.parametrize("task", ["no_such_package:f", f"{TASKS}:missing", "nonsense"])
def test_a_task_that_does_not_exist_is_named(isolate: Any, task: str) -> None:
    isolated = isolate(task)
    for _ in range(2):
        with pytest.raises(IsolatedError, match=f"{task} cannot be had"):
            isolated.call(1)


def test_the_child_knows_no_secret(isolate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SMTP_PASSWORD", "le mot de passe")
    known = isolate().call("environment")
    assert "passe" not in str(known)
    assert known["PATH"] == os.environ["PATH"]


def test_close_leaves_no_process(isolate: Any) -> None:
    isolated = isolate()
    process = isolated.call("process")
    isolated.close()
    assert ended(process)
    isolated.close()


def test_a_forgotten_child_ends() -> None:
    isolated = Isolated(f"{TASKS}:misbehave", seconds=30)
    process = isolated.call("process")
    del isolated
    gc.collect()
    assert ended(process)


PARENT = """
import os, sys, threading
from pathlib import Path
from digest.sources.isolation import Isolated

isolated = Isolated("tests.sources.isolated_tasks:misbehave", seconds=300)
print(isolated.call("process"), flush=True)
fault, begun = sys.argv[1:]
if fault != "none":
    call = f"{fault} {begun}"
    threading.Thread(target=isolated.call, args=(call,), daemon=True).start()
    while not Path(begun).exists():
        pass
    os._exit(0)
"""


@pytest.mark.parametrize("fault", ["none", "wait", "loop"])
def test_the_child_ends_with_its_parent(tmp_path: Path, fault: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PARENT, fault, tmp_path / "begun"],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
    )
    assert ended(int(ran.stdout))


def test_the_child_answers_line_by_line_and_ends_with_its_pipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends: list[int] = []
    limits: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    monkeypatch.setattr(resource, "setrlimit", lambda kind, _: limits.append(kind))
    answers = io.BytesIO()
    answer_calls("math:sqrt", 5.0, io.BytesIO(b"9\n-1\nx\n"), answers)
    first, second, third, fourth = answers.getvalue().splitlines()
    assert (first, second) == (b'{"value": null}', b'{"value": 3.0}')
    assert third == b'{"failed": "ValueError: math domain error"}'
    assert fourth.startswith(b'{"failed": "JSONDecodeError')
    assert limits == [resource.RLIMIT_CPU] * 3


def test_outcomes_are_lines() -> None:
    def fail(_: Any) -> Any:
        raise MemoryError

    assert outcome(lambda value: value + 1, b"1\n") == b'{"value": 2}\n'
    assert outcome(lambda value: value, b"nonsense").startswith(b'{"failed": "JSONDecodeError')
    assert b"more memory" in outcome(fail, b"1")
