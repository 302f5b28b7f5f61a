"""A script of `tools/node` that runs and answers: a line of JSON in, a line of JSON out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "tools/node"
#: What `make node` installs.
MODULES = FOLDER / "node_modules"


def installed() -> bool:
    """Whether npm has installed them whole: it writes this file last."""
    return (MODULES / ".package-lock.json").is_file()


class Script:
    """One running script."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **question: Any) -> dict[str, Any]:
        """The script's answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the script has no pipes")
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the script ended before it answered")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def running(name: str) -> Iterator[Script]:
    """A script of `tools/node` while it runs."""
    with subprocess.Popen(
        ["node", str(FOLDER / name)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        yield Script(process)
