"""`digest worker` and `digest schedule`: editions that leave by themselves, on any machines."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    new_table,
    now,
    open_publication,
    out,
    plain,
    print_json,
    read_settings,
)
from digest.cli.panels import OPERATION
from digest.errors import ConfigError, UsageError
from digest.logs import speaks_to_machines

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from digest.config import Config
    from digest.worker.moments import Weekly
    from digest.worker.telling import Told

_MARKS = {
    "ready": "[dim]·[/]",
    "begun": "[cyan]▸[/]",
    "done": "[green]✓[/]",
    "again": "[yellow]↻[/]",
    "ended": "[bold red]✗[/]",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (worker, schedule):
        app.command(rich_help_panel=OPERATION)(command)


def worker(
    concurrency: Annotated[
        int, typer.Option(min=1, max=32, help="Shards at the same time in this process.")
    ] = 1,
    once: Annotated[
        bool, typer.Option("--once", help="End when nothing is left, e.g. for cron.")
    ] = False,
    with_schedule: Annotated[
        bool,
        typer.Option(
            "--schedule/--no-schedule",
            help="Whether \\[schedule] is kept here, where the editions' folder is.",
        ),
    ] = True,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send what was handed over, on as many machines as there are workers (PostgreSQL only).

    Takes shards of editions that `digest send --detach` or the schedule handed
    over. Ctrl-C or SIGTERM lets what is in flight end; others take the rest.

    Example: digest worker --concurrency 2
    """
    from digest.worker.serving import Duty, work

    publication = open_publication(config)
    zone = publication.config.zone
    duty = Duty(concurrency, with_schedule, once)
    work(publication, duty, clock=now, tell=lambda told: _tell(told, zone))


def _tell(told: Told, zone: ZoneInfo) -> None:
    """One line an event, unless the log says it in the same place."""
    from digest.worker.telling import LEVELS

    if speaks_to_machines(LEVELS[told.kind]):
        return
    moment = now().astimezone(zone)
    out().print(f"[dim]{moment:%H:%M:%S}[/] {_MARKS[told.kind]} {plain(told.text)}", soft_wrap=True)
    if told.hint:
        out().print(f"           {plain(told.hint)}", soft_wrap=True)


def schedule(
    number: Annotated[int, typer.Option("--next", min=1, max=520, help="How many to show.")] = 5,
    cron: Annotated[
        bool, typer.Option("--cron", help="Print lines for a crontab instead.")
    ] = False,
    systemd: Annotated[
        bool, typer.Option("--systemd", help="Print a service and its timer instead.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show when editions leave by themselves, or print what makes one machine send them.

    Workers keep \\[schedule] by themselves; without workers, cron or systemd
    start `digest send --yes`.

    Example: digest schedule --systemd
    """
    from digest.worker.moments import weekly_of

    settings = read_settings(config)
    weekly = weekly_of(settings)
    if weekly is None:
        raise ConfigError(
            f"{settings.file.name}: [schedule] day is not set: nothing leaves by itself",
            'Set it, e.g. day = "monday" and time = "07:00".',
        )
    if cron and systemd:
        raise UsageError("--cron and --systemd: only one at a time", "Leave one out.")
    if as_json and (cron or systemd):
        raise UsageError(
            f"--json does not go with {'--cron' if cron else '--systemd'}", "Leave one of them out."
        )
    if cron or systemd:
        _print_units(settings, weekly, systemd=systemd)
        return
    _tell_moments(settings, weekly, number, as_json=as_json)


def _print_units(config: Config, weekly: Weekly, *, systemd: bool) -> None:
    import shutil
    import sys

    from digest.worker.units import Machine, cron_lines, systemd_units

    # Beside the interpreter in a virtual environment, which need not be activated.
    beside = Path(sys.executable).with_name("digest")
    program = beside if beside.exists() else Path(shutil.which("digest") or "digest")
    file = config.file.absolute()
    machine = Machine(program, file.parent, file)
    sys.stdout.write((systemd_units if systemd else cron_lines)(weekly, machine, now()))


def _tell_moments(config: Config, weekly: Weekly, number: int, *, as_json: bool) -> None:
    from digest.publication import window_for
    from digest.worker.moments import is_skipped, moments_after

    shown: list[tuple[datetime, str, str]] = []
    for moment in islice(moments_after(weekly, now()), number):
        note = f"{weekly.time:%H:%M} does not exist" if is_skipped(weekly, moment) else ""
        shown.append((moment, window_for(config, moment).edition, note))
    if as_json:
        print_json(
            {
                "zone": weekly.zone.key,
                "late_hours": config.schedule.late_hours,
                "moments": [
                    {
                        "at": moment.astimezone(weekly.zone),
                        "utc": moment,
                        "edition": edition,
                        "note": note,
                    }
                    for moment, edition, note in shown
                ],
            }
        )
        return
    table = new_table()
    for heading in ("Edition", "Leaves", "UTC", ""):
        table.add_column(heading)
    for moment, edition, note in shown:
        local = moment.astimezone(weekly.zone)
        table.add_row(edition, f"{local:%a %Y-%m-%d %H:%M %Z}", f"{moment:%a %H:%M}", note)
    out().print(table)
    out().print(
        f"Each leaves up to {config.schedule.late_hours:g} hours late by itself, with a worker; "
        "after that, `digest send`."
    )
