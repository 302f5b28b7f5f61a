"""Feeds as found in the wild: nothing that feedparser finds in them is lost."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from digest.model.content import Article
from digest.text.addresses import canonical_url
from digest.text.plain import html_to_text

REAL_FEEDS = Path(__file__).parents[3] / "shared" / "data" / "feeds"
#: The address that the feeds are served from; feedparser is told nothing of it.
HERE = "https://example.org/rss.xml"

pytestmark = pytest.mark.skipif(not REAL_FEEDS.is_dir(), reason="../shared is absent")


@pytest.mark.parametrize("file", sorted(REAL_FEEDS.glob("*.xml")), ids=lambda file: file.stem)
def test_no_real_feed_is_worse_than_with_feedparser(newsroom: Any, file: Path) -> None:
    import feedparser

    found = newsroom.feed(file.read_bytes())
    expected = feedparser.parse(file.read_bytes()).entries
    assert len(found) == len(expected)
    for article, entry in zip(found, expected, strict=True):
        assert isinstance(article, Article), article
        assert article.title == html_to_text(entry.get("title", ""))
        # Allowed: feedparser leaves a relative link as it is.
        assert article.url == canonical_url(urljoin(HERE, entry.get("link", "")))
        assert article.published == moment_of(entry)
        assert set(texts(entry.get("tags", ()), "label", "term")) <= set(article.categories)
        assert all(name in article.author for name in texts(entry.get("authors", ()), "name"))
        if html_to_text(entry.get("summary", "")):
            assert article.description or article.body
        for full in filter(None, texts(entry.get("content", ()), "value")):
            # Allowed: feedparser counts what describes the picture as a full text.
            assert article.body or (article.picture and full == article.picture.alt)


def moment_of(entry: Any) -> datetime | None:
    """The date that feedparser read, unless it is absurd."""
    date = entry.get("published_parsed") or entry.get("updated_parsed")
    if not date or date.tm_year < 1990:
        return None
    return datetime.fromtimestamp(calendar.timegm(date), UTC)


def texts(parts: Any, *keys: str) -> list[str]:
    """The first of some keys that each part has, as plain text."""
    named = (next((part[key] for key in keys if part.get(key)), "") for part in parts)
    return [line for line in map(html_to_text, named) if line]
