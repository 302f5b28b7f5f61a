"""The second reader of feeds, for what the mapper does not take for one: feedparser.

It reads nearly everything and slowly (hostile input holds it for minutes), so it sees only short
documents in which an item or entry is named. Imported when needed.
"""

from __future__ import annotations

import re
from typing import Any

from digest.sources.feed.entry import Entry, ParsedFeed

_MOST_CHARACTERS = 1_000_000
_MOST_TAGS = 50_000
_NAMES_ITEMS = re.compile(r"<(?:\w+:)?(?:item|entry)\b", re.IGNORECASE)


def read_tolerantly(text: str) -> ParsedFeed:
    """The entries of a document that bears no proper mark of a feed; none when it is something
    else, or too large to try."""
    feed = ParsedFeed()
    if len(text) > _MOST_CHARACTERS or text.count("<") + text.count("=") > _MOST_TAGS:
        return feed
    if not _NAMES_ITEMS.search(text):
        return feed
    import feedparser

    found = feedparser.parse(text.encode("utf-8", "replace"), sanitize_html=False)
    feed.link = found.feed.get("link", "")
    feed.language = found.feed.get("language", "")
    feed.entries = [_entry(item) for item in found.entries]
    feed.recognised = bool(feed.entries)
    return feed


def _entry(item: Any) -> Entry:
    contents = item.get("content") or [{}]
    return Entry(
        title=item.get("title", ""),
        links=[item["link"]] if item.get("link") else [],
        guid=item.get("id", ""),
        guid_is_link=bool(item.get("guidislink", False)),
        dates=[item["published"]] if item.get("published") else [],
        updated=item.get("updated", ""),
        description=item.get("summary", ""),
        content=contents[0].get("value", ""),
        categories=[tag.get("label") or tag.get("term") or "" for tag in item.get("tags", ())],
        authors=[item["author"]] if item.get("author") else [],
    )
