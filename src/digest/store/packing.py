"""An article as the store keeps it: compressed JSON of everything that is not empty.

Reading gives back an equal article. What a database cannot keep (U+0000, halves of surrogate
pairs) is left out. Names of fields are those of `Article`, so that a field added later with a
default needs no migration.
"""

from __future__ import annotations

import json
import re
import zlib
from datetime import datetime
from typing import Any

from digest.model.content import Article, Paragraph, Picture, SectionSignal

#: zlib's quickest level with a window of 8 kB: bodies shrink to half, in half the time that the
#: usual 32 kB take to be set up.
_LEVEL, _WINDOW, _MEMORY = 1, 13, 6
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_LINES = ("chapo", "description", "author", "language", "region", "location")
_TUPLES = ("categories", "inferred")


def pack(article: Article) -> bytes:
    """The article's JSON, not compressed yet; equal articles give equal bytes."""
    values = _as_json(article)
    text = _ENCODER.encode(values)
    if "\\u0000" not in text:
        try:
            return text.encode()
        except UnicodeEncodeError:
            pass
    return _ENCODER.encode(_cleaned(values)).encode()


def unpack(packed: bytes) -> Article:
    """The article that `pack` was given."""
    values: dict[str, Any] = json.loads(packed)
    published, picture = values.pop("published", None), values.pop("picture", None)
    body, sections = values.pop("body", ()), values.pop("sections", ())
    for name in _TUPLES:
        values[name] = tuple(values.get(name, ()))
    return Article(
        published=None if published is None else datetime.fromisoformat(published),
        body=tuple(Paragraph(*paragraph) for paragraph in body),
        sections=tuple(SectionSignal(*signal) for signal in sections),
        picture=None if picture is None else Picture(*picture),
        **values,
    )


def compress(packed: bytes) -> bytes:
    """What is written to the store."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY)
    return packer.compress(packed) + packer.flush()


def decompress(content: bytes) -> bytes:
    """What `compress` was given."""
    return zlib.decompress(content, 0)


def keepable(text: str) -> str:
    """`text` without the characters that a database cannot keep."""
    return _UNKEEPABLE.sub("", text)


def _as_json(article: Article) -> dict[str, Any]:
    values: dict[str, Any] = {
        "source": article.source,
        "url": article.url,
        "title": article.title,
    }
    for name in _LINES + _TUPLES:
        if value := getattr(article, name):
            values[name] = value
    if article.published is not None:
        values["published"] = article.published.isoformat()
    if article.body:
        values["body"] = [
            [one.text] if one.role == "text" else [one.text, one.role] for one in article.body
        ]
    if article.sections:
        values["sections"] = [[signal.origin, signal.value] for signal in article.sections]
    if article.picture is not None:
        p = article.picture
        values["picture"] = [p.location, p.alt, p.caption, p.credit, p.width, p.height]
    if article.pinned:
        values["pinned"] = True
    return values


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, dict):
        return {key: _cleaned(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(one) for one in value]
    return value
