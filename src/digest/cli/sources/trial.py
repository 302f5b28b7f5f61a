"""One source read on trial, for `digest sources test`: what it gives, as it is understood.

The network is asked without a memory, and nothing is kept. The pages of the articles shown are
read as a build would read them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from digest.cli.frame import plain, tell_line

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from digest.collection.report import Progress
    from digest.config import Config, SourceSettings
    from digest.model.content import Article, Rejected, Summary, Window
    from digest.net import Web

#: Articles of a page or a sitemap that are read, each with its own page.
_MOST_PAGES = 20
#: Unusable things that are told one by one.
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """An article as a build would see it, with its section and summary.

    `section` says in words what the statements about it come to; `page_failed` why its page could
    not be read.
    """

    article: Article
    summary: Summary
    section: str
    page_failed: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """The latest articles of a source, how many it gave, and what was no article."""

    settings: SourceSettings
    latest: tuple[Tried, ...]
    articles: int
    rejected: tuple[Rejected, ...]


def try_source(
    config: Config,
    settings: SourceSettings,
    web: Web,
    progress: Progress,
    *,
    today: date,
    days: int,
    most: int,
) -> Trial:
    """Read a source and understand its latest articles.

    Args:
        days: how far to look back from `today`, in the publication's zone.
        most: articles to understand; those without a date come last.

    Raises:
        SourceError: it cannot be read, or not within its deadline.
    """
    from digest.model.content import Article
    from digest.publication import window_for

    window = window_for(
        config,
        datetime.combine(today, datetime.min.time(), config.zone),
        since=today - timedelta(days=days),
        until=today,
    )
    limited = replace(settings, most=min(settings.most, _MOST_PAGES))
    given = 0
    rejected: list[Rejected] = []
    latest: list[tuple[datetime, int, Article]] = []
    progress(f"Reading {settings.name}", 0, 0)
    for one in _given(config, limited, web, window):
        if not isinstance(one, Article):
            rejected.append(one)
            continue
        given += 1
        moment = one.published or datetime.min.replace(tzinfo=UTC)
        heapq.heappush(latest, (moment, -given, one))
        if len(latest) > most:
            heapq.heappop(latest)
    progress("Reading pages", 0, 0)
    tried = [_tried(config, settings, web, a) for _, _, a in sorted(latest, reverse=True)]
    return Trial(settings, tuple(tried), given, tuple(rejected))


def _given(
    config: Config, settings: SourceSettings, web: Web, window: Window
) -> Iterator[Article | Rejected]:
    from digest.collection.gathering import Ready, gather
    from digest.model.content import Article, Rejected
    from digest.sources import open_source, without_tokens

    ready = Ready(open_source(settings, config, web), settings.deadline)
    for _, one in gather([ready], window):
        if isinstance(one, Article):
            yield without_tokens(one)
        elif isinstance(one, Rejected):
            yield one
        elif one is not None:
            raise one


def _tried(config: Config, settings: SourceSettings, web: Web, article: Article) -> Tried:
    """The article, completed from its page where a build would do so, and its summary."""
    from digest.errors import SourceError
    from digest.sources import without_tokens
    from digest.sources.site.completing import Completer, needs_page
    from digest.summary import summarise

    failed = ""
    if not settings.is_local and needs_page(article, settings):
        try:
            article = without_tokens(Completer(web, config).complete(article))
        except SourceError as error:
            failed = error.message
    section = _section(article, config)
    return Tried(article, summarise(article, config.summary.limit), section, failed)


def _section(article: Article, config: Config) -> str:
    from digest.selection.sections import ORIGIN_WORDS, resolve_section

    found = resolve_section(article, config.selection.sections)
    if found is None:
        return "not stated"
    wanted = "" if found.wanted else " (not wanted)"
    return f"{found.section}, {ORIGIN_WORDS[found.origin]}{wanted}"


# ---- Showing --------------------------------------------------------------------------------


def trial_json(trial: Trial) -> dict[str, Any]:
    """What was understood, as JSON."""
    return {
        "source": trial.settings.name,
        "articles": trial.articles,
        "latest": [_tried_json(one) for one in trial.latest],
        "rejected": [{"where": r.where, "reason": r.reason} for r in trial.rejected],
    }


def _tried_json(tried: Tried) -> dict[str, Any]:
    from digest.cli.weekly.decision_tables import summary_json

    article, picture = tried.article, tried.article.picture
    return {
        "title": article.title,
        "url": article.url,
        "published": article.published,
        "section": tried.section,
        "sections": [{"origin": s.origin, "value": s.value} for s in article.sections],
        "categories": list(article.categories),
        "author": article.author,
        "language": article.language,
        "summary": summary_json(tried.summary),
        "characters": len(article.text),
        "picture": picture
        and {"location": picture.location, "alt": picture.alt, "credit": picture.credit},
        "inferred": list(article.inferred),
        "page_failed": tried.page_failed or None,
    }


def print_trial(trial: Trial, zone: ZoneInfo) -> None:
    """What was understood, article by article."""
    for tried in trial.latest:
        tell_line(f"[bold]{plain(tried.article.title)}[/]")
        tell_line(f"  {plain(tried.article.url)}", whole=True)
        for label, value in _facts(tried, zone):
            if value:
                tell_line(f"  {label + ':':<10} {plain(value)}")
        for inferred in tried.article.inferred:
            tell_line(f"  [dim]inferred:  {plain(inferred)}[/]")
        if tried.page_failed:
            tell_line(f"  [yellow]page:      {plain(tried.page_failed)}[/]")
    for one in trial.rejected[:_MOST_TOLD]:
        tell_line(f"[yellow]Not usable:[/] {plain(one.where)}: {plain(one.reason)}")
    if len(trial.rejected) > _MOST_TOLD:
        tell_line(
            f"[yellow]Not usable:[/] {len(trial.rejected) - _MOST_TOLD} more; --json names them."
        )
    articles = "1 article" if trial.articles == 1 else f"{trial.articles:,} articles"
    told = f"{trial.settings.name}: {articles}"
    if trial.articles > len(trial.latest):
        told += f", the latest {len(trial.latest)} shown"
    tell_line(f"{told}, {len(trial.rejected)} not usable. Nothing was kept.")


def _facts(tried: Tried, zone: ZoneInfo) -> list[tuple[str, str]]:
    article, picture = tried.article, tried.article.picture
    published = article.published
    shown = ""
    if picture:
        size = f"{picture.width} × {picture.height}" if picture.width else ""
        shown = ", ".join(filter(None, (picture.location, size, picture.credit)))
    return [
        ("published", f"{published.astimezone(zone):%Y-%m-%d %H:%M}" if published else "no date"),
        ("section", tried.section),
        ("stated", ", ".join(f"{s.value} ({s.origin})" for s in article.sections)),
        ("language", article.language),
        ("author", article.author),
        ("lead", _lead(tried)),
        ("text", f"{len(article.text):,} characters" if article.body else "none"),
        ("picture", shown or "none"),
    ]


def _lead(tried: Tried) -> str:
    summary = tried.summary
    if not summary.text:
        return "none: no sentence can stand alone"
    return f"{summary.origin}, {len(summary.text)} characters: {summary.text}"
