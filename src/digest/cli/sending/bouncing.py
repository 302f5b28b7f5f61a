"""`digest bounces`: the failures and complaints that came back by mail."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    now,
    open_publication,
    out,
    plain,
    print_json,
    progress,
)
from digest.cli.panels import WEEKLY
from digest.cli.sending.reports import DryRunOption, reports_json, tell_reports
from digest.errors import ConfigError

if TYPE_CHECKING:
    from digest.events.bounces import BouncesRead

_log = logging.getLogger("digest.events")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(bounces)


def bounces(
    maildir: Annotated[
        Path | None,
        typer.Option(help="The mailbox. Default: \\[delivery.bounces] maildir.", metavar="DIR"),
    ] = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Read the failures and complaints that came back by mail.

    Takes new mails of a Maildir. A failure for good suppresses the address,
    when it came to a return path that we signed. What was read is marked as
    seen, what is something else stays unseen with a flag, for you to look at.

    Example: digest bounces --maildir /var/mail/rebonds
    """
    from digest.events.bounces import read_bounces

    publication = open_publication(config)
    set_folder = publication.config.delivery.bounces.maildir
    if maildir is None and not set_folder:
        raise ConfigError(
            f"{publication.config.file}: delivery.bounces.maildir is not set",
            "Set it, or name the mailbox with --maildir.",
        )
    folder = maildir if maildir is not None else publication.config.path(set_folder)
    with progress() as display:
        task = display.add_task(f"Reading {folder.name}", total=None)
        read = read_bounces(
            publication.database,
            folder,
            now=now(),
            dry_run=dry_run,
            progress=lambda done, total: display.update(task, completed=done, total=total),
        )
    fields = {"files": read.mails, **read.found}
    _log.info("bounces read", extra={"digest": fields})
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "mails": read.mails,
                "found": dict(read.found),
                "unsigned": read.unsigned,
                "reports": reports_json(read.applied),
            }
        )
        return
    _tell_bounces(folder, read)
    if dry_run:
        out().print("Dry run: nothing was changed.")


def _tell_bounces(folder: Path, read: BouncesRead) -> None:
    told = ", ".join(f"{number:,} {what}" for what, number in sorted(read.found.items()))
    mails = "1 mail" if read.mails == 1 else f"{read.mails:,} mails"
    out().print(plain(f"{folder}: {mails}" + (f": {told}." if told else ".")))
    if read.unsigned:
        out().print(
            f"  {read.unsigned:,} without a return path that we signed: kept, nobody suppressed."
        )
    if read.applied.read:
        tell_reports(read.applied)
