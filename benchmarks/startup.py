"""How long `digest --help` takes, against an empty Typer program in the same run.

.venv/bin/python benchmarks/startup.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

EMPTY = """
import typer
app = typer.Typer()
@app.command()
def main() -> None:
    pass
app()
"""
ROUNDS = 15


def median_seconds(arguments: list[str]) -> float:
    """Median wall time of a process, in seconds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    empty = median_seconds(["-c", EMPTY, "--help"])
    digest = median_seconds(["-m", "digest", "--help"])
    print(f"empty Typer program  {empty * 1000:6.0f} ms")
    print(f"digest --help        {digest * 1000:6.0f} ms")
    print(f"ratio                {digest / empty:6.2f}")


if __name__ == "__main__":
    main()
