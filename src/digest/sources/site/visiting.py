"""Visits the pages that a listing or a sitemap names, side by side, and reads each as an article.

How many at a time one host takes, what robots.txt says and what has changed since the last visit
is the web's to know. A page that fails is a rejection; it never stops the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

from digest.config import Config, SourceSettings
from digest.errors import FetchError, SourceError
from digest.model.content import Article, Rejected
from digest.net import Abreast, Fetched, Web
from digest.sources.article_page.extraction import PageArticle, read_page
from digest.sources.article_page.tree import UnreadableError
from digest.text.masking import mask_url

#: Answers that may be pages; servers that say nothing may mean one.
PAGE_TYPES = ("text/html", "application/xhtml+xml", "")

#: No answer, too slow, too early, too often.
_OF_THE_MOMENT = (0, 408, 425, 429)
_FROM_LISTING = "published: from the sitemap"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page that may be an article, and when it was published as far as its listing says."""

    url: str
    published: datetime | None = None


class PageVisitor:
    """Reads pages for one source.

    `missed` says whether some could not be had that may be there at the next visit.
    """

    def __init__(self, settings: SourceSettings, config: Config, web: Web) -> None:
        self._settings = settings
        self._config = config
        self._web = web
        self.missed = False

    def visit(self, candidates: Iterable[Candidate]) -> Iterator[Article | Rejected]:
        """What the pages hold, in their order; nothing for those that are as they were.

        Two addresses of one article give one.
        """
        known: set[str] = set()
        for found in self._side_by_side(candidates):
            if isinstance(found, Rejected):
                yield found
            elif found is not None and found.url not in known:
                known.add(found.url)
                yield found

    def _side_by_side(self, candidates: Iterable[Candidate]) -> Iterator[Article | Rejected | None]:
        workers = self._config.fetch.per_host
        waiting: deque[Future[Article | Rejected | None]] = deque()
        pool = Abreast(workers, f"pages of {self._settings.name}")
        try:
            for candidate in candidates:
                waiting.append(pool.submit(self._read, candidate))
                if len(waiting) > 4 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _read(self, candidate: Candidate) -> Article | Rejected | None:
        shown = mask_url(candidate.url)
        try:
            answer = self._web.changed(candidate.url)
            if answer is None:
                return None
            page = read_answer(answer, self._config)
        except SourceError as error:
            if isinstance(error, FetchError) and _may_pass(error.status):
                self.missed = True
            return self._rejected(shown, error.message.removeprefix(f"{shown}: "))
        except UnreadableError as error:
            return self._rejected(shown, error.reason)
        if not page.is_article:
            return self._rejected(shown, "is no article: it has no title or no text")
        return self._article(page, candidate, shown)

    def _article(self, page: PageArticle, candidate: Candidate, shown: str) -> Article:
        article = page.as_article(self._settings.name, shown, self._settings.section)
        if candidate.published and (article.published is None or article.inferred):
            return replace(article, published=candidate.published, inferred=(_FROM_LISTING,))
        return article

    def _rejected(self, where: str, reason: str) -> Rejected:
        return Rejected(self._settings.name, where, reason)


def read_answer(answer: Fetched, config: Config) -> PageArticle:
    """The article of a page as a server gave it.

    Raises:
        UnreadableError: it is no page, or as `read_page`.
    """
    if answer.content_type not in PAGE_TYPES:
        raise UnreadableError(f"is no page but {answer.content_type}")
    return read_page(
        answer.body,
        answer.charset,
        answer.url,
        zone=config.zone,
        section_names=config.selection.sections,
    )


def _may_pass(status: int) -> bool:
    """Whether a failure is of the moment: nobody answered, or a server that is busy or broken."""
    return status in _OF_THE_MOMENT or status >= 500
