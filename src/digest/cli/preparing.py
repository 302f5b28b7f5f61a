"""What commands about a letter share: rendering it, and telling what the check found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digest.cli.frame import (
    now,
    out,
)

if TYPE_CHECKING:
    from digest.check import Finding
    from digest.pipeline import Prepared
    from digest.publication import Publication


def prepare(publication: Publication, week: str) -> Prepared:
    """The edition that the command line names, rendered and checked."""
    from digest.pipeline import prepare as prepare_edition
    from digest.publication import window_for

    return prepare_edition(publication, window_for(publication.config, now(), week=week).edition)


def tell_findings(findings: tuple[Finding, ...]) -> None:
    """Print findings, errors first, each with what to do."""
    from rich.markup import escape

    for finding in sorted(findings, key=lambda f: f.severity):
        style = "bold red" if finding.severity == "error" else "yellow"
        out().print(
            f"[{style}]{finding.severity:<7}[/] {escape(finding.place)}: {escape(finding.message)} "
            f"[dim]({finding.rule})[/]"
        )
        if finding.hint:
            out().print(f"        {escape(finding.hint)}")


def finding_json(finding: Finding) -> dict[str, str]:
    """A finding as `--json` prints it."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "place": finding.place,
        "message": finding.message,
        "hint": finding.hint,
    }
