"""`digest why`: the reason for every article, its rank and where its summary's words stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    out,
    plain,
    print_json,
    tell_line,
)
from digest.cli.panels import WEEKLY
from digest.cli.weekly.deciding import Week, look_at_week, named
from digest.cli.weekly.decision_tables import (
    decision_json,
    place_words,
    print_rank,
    style_of,
)
from digest.cli.weekly.week import SinceOption, UntilOption
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.model.content import Article, Decision, Span, Summary
    from digest.model.edition import Edition, Story
    from digest.store.content.choices import ChoiceRecord
    from digest.store.content.sightings import Sighting

_LANGUAGE_SAMPLE = 500


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(why)


def why(
    what: Annotated[
        str,
        typer.Argument(
            help="URL, part of a title, or place in the shortlist.", metavar="URL-OR-TITLE"
        ),
    ],
    week: WeekOption = "",
    since: SinceOption = "",
    until: UntilOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say why an article is in the edition or not, as the last build saw it.

    Example: digest why "glaciers"
    """
    from digest.edition.file import read_edition
    from digest.pipeline import with_bodies
    from digest.store.content.sightings import sightings
    from digest.summary import summarise

    seen = look_at_week(config, week=week, since=since, until=until, offline=None)
    publication, window = seen.publication, seen.window
    found = named(seen.decisions, what)
    rejected = [
        r for r in seen.collected.rejected if what.casefold() in f"{r.where} {r.reason}".casefold()
    ]
    if not found and not rejected:
        raise UsageError(
            f"“{what}”: none of the {len(seen.decisions)} articles read has that URL or title",
            "Give a part of the title as it was published.",
        )
    edition = read_edition(publication.folder(window.edition))
    whole = with_bodies(publication, found)
    with publication.database.read() as connection:
        dates = sightings(connection, [(d.article.source, d.article.url) for d in whole])
    explained = [
        _Explained(
            week=seen,
            decision=decision,
            summary=summarise(decision.article, publication.config.summary.limit),
            sighting=dates[decision.article.source, decision.article.url],
            edition=edition,
        )
        for decision in whole
    ]
    if as_json:
        print_json(
            {
                "edition": window.edition,
                "window": {"start": window.start, "end": window.end},
                "articles": [one.json() for one in explained],
                "rejected": [{"where": r.where, "reason": r.reason} for r in rejected],
            }
        )
        return
    out().print(f"[dim]{window.edition}, {seen.days}[/]")
    for one in explained:
        one.tell()
    for r in rejected:
        tell_line(f"[bold]{plain(r.where)}[/]")
        tell_line(f"  not an article: {plain(r.reason)}")


@dataclass(frozen=True, slots=True)
class _Explained:
    """One article with all that is known about its way."""

    week: Week
    decision: Decision
    summary: Summary
    sighting: Sighting
    edition: Edition | None

    @property
    def _choice(self) -> ChoiceRecord | None:
        address = self.decision.article.url
        return next((one for one in self.week.choices if one.url == address), None)

    @property
    def _twins(self) -> list[Decision]:
        """The decisions about the articles that this one stands for."""
        address = self.decision.article.url
        return [d for d in self.week.decisions if d.duplicate_of == address]

    @property
    def _story(self) -> Story | None:
        """The story of the edition's file that this article became."""
        stories = self.edition.stories if self.edition else ()
        return next((story for story in stories if story.url == self.decision.article.url), None)

    @property
    def _is_removed(self) -> bool:
        """Whether a story of the selection does not stand in the edition's file."""
        chosen = self.decision.verdict == "story"
        return chosen and self.edition is not None and self._story is None and not self._is_brief

    @property
    def _is_brief(self) -> bool:
        """Whether the edition's file tells it in “En bref”."""
        briefs = self.edition.briefs if self.edition else ()
        return any(brief.url == self.decision.article.url for brief in briefs)

    def json(self) -> dict[str, Any]:
        seen, choice = self.sighting, self._choice
        return {
            **decision_json(self.decision, self.summary),
            "similar": {twin.article.url: twin.reason for twin in self._twins},
            "choice": choice and {"choice": choice.choice, "by": choice.by, "at": choice.at},
            "seen": {"first": seen.first, "changed": seen.changed, "last": seen.last},
            "removed_by_editor": self._is_removed,
        }

    def tell(self) -> None:
        decision, article = self.decision, self.decision.article
        tell_line(f"[bold]{plain(article.title)}[/]")
        tell_line(f"  {plain(article.url)}", whole=True)
        tell_line(f"  [{style_of(decision)}]{plain(decision.reason)}[/]")
        if self._is_removed:
            tell_line("  [yellow]the editor took it out of the edition[/]")
        elif self.decision.verdict == "story" and self._is_brief:
            tell_line("  [yellow]the edition tells it in “En bref”[/]")
        for label, value in self._facts():
            tell_line(f"  {label}: {plain(value)}")
        if decision.terms:
            placed = f", place {decision.place} in the ranking" if decision.place else ""
            tell_line(f"  rank: {decision.rank:.2f}{placed}")
            print_rank(decision)
        for twin in self._twins:
            told_by = f"  also told by {plain(twin.article.source)}: {plain(twin.article.url)}"
            tell_line(told_by, whole=True)
            tell_line(f"    {plain(twin.reason)}")
        self._tell_summary()
        for inferred in article.inferred:
            tell_line(f"  [dim]inferred: {plain(inferred)}[/]")

    def _facts(self) -> list[tuple[str, str]]:
        decision, article = self.decision, self.decision.article
        choice = self._choice
        topics = ", ".join(f"{t.name} ({', '.join(t.words)})" for t in decision.topics)
        chosen = ""
        if choice is not None:
            done = "pinned" if choice.choice == "pin" else "banned"
            chosen = f"{done} for {self.week.window.edition}, {self._moment(choice.at)}"
            chosen += f", by {choice.by}" if choice.by else ""
        elif article.pinned:
            chosen = "pinned at the head of its text"
        facts = [
            ("source", article.source),
            ("section", _section(decision)),
            ("language", _language(article)),
            ("about", place_words(decision, self.week.publication.config.publication.language)),
            ("topics", topics),
            ("choice", chosen),
            ("seen", self._sighting()),
        ]
        return [(label, value) for label, value in facts if value]

    def _sighting(self) -> str:
        seen = self.sighting
        told = f"first {self._moment(seen.first)}"
        if seen.changed > seen.first:
            told += f", changed {self._moment(seen.changed)}"
        return told

    def _moment(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.week.publication.config.zone):%Y-%m-%d %H:%M}"

    def _tell_summary(self) -> None:
        from digest.summary.summarising import text_of

        if not self.summary.text:
            article = self.decision.article
            unread = not (article.body or article.chapo or article.description)
            why = "its text was not read" if unread else "no sentence of it can stand alone"
            tell_line(f"  summary: none, {why}")
        else:
            tell_line(f"  summary: the article's own {self.summary.origin}")
        for span in self.summary.spans:
            words = plain(text_of(self.decision.article, span))
            tell_line(f"    {words} [dim]({_place(span)})[/]")
        story = self._story
        if story is not None and story.summary_origin == "editor" and story.summary:
            tell_line(f"    the edition has the editor's: {plain(' '.join(story.summary.split()))}")


def _place(span: Span) -> str:
    """Where a piece stands, for people: paragraphs count from 1."""
    part = f"paragraph {span.paragraph + 1}" if span.part == "body" else span.part
    return f"{part}, characters {span.start}–{span.end}"


def _section(decision: Decision) -> str:
    from digest.selection.sections import ORIGIN_WORDS

    if not decision.section_origin:
        return decision.section
    return f"{decision.section}, {ORIGIN_WORDS[decision.section_origin]}"


def _language(article: Article) -> str:
    from digest.text.words import detect_language

    if article.language:
        return f"{article.language} (declared)"
    text = f"{article.title}. {article.chapo} {article.description} {article.text}"
    found = detect_language(text[:_LANGUAGE_SAMPLE])
    return f"{found} (by its words)" if found else ""
