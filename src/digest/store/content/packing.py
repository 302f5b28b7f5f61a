"""An article as the store keeps it: JSON of everything that is not empty, compressed if long.

Reading gives back an equal article. What a database cannot keep (U+0000, halves of surrogate
pairs) is left out. Names of fields are those of `Article`, so that a field added later with a
default needs no migration.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from datetime import datetime
from json.encoder import encode_basestring as _quoted
from typing import Any

from digest.model.content import Article, Paragraph, Picture, SectionSignal

#: zlib's quickest level with a window of 8 kB: bodies shrink to half, in half the time that the
#: usual 32 kB take to be set up.
_LEVEL, _WINDOW, _MEMORY = 1, 13, 6
#: Bytes up to which it is not worth the time: most have no body, and would shrink by a third.
_SHORT = 1_000
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_LINES = ("chapo", "description", "author", "language", "region", "location")
_TUPLES = ("categories", "inferred")


def pack(article: Article) -> bytes:
    """The article's JSON, not compressed yet; equal articles give equal bytes."""
    text = _as_json(article)
    if "\\u0000" not in text:
        try:
            return text.encode()
        except UnicodeEncodeError:
            pass
    return _ENCODER.encode(_cleaned(json.loads(text))).encode()


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
    if len(packed) <= _SHORT:
        return packed
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOW, _MEMORY)
    return packer.compress(packed) + packer.flush()


def decompress(content: bytes) -> bytes:
    """What `compress` was given."""
    # JSON begins with a brace, what zlib writes never does (RFC 1950).
    return content if content[:1] == b"{" else zlib.decompress(content, 0)


def keepable(text: str) -> str:
    """`text` without the characters that a database cannot keep."""
    return _UNKEEPABLE.sub("", text)


def _as_json(article: Article) -> str:
    # Written out by hand: half of the encoder's time goes into the dictionary it would be given.
    fields = [
        f'"source":{_quoted(article.source)}',
        f'"url":{_quoted(article.url)}',
        f'"title":{_quoted(article.title)}',
    ]
    fields += [f'"{name}":{_quoted(v)}' for name in _LINES if (v := getattr(article, name))]
    fields += [f'"{name}":{_listed(v)}' for name in _TUPLES if (v := getattr(article, name))]
    if article.published is not None:
        fields.append(f'"published":"{article.published.isoformat()}"')
    if article.body:
        body = [
            f"[{_quoted(one.text)}]" if one.role == "text" else _listed((one.text, one.role))
            for one in article.body
        ]
        fields.append(f'"body":[{",".join(body)}]')
    if article.sections:
        sections = [_listed((signal.origin, signal.value)) for signal in article.sections]
        fields.append(f'"sections":[{",".join(sections)}]')
    if article.picture is not None:
        p = article.picture
        lines = ",".join(map(_quoted, (p.location, p.alt, p.caption, p.credit)))
        fields.append(f'"picture":[{lines},{p.width},{p.height}]')
    if article.pinned:
        fields.append('"pinned":true')
    return f"{{{','.join(fields)}}}"


def _listed(lines: Iterable[str]) -> str:
    return f"[{','.join(map(_quoted, lines))}]"


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, dict):
        return {key: _cleaned(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    return value
