"""What a witness writes down: one line for each message it accepted, before it answers.

A line goes out in one append to the file, so that it survives the witness's own death, and what
stands there is what was accepted, whatever became of the answer. What is accepted for later stands
under a name, and counts no more once that was called back.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

_CALLED_BACK = "called-back"


class Notebook:
    """An append-only file of accepted deliveries."""

    def __init__(self, file: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._descriptor = os.open(file, flags, 0o600)
        self._faults = os.open(_beside(file), flags, 0o600)

    def note(self, ids: Iterable[str], name: str = "") -> None:
        """Write down that deliveries are accepted from now on, for later where they have a name."""
        moment = time.time()
        lines = (f"{moment:.6f} {id_} {name}".rstrip() + "\n" for id_ in ids)
        os.write(self._descriptor, "".join(lines).encode())

    def forget(self, name: str) -> None:
        """Write down that nothing under a name leaves, what comes under it afterwards included."""
        self.note([_CALLED_BACK], name)

    def note_fault(self, fault: str) -> str:
        """Write down that something went wrong, if it did; gives it back."""
        if fault:
            os.write(self._faults, f"{fault}\n".encode())
        return fault


def faults(file: Path) -> Counter[str]:
    """Fault → how often it came about."""
    beside = _beside(file)
    return Counter(beside.read_text().splitlines()) if beside.exists() else Counter()


def accepted(file: Path) -> Counter[str]:
    """Delivery id → how often a witness accepted it, and was not told to forget it."""
    if not file.exists():
        return Counter()
    found = [line.split()[1:] for line in file.read_text().splitlines()]
    forgotten = {name for id_, *names in found if id_ == _CALLED_BACK for name in names}
    return Counter(id_ for id_, *names in found if not forgotten.intersection(names))


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.faults")
