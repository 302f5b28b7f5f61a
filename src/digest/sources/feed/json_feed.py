"""JSON Feed 1.0 and 1.1 to entries, whatever stands where something else should.

Source: jsonfeed.org/version/1.1. Titles, summaries and `content_text` are plain text there and
are written as HTML for the reader of entries.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

from digest.model.content import Picture
from digest.sources.feed.entry import Entry, ParsedFeed
from digest.sources.feed.mapper import MOST_ENTRIES

#: Opening brackets of a document that is read at all.
MOST_BRACKETS = 500_000

_MARK = "jsonfeed.org/version/"


def read_json_feed(utf8: bytes) -> ParsedFeed:
    """The entries of a JSON Feed; none, and not recognised, when it is other JSON or none."""
    if utf8.count(b"{") + utf8.count(b"[") > MOST_BRACKETS:
        return ParsedFeed(refused=f"has more than {MOST_BRACKETS:,} brackets")
    try:
        found = json.loads(utf8.decode("utf-8", "replace"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return ParsedFeed()
    if not isinstance(found, dict) or _MARK not in _text(found.get("version")):
        return ParsedFeed()
    items = _list(found.get("items"))
    return ParsedFeed(
        entries=[_entry(item, found) for item in items[: MOST_ENTRIES + 1]],
        link=_text(found.get("home_page_url")),
        language=_text(found.get("language")),
        recognised=True,
    )


def _entry(item: Any, feed: dict[str, Any]) -> Entry:
    if not isinstance(item, dict):
        return Entry()
    links = [_text(item.get("url")), _text(item.get("external_url"))]
    return Entry(
        title=html.escape(_text(item.get("title"))),
        links=tuple(link for link in links if link),
        guid=_text(item.get("id")),
        guid_is_link=_text(item.get("id")).startswith(("https://", "http://")),
        dates=(date,) if (date := _text(item.get("date_published"))) else (),
        updated=_text(item.get("date_modified")),
        description=html.escape(_text(item.get("summary"))),
        content=_text(item.get("content_html")) or _paragraphs(_text(item.get("content_text"))),
        categories=tuple(html.escape(tag) for tag in map(_text, _list(item.get("tags"))) if tag),
        authors=tuple(_authors(item)) or tuple(_authors(feed)),
        pictures=tuple(_pictures(item)),
        language=_text(item.get("language")),
    )


def _authors(named: dict[str, Any]) -> Iterator[str]:
    """The names of version 1.1's authors, or of version 1.0's author."""
    for author in _list(named.get("authors")) or [named.get("author")]:
        if isinstance(author, dict) and (name := _text(author.get("name"))):
            yield html.escape(name)


def _pictures(item: dict[str, Any]) -> Iterator[Picture]:
    for key in ("image", "banner_image"):
        if location := _text(item.get(key)):
            yield Picture(location)
    for attachment in _list(item.get("attachments")):
        if isinstance(attachment, dict) and _text(attachment.get("mime_type")).startswith("image/"):
            yield Picture(_text(attachment.get("url")), html.escape(_text(attachment.get("title"))))


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in text.split("\n") if part.strip())


def _text(value: Any) -> str:
    """A string; numbers were left as they are written."""
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
