"""`digest approve`: the letter as it stands may leave."""

from __future__ import annotations

import getpass

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    YesOption,
    confirm,
    now,
    open_publication,
    out,
    print_json,
)
from digest.cli.panels import WEEKLY
from digest.cli.weekly.preparing import prepare, tell_findings


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(approve)


def approve(
    week: WeekOption = "",
    yes: YesOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Approve the letter as it stands; any later change must be approved anew.

    Example: digest approve --week 2026-W46
    """
    from digest.edition.approval import short_hash
    from digest.edition.lifecycle import approve as approve_letter
    from digest.pipeline import require_sound

    publication = open_publication(config)
    prepared = prepare(publication, week)
    if not as_json:
        tell_findings(prepared.findings)
    require_sound(prepared)
    confirm(f"Approve {prepared.edition.id}, “{prepared.letter.subject}”?", yes=yes)
    hashed = approve_letter(
        publication.database,
        prepared.edition.id,
        prepared.parts,
        details=prepared.details,
        by=getpass.getuser(),
        now=now(),
    )
    if as_json:
        print_json({"edition": prepared.edition.id, "hash": hashed, "by": getpass.getuser()})
    else:
        out().print(f"{prepared.edition.id} is approved · {short_hash(hashed)}")
