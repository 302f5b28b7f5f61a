"""Witnesses that are not us: a relay and a SendGrid, each a process of its own, on loopback.

What they accepted stands in a file before they answer, so that a second copy and a lost one are
counted by somebody else than the ledger. Faults come by script, see `faults`.

    with witness("smtp", folder / "accepted") as relay:
        relay.fail(Plan(messages=["dot-451", "drop"]))
        …                                     # send to 127.0.0.1:relay.port
        assert relay.accepted[delivery_id] == 1
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.prove.witnesses.faults import ACCEPTING, Plan
from tests.prove.witnesses.notebook import accepted, faults

__all__ = ["ACCEPTING", "Plan", "Running", "Witness", "accepted", "witness"]

ROOT = Path(__file__).parents[3]


class Witness(Protocol):
    """Whoever takes messages and keeps count of them."""

    @property
    def accepted(self) -> Counter[str]:
        """Delivery id → how often it was accepted."""
        ...

    @property
    def faults(self) -> Counter[str]:
        """Fault → how often it came about."""
        ...

    def fail(self, plan: Plan) -> None:
        """From now on, these faults and no others, where it can."""
        ...


class Running:
    """A witness at work."""

    def __init__(self, process: subprocess.Popen[str], notebook: Path, port: int) -> None:
        self._process = process
        self._notebook = notebook
        self.port = port

    @property
    def accepted(self) -> Counter[str]:
        """Delivery id → how often it was accepted."""
        return accepted(self._notebook)

    @property
    def faults(self) -> Counter[str]:
        """Fault → how often it came about."""
        return faults(self._notebook)

    def fail(self, plan: Plan) -> None:
        """From now on, these faults and no others."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(plan.as_json()) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "ok\n"


@contextmanager
def witness(
    kind: str, notebook: Path, *, pipelining: bool = True, port: int = 0
) -> Iterator[Running]:
    """A running witness; it ends with the block, what it wrote stays.

    Args:
        kind: `smtp` or `sendgrid`.
    """
    options = [] if pipelining else ["--no-pipelining"]
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.prove.witnesses.{kind}", str(notebook),
         "--port", str(port), *options],
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield Running(process, notebook, int(process.stdout.readline()))
        finally:
            process.stdin.close()
            process.wait(30)


def _environment() -> dict[str, str]:
    """Ours, in which the tests can be imported."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
