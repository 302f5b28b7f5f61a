"""`python -m tests.prove`: kills senders at length and prints one table; see `make prove`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from rich import box
from rich.console import Console
from rich.table import Table
from tests.postgres import running_cluster
from tests.prove.rounds import Tally, kill_several_workers, play
from tests.prove.scene import IN_DOUBT, PROVIDERS, Stage
from tests.prove.sending import Launcher

REPORT = Path("reports") / "prove.txt"


def main() -> int:
    """Kill, count, print; 1 when a guarantee was not kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="for each provider and store")
    parser.add_argument("--readers", type=int, default=400)
    parser.add_argument("--seed", default=str(time.time_ns()))
    parser.add_argument("--provider", choices=PROVIDERS, action="append")
    options = parser.parse_args()
    tallies = []
    console = Console(width=None if sys.stdout.isatty() else 120)
    with (
        _cluster(console) as cluster,
        tempfile.TemporaryDirectory(prefix="digest-prove-") as folder,
        Launcher() as first,
        Launcher() as second,
    ):
        stage = Stage(Path(folder), cluster, options.readers)
        for provider in options.provider or PROVIDERS:
            for store in stage.stores:
                tally = Tally(provider, store)
                play(stage, (first, second), tally, options.kills, options.seed)
                tallies.append(tally)
                console.print(f"[dim]{provider} on {store}: {tally.kills} kills[/]")
        if cluster and not options.provider:
            tallies.append(kill_several_workers(cluster, Path(folder), options.kills, options.seed))
    title = f"{options.readers} readers, seed {options.seed}"
    table = table_of(tallies, title)
    console.print(table)
    REPORT.parent.mkdir(exist_ok=True)
    with REPORT.open("w", encoding="utf-8") as file:
        Console(file=file, width=120).print(table)
    for tally in tallies:
        if tally.said:
            console.print(f"{tally.provider} on {tally.store}: {tally.said}")
    return 0 if all(tally.holds for tally in tallies) else 1


@contextmanager
def _cluster(console: Console) -> Iterator[str]:
    """A PostgreSQL of one's own, or "" where there is none."""
    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(running_cluster())
        except pytest.skip.Exception as missing:
            console.print(f"[yellow]{missing}[/]: SQLite only")
            cluster = ""
        yield cluster


def table_of(tallies: list[Tally], title: str) -> Table:
    """One line for each provider and store."""
    table = Table(
        title=title,
        box=box.SIMPLE_HEAD,
        caption="duplicates, lost: counted by the witnesses · in flight: at the worst kill · "
        "unknown: of at most so many, by the kills and faults there were",
    )
    for name in ("provider", "store"):
        table.add_column(name, no_wrap=True)
    for name in ("kills", "faults", "duplicates", "lost", "in flight", "unknown", "time", ""):
        table.add_column(name, justify="right", no_wrap=True)
    stores = {"process": "SQLite, process", "power": "SQLite, power", "postgresql": "PostgreSQL"}
    for tally in tallies:
        limit = IN_DOUBT.get(tally.provider, 0)
        table.add_row(
            tally.provider,
            stores.get(tally.store, tally.store),
            str(tally.kills),
            str(tally.faults),
            str(tally.duplicates),
            str(tally.lost),
            f"{tally.in_doubt} ≤ {limit}" if limit else "settled",
            f"{tally.unknown} ≤ {tally.allowed}",
            f"{tally.seconds:.0f} s",
            "[green]✓[/]" if tally.holds else "[bold red]✗[/]",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
