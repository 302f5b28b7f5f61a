"""What the commands about a week share: its days as options, progress step by step, and the
sources that failed.

Which days an edition speaks of is decided in `digest.publication`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import err, progress
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.collection import Collected
    from digest.collection.report import Progress
    from digest.config import Config
    from digest.model.content import Window

SinceOption = Annotated[
    str, typer.Option(help="First day of another window, e.g. 2026-11-02.", metavar="DATE")
]
UntilOption = Annotated[
    str, typer.Option(help="Last day of that window, included.", metavar="DATE")
]


def window_of(config: Config, moment: datetime, *, week: str, since: str, until: str) -> Window:
    """The window that `--week`, `--since` and `--until` name, each "" when it was not given.

    Raises:
        UsageError: one of them is no day or week, or the window cannot be.
    """
    from digest.publication import window_for

    return window_for(
        config,
        moment,
        week=week,
        since=_day_of(since, "--since"),
        until=_day_of(until, "--until"),
    )


@contextmanager
def step_by_step() -> Iterator[Progress]:
    """A progress display: a function of step, done and total."""
    with progress() as display:
        task = display.add_task("Starting", total=None)

        def show(step: str, done: int, total: int) -> None:
            display.update(task, description=step, completed=done, total=total or None)

        yield show


def tell_failed(collected: Collected) -> None:
    """Tell a person which sources failed, and what to do."""
    from rich.markup import escape

    for name, failure in collected.failed:
        err().print(f"[yellow]Source {escape(name)} failed:[/] {escape(failure.message)}")
        if failure.hint:
            err().print(f"  {escape(failure.hint)}")


def _day_of(text: str, option: str) -> date | None:
    """The day that an option names; None when it was not given."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option}: found “{text}”", "Allowed: a day such as 2026-11-02."
        ) from None
