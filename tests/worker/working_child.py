"""A worker as a process, as `digest worker` starts it, with short waits.

Usage: working_child.py CONFIG [--once] [--concurrency N]
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from digest.config import load_config
from digest.errors import DigestError
from digest.publication import Publication
from digest.worker.delivering import Timing
from digest.worker.serving import Duty, work
from digest.worker.telling import Told

QUICK = Timing(heartbeat=0.2, dead_after=1.0, lease=2.0, look=0.1, again=1.0)


def main() -> int:
    """Work; the exit code is the error's."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config", type=Path)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--concurrency", type=int, default=1)
    wishes = parser.parse_args()
    publication = Publication.open(load_config(wishes.config))
    try:
        work(
            publication,
            Duty(wishes.concurrency, once=wishes.once),
            clock=lambda: datetime.now(UTC),
            tell=tell,
            timing=QUICK,
        )
    except DigestError as error:
        print("error", error.message, flush=True)
        return error.exit_code
    finally:
        publication.database.close()
    return 0


def tell(told: Told) -> None:
    """One line an event."""
    print(told.kind, told.text, told.hint, flush=True)


if __name__ == "__main__":
    sys.exit(main())
