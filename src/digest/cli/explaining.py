"""`digest why`: the reason for every article, its rank and where its summary's words stand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    now,
    open_publication,
    out,
    print_json,
)
from digest.cli.publish import PANEL, SinceOption, UntilOption, day_of
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.content import Decision, Summary


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=PANEL)(why)


def why(
    what: Annotated[str, typer.Argument(help="URL, or part of a title.", metavar="URL-OR-TITLE")],
    week: WeekOption = "",
    since: SinceOption = "",
    until: UntilOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say why an article is in the edition or not.

    Example: digest why "glaciers"
    """
    from digest.edition.file import read_edition
    from digest.pipeline import collect, decide
    from digest.publication import window_for
    from digest.selection import find
    from digest.summary import summarise

    publication = open_publication(config)
    moment = now()
    window = window_for(
        publication.config,
        moment,
        week=week,
        since=day_of(since, "--since"),
        until=day_of(until, "--until"),
    )
    collected = collect(publication, window, lambda *_: None)
    decisions = decide(publication, window, collected, moment)
    found = find(decisions, what)
    edition = read_edition(publication.folder(window.edition))
    kept = {story.url for story in edition.stories} if edition else None
    rejected = [
        r for r in collected.rejected if what.casefold() in f"{r.where} {r.reason}".casefold()
    ]
    if not found and not rejected:
        raise UsageError(
            f"“{what}”: none of the {len(decisions)} articles read has that URL or title",
            "Give a part of the title as it was published.",
        )
    limit = publication.config.summary.limit
    if as_json:
        print_json(
            {
                "edition": window.edition,
                "window": {"start": window.start, "end": window.end},
                "articles": [
                    {
                        **_decision_json(decision, summarise(decision.article, limit)),
                        "removed_by_editor": _is_removed(decision, kept),
                    }
                    for decision in found
                ],
                "rejected": [{"where": r.where, "reason": r.reason} for r in rejected],
            }
        )
        return
    days = f"{window.start:%Y-%m-%d} to {window.end - timedelta(seconds=1):%Y-%m-%d}"
    out().print(f"[dim]{window.edition}, {days}[/]")
    for decision in found:
        _tell_decision(decision, summarise(decision.article, limit))
        if _is_removed(decision, kept):
            out().print("  [yellow]the editor took it out of the edition[/]")
    for r in rejected:
        out().print(f"[bold]{r.where}[/]\n  not an article: {r.reason}", markup=True)


def _is_removed(decision: Decision, kept: set[str] | None) -> bool:
    """Whether a story of the selection does not stand in the edition's file."""
    return kept is not None and decision.verdict == "story" and decision.article.url not in kept


def _decision_json(decision: Decision, summary: Summary) -> dict[str, object]:
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
        "summary": {
            "text": summary.text,
            "origin": str(summary.origin),
            "spans": [
                {"part": s.part, "paragraph": s.paragraph, "start": s.start, "end": s.end}
                for s in summary.spans
            ],
        },
    }


def _tell_decision(decision: Decision, summary: Summary) -> None:
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
    if summary.text:
        spans = ", ".join(f"{span.start}–{span.end}" for span in summary.spans)
        console.print(f"  summary: the article's own {summary.origin}, characters {spans}")
    for inferred in article.inferred:
        console.print(f"  [dim]inferred: {escape(inferred)}[/]")
