"""What every command shares: options, consoles, progress, JSON, opening a publication.

Heavy imports happen inside functions, so that `digest --help` starts quickly.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.errors import DeclinedError, UsageError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from digest.config import Config
    from digest.logs import LogFormat, LogLevel
    from digest.publication import Publication

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="DIGEST_CONFIG",
        help="The publication's config.toml.",
        metavar="FILE",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
ListOption = Annotated[
    str,
    typer.Option("--list", "-l", help="Name of the list. Default: the first one.", metavar="NAME"),
]
WeekOption = Annotated[
    str,
    typer.Option(
        "--week",
        "-w",
        help="Edition, e.g. 2024-W25, last or current. Default: \\[edition] week.",
        metavar="WEEK",
    ),
]
DEFAULT_CONFIG = Path("config.toml")


@cache
def out() -> Console:
    """The console for results, on standard output; a closed pipe is a BrokenPipeError."""
    from rich.console import Console

    class Pipe(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Pipe(highlight=False, **_width(sys.stdout.isatty()))


def _width(at_terminal: bool) -> dict[str, Any]:
    """Lines are folded at a terminal only: what a pipe receives stays in one piece."""
    if at_terminal or "COLUMNS" in os.environ:
        return {"soft_wrap": not at_terminal}
    return {"soft_wrap": True, "width": 1000}


@cache
def err() -> Console:
    """The console for progress, questions and errors, on standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())


def now() -> datetime:
    """The present moment, in UTC: the one clock of the program.

    `DIGEST_NOW` (ISO 8601 with an offset) sets it, for rehearsals and tests.
    """
    fixed = os.environ.get("DIGEST_NOW")
    if not fixed:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(fixed)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 2000 <= moment.year <= 2100:
        raise UsageError(
            f"DIGEST_NOW: found “{fixed}”", "Allowed: such as 2026-11-16T08:00:00+01:00."
        )
    return moment


def is_interactive() -> bool:
    """Whether a person sits at the terminal and can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def print_json(value: Any) -> None:
    """Print a result as JSON on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=_as_text) + "\n")


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def plain(text: str) -> str:
    """A text from outside, of which nothing is taken for mark-up."""
    from rich.markup import escape

    return escape(text)


def tell_line(text: str, *, whole: bool = False) -> None:
    """Print a line, folded at a terminal unless it has to stay whole to be copied."""
    out().print(text, soft_wrap=whole or None)


def new_table() -> Table:
    """A table without lines, as all of ours are."""
    from rich.table import Table

    return Table(box=None, pad_edge=False)


def tell_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Print labels and values in two columns; a label that repeats is printed once."""
    from rich.markup import escape

    width = max(len(label) for label, _ in pairs)
    before = ""
    for label, value in pairs:
        shown = "" if label == before else label
        out().print(f"[dim]{shown:<{width}}[/]  {escape(value)}", soft_wrap=True)
        before = label


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone.

    Raises:
        UsageError: nobody can be asked and `--yes` was not given.
        DeclinedError: the answer was no.
    """
    if yes:
        return
    if not is_interactive():
        raise UsageError(f"{question} Nobody can be asked here.", "Add --yes to go ahead.")
    if not typer.confirm(question, err=True):
        raise DeclinedError("Nothing was done.")


def open_publication(config: Path) -> Publication:
    """Read the settings and open the store.

    Raises:
        ConfigError: a setting is wrong.
        StoreError: the store cannot be used.
    """
    from digest.publication import Publication

    publication = Publication.open(read_settings(config))
    _at_the_end.callback(publication.database.close)
    return publication


def read_settings(config: Path) -> Config:
    """Read the settings; from now on no log shows the secrets that they name.

    Raises:
        ConfigError: a setting is wrong.
    """
    from digest import logs
    from digest.config import load_config

    settings = load_config(config)
    logs.hide(settings)
    return settings


def write_logs(log_format: LogFormat, level: LogLevel, file: Path | None) -> None:
    """Write logs until the command ends.

    Raises:
        UsageError: the file cannot be written.
    """
    from digest import logs

    _at_the_end.callback(logs.reset)
    logs.configure(log_format, level, file)


def log_event(event: str, *, bug: Exception | None = None, **fields: object) -> None:
    """Log what becomes of a command, once `write_logs` was called."""
    if "digest.logs" in sys.modules:
        import logging

        logging.getLogger("digest.cli").info(event, extra={"digest": fields}, exc_info=bug)


#: What a command opened and `run` closes.
_at_the_end = ExitStack()


def close_what_was_opened() -> None:
    """Close every store that the command opened."""
    _at_the_end.close()


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress display on standard error, silent when that is not a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        console=err(),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as display:
        yield display
