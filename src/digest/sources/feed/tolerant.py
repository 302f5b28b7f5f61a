"""The last reader of feeds, for what the others do not take for one: feedparser.

It reads nearly everything and slowly (hostile input holds it for minutes), so it sees only short
documents in which an item or entry is named, and runs in a child process that is killed in time.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from digest.sources.feed.entry import Entry, ParsedFeed
from digest.sources.isolation import Isolated, IsolatedError

_MOST_BYTES = 1_000_000
_MOST_TAGS = 50_000
_SECONDS = 5.0
_NAMES_ITEMS = re.compile(rb"<(?:\w+:)?(?:item|entry)\b", re.IGNORECASE)


def read_tolerantly(utf8: bytes) -> ParsedFeed:
    """The entries of a document that bears no proper mark of a feed; none when it is something
    else, or too large to try."""
    feed = ParsedFeed()
    if len(utf8) > _MOST_BYTES or utf8.count(b"<") + utf8.count(b"=") > _MOST_TAGS:
        return feed
    if not _NAMES_ITEMS.search(utf8):
        return feed
    try:
        found = _isolated().call(utf8.decode("utf-8", "replace"))
    except IsolatedError as error:
        feed.refused = f"cannot be read as a feed: {error.reason}"
        return feed
    feed.link, feed.language = found["link"], found["language"]
    feed.entries = [Entry(**item) for item in found["entries"]]
    feed.recognised = bool(feed.entries)
    return feed


@cache
def _isolated() -> Isolated:
    return Isolated(f"{__name__}:read_in_child", seconds=_SECONDS)


def read_in_child(text: str) -> dict[str, Any]:
    """What feedparser makes of the text: link, language and the entries' fields."""
    import feedparser

    found = feedparser.parse(text.encode("utf-8", "replace"), sanitize_html=False)
    return {
        "link": found.feed.get("link", ""),
        "language": found.feed.get("language", ""),
        "entries": [_entry(item) for item in found.entries],
    }


def _entry(item: Any) -> dict[str, Any]:
    contents = item.get("content") or [{}]
    return {
        "title": item.get("title", ""),
        "links": [item["link"]] if item.get("link") else [],
        "guid": item.get("id", ""),
        "guid_is_link": bool(item.get("guidislink", False)),
        "dates": [item["published"]] if item.get("published") else [],
        "updated": item.get("updated", ""),
        "description": item.get("summary", ""),
        "content": contents[0].get("value", ""),
        "categories": [tag.get("label") or tag.get("term") or "" for tag in item.get("tags", ())],
        "authors": [item["author"]] if item.get("author") else [],
    }
