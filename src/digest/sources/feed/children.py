"""What each child of an item says: which part of an entry it fills, by its name.

Names bear the prefixes that `mapper` gives them; of several children that say the same the first
counts, or all where an item may have several.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from digest.model.content import Picture
from digest.sources.feed.entry import Entry

_IMAGE_URL = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|[?#])", re.IGNORECASE)
#: Links, dates, categories, authors or pictures of one item; no honest one has more.
_MOST_OF_A_KIND = 100

Attributes = Mapping[str, str]


class Content(Enum):
    """What is wanted of the elements inside a child."""

    TEXT = auto()
    MARKUP = auto()
    PARTS = auto()


@dataclass(frozen=True, slots=True)
class Child:
    """What becomes of a child: `read` takes its entry, its text, its attributes and the texts
    of its parts by their local names."""

    read: Callable[[Entry, str, Attributes, Mapping[str, str]], None]
    content: Content = Content.TEXT


def _read_title(entry: Entry, text: str, attributes: Attributes, _: object) -> None:
    entry.title = entry.title or _html(text, attributes)


def _read_link(entry: Entry, text: str, attributes: Attributes, _: object) -> None:
    href = attributes.get("href")
    if len(entry.links) == _MOST_OF_A_KIND:
        return
    if href is None:
        if text:
            entry.links = (text, *entry.links)
    elif attributes.get("rel", "alternate") == "alternate":
        entry.links += (href,)
    elif attributes.get("rel") == "enclosure":
        _read_picture(entry, text, attributes, {})


def _read_original_link(entry: Entry, text: str, *_: object) -> None:
    if len(entry.links) < _MOST_OF_A_KIND:
        entry.links = (text, *entry.links)


def _read_guid(entry: Entry, text: str, attributes: Attributes, _: object) -> None:
    if not entry.guid:
        entry.guid = text
        entry.guid_is_link = attributes.get("isPermaLink", "true").strip().lower() != "false"


def _read_date(entry: Entry, text: str, *_: object) -> None:
    if len(entry.dates) < _MOST_OF_A_KIND:
        entry.dates += (text,)


def _read_update(entry: Entry, text: str, *_: object) -> None:
    entry.updated = entry.updated or text


def _read_description(entry: Entry, text: str, attributes: Attributes, _: object) -> None:
    entry.description = entry.description or _html(text, attributes)


def _read_other_description(entry: Entry, text: str, attributes: Attributes, _: object) -> None:
    entry.other_description = entry.other_description or _html(text, attributes)


def _read_picture_description(
    entry: Entry, text: str, attributes: Attributes, parts: Mapping[str, str]
) -> None:
    entry.picture_description = entry.picture_description or _html(text, attributes)
    _read_other_description(entry, text, attributes, parts)


def _read_content(entry: Entry, text: str, attributes: Attributes, _: object) -> None:
    entry.content = entry.content or _html(text, attributes)


def _read_category(entry: Entry, text: str, attributes: Attributes, _: object) -> None:
    if len(entry.categories) < _MOST_OF_A_KIND:
        entry.categories += (attributes.get("label") or attributes.get("term") or text,)


def _read_author(entry: Entry, text: str, _: object, parts: Mapping[str, str]) -> None:
    if len(entry.authors) < _MOST_OF_A_KIND:
        entry.authors += (parts.get("name", text),)


def _read_language(entry: Entry, text: str, *_: object) -> None:
    entry.language = entry.language or text


def _read_credit(entry: Entry, text: str, *_: object) -> None:
    entry.picture_credit = entry.picture_credit or text


def _read_picture_title(entry: Entry, text: str, *_: object) -> None:
    entry.picture_alt = entry.picture_alt or text


def _read_thumbnail(
    entry: Entry, text: str, attributes: Attributes, parts: Mapping[str, str]
) -> None:
    _read_picture(entry, text, {"medium": "image", **attributes}, parts)


def _read_picture(entry: Entry, _: str, attributes: Attributes, parts: Mapping[str, str]) -> None:
    if len(entry.pictures) == _MOST_OF_A_KIND:
        return
    location = attributes.get("url") or attributes.get("href") or ""
    kind = attributes.get("type", "").strip().lower()
    if kind:
        is_picture = kind.startswith("image/")
    else:
        is_picture = attributes.get("medium") == "image" or bool(_IMAGE_URL.search(location))
    width, height = _pixels(attributes.get("width")), _pixels(attributes.get("height"))
    if not location or not is_picture or width == 1 or height == 1:
        return
    alt = parts.get("description") or parts.get("title") or ""
    entry.pictures += (Picture(location, alt, "", parts.get("credit", ""), width, height),)


#: A child that is no more than brackets around others.
GROUP = Child(_read_title)
#: By the name, that of Atom without its prefix.
CHILDREN: dict[str, Child] = {
    "title": Child(_read_title, Content.MARKUP),
    "link": Child(_read_link),
    "feedburner:origLink": Child(_read_original_link),
    "guid": Child(_read_guid),
    "id": Child(_read_guid),
    "pubDate": Child(_read_date),
    "published": Child(_read_date),
    "issued": Child(_read_date),
    "dc:date": Child(_read_date),
    "dcterms:created": Child(_read_date),
    "dcterms:issued": Child(_read_date),
    "updated": Child(_read_update),
    "modified": Child(_read_update),
    "dcterms:modified": Child(_read_update),
    "description": Child(_read_description, Content.MARKUP),
    "summary": Child(_read_description, Content.MARKUP),
    "media:description": Child(_read_picture_description, Content.MARKUP),
    "itunes:summary": Child(_read_other_description, Content.MARKUP),
    "content:encoded": Child(_read_content, Content.MARKUP),
    "content": Child(_read_content, Content.MARKUP),
    "category": Child(_read_category, Content.MARKUP),
    "dc:subject": Child(_read_category, Content.MARKUP),
    "author": Child(_read_author, Content.PARTS),
    "dc:creator": Child(_read_author, Content.PARTS),
    "dc:language": Child(_read_language),
    "media:credit": Child(_read_credit),
    "media:title": Child(_read_picture_title),
    "media:content": Child(_read_picture, Content.PARTS),
    "media:thumbnail": Child(_read_thumbnail, Content.PARTS),
    "enclosure": Child(_read_picture, Content.PARTS),
    "media:group": GROUP,
}


def _pixels(value: str | None) -> int:
    found = re.fullmatch(r"\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*", value or "")
    return int(found[1]) if found else 0


def _html(text: str, attributes: Attributes) -> str:
    """The text as HTML: most publishers write it out; `type="text"` says that it is none."""
    return html.escape(text) if attributes.get("type", "") == "text" else text
