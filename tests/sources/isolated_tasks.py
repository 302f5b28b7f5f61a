"""What a child process is asked to do in the tests: well, badly, and without end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn


def double(value: Any) -> Any:
    """Twice the value."""
    print("what is printed is no answer")
    return value * 2


def misbehave(how: str) -> Any:
    """`how` names the fault, then a file to be written first; other words come back."""
    fault, _, begun = how.partition(" ")
    if begun:
        Path(begun).touch()
    return _FAULTS.get(fault, lambda: how)()


def _loop() -> NoReturn:
    while True:
        pass


def _raise() -> NoReturn:
    raise ValueError("no such thing")


def _deep() -> list[Any]:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return deep


_FAULTS: dict[str, Callable[[], Any]] = {
    "loop": _loop,
    "wait": lambda: threading.Event().wait(600),
    "raise": _raise,
    "crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "exit": lambda: os._exit(3),
    "memory": lambda: len(bytearray(4 << 30)),
    "large": lambda: "x" * 2_000_000,
    "deep": _deep,
    "not-JSON": lambda: b"bytes",
    "environment": lambda: dict(os.environ),
    "process": os.getpid,
}
