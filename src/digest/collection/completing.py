"""Reads the pages of articles whose source gives no usable lead, several at a time.

Only those that may still be chosen are fetched; what a page says is kept with the article, so
that the next build asks nobody. An article whose page is gone is gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass, field
from datetime import datetime

from digest.collection.report import Progress
from digest.errors import FetchError, SourceError
from digest.model.content import Article, Rejected, Window
from digest.net import Abreast, Web
from digest.publication import Publication
from digest.selection import could_be_chosen
from digest.sources import without_tokens
from digest.sources.site.completing import Completer, needs_page
from digest.store.content import articles as article_store
from digest.store.content.choices import choices_for

#: Pages that are read at the same time; of one host, [fetch] per_host.
_SIDE_BY_SIDE = 16
#: What servers answer for a page that is gone for good.
GONE = (404, 410)


@dataclass(slots=True)
class Pages:
    """How many pages were read for each source, and which could not be."""

    read: Counter[str] = field(default_factory=Counter)
    unreadable: list[Rejected] = field(default_factory=list)


def complete(
    publication: Publication, web: Web, window: Window, progress: Progress, *, now: datetime
) -> Pages:
    """Complete the window's articles that need it, and keep what was found."""
    pages = Pages()
    wanting = list(_wanting(publication, window, now))
    if not wanting:
        return pages
    sources = publication.config.sources
    completer = Completer(web, publication.config)
    pool = Abreast(_SIDE_BY_SIDE, "page")
    running = {pool.submit(completer.complete, article): article for article in wanting}
    try:
        for finished in as_completed(list(running), max(source.deadline for source in sources)):
            progress("Reading pages", len(wanting) - len(running), len(wanting))
            article = running.pop(finished)
            try:
                completed = without_tokens(finished.result())
            except SourceError as error:
                _note_failure(publication, pages, article, error, now)
            else:
                with publication.database.write() as connection:
                    article_store.complete(connection, article, completed)
                pages.read[article.source] += 1
    except TimeoutError:
        late = "not read within the source's deadline; the next run goes on"
        pages.unreadable += [_page_of(article, late) for article in running.values()]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return pages


def _wanting(publication: Publication, window: Window, now: datetime) -> Iterator[Article]:
    """The articles whose page has to be read."""
    config = publication.config
    by_name = {source.name: source for source in config.sources if not source.is_local}
    with publication.database.read() as connection:
        choices = choices_for(connection, window.edition)
        for article in article_store.uncompleted(connection, list(by_name), window):
            if not needs_page(article, by_name[article.source]):
                continue
            if choices.get(article.url) == "pin" or could_be_chosen(
                article, window, config.selection, language=config.publication.language, now=now
            ):
                yield article


def _note_failure(
    publication: Publication, pages: Pages, article: Article, error: SourceError, now: datetime
) -> None:
    if isinstance(error, FetchError) and error.status in GONE:
        with publication.database.write() as connection:
            article_store.mark_gone(connection, article.source, article.url, now)
    pages.unreadable.append(_page_of(article, error.message))


def _page_of(article: Article, reason: str) -> Rejected:
    return Rejected(article.source, f"the page of “{article.title}”", reason)
