"""How decisions about articles are shown: as tables that fold, in words, and as JSON.

What is decided, and the reason in words, comes from `digest.selection`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from digest.cli.frame import new_table, out

if TYPE_CHECKING:
    from digest.model.content import Article, Choice, Decision, Span, Summary
    from digest.publication import Publication

#: Verdicts that put an article into the edition.
TAKEN = ("story", "brief")

#: How what an editor said of an article is shown.
CHOICE_MARKS = {"pin": "[cyan]▲ pinned[/]", "ban": "[red]✗ banned[/]"}


def decision_json(decision: Decision, summary: Summary | None = None) -> dict[str, Any]:
    """A decision with everything that led to it, and the summary where there is one."""
    article = decision.article
    told: dict[str, Any] = {
        "title": article.title,
        "url": article.url,
        "source": article.source,
        "published": article.published,
        "verdict": str(decision.verdict),
        "reason": decision.reason,
        "section": decision.section,
        "section_origin": decision.section_origin,
        "language": article.language,
        "country": decision.country,
        "region": decision.region,
        "topics": {topic.name: list(topic.words) for topic in decision.topics},
        "place": decision.place,
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
    if summary is not None:
        told["summary"] = summary_json(summary)
    return told


def summary_json(summary: Summary) -> dict[str, Any]:
    """A summary, its origin and where its words stand."""
    return {
        "text": summary.text,
        "origin": str(summary.origin),
        "spans": spans_json(summary.spans),
    }


def spans_json(spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Where the words of a summary stand; paragraphs count from 0."""
    return [
        {"part": s.part, "paragraph": s.paragraph, "start": s.start, "end": s.end} for s in spans
    ]


def print_shortlist(
    decisions: Sequence[Decision],
    origins: Mapping[tuple[str, str], str],
    choices: Mapping[str, Choice],
    publication: Publication,
) -> None:
    """The candidates, two lines each.

    Args:
        decisions: in the order to show.
        origins: (source, URL) → where the summary's words come from.
        choices: URL → what an editor said.
    """
    from rich.markup import escape

    table = new_table()
    table.add_column("#", justify="right", style="bold")
    table.add_column("Rank", justify="right")
    table.add_column("Date", no_wrap=True)
    table.add_column("Title", overflow="fold", ratio=1)
    table.add_column("Told", justify="right", no_wrap=True)
    table.add_column("Lead", no_wrap=True)
    table.add_column("Verdict")
    language, zone = publication.config.publication.language, publication.config.zone
    for decision in decisions:
        article = decision.article
        published = article.published.astimezone(zone) if article.published else None
        about = (article.source, section_words(decision), place_words(decision, language))
        style = style_of(decision)
        told = f"[{style}]{verdict_words(decision)}[/]"
        if mark := CHOICE_MARKS.get(choice_of(article, choices), ""):
            told = mark if decision.verdict == "banned" else f"{told}\n{mark}"
        table.add_row(
            str(decision.place or "–"),
            f"{decision.rank:.2f}" if decision.terms else "–",
            day_words(published, language),
            f"{escape(article.title)}\n[dim]{escape(' · '.join(filter(None, about)))}[/]",
            f"×{len(decision.duplicates) + 1}" if decision.duplicates else "",
            origins.get((article.source, article.url), "–"),
            told,
        )
    out().print(table)


def print_terms(decisions: Sequence[Decision]) -> None:
    """Ranked articles with the points of every term; the reason too where it was not taken."""
    from rich.markup import escape

    table = new_table()
    table.add_column("#", justify="right", style="bold")
    table.add_column("Rank", justify="right")
    table.add_column("Title, and what each term adds", overflow="fold", ratio=1)
    table.add_column("Verdict")
    for decision in decisions:
        points = "  ".join(f"{term.name} {term.points:.2f}" for term in decision.terms)
        about = f"{escape(decision.article.title)}\n[dim]{points}[/]"
        if decision.verdict not in TAKEN:
            about += f"\n[yellow]{escape(decision.reason)}[/]"
        table.add_row(
            str(decision.place),
            f"{decision.rank:.2f}",
            about,
            f"[{style_of(decision)}]{verdict_words(decision)}[/]",
        )
    out().print(table)


def print_rank(decision: Decision) -> None:
    """The terms of one rank, a line each: value × weight = points."""
    width = max(len(term.name) for term in decision.terms)
    for term in decision.terms:
        out().print(
            f"    {term.name:<{width}}  {term.value:.2f} × {term.weight:<4g} = {term.points:5.2f}"
        )


def verdict_words(decision: Decision) -> str:
    """`story 2`, `over a cap`."""
    return f"{decision.verdict} {decision.position}" if decision.position else decision.verdict


def style_of(decision: Decision) -> str:
    """The colour of a verdict: taken, ranked but not taken, never ranked."""
    if decision.verdict in TAKEN:
        return "green"
    return "yellow" if decision.place else "dim"


_SAID_BY = {
    "pin": "pinned",
    "feed": "its source",
    "metadata": "its labels",
    "url": "its address",
    "printed": "printed",
    "gazetteer": "not stated, its places",
}


def section_words(decision: Decision) -> str:
    """`International (printed)`: the section, and what says so."""
    if not decision.section_origin:
        return decision.section
    return f"{decision.section} ({_SAID_BY[decision.section_origin]})"


def place_words(decision: Decision, language: str) -> str:
    """`Chili, Amérique du Sud`, in the publication's language; "" when nothing names a place."""
    from digest.selection import country_name

    return ", ".join(filter(None, (country_name(decision.country, language), decision.region)))


def day_words(moment: datetime | None, language: str) -> str:
    """`jeu. 12`, `Thu 12`; “–” for a text without a date."""
    if moment is None:
        return "–"
    from digest.text.dates import long_date

    weekday = long_date(moment.date(), language, weekday=True)[:3]
    return f"{weekday}{'.' if language == 'fr' else ''} {moment.day}"


def choice_of(article: Article, choices: Mapping[str, Choice]) -> str:
    """`pin`, `ban` or "": what an editor said of an article, also at its head."""
    from digest.text.addresses import address_of

    return choices.get(address_of(article), "") or ("pin" if article.pinned else "")
