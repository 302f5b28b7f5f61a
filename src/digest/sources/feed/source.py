"""A feed of articles, from an address or a file.

`mapper` reads it, `tolerant` what that does not take for a feed; here the entries
become articles: plain text, canonical addresses, dates of publication, no duplicates. What is no
feed at all is said to be what it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml import html as lxml_html
from lxml.etree import ParserError

from digest.config import Config, SourceSettings
from digest.errors import SourceError
from digest.model.content import Article, Rejected, Window
from digest.net import Web
from digest.sources.feed.articles import EntryReader
from digest.sources.feed.entry import ParsedFeed
from digest.sources.feed.mapper import MOST_ENTRIES
from digest.sources.feed.parsing import parse_feed
from digest.sources.feed.text import utf8_of
from digest.text.masking import mask_url
from digest.text.plain import clean_line

_FEED_TYPES = (
    *("application/rss+xml", "application/atom+xml", "application/rdf+xml"),
    "application/feed+json",
)
#: Bytes of a document that is no feed in which its kind is looked for.
_LOOKED_AT = 200_000


class FeedSource:
    """The source of kind `feed`."""

    def __init__(self, settings: SourceSettings, config: Config, web: Web) -> None:
        self.name = settings.name
        self._settings = settings
        self._config = config
        self._web = web

    def articles(self, window: Window) -> Iterator[Article | Rejected]:
        """Every article of the feed, in its order; none when it is as it was last time.

        Raises:
            SourceError: it cannot be fetched or read, or it is not a feed.
        """
        found = self._read()
        if found is None:
            return iter(())
        content, charset, address = found
        feed = parse_feed(content, charset)
        if not feed.recognised:
            raise self._no_feed(feed.refused, utf8_of(content, charset), address)
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

    def _read(self) -> tuple[bytes, str, str] | None:
        """The bytes, the declared character set and where they come from.

        None when the server says that nothing has changed.
        """
        if self._settings.url:
            try:
                # A feed is published for programs: robots.txt speaks of pages.
                answer = self._web.changed(self._settings.url, robots=False)
            except SourceError as error:
                raise SourceError(f"source “{self.name}”: {error.message}", error.hint) from error
            return (answer.body, answer.charset, answer.url) if answer is not None else None
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

    def _no_feed(self, refused: str, utf8: bytes, address: str) -> SourceError:
        where = f"source “{self.name}”: {mask_url(address)}"
        if refused:
            return SourceError(f"{where}: {refused}", "Check that this is the feed's address.")
        text = utf8[:_LOOKED_AT].decode("utf-8", "replace")
        start = text[:2_000].lower()
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
        hint = "Give the address of an RSS or Atom feed, or of a JSON Feed."
        if start[0] in "{[":
            return SourceError(f"{where}: is JSON, but no JSON Feed", hint)
        shown = clean_line(text[:40])
        return SourceError(f"{where}: is neither RSS nor Atom; it begins with “{shown}”", hint)


def _named_feed(page: str, address: str) -> str:
    """The feed that an HTML page names in its head, as an absolute address, or ""."""
    try:
        tree = lxml_html.document_fromstring(
            page.encode("utf-8", "replace"), parser=lxml_html.HTMLParser(encoding="utf-8")
        )
    except ParserError:
        return ""
    base = address if address.startswith(("http://", "https://")) else ""
    for link in tree.iter("link"):
        relations = link.get("rel", "").lower().split()
        if "alternate" in relations and link.get("type", "").lower() in _FEED_TYPES:
            with contextlib.suppress(ValueError):
                return urljoin(base, (link.get("href") or "").strip())
    return ""
