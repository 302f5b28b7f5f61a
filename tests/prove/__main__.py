"""`python -m tests.prove`: kills senders at length and prints one table; see `make prove`.

Somebody else's recording servers can be the witnesses:

    python -m tests.prove --provider smtp --smtp 127.0.0.1:2525 --taken /tmp/mails
    python -m tests.prove --provider sendgrid --sendgrid http://127.0.0.1:8025 --taken calls.jsonl
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from rich import box
from rich.console import Console
from rich.table import Table
from tests.postgres import running_cluster
from tests.prove.cancelling import call_back_often
from tests.prove.power import can_cut
from tests.prove.rounds import Witnesses, new_tally, play
from tests.prove.scene import PROVIDERS, STORES, Scene, Stage
from tests.prove.sending import Launcher
from tests.prove.tally import Tally
from tests.prove.witnesses.others import OtherWitness
from tests.prove.workers import kill_several_workers

REPORT = Path("reports") / "prove.txt"

_STORES = {
    "process": "SQLite, process",
    "power": "SQLite, power",
    "cut": "SQLite, power cut",
    "postgresql": "PostgreSQL",
}


#: Stores whose senders' editions are called back.
_CANCELLED = ("process", "postgresql")


def main() -> int:
    """Kill, count, print; 1 when a guarantee was not kept."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 120)
    if not can_cut():
        console.print("[yellow]SQLite is no library of its own here[/]: no power is cut")
    tallies = []
    with (
        _cluster(console) as cluster,
        tempfile.TemporaryDirectory(prefix="digest-prove-") as folder,
        Launcher() as first,
        Launcher() as second,
    ):
        stage = Stage(Path(folder), cluster, options.readers)
        for provider in options.provider or PROVIDERS:
            for store in stage.stores:
                if store not in (options.store or STORES) or (provider, store) == ("outbox", "cut"):
                    continue
                tally = new_tally(provider, store)
                with _progress(console, tally, options.kills) as progress:
                    play(
                        stage,
                        (first, second),
                        tally,
                        options.kills,
                        options.seed,
                        invite=_inviting(options),
                        progress=progress,
                    )
                tallies.append(tally)
        for provider in ("smtp", "sendgrid"):
            for store in _CANCELLED:
                if (
                    provider in (options.provider or PROVIDERS)
                    and store in (options.store or stage.stores)
                    and store in stage.stores
                    and not options.taken
                ):
                    crew = (first, second)
                    tallies.append(_cancelled(console, stage, crew, provider, store, options))
        if cluster and not (options.provider or options.store):
            console.print("[dim]two workers on PostgreSQL …[/]")
            tallies.append(kill_several_workers(cluster, Path(folder), options.kills, options.seed))
    table = table_of(tallies, f"{options.readers} readers, seed {options.seed}")
    console.print(table)
    REPORT.parent.mkdir(exist_ok=True)
    with REPORT.open("w", encoding="utf-8") as file:
        Console(file=file, width=120).print(table)
    for tally in tallies:
        if tally.said:
            console.print(f"{tally.provider} on {tally.store}: {tally.said}", markup=False)
    return 0 if all(tally.holds for tally in tallies) else 1


def _cancelled(
    console: Console,
    stage: Stage,
    launchers: tuple[Launcher, Launcher],
    provider: str,
    store: str,
    options: argparse.Namespace,
) -> Tally:
    """Editions called back, one for four kills of the other rows: each is a story of its own."""
    row = f"{provider} on {_STORES[store]}, cancelled"
    with console.status(f"[dim]{row} …[/]"):
        times = max(1, options.kills // 4)
        tally = call_back_often(stage, launchers, provider, store, times, options.seed)
    console.print(f"[dim]{row}: {tally.kills} editions in {tally.seconds:.0f} s[/]")
    return tally


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.prove",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=100, help="for each row (100)")
    parser.add_argument("--readers", type=int, default=400, help="of the edition (400)")
    parser.add_argument("--seed", default=str(time.time_ns()), help="the same kills again")
    parser.add_argument("--provider", choices=PROVIDERS, action="append")
    parser.add_argument("--store", choices=STORES, action="append")
    parser.add_argument("--smtp", metavar="HOST:PORT", help="a recording relay of somebody else")
    parser.add_argument("--sendgrid", metavar="URL", help="a fake SendGrid of somebody else")
    parser.add_argument(
        "--taken", metavar="PATH", type=Path, help="file or folder where they write what they took"
    )
    options = parser.parse_args()
    if (options.smtp or options.sendgrid) and not options.taken:
        parser.error("--smtp and --sendgrid need --taken")
    return options


def _inviting(options: argparse.Namespace) -> Witnesses:
    """Whom to ask for a witness; nobody where ours are to serve."""

    def invite(scene: Scene) -> OtherWitness | None:
        if scene.provider == "smtp" and options.smtp:
            host, _, port = options.smtp.rpartition(":")
            scene.more |= {
                "DIGEST__DELIVERY__SMTP__HOST": host.strip("[]"),
                "DIGEST__DELIVERY__SMTP__PORT": port,
            }
        elif scene.provider == "sendgrid" and options.sendgrid:
            scene.more |= {"DIGEST__DELIVERY__SENDGRID__API_URL": options.sendgrid}
        else:
            return None
        return OtherWitness(options.taken)

    return invite


@contextmanager
def _progress(console: Console, tally: Tally, kills: int) -> Iterator[Callable[[], None]]:
    """While a row comes about: one line that changes on a terminal, one at the end elsewhere."""
    row = f"{tally.provider} on {_STORES[tally.store]}"

    def now() -> str:
        return f"[dim]{row}: {tally.kills} of {kills} kills, {tally.faults} faults[/]"

    with console.status(now()) as status:
        yield lambda: status.update(now())
    console.print(f"{now()} [dim]in {tally.seconds:.0f} s[/]")


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
        caption="duplicates, lost: counted by the witnesses · unknown ≤ in flight: under way when "
        "a sender was killed, or cut off by a fault; held against every run by itself · worst: of "
        "one kill ≤ allowed (one a connection; a request's readers) · power cut: with each kill "
        "what SQLite had not synchronised is gone · cancelled: editions called back on their way, "
        "instead of kills; nobody further is written to",
    )
    for name in ("provider", "store"):
        table.add_column(name, no_wrap=True)
    for name in ("kills", "faults", "duplicates", "lost", "unknown", "worst", "time", ""):
        table.add_column(name, justify="right", no_wrap=True)
    for tally in tallies:
        table.add_row(
            tally.provider,
            _STORES[tally.store],
            str(tally.kills),
            str(tally.faults),
            str(tally.duplicates),
            str(tally.lost),
            f"{tally.unknown} ≤ {tally.in_flight}",
            f"{tally.worst} ≤ {tally.limit}" if tally.limit else "settled",
            f"{tally.seconds:.0f} s",
            "[green]✓[/]" if tally.holds else "[bold red]✗[/]",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
