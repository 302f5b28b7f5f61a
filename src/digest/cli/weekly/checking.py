"""`digest check`: what stops the letter, and what a person should look at."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    now,
    open_publication,
    out,
    plain,
    print_json,
)
from digest.cli.panels import WEEKLY
from digest.cli.weekly.preparing import (
    STYLES,
    finding_json,
    prepare,
    tell_below,
    tell_finding,
    tell_head,
)
from digest.cli.weekly.week import step_by_step
from digest.errors import ContentError

if TYPE_CHECKING:
    from digest.check import Checked, Finding
    from digest.pipeline import Prepared
    from digest.publication import Publication

#: Cells of the bar that shows the HTML's size against what Gmail takes.
_BAR: Final = 40
#: Notes of one rule that are told one by one without `--notes`.
_FEW: Final = 3


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(check)


def check(
    week: WeekOption = "",
    clients: Annotated[
        str,
        typer.Option(
            help="Mail programs to look up, by commas. Default: check.clients.", metavar="NAMES"
        ),
    ] = "",
    links: Annotated[
        bool | None,
        typer.Option(
            "--links/--no-links", help="Ask every link for an answer. Default: check.links."
        ),
    ] = None,
    notes: Annotated[bool, typer.Option("--notes", help="Also every note, one by one.")] = False,
    rules: Annotated[
        bool, typer.Option("--rules", help="List the rules instead; no edition is needed.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Check the letter; errors stop a send (exit code 5).

    Example: digest check --clients gmail,outlook --links
    """
    if rules:
        _tell_rules(as_json=as_json)
        return
    publication = open_publication(config)
    if clients:
        publication = _looking_at(publication, clients)
    prepared = prepare(publication, week)
    if links if links is not None else publication.config.check.links:
        from digest.pipeline import look_at_links

        with step_by_step() as show:
            prepared = look_at_links(prepared, now=now(), progress=show)
    if as_json:
        print_json(_json(prepared))
    else:
        _tell(prepared, notes=notes)
    if prepared.errors:
        raise ContentError(
            f"{prepared.edition.id}: the check found errors", "Mend them, then check again."
        )


def _looking_at(publication: Publication, clients: str) -> Publication:
    """The publication with other mail programs to look up for this run."""
    from digest.check import require_clients

    names = tuple(name.strip().lower() for name in clients.split(",") if name.strip())
    require_clients(names)
    config = publication.config
    settings = dataclasses.replace(config.check, clients=names)
    return dataclasses.replace(publication, config=dataclasses.replace(config, check=settings))


def _json(prepared: Prepared) -> dict[str, object]:
    from digest.check import GMAIL_CLIPS

    checked = prepared.checked
    return {
        "edition": prepared.edition.id,
        "html_bytes": _size(prepared),
        "gmail_clips": GMAIL_CLIPS,
        "clients": list(prepared.publication.config.check.clients),
        "counts": _counts(checked),
        "findings": [finding_json(finding) for finding in checked.findings],
        "silenced": [
            finding_json(silenced.finding) | {"reason": silenced.reason}
            for silenced in checked.silenced
        ],
        "passed": list(checked.passed),
    }


def _tell(prepared: Prepared, *, notes: bool) -> None:
    checked = prepared.checked
    for finding in checked.findings:
        if finding.severity != "note":
            tell_finding(finding)
            out().print()
    _tell_notes([f for f in checked.findings if f.severity == "note"], whole=notes)
    _tell_silenced(checked)
    _tell_size(prepared)
    out().print(_summary(checked))


def _tell_notes(notes: Sequence[Finding], *, whole: bool) -> None:
    """The notes; of many that say the same of different things, only how many there are."""
    from digest.check import RULES

    many = Counter(finding.rule for finding in notes)
    for finding in notes:
        if whole or many[finding.rule] <= _FEW:
            tell_finding(finding)
            out().print()
    for rule, count in many.items():
        if count > _FEW and not whole:
            tell_head("note", f"{count} notes")
            tell_below(RULES[rule].about)
            tell_below("[dim]→[/] See them with `digest check --notes`.")
            tell_below(f"[dim]{rule}[/]")
            out().print()


def _tell_silenced(checked: Checked) -> None:
    for silenced in checked.silenced:
        finding = silenced.finding
        tell_head("silenced", finding.place)
        tell_below(plain(finding.message))
        tell_below(f"[dim]because:[/] {plain(silenced.reason)}")
        tell_below(f"[dim]{finding.severity} {finding.rule}[/]")
        out().print()


def _tell_size(prepared: Prepared) -> None:
    """The HTML's size, and how much of what Gmail takes that is."""
    from digest.check import GMAIL_CLIPS

    size, limits = _size(prepared), prepared.publication.config.check
    filled = min(_BAR, round(size * _BAR / GMAIL_CLIPS))
    style = "green"
    if size > limits.warn_kb * 1000:
        style = "red" if size > limits.fail_kb * 1000 else "yellow"
    out().print(
        f"[bold]{prepared.edition.id}[/]  HTML {size / 1000:.1f} kB of {GMAIL_CLIPS // 1000}  "
        f"[{style}]{'━' * filled}[/][dim]{'─' * (_BAR - filled)}[/]"
    )


def _size(prepared: Prepared) -> int:
    return len(prepared.letter.html.encode())


def _counts(checked: Checked) -> dict[str, int]:
    found = Counter(finding.severity for finding in checked.findings)
    return {
        "errors": found["error"],
        "warnings": found["warning"],
        "notes": found["note"],
        "passed": len(checked.passed),
        "silenced": len(checked.silenced),
    }


def _summary(checked: Checked) -> str:
    """“1 error, 3 warnings, 2 notes, 41 rules passed, 1 silenced”"""
    counts = _counts(checked)
    said = []
    for name, style in STYLES.items():
        count = counts[f"{name}s"]
        words = f"{count or 'no'} {name}{'' if count == 1 else 's'}"
        said.append(f"[{style}]{words}[/]" if count else words)
    said.append(f"{counts['passed']} rules passed")
    if counts["silenced"]:
        said.append(f"{counts['silenced']} silenced")
    return ", ".join(said)


def _tell_rules(*, as_json: bool) -> None:
    from digest.check import RULES

    if as_json:
        print_json([dataclasses.asdict(rule) for rule in RULES.values()])
        return
    from digest.cli.frame import new_table

    table = new_table()
    for name in ("Rule", "Severity", "What it looks at", "Silenceable"):
        table.add_column(name, no_wrap=name != "What it looks at")
    for rule in RULES.values():
        severity = f"[{STYLES[rule.severity]}]{rule.severity}[/]"
        table.add_row(rule.id, severity, rule.about, "yes" if rule.silenceable else "no")
    out().print(table)
