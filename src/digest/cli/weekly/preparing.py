"""What commands about a letter share: rendering it, and telling what the check found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from digest.cli.frame import (
    now,
    out,
)

if TYPE_CHECKING:
    from digest.check import Finding
    from digest.pipeline import Prepared
    from digest.publication import Publication

#: How a finding's severity looks.
STYLES: Final[Mapping[str, str]] = {"error": "bold red", "warning": "yellow", "note": "bright_blue"}
#: Cells before the place of a finding, and before all that is said below it.
INDENT: Final = 9


def prepare(publication: Publication, week: str) -> Prepared:
    """The edition that the command line names, rendered and checked."""
    from digest.pipeline import prepare as prepare_edition
    from digest.publication import window_for

    moment = now()
    window = window_for(publication.config, moment, week=week)
    return prepare_edition(publication, window.edition, now=moment)


def tell_findings(findings: Sequence[Finding]) -> None:
    """Print errors and warnings in short; `digest check` tells all, and where to mend it."""
    from rich.markup import escape

    shown = [finding for finding in findings if finding.severity != "note"]
    for finding in shown:
        style = STYLES[finding.severity]
        head = f"[{style}]{finding.severity:<{INDENT}}[/]"
        told = f"{escape(finding.place)}: {escape(finding.message)} [dim]({finding.rule})[/]"
        out().print(head + told)
        if finding.severity == "error":
            tell_below(f"[dim]→[/] {escape(finding.hint)}")
    if shown:
        tell_below("[dim]`digest check` says where, and what to do.[/]")


def tell_finding(finding: Finding) -> None:
    """Print a finding whole: its place, what was found, what to do, where, and the rule."""
    from rich.markup import escape

    tell_head(finding.severity, finding.place)
    tell_below(escape(finding.message))
    if finding.hint:
        tell_below(f"[dim]→[/] {escape(finding.hint)}")
    at = f"[cyan]{escape(where_of(finding))}[/] " if finding.file else ""
    tell_below(f"{at}[dim]{finding.rule}[/]")


def tell_head(kind: str, place: str) -> None:
    """Print the first line of what is told of a rule, apart from what stands above it."""
    from rich.markup import escape

    style = STYLES.get(kind, "dim")
    out().print(f"[{style}]{kind:<{INDENT}}[/][bold]{escape(place)}[/]")


def tell_below(text: str) -> None:
    """Print a text under the place of a finding; folded at a terminal, its lines stay there."""
    from rich.padding import Padding
    from rich.text import Text

    if out().is_terminal:
        out().print(Padding(Text.from_markup(text), (0, 0, 0, INDENT), expand=False))
    else:
        out().print(" " * INDENT + text)


def where_of(finding: Finding) -> str:
    """`editions/2026-W46/edition.toml:12`; the file alone where no line is known."""
    return f"{finding.file}:{finding.line}" if finding.line else finding.file


def finding_json(finding: Finding) -> dict[str, str | int]:
    """A finding as `--json` prints it."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "place": finding.place,
        "file": finding.file,
        "line": finding.line,
        "message": finding.message,
        "hint": finding.hint,
    }
