"""`digest check`: what stops the letter, and what a person should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    open_publication,
    out,
    print_json,
)
from digest.cli.preparing import finding_json, prepare, tell_findings
from digest.cli.weekly import (
    PANEL,
)
from digest.errors import ContentError

if TYPE_CHECKING:
    from digest.check import Finding


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=PANEL)(check)


def check(
    week: WeekOption = "", config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Check the letter; errors stop a send (exit code 5).

    Example: digest check --json
    """
    publication = open_publication(config)
    prepared = prepare(publication, week)
    findings = prepared.findings
    if as_json:
        print_json(
            {
                "edition": prepared.edition.id,
                "html_bytes": len(prepared.letter.html.encode()),
                "findings": [finding_json(finding) for finding in findings],
            }
        )
    else:
        tell_findings(findings)
        size = len(prepared.letter.html.encode()) / 1000
        out().print(f"{prepared.edition.id}: HTML {size:.1f} kB, {_count(findings)}.")
    if prepared.errors:
        raise ContentError(
            f"{prepared.edition.id}: the check found errors", "Mend them, then check again."
        )


def _count(findings: tuple[Finding, ...]) -> str:
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    if not findings:
        return "nothing found"
    return f"errors {errors}, warnings {warnings}"
