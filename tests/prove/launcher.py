"""Starts `digest` quickly, many times: a process that has everything loaded and forks for each.

What is forked is a process like any other, killed like any other; only the second that Python
needs to load the program is saved. Each line of its standard input is a command as JSON; it
answers with the number of the process, and when that has ended with how.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from tests.prove.dying import die_at
from tests.prove.power import watch

from digest.delivery.providers.sendgrid import payload

#: What a sending process imports, so that a fork has it.
_LOADED = (
    "psycopg",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvloop",
    "digest.cli.weekly.exporting",
    "digest.cli.sending.progress",
    "digest.delivery.providers.outbox",
    "digest.delivery.providers.sendgrid.provider",
    "digest.delivery.providers.smtp.provider",
    "digest.pipeline",
)


def main() -> None:
    """Fork for each command, one after the other."""
    for name in _LOADED:
        importlib.import_module(name)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _be(order)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _be(order: dict[str, Any]) -> None:
    """The child: runs the command line in the publication's folder and ends."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(order["folder"])
    os.environ.update(order["environment"])
    said = os.open(order["said"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, of in ((0, nothing), (1, said), (2, said)):
        os.dup2(of, descriptor)
    if order["file_size"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_size"], order["file_size"]))
    if order["power"]:
        watch(Path("subscribers") / "digest.db", order["environment"].get("DIGEST_POWER_SEED", ""))
    # As if SendGrid took so few at once: several requests are then under way.
    payload.MOST_RECIPIENTS = order["most"]
    passed = die_at(*order["die_at"]) if order["die_at"] else lambda: 0
    code = 1
    try:
        from digest.cli import run

        code = run(order["arguments"])
    finally:
        sys.settrace(None)
        Path(order["passed"]).write_text(str(passed()))
        os._exit(code)


if __name__ == "__main__":
    main()
