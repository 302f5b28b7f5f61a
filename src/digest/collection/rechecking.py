"""Looks once more, before a letter leaves, at what its stories say on the network.

A title that changed and a page that disappeared since the build are told; what cannot be reached
now is not held against anybody, nor waited for longer than a minute in all. Stories from files are
as they were built.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from datetime import datetime

from digest.collection.collecting import collect
from digest.collection.completing import GONE
from digest.collection.report import Progress
from digest.errors import FetchError, SourceError
from digest.model.content import Window
from digest.net import Abreast, Web
from digest.publication import Publication, web_for
from digest.store import articles as article_store

_SIDE_BY_SIDE = 8
#: Seconds for all sources, and then for all pages, of which a letter that is due waits.
SOURCES_SECONDS = 30.0
PAGES_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a published article: its title now (“” when its page is gone)."""

    url: str
    title: str
    status: int = 200

    @property
    def is_gone(self) -> bool:
        """Whether the page no longer exists."""
        return self.status in GONE


def recheck(
    publication: Publication,
    window: Window,
    stories: Sequence[tuple[str, str]],
    progress: Progress,
    *,
    now: datetime,
) -> tuple[Change, ...]:
    """What changed since the build.

    Args:
        stories: URL and title of each, as the build took them from the article; with an empty
            title only the page is looked at.
    """
    names = [source.name for source in publication.config.sources if not source.is_local]
    with publication.database.read() as connection:
        known = article_store.titles(connection, names, [url for url, _ in stories])
    watched = [(url, title) for url, title in stories if url in known]
    if not watched:
        return ()
    try:
        collect(publication, window, progress, now=now, within=SOURCES_SECONDS)
    except SourceError:
        return ()
    with publication.database.read() as connection:
        titles = article_store.titles(connection, names, [url for url, _ in watched])
    progress("Looking at the stories' pages", 0, len(watched))
    statuses = _statuses(web_for(publication.config, now), [url for url, _ in watched])
    changes = []
    for url, title in watched:
        if (found := statuses.get(url, 0)) in GONE:
            changes.append(Change(url, "", found))
        elif title and titles.get(url, title) != title:
            changes.append(Change(url, titles[url]))
    return tuple(changes)


def _statuses(web: Web, urls: Sequence[str]) -> dict[str, int]:
    """URL → what its page answers; those that do not answer in time are missing."""

    def status(url: str) -> int:
        try:
            return web.get(url).status
        except FetchError as error:
            return error.status

    pool = Abreast(_SIDE_BY_SIDE, "page")
    asked = {pool.submit(status, url): url for url in urls}
    answered, _ = wait(asked, PAGES_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    return {asked[one]: one.result() for one in answered}
