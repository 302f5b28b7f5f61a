"""The source of kind `page`: a section's page, and the articles that it links to.

Which links those are is told in `links`; the pages are read by `visiting`.
"""

from __future__ import annotations

from collections.abc import Iterator

from digest.config import Config, SourceSettings
from digest.errors import SourceError
from digest.model.content import Article, Rejected, Window
from digest.net import Web
from digest.sources.article_page.apart import read_apart
from digest.sources.article_page.tree import UnreadableError
from digest.sources.site.links import article_links
from digest.sources.site.listing import for_window, named
from digest.sources.site.visiting import PAGE_TYPES, Candidate, PageVisitor
from digest.text.masking import mask_url


class PageSource:
    """The source of kind `page`."""

    def __init__(self, settings: SourceSettings, config: Config, web: Web) -> None:
        self.name = settings.name
        self._settings = settings
        self._config = config
        self._web = web

    def articles(self, window: Window) -> Iterator[Article | Rejected]:
        """The articles that the page links to, in its order; none when it has not changed.

        Raises:
            SourceError: the page cannot be fetched or read, or it links to no article.
        """
        settings, shown = self._settings, mask_url(self._settings.url)
        web = for_window(self._web, settings, window)
        with named(self.name):
            answer = web.changed(settings.url)
        if answer is None:
            return
        if answer.content_type not in PAGE_TYPES:
            raise SourceError(
                f"source “{self.name}”: {shown}: is no page but {answer.content_type}",
                "Set kind to what it is: feed or sitemap.",
            )
        try:
            page = read_apart(answer.body, answer.charset, answer.url, listing=True)
        except UnreadableError as error:
            raise SourceError(
                f"source “{self.name}”: {shown}: {error.reason}",
                "Look for a feed or a sitemap of the site: digest sources add <address>.",
            ) from error
        links = article_links(page, answer.url, settings.only)
        if not links:
            having = f" whose address has “{settings.only}”" if settings.only else ""
            raise SourceError(
                f"source “{self.name}”: {shown}: no link to an article{having}",
                "Open the page: it may be made by scripts, or list its articles elsewhere. "
                "`only` names a part of their addresses.",
            )
        visitor = PageVisitor(settings, self._config, self._web)
        yield from visitor.visit(Candidate(link) for link in links[: settings.most])
        if visitor.missed:
            web.read_anew(settings.url)
        if len(links) > settings.most:
            yield Rejected(
                self.name,
                shown,
                f"links to {len(links):,} articles; the first {settings.most:,} were read "
                "(`most` of the source)",
            )
