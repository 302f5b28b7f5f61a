"""The source of kind `sitemap`: the pages of a site's sitemap that can be of the week.

`sitemap_file` decides which sitemaps and pages those are, `visiting` reads the pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from digest.config import Config, SourceSettings
from digest.errors import SourceError
from digest.model.content import Article, Rejected, Window
from digest.net import Web
from digest.sources.article_page.extraction import own_host
from digest.sources.site.listing import for_window, named
from digest.sources.site.sitemap_file import (
    MOST_ENTRIES,
    Entry,
    NoSitemapError,
    Sitemap,
    age,
    pages_for,
    read_sitemap,
    sitemaps_for,
)
from digest.sources.site.visiting import Candidate, PageVisitor
from digest.text.masking import mask_url

#: Levels of indexes that lead to one another.
_DEEPEST = 3
#: Sitemaps that are read for one week.
_MOST_SITEMAPS = 60


class SitemapSource:
    """The source of kind `sitemap`."""

    def __init__(self, settings: SourceSettings, config: Config, web: Web) -> None:
        self.name = settings.name
        self._settings = settings
        self._config = config
        self._web = web

    def articles(self, window: Window) -> Iterator[Article | Rejected]:
        """The articles behind the addresses that can be of the window, the newest first.

        Sitemaps and pages that have not changed since the last visit give nothing.

        Raises:
            SourceError: the sitemap cannot be fetched, or is none.
        """
        entries: dict[str, Entry] = {}
        web = for_window(self._web, self._settings, window)
        read: list[str] = []
        for found in self._pages(web, window, read):
            if isinstance(found, Rejected):
                yield found
            elif f".{own_host(found.url)}".endswith(f".{site_of(self._settings.url)}"):
                entries.setdefault(found.url, found)
        most = self._settings.most
        chosen = sorted(entries.values(), key=age)[:most]
        visitor = PageVisitor(self._settings, self._config, self._web)
        yield from visitor.visit(Candidate(entry.url, entry.published) for entry in chosen)
        if visitor.missed:
            for url in read:
                web.read_anew(url)
        if len(entries) > most:
            yield self._rejected(
                self._settings.url,
                f"names {len(entries):,} pages that can be of the week; {most:,} were read "
                "(`most` of the source)",
            )

    def _pages(self, web: Web, window: Window, read: list[str]) -> Iterator[Entry | Rejected]:
        """Pages of the sitemap and of those it leads to, as far as they matter to the window.

        The addresses of those that name pages are added to `read`. An index is read whole every
        time: what it leads to may change while it stays as it is.
        """
        zone = self._config.zone
        waiting = [(self._settings.url, 1)]
        known = {self._settings.url}
        for place, (url, depth) in enumerate(waiting):
            if place == _MOST_SITEMAPS:
                reason = f"leads to more than {_MOST_SITEMAPS} sitemaps; the rest was not read"
                yield self._rejected(self._settings.url, reason)
                return
            try:
                sitemap = self._read(web, url)
            except SourceError as error:
                if place == 0:
                    raise
                yield Rejected(self.name, mask_url(url), _plain(error.message))
                continue
            if sitemap is None:
                continue
            if sitemap.cut:
                yield self._rejected(url, f"only its first {MOST_ENTRIES:,} addresses were read")
            if sitemap.kind == "pages":
                read.append(url)
                yield from pages_for(window, sitemap, zone, self._settings.only)
                continue
            web.read_anew(url)
            if depth < _DEEPEST:
                inner = [entry.url for entry in sitemaps_for(window, sitemap, zone)]
                waiting += [(link, depth + 1) for link in inner if link not in known]
                known.update(inner)
            else:
                yield self._rejected(url, f"lies more than {_DEEPEST} sitemaps deep")

    def _read(self, web: Web, url: str) -> Sitemap | None:
        with named(self.name):
            answer = web.changed(url, robots=False)
            if answer is None:
                return None
            try:
                return read_sitemap(answer.body, self._config.zone, self._config.fetch.max_bytes)
            except NoSitemapError as error:
                raise SourceError(
                    f"{mask_url(url)}: {error.reason}",
                    "Look into the site's robots.txt: it names its sitemaps.",
                ) from error

    def _rejected(self, url: str, reason: str) -> Rejected:
        return Rejected(self.name, mask_url(url), reason)


def site_of(url: str) -> str:
    """What the hosts of a site's pages end in: sitemaps may lie on a host of their own."""
    host = own_host(url)
    labels = host.split(".")
    return ".".join(labels[1:]) if len(labels) > 2 and labels[0].startswith("sitemap") else host


def _plain(message: str) -> str:
    """The message without the source and the address that stand beside it anyway."""
    return message.partition("”: ")[2].partition(": ")[2] or message
