"""`digest build`, `preview`, `check`, `approve`, `why`: from articles to an approved letter."""

from __future__ import annotations

import getpass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    YesOption,
    confirm,
    err,
    now,
    open_publication,
    out,
    print_json,
    progress,
)
from digest.errors import ContentError, UsageError

if TYPE_CHECKING:
    from digest.check import Finding
    from digest.model.content import Decision
    from digest.pipeline import Built, Prepared
    from digest.publication import Publication

SinceOption = Annotated[
    str, typer.Option(help="First day of another window, e.g. 2026-11-02.", metavar="DATE")
]
UntilOption = Annotated[
    str, typer.Option(help="Last day of that window, included.", metavar="DATE")
]

PANEL = "The weekly number"

#: Articles left out that are told one by one.
MOST_TOLD = 10


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command in (build, preview, check, approve, why):
        app.command(rich_help_panel=PANEL)(command)


def build(
    week: WeekOption = "",
    since: SinceOption = "",
    until: UntilOption = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over: an editor's changes are dropped.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Select and summarise the week's articles; write the edition file an editor can change.

    Example: digest build --week 2026-W46
    """
    from digest.pipeline import prepare as prepare_edition

    publication = open_publication(config)
    built = build_edition(publication, week, since, until, fresh=fresh, moment=now())
    if not as_json:
        tell_built(built)
    prepared = prepare_edition(publication, built.edition.id)
    if as_json:
        print_json(
            {**_built_json(built), "findings": [_finding_json(f) for f in prepared.findings]}
        )
    else:
        tell_findings(prepared.findings)


def build_edition(
    publication: Publication,
    week: str,
    since: str = "",
    until: str = "",
    *,
    fresh: bool = False,
    moment: datetime,
) -> Built:
    """Build with a progress display."""
    from digest.pipeline import build as build_pipeline
    from digest.publication import window_for

    window = window_for(
        publication.config,
        moment,
        week=week,
        since=_day(since, "--since"),
        until=_day(until, "--until"),
    )
    with progress() as display:
        task = display.add_task("Building", total=None)

        def show(step: str, done: int, total: int) -> None:
            display.update(task, description=step, completed=done, total=total or None)

        return build_pipeline(publication, window, now=moment, progress=show, fresh=fresh)


def tell_built(built: Built) -> None:
    """Tell a person what a build made."""
    from rich.markup import escape

    edition = built.edition
    console = out()
    console.print(f"[bold]{edition.id}[/] · N° {edition.number} · {escape(edition.subject)}")
    for story in edition.stories:
        place = " · ".join(part for part in (story.region, story.desk) if part)
        console.print(f"  {story.order}  {escape(story.title)}  [dim]{escape(place)}[/]")
    if edition.briefs:
        console.print(f"  +  {len(edition.briefs)} in brief")
    for placement in edition.placements:
        console.print(f"  €  {placement.slot}: {placement.booking}")
    if built.kept:
        console.print(f"Kept of the editor's changes ({len(built.kept)}):")
        for kept in built.kept:
            value = kept.value if len(kept.value) <= 60 else f"{kept.value[:59]}…"
            console.print(f"  {escape(kept.place)}: {escape(value)}")
    console.print(f"Edit it: {built.folder / 'edition.toml'}", soft_wrap=True)
    for name, failure in built.collected.failed:
        err().print(f"[yellow]Source {name} failed:[/] {escape(failure.message)}")
        err().print(f"  {escape(failure.hint)}")
    left_out = [
        *(f"{rejected.where}: {rejected.reason}" for rejected in built.collected.rejected),
        *built.problems,
        *(
            f"{decision.article.title}: {decision.reason}"
            for decision in built.decisions
            if decision.verdict in ("undated", "future")
        ),
    ]
    for reason in left_out[:MOST_TOLD]:
        err().print(f"[yellow]Left out:[/] {escape(reason)}")
    if len(left_out) > MOST_TOLD:
        err().print(f"[yellow]Left out:[/] {len(left_out) - MOST_TOLD} more; --json has them all.")


def _built_json(built: Built) -> dict[str, object]:
    edition = built.edition
    return {
        "edition": edition.id,
        "number": edition.number,
        "subject": edition.subject,
        "file": str(built.folder / "edition.toml"),
        "stories": [
            {
                "order": story.order,
                "title": story.title,
                "url": story.url,
                "summary_origin": str(story.summary_origin),
            }
            for story in edition.stories
        ],
        "briefs": [{"text": brief.text, "url": brief.url} for brief in edition.briefs],
        "placements": [{"slot": p.slot, "booking": p.booking} for p in edition.placements],
        "kept": [{"place": kept.place, "value": kept.value} for kept in built.kept],
        "rejected": [
            {"source": r.source, "where": r.where, "reason": r.reason}
            for r in built.collected.rejected
        ],
        "failed": [
            {"source": name, "error": error.message} for name, error in built.collected.failed
        ],
        "problems": list(built.problems),
    }


def preview(
    week: WeekOption = "",
    export: Annotated[
        Path | None,
        typer.Option(
            help="Write edition.html, .txt, .mjml and .eml into this folder.", metavar="DIR"
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page.")] = True,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show the letter at 600 and 375 px and as text, with what the check found.

    Example: digest preview --week 2026-W46
    """
    from digest.cli.previewing import export_letter, write_preview

    publication = open_publication(config)
    prepared = prepare(publication, week)
    files = [write_preview(publication, prepared, now())]
    if export is not None:
        files = export_letter(publication, prepared, export, now())
    if as_json:
        print_json({"edition": prepared.edition.id, "files": [str(file) for file in files]})
        return
    for file in files:
        out().print(str(file), soft_wrap=True)
    if browser and export is None and out().is_terminal:
        typer.launch(files[0].as_uri())


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
                "findings": [_finding_json(finding) for finding in findings],
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


def _finding_json(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "place": finding.place,
        "message": finding.message,
        "hint": finding.hint,
    }


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


def _count(findings: tuple[Finding, ...]) -> str:
    errors = sum(finding.severity == "error" for finding in findings)
    warnings = len(findings) - errors
    if not findings:
        return "nothing found"
    return f"errors {errors}, warnings {warnings}"


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
    confirm(f"Approve {prepared.edition.id}, “{prepared.letter.subject}”?", yes=yes or as_json)
    require_sound(prepared)
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


def prepare(publication: Publication, week: str) -> Prepared:
    """The edition that the command line names, rendered and checked."""
    from digest.pipeline import prepare as prepare_edition
    from digest.publication import window_for

    return prepare_edition(publication, window_for(publication.config, now(), week=week).edition)


def why(
    what: Annotated[str, typer.Argument(help="URL, or part of a title.", metavar="URL-OR-TITLE")],
    week: WeekOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say why an article is in the edition or not.

    Example: digest why "glaciers"
    """
    from digest.pipeline import collect, decide
    from digest.publication import window_for
    from digest.selection import find

    publication = open_publication(config)
    moment = now()
    window = window_for(publication.config, moment, week=week)
    collected = collect(publication, window, lambda *_: None)
    decisions = decide(publication, window, collected, moment)
    found = find(decisions, what)
    rejected = [
        r for r in collected.rejected if what.casefold() in f"{r.where} {r.reason}".casefold()
    ]
    if not found and not rejected:
        raise UsageError(
            f"“{what}”: none of the {len(decisions)} articles read has that URL or title",
            "Give a part of the title as it was published.",
        )
    if as_json:
        print_json(
            {
                "edition": window.edition,
                "articles": [_decision_json(decision) for decision in found],
                "rejected": [{"where": r.where, "reason": r.reason} for r in rejected],
            }
        )
        return
    for decision in found:
        _tell_decision(decision)
    for r in rejected:
        out().print(f"[bold]{r.where}[/]\n  not an article: {r.reason}", markup=True)


def _decision_json(decision: Decision) -> dict[str, object]:
    article = decision.article
    return {
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "published": article.published,
        "verdict": str(decision.verdict),
        "reason": decision.reason,
        "section": decision.section,
        "section_origin": decision.section_origin,
        "position": decision.position,
        "rank": decision.rank,
        "terms": [
            {"name": term.name, "value": term.value, "weight": term.weight, "points": term.points}
            for term in decision.terms
        ],
        "duplicate_of": decision.duplicate_of,
        "duplicates": [duplicate.url for duplicate in decision.duplicates],
        "published_in": decision.published_in,
        "inferred": list(article.inferred),
    }


def _tell_decision(decision: Decision) -> None:
    from rich.markup import escape

    article, console = decision.article, out()
    style = "green" if decision.verdict in ("story", "brief") else "yellow"
    console.print(f"[bold]{escape(article.title)}[/]")
    console.print(f"  {escape(article.url)}", soft_wrap=True)
    console.print(f"  [{style}]{escape(decision.reason)}[/]")
    if decision.section:
        console.print(f"  section: {escape(decision.section)} (by {decision.section_origin})")
    if decision.terms:
        terms = " + ".join(
            f"{term.name} {term.value:.2f} × {term.weight:g}" for term in decision.terms
        )
        console.print(f"  rank: {decision.rank:.2f} = {terms}")
    for duplicate in decision.duplicates:
        console.print(f"  also told by {duplicate.source}: {escape(duplicate.url)}", soft_wrap=True)
    for inferred in article.inferred:
        console.print(f"  [dim]inferred: {escape(inferred)}[/]")


def _day(text: str, option: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{option}: found “{text}”", "Allowed: a day such as 2026-11-02."
        ) from None
