"""Runs a function in a child process that can be killed: for readers that hostile input holds.

One persistent child answers one call after another, as lines of JSON over pipes (never pickle).
It is limited in memory and processor time, knows nothing of the parent's environment but what
Python needs, is killed at the deadline and started anew with the next call. What the function
does, and what a failed call means, is left to the caller.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any, cast

#: Seconds that a child may take to start and import its function, on a busy machine.
_STARTING = 60.0
#: Seconds that an idle child gets to end by itself.
_ENDING = 2.0
_INHERITED = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SYSTEMROOT")
_CHILD = "from digest.sources.isolation import main; main()"


class IsolatedError(Exception):
    """A call came to nothing; `reason` says why in a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Isolated:
    """A function that runs in a child process; several threads may call it, and take turns.

    The child is started by the first call and ends with `close`, with this object or with the
    program, whichever comes first.

    Args:
        task: `package.module:function`; the function takes and returns what JSON can hold.
        seconds: time for one call; waiting for another thread's call does not count.
        memory_mb: address space of the child.
        most_bytes: length of an answer as JSON.

    >>> with contextlib.closing(Isolated("math:sqrt", seconds=5)) as isolated:
    ...     isolated.call(9)
    3.0
    """

    def __init__(
        self, task: str, *, seconds: float, memory_mb: int = 1024, most_bytes: int = 64_000_000
    ) -> None:
        self._arguments = (task, str(memory_mb), str(seconds))
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._turn = threading.Lock()
        self._child: _Child | None = None

    def call(self, value: Any) -> Any:
        """What the function returns for `value`.

        Raises:
            IsolatedError: it raised an error, was not done in time, took too much memory,
                crashed, or its answer is too large.
        """
        request = json.dumps(value).encode() + b"\n"
        with self._turn:
            return self._exchange(self._running(), request, self._seconds)

    def close(self) -> None:
        """End the child; a later call starts another."""
        with self._turn:
            self._end()

    def _running(self) -> _Child:
        if self._child is None or self._child.process.poll() is not None:
            self._end()
            self._child = _Child.started(self._arguments)
            # Also when the program ends, or nobody holds this object any more.
            weakref.finalize(self, self._child.end)
            try:
                self._exchange(self._child, b"", _STARTING)
            except IsolatedError:
                self._end()
                raise
        return self._child

    def _exchange(self, child: _Child, request: bytes, seconds: float) -> Any:
        """What the child answers to `request`; it is ended when that is no answer."""
        line, late = child.exchange(request, seconds, self._most_bytes + 1)
        if not late and line.endswith(b"\n"):
            with contextlib.suppress(ValueError, RecursionError):
                answer = json.loads(line)
                if "failed" in answer:
                    raise IsolatedError(answer["failed"])
                return answer["value"]
        self._end()
        if late:
            raise IsolatedError(f"it was not done within {seconds:g} seconds")
        if len(line) > self._most_bytes:
            raise IsolatedError(f"its answer is larger than {self._most_bytes:,} bytes")
        raise IsolatedError(f"its process broke off ({child.process.returncode})")

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


@dataclass(frozen=True, slots=True)
class _Child:
    """A process and the two ends of its pipes that are ours."""

    process: subprocess.Popen[bytes]
    requests: IO[bytes]
    answers: IO[bytes]

    @classmethod
    def started(cls, arguments: tuple[str, ...]) -> _Child:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _CHILD, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            # Ctrl-C is for the parent to answer.
            start_new_session=True,
        )
        return cls(process, cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout))

    def exchange(self, request: bytes, seconds: float, most: int) -> tuple[bytes, bool]:
        """The next line, at most `most` bytes of it, and whether the time was over before."""
        late = threading.Event()

        def kill() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(seconds, kill)
        timer.daemon = True
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                self.requests.write(request)
                self.requests.flush()
            line = self.answers.readline(most)
        finally:
            timer.cancel()
            timer.join()
        return line, late.is_set()

    def end(self) -> None:
        """End the process and leave no zombie; more than once is as good as once."""
        for pipe in (self.requests, self.answers):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        try:
            self.process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


# ---- In the child -----------------------------------------------------------------------------


def main() -> None:
    """The child's whole life: limits, then an answer for each call."""
    task, memory_mb, seconds = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "wb")
    # What the function prints is not taken for an answer.
    os.dup2(2, 1)
    _limit_memory(int(memory_mb))
    answer_calls(task, float(seconds), sys.stdin.buffer, answers)


def answer_calls(task: str, seconds: float, pipe: IO[bytes], answers: IO[bytes]) -> None:
    """Answer when the function is there, then once for each line, until the parent is gone."""
    try:
        function = _found(task)
    except (ImportError, AttributeError) as error:
        _send(answers, _line({"failed": f"{task} cannot be had ({error})"}))
        return
    _send(answers, _line({"value": None}))
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, requests), daemon=True).start()
    while request := requests.get():
        _limit_time(seconds)
        _send(answers, outcome(function, request))


def outcome(function: Callable[[Any], Any], request: bytes) -> bytes:
    """The line that tells what came of one call: `{"value": …}`, or `{"failed": why}`."""
    try:
        return _line({"value": function(json.loads(request))})
    except MemoryError:
        return _line({"failed": "it needs more memory than it may take"})
    except Exception as error:
        return _line({"failed": f"{type(error).__name__}: {error}"[:500]})


def _receive(pipe: IO[bytes], requests: queue.SimpleQueue[bytes]) -> None:
    for line in pipe:
        requests.put(line)
    requests.put(b"")
    # The parent is gone, whatever the function is at.
    os._exit(0)


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"


def _send(answers: IO[bytes], line: bytes) -> None:
    answers.write(line)
    answers.flush()


def _found(task: str) -> Callable[[Any], Any]:
    module, _, name = task.partition(":")
    function: Callable[[Any], Any] = getattr(importlib.import_module(module), name)
    return function


def _limit_memory(megabytes: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """For a loop that lets no other thread run, when the parent is no longer there to kill."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        limit = int(used.ru_utime + used.ru_stime + seconds) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
