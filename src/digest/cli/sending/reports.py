"""What was reported and what followed from it, told to a person and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.frame import out

if TYPE_CHECKING:
    from digest.events.applying import Applied

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Report the same, write nothing.")
]


def tell_reports(applied: Applied) -> None:
    """How many reports there were, and what they did."""
    kept = ", ".join(f"{number:,} {kind}" for kind, number in sorted(applied.kept.items()))
    out().print(f"Reports: {applied.read:,} read; kept: {kept or 'none'}.")
    left_out = [
        (applied.repeated, "known before"),
        (applied.foreign, "not about a delivery of this publication"),
    ]
    told = ", ".join(f"{number:,} {what}" for number, what in left_out if number)
    if told:
        out().print(f"         {told}.")
    effects = [
        (number, f"suppressed ({why})") for why, number in sorted(applied.suppressed.items())
    ]
    effects.append((applied.unsubscribed, "unsubscribed"))
    told = ", ".join(f"{number:,} {what}" for number, what in effects if number)
    if told:
        out().print(f"Readers: {told}.")


def reports_json(applied: Applied) -> dict[str, Any]:
    """The same for a program."""
    return {
        "read": applied.read,
        "kept": dict(applied.kept),
        "repeated": applied.repeated,
        "foreign": applied.foreign,
        "suppressed": dict(applied.suppressed),
        "unsubscribed": applied.unsubscribed,
    }
