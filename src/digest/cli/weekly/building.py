"""`digest build`: from articles to an edition file that an editor can change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    err,
    now,
    open_publication,
    out,
    print_json,
)
from digest.cli.panels import WEEKLY
from digest.cli.weekly.decision_tables import TAKEN, decision_json, print_terms
from digest.cli.weekly.preparing import finding_json, tell_findings
from digest.cli.weekly.week import (
    SinceOption,
    UntilOption,
    step_by_step,
    tell_failed,
    window_of,
)

if TYPE_CHECKING:
    from digest.edition.merging import Kept
    from digest.pipeline import Built, Fitted

#: Articles left out that are told one by one.
MOST_TOLD = 10


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(build)


def build(
    week: WeekOption = "",
    since: SinceOption = "",
    until: UntilOption = "",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over: an editor's changes are dropped.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Also every ranked article, term by term.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="No network: what the store holds.")
    ] = False,
    template: Annotated[
        str,
        typer.Option("--template", metavar="NAME", help="Set it in this template from now on."),
    ] = "",
    fit: Annotated[
        bool,
        typer.Option(
            "--fit", help="Move the last stories to “En bref” until the HTML is within warn_kb."
        ),
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Select and summarise the week's articles; write the edition file an editor can change.

    Example: digest build --week 2026-W46
    """
    from digest import pipeline
    from digest.render.templates.family import require_template

    publication, moment = open_publication(config), now()
    settings = publication.config
    window = window_of(settings, moment, week=week, since=since, until=until)
    if template:
        require_template(settings.path(settings.edition.templates), template)
    with step_by_step() as show:
        built = pipeline.build(
            publication,
            window,
            now=moment,
            progress=show,
            fresh=fresh,
            offline=offline,
            template=template,
        )
        fitting = None
        if fit:
            show("Fitting", 0, 0)
            fitting = pipeline.fit(publication, built)
            built = fitting.built
    ranked = sorted((d for d in built.decisions if d.place), key=lambda d: d.place)
    if not as_json:
        tell_built(built)
        if fitting is not None:
            _tell_fitting(fitting, publication.config.check.warn_kb)
        if explain:
            print_terms(ranked)
    prepared = pipeline.prepare(publication, built.edition.id, now=moment)
    if as_json:
        told = _built_json(built) | {"findings": [finding_json(f) for f in prepared.findings]}
        if fitting is not None:
            told["fit"] = _fitting_json(fitting)
        if explain:
            told["ranked"] = [decision_json(decision) for decision in ranked]
        print_json(told)
    else:
        tell_findings(prepared.findings)


def tell_built(built: Built) -> None:
    """Tell a person what a build made."""
    from rich.markup import escape

    edition = built.edition
    console = out()
    console.print(f"[bold]{edition.id}[/] · N° {edition.number} · {escape(edition.subject)}")
    digits = len(str(len(edition.stories)))
    for position, story in enumerate(edition.stories, 1):
        place = " · ".join(part for part in (story.region, story.desk) if part)
        console.print(f"  {position:>{digits}}  {escape(story.title)}  [dim]{escape(place)}[/]")
    if edition.briefs:
        console.print(f"  {'+':>{digits}}  {len(edition.briefs)} in brief")
    for placement in edition.placements:
        console.print(f"  {'€':>{digits}}  {placement.slot}: {placement.booking}")
    _tell_kept("Kept of the editor's changes", [one for one in built.kept if not one.by_fit])
    _tell_kept("Kept of an earlier fit", [one for one in built.kept if one.by_fit])
    _tell_collected(built)
    console.print(f"Edit it: {built.folder / 'edition.toml'}", soft_wrap=True)
    tell_failed(built.collected)
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


def _tell_kept(heading: str, kept: Sequence[Kept]) -> None:
    """The changes that a build kept, one a line."""
    from rich.markup import escape

    if kept:
        out().print(f"{heading} ({len(kept)}):")
    for one in kept:
        value = " ".join(one.value.split()) or "(nothing)"
        value = value if len(value) <= 60 else f"{value[:59]}…"
        out().print(f"  {escape(one.place)}: {escape(value)}")


def _tell_fitting(fitting: Fitted, limit: int) -> None:
    """What moved to “En bref”, and what the letter weighs now; `limit` in kB."""
    from rich.markup import escape

    fit = fitting.fit
    before, after = fit.before / 1000, fit.after / 1000
    if fit.moved:
        out().print(f"Moved to “En bref” ({before:.1f} → {after:.1f} kB, {limit} are allowed):")
        for story in fit.moved:
            touched = " [yellow](changed by the editor)[/]" if story.url in fit.touched else ""
            out().print(f"  {escape(story.title)}{touched}")
        out().print(f"The file as it was before: {fitting.copy}", soft_wrap=True)
    elif before <= limit:
        out().print(f"Nothing had to move: {before:.1f} kB of {limit}.")
    else:
        err().print(
            f"[yellow]Nothing was moved:[/] {before:.1f} kB, {limit} are allowed, and no move to "
            "“En bref” is enough that leaves three stories and every sponsor a place."
        )


def _fitting_json(fitting: Fitted) -> dict[str, object]:
    fit = fitting.fit
    return {
        "moved": [
            {"title": story.title, "url": story.url, "edited": story.url in fit.touched}
            for story in fit.moved
        ],
        "bytes_before": fit.before,
        "bytes_after": fit.after,
        "file_before": str(fitting.copy) if fitting.copy else None,
    }


def _tell_collected(built: Built) -> None:
    """Where the articles came from, and what became of those that are not in the edition."""
    from digest.selection import tally

    reports = built.collected.reports
    articles = sum(report.articles for report in reports)
    new = sum(report.new for report in reports)
    changed = sum(report.changed for report in reports)
    failed = len(built.collected.failed)
    read = sum(report.asked for report in reports) - failed
    told = f"{read} {'source' if read == 1 else 'sources'} read"
    if stored := len(reports) - read - failed:
        told += f", {stored} answered by the store"
    if failed:
        told += f", {failed} failed"
    told += f": {articles:,} articles"
    told += f" ({new:,} new, {changed:,} changed, {articles - new - changed:,} unchanged)"
    if pages := sum(report.pages for report in reports):
        told += f"; {pages:,} {'page' if pages == 1 else 'pages'} fetched"
    out().print(f"[dim]{told}.[/]", soft_wrap=True)
    left_out = tally(d for d in built.decisions if d.verdict not in TAKEN)
    if left_out:
        out().print(f"[dim]Left out: {left_out}.[/]", soft_wrap=True)


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
        "kept": [_kept_json(kept) for kept in built.kept if not kept.by_fit],
        "kept_of_fit": [_kept_json(kept) for kept in built.kept if kept.by_fit],
        "sources": [
            {
                "name": report.name,
                "asked": report.asked,
                "articles": report.articles,
                "new": report.new,
                "changed": report.changed,
                "pages": report.pages,
            }
            for report in built.collected.reports
        ],
        "verdicts": dict(Counter(str(decision.verdict) for decision in built.decisions)),
        "rejected": [
            {"source": r.source, "where": r.where, "reason": r.reason}
            for r in built.collected.rejected
        ],
        "failed": [
            {"source": name, "error": error.message} for name, error in built.collected.failed
        ],
        "problems": list(built.problems),
    }


def _kept_json(kept: Kept) -> dict[str, str]:
    return {"place": kept.place, "value": kept.value}
