"""JSON Feeds with the wrong types, depths, numbers and names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.sources.hostile.cases import Case, Places, anything, refused, served

VERSION = "https://jsonfeed.org/version/1.1"
FIELDS = """authors author tags image banner_image attachments language summary content_html
content_text date_published date_modified"""
ITEM = {"id": "1", "url": "https://example.org/1", "title": "Le port"}


def feed(*items: Any, **more: Any) -> str:
    """A JSON Feed of these items."""
    return json.dumps({"version": VERSION, "title": "T", "items": items, **more})


def json_feeds(_: Places) -> Iterator[Case]:
    """A format that was read carefully is one that cannot surprise."""
    yield served("JSON", feed(ITEM), "Le port")
    values: list[Any] = [None, True, 3, -1.5, "x", [], ["x"], [[]], {}, {"x": {}}]
    for value in values:
        wrong = dict.fromkeys(FIELDS.split(), value)
        yield served(f"JSON: {value!r} everywhere", feed({**ITEM, **wrong}), "Le port")
        yield anything(f"JSON: {value!r} for an item", feed(value, ITEM))
        yield anything(f"JSON: {value!r} for all", feed(items=value, authors=value, language=value))
        yield anything(
            f"JSON: {value!r} for a name", feed({"id": value, "url": value, "title": value})
        )
    inside = [{"name": 3}, {"url": []}, None, "x", {"mime_type": "image/png", "url": 3}]
    yield served(
        "JSON: wrong lists", feed({**ITEM, "authors": inside, "attachments": inside}), "Le port"
    )
    item = json.dumps(ITEM)
    for name, value in (
        ("NaN", "NaN"),
        ("infinity", "-Infinity"),
        ("a huge number", "9" * 100_000),
        ("a huge exponent", "1e999999"),
        ("a lone surrogate", '"\\ud800"'),
        ("NUL", '"\\u0000"'),
    ):
        text = feed({**ITEM, "date_published": "@", "summary": "@", "tags": ["@"]})
        yield served(f"JSON: {name}", text.replace('"@"', value), "Le port")
    deep = "[" * 100_000 + "]" * 100_000
    yield refused("JSON: depth", feed(ITEM, more="@").replace('"@"', deep), "is JSON")
    yield refused("JSON: 600,000 brackets", "[" * 600_000, "more than 500,000 brackets")
    yield refused("JSON: cut off", feed(ITEM)[:-10], "is JSON")
    yield refused("JSON: other", '{"version": "2.0", "items": []}', "is JSON")
    yield refused("JSON: a list", f"[{item}]", "is JSON")
    yield refused("JSON: nothing", "{", "is JSON")
    yield served(
        "JSON: a name twice", feed(ITEM).replace("{", '{"title": "x", "title": "y", ', 1), "Le port"
    )
    yield served("JSON: with a byte order mark", "\ufeff" + feed(ITEM), "Le port")
    yield served("JSON: in utf-16", feed({**ITEM, "title": "Été"}).encode("utf-16"), "Été")
    yield served(
        "JSON: mark-up in plain text",
        feed(
            {**ITEM, "title": "<b>Le port</b> & quai", "content_text": "<script>x</script>\n\nQuai"}
        ),
        "<b>Le port</b> & quai",
        spells_markup=True,
    )
    script = "<p>Le quai</p><script>x</script><mj-raw>"
    yield served("JSON: mark-up in mark-up", feed({**ITEM, "content_html": script}), "Le port")
    yield served("JSON: a script for a link", feed({**ITEM, "url": "javascript:x"}))
    yield served("JSON: a script for a picture", feed({**ITEM, "image": "javascript:x"}), "Le port")
    many = [{**ITEM, "url": f"https://example.org/{n}", "id": str(n)} for n in range(20_000)]
    yield Case("JSON: 20,000 items", served("", feed(*many)).answer, ("Le port",) * 5_000)
