"""Looks once more, before a letter leaves, at what its stories say on the network.

A title that changed and a page that disappeared since the build are told; what cannot be reached
now is not held against anybody, nor waited for longer than a minute in all. Stories from files are
as they were built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from digest.collection.collecting import collect
from digest.collection.completing import GONE
from digest.collection.report import Progress
from digest.errors import FetchError, SourceError
from digest.model.content import Article, Window
from digest.net import Abreast
from digest.publication import Publication, web_for
from digest.sources.site.completing import Presence, look_again
from digest.store.content import articles as article_store

_SIDE_BY_SIDE = 8
#: Seconds for all sources, and then for all pages, of which a letter that is due waits.
SOURCES_SECONDS = 30.0
PAGES_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a published article: its title now (“” when its page is gone).

    `leads_home` says that its address leads to the site's front page.
    """

    url: str
    title: str
    leads_home: bool = False


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What changed since the build, and what each page that was asked answered, by its URL."""

    changes: tuple[Change, ...] = ()
    pages: Mapping[str, Presence | FetchError] = field(default_factory=dict)


def recheck(
    publication: Publication,
    window: Window,
    stories: Sequence[tuple[str, str]],
    progress: Progress,
    *,
    now: datetime,
) -> Rechecked:
    """What changed since the build.

    Args:
        stories: URL and title of each, as the build took them from the article; with an empty
            title only the page is looked at.
    """
    urls = [url for url, _ in stories]
    if not _kept(publication, urls):
        return Rechecked()
    try:
        collect(publication, window, progress, now=now, within=SOURCES_SECONDS)
    except SourceError:
        return Rechecked()
    kept = _kept(publication, urls)
    progress("Looking at the stories' pages", 0, len(kept))
    seen = _look(publication, list(kept), now)
    changes = []
    for url, title in stories:
        article, found = kept.get(url), seen.get(url)
        if article is None:
            continue
        if isinstance(found, FetchError) and found.status in GONE:
            with publication.database.write() as connection:
                article_store.mark_gone(connection, article.source, url, now)
            changes.append(Change(url, ""))
            continue
        presence = found if isinstance(found, Presence) else Presence("")
        title_now = (
            presence.title if _is_titled_by_its_page(publication, article) else article.title
        )
        if presence.is_front_page:
            changes.append(Change(url, title, leads_home=True))
        elif title and title_now and title_now != title:
            changes.append(Change(url, title_now))
    return Rechecked(tuple(changes), seen)


def _kept(publication: Publication, urls: Sequence[str]) -> dict[str, Article]:
    """URL → article, of those that came from the network."""
    names = [source.name for source in publication.config.sources if not source.is_local]
    with publication.database.read() as connection:
        found = article_store.full(connection, product(names, urls))
    return {article.url: article for article in found.values()}


def _is_titled_by_its_page(publication: Publication, article: Article) -> bool:
    """Whether the page itself gave the title, so that no list says when it changes."""
    kinds = {source.name: source.kind for source in publication.config.sources}
    return kinds[article.source] in ("page", "sitemap")


def _look(
    publication: Publication, urls: Sequence[str], now: datetime
) -> dict[str, Presence | FetchError]:
    """URL → what stands there now, or why that cannot be told; nothing of what came too late."""
    web = web_for(publication.config, now)

    def look(url: str) -> Presence | FetchError:
        try:
            return look_again(web, publication.config, url)
        except FetchError as error:
            return error

    pool = Abreast(_SIDE_BY_SIDE, "page")
    asked = {pool.submit(look, url): url for url in urls}
    answered, _ = wait(asked, PAGES_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    return {asked[one]: one.result() for one in answered}
