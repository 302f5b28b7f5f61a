"""JSON Feed comes in like every other feed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.model.content import Rejected

VERSION = "https://jsonfeed.org/version/1.1"


def feed(*items: dict[str, Any], **more: Any) -> str:
    return json.dumps({"version": VERSION, "title": "Agence", "items": items, **more})


def test_item_comes_in_whole(newsroom: Any) -> None:
    (article,) = newsroom.feed(
        feed(
            {
                "id": "x-1",
                "url": "/monde/digue?utm_source=json&id=3",
                "external_url": "https://example.net/ailleurs",
                "title": "Une digue & un <port>",
                "summary": "Le port se dote d’une digue.",
                "content_html": "<p>Premier paragraphe.</p><p>Second paragraphe.</p>",
                "date_published": "2026-11-12T18:30:00+01:00",
                "date_modified": "2026-11-14T10:00:00Z",
                "authors": [{"name": "Solveig Aramburu"}, {"url": "x"}, {"name": "Piet Lind"}],
                "tags": ["International", "Ports & quais"],
                "image": "https://example.org/p/a.jpg",
            },
            home_page_url="https://example.org/",
            language="fr-FR",
        )
    )
    assert article.title == "Une digue & un <port>"
    assert article.url == "https://example.org/monde/digue?id=3"
    assert article.published == datetime(2026, 11, 12, 17, 30, tzinfo=UTC)
    assert (article.author, article.language) == ("Solveig Aramburu, Piet Lind", "fr")
    assert article.categories == ("International", "Ports & quais")
    assert article.description == "Le port se dote d’une digue."
    assert [p.text for p in article.body] == ["Premier paragraphe.", "Second paragraphe."]
    assert article.picture.location == "https://example.org/p/a.jpg"


def test_plain_text_keeps_its_paragraphs_and_its_angles(newsroom: Any) -> None:
    text = "Un < deux.\n\nTrois &amp; <b>quatre</b>.\n"
    (article,) = newsroom.feed(
        feed({"id": "https://example.org/1", "title": "T", "content_text": text})
    )
    assert [p.text for p in article.body] == ["Un < deux.", "Trois &amp; <b>quatre</b>."]
    assert article.url == "https://example.org/1"


def test_version_1_0_names_one_author(newsroom: Any) -> None:
    item = {"url": "https://example.org/1", "title": "T"}
    found = newsroom.feed(
        feed(
            {**item, "author": {"name": "Ana Ruiz"}},
            {**item, "url": "https://example.org/2"},
            version="https://jsonfeed.org/version/1",
            author={"name": "La rédaction"},
        )
    )
    assert [article.author for article in found] == ["Ana Ruiz", "La rédaction"]


def test_pictures_may_be_attached(newsroom: Any) -> None:
    attachments = [
        {"url": "https://example.org/a.mp3", "mime_type": "audio/mpeg"},
        {"url": "https://example.org/a", "mime_type": "image/png", "title": "Une digue"},
    ]
    item = {"url": "https://example.org/1", "title": "T", "attachments": attachments}
    (article,) = newsroom.feed(feed(item))
    assert (article.picture.location, article.picture.alt) == ("https://example.org/a", "Une digue")


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("x", "has no title"),
        ({"url": "https://example.org/1"}, "has no title"),
        ({"id": "7", "title": "T"}, "has no link"),
    ],
)
def test_unusable_item_is_told(newsroom: Any, item: Any, reason: str) -> None:
    (found,) = newsroom.feed(feed(item))
    assert isinstance(found, Rejected)
    assert found.reason == reason


def test_a_feed_without_items_is_an_empty_week(newsroom: Any) -> None:
    assert newsroom.feed(feed()) == []
    assert newsroom.feed(f'{{"version": "{VERSION}"}}') == []
