"""A feed of articles, from an address or a file.

`mapper` reads it, `tolerant` what that does not take for a feed; here the entries
become articles: plain text, canonical addresses, dates of publication, no duplicates. What is no
feed at all is said to be what it is.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import html as lxml_html
from lxml.etree import ParserError

from digest.config import Config, SourceSettings
from digest.errors import SourceError
from digest.model.content import Article, Rejected, Window
from digest.net import Fetcher
from digest.sources.feed.articles import EntryReader
from digest.sources.feed.entry import ParsedFeed
from digest.sources.feed.mapper import MOST_ENTRIES, map_feed
from digest.sources.feed.text import decode_feed
from digest.sources.feed.tolerant import read_tolerantly
from digest.text.masking import mask_url

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")


class FeedSource:
    """The source of kind `feed`."""

    def __init__(self, settings: SourceSettings, config: Config, fetcher: Fetcher) -> None:
        self.name = settings.name
        self._settings = settings
        self._config = config
        self._fetcher = fetcher

    def articles(self, window: Window) -> Iterator[Article | Rejected]:
        """Every article of the feed, in its order.

        Raises:
            SourceError: it cannot be fetched or read, or it is not a feed.
        """
        content, charset, address = self._read()
        text = decode_feed(content, charset)
        feed = map_feed(text)
        if not feed.recognised and not feed.entries:
            feed = read_tolerantly(text)
        if not feed.recognised and not feed.entries:
            raise self._no_feed(text, address)
        return self._usable(feed, address)

    def _usable(self, feed: ParsedFeed, address: str) -> Iterator[Article | Rejected]:
        shown = mask_url(address) if self._settings.url else self._settings.path
        reader = EntryReader(
            self._settings, self._config, feed, address if self._settings.url else ""
        )
        for number, entry in enumerate(feed.entries[:MOST_ENTRIES], 1):
            reader.add(entry, f"{shown}, article {number}")
        yield from reader.results()
        if len(feed.entries) > MOST_ENTRIES:
            reason = f"the feed has more than {MOST_ENTRIES:,} articles; the rest was not read"
            yield Rejected(self.name, shown, reason)

    def _read(self) -> tuple[bytes, str, str]:
        """The bytes, the declared character set and where they come from."""
        if self._settings.url:
            try:
                answer = self._fetcher.fetch(self._settings.url)
            except SourceError as error:
                raise SourceError(f"source “{self.name}”: {error.message}", error.hint) from error
            return answer.body, answer.charset, answer.url
        file = self._config.path(self._settings.path)
        limit = self._config.fetch.max_bytes
        try:
            with file.open("rb") as opened:
                content = opened.read(limit + 1)
        except OSError as error:
            raise SourceError(
                f"source “{self.name}”: {file}: {error.strerror}",
                "Mend `path` of the source in config.toml, or make the file readable.",
            ) from error
        if len(content) > limit:
            raise SourceError(
                f"source “{self.name}”: {file}: larger than {limit:,} bytes",
                "If that is meant, raise max_bytes in [fetch] of config.toml.",
            )
        return content, "", str(file)

    def _no_feed(self, text: str, address: str) -> SourceError:
        where = f"source “{self.name}”: {mask_url(address)}"
        start = text.lstrip()[:2_000].lower()
        if not start:
            return SourceError(f"{where}: is empty", "Check the address or the file.")
        if "<html" in start or start.startswith("<!doctype html"):
            named = _named_feed(text, address)
            hint = (
                f'The page names a feed: set url = "{named}".'
                if named
                else "Look for “RSS” on the site and give that address."
            )
            return SourceError(f"{where}: is a web page (HTML), not a feed", hint)
        if start[0] in "{[":
            return SourceError(
                f"{where}: is JSON, not a feed", "Give the address of an RSS or Atom feed."
            )
        shown = re.sub(r"\s+", " ", text.lstrip()[:40])
        return SourceError(
            f"{where}: is neither RSS nor Atom; it begins with “{shown}”",
            "Give the address of an RSS or Atom feed.",
        )


def _named_feed(page: str, address: str) -> str:
    """The feed that an HTML page names in its head, as an absolute address, or ""."""
    head = page[:200_000].encode("utf-8", "replace")
    try:
        tree = lxml_html.document_fromstring(head, parser=lxml_html.HTMLParser(encoding="utf-8"))
    except ParserError:
        return ""
    base = address if address.startswith(("http://", "https://")) else ""
    for link in tree.iter("link"):
        relations = link.get("rel", "").lower().split()
        if "alternate" in relations and link.get("type", "").lower() in _FEED_TYPES:
            with contextlib.suppress(ValueError):
                return urljoin(base, (link.get("href") or "").strip())
    return ""
