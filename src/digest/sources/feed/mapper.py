"""RSS 0.9x to 2.0, RDF and Atom to entries, by one pass over the elements.

Parsed by lxml with entities, external documents and huge trees switched off; a broken document
gives what can be read of it. Sources: RSS 2.0 (rssboard.org), RSS 1.0, RFC 4287 (Atom), Dublin
Core, Media RSS 1.5.1, the content module.
"""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Callable

from lxml import etree

from digest.model.content import Picture
from digest.sources.feed.entry import Entry, ParsedFeed
from digest.sources.feed.text import mend_feed

#: Items read of one feed.
MOST_ENTRIES = 5_000

_PREFIXES = {
    "http://www.w3.org/2005/atom": "atom",
    "http://purl.org/atom/ns#": "atom",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://search.yahoo.com/mrss": "media",
    "https://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://purl.org/rss/1.0": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://backend.userland.com/rss2": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/1999/xhtml": "html",
}
_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_XML = "{http://www.w3.org/XML/1998/namespace}"
_IMAGE_URL = re.compile(r"\.(?:jpe?g|png|webp|gif|avif)(?:$|[?#])", re.IGNORECASE)

Element = etree._Element  # noqa: SLF001  # lxml's element class has no public name


def map_feed(text: str) -> ParsedFeed:
    """The entries of a feed's text, at most `MOST_ENTRIES`; none when it is something else."""
    root = _parse(text)
    feed = ParsedFeed()
    if root is None:
        return feed
    feed.recognised = _name(root).rpartition(":")[2].lower() in _ROOTS
    feed.language = root.get(f"{_XML}lang", "")
    base = root.get(f"{_XML}base", "")
    for element in root.iter(etree.Element):
        name = _name(element)
        if name in ("item", "atom:entry", "entry"):
            if len(feed.entries) > MOST_ENTRIES:
                break
            entry = _entry(element)
            entry.base = entry.base or base
            feed.entries.append(entry)
        elif name in ("channel", "atom:feed", "feed"):
            _read_channel(element, feed)
    return feed


def _parse(text: str) -> Element | None:
    with contextlib.suppress(etree.XMLSyntaxError, ValueError):
        return etree.fromstring(text.encode("utf-8", "replace"), _parser(recover=False))
    with contextlib.suppress(etree.XMLSyntaxError, ValueError):
        return etree.fromstring(mend_feed(text).encode("utf-8", "replace"), _parser(recover=True))
    return None


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _name(element: Element) -> str:
    """`{http://purl.org/dc/elements/1.1/}creator` → `dc:creator`."""
    # An entity's node has a function where others have a name.
    tag: object = element.tag
    if not isinstance(tag, str):
        return ""
    if not tag.startswith("{"):
        # An undeclared prefix, kept by the recovering parser.
        return tag
    space, _, local = tag[1:].partition("}")
    prefix = _PREFIXES.get(space.lower().rstrip("/"), "?" if space else "")
    return f"{prefix}:{local}" if prefix else local


def _read_channel(element: Element, feed: ParsedFeed) -> None:
    for child in element:
        match _name(child):
            case "link" if not feed.link:
                feed.link = _text(child)
            case "atom:link" if not feed.link and child.get("rel", "alternate") == "alternate":
                feed.link = child.get("href", "")
            case "language" | "dc:language" if not feed.language:
                feed.language = _text(child)


def _entry(element: Element) -> Entry:
    entry = Entry(language=element.get(f"{_XML}lang", ""), base=element.get(f"{_XML}base", ""))
    for child in element:
        read = _READERS.get(_name(child).removeprefix("atom:"))
        if read is not None:
            read(entry, child)
    entry.description = entry.description or entry.other_description
    return entry


def _read_title(entry: Entry, child: Element) -> None:
    entry.title = entry.title or _markup(child)


def _read_link(entry: Entry, child: Element) -> None:
    href = child.get("href")
    if href is None:
        if text := _text(child):
            entry.links.insert(0, text)
    elif child.get("rel", "alternate") == "alternate":
        entry.links.append(href)
    elif child.get("rel") == "enclosure":
        _read_picture(entry, child)


def _read_original_link(entry: Entry, child: Element) -> None:
    entry.links.insert(0, _text(child))


def _read_guid(entry: Entry, child: Element) -> None:
    if not entry.guid:
        entry.guid = _text(child)
        entry.guid_is_link = child.get("isPermaLink", "true").strip().lower() != "false"


def _read_date(entry: Entry, child: Element) -> None:
    entry.dates.append(_text(child))


def _read_update(entry: Entry, child: Element) -> None:
    entry.updated = entry.updated or _text(child)


def _read_description(entry: Entry, child: Element) -> None:
    entry.description = entry.description or _markup(child)


def _read_other_description(entry: Entry, child: Element) -> None:
    entry.other_description = entry.other_description or _markup(child)


def _read_content(entry: Entry, child: Element) -> None:
    entry.content = entry.content or _markup(child)


def _read_category(entry: Entry, child: Element) -> None:
    entry.categories.append(child.get("label") or child.get("term") or _markup(child))


def _read_author(entry: Entry, child: Element) -> None:
    names = [_text(part) for part in child if _name(part).rpartition(":")[2] == "name"]
    entry.authors.append(names[0] if names else _text(child))


def _read_language(entry: Entry, child: Element) -> None:
    entry.language = entry.language or _text(child)


def _read_credit(entry: Entry, child: Element) -> None:
    entry.picture_credit = entry.picture_credit or _text(child)


def _read_picture_title(entry: Entry, child: Element) -> None:
    entry.picture_alt = entry.picture_alt or _text(child)


def _read_group(entry: Entry, child: Element) -> None:
    for part in child:
        read = _READERS.get(_name(part))
        if read is not None and read is not _read_group:
            read(entry, part)


def _read_picture(entry: Entry, child: Element) -> None:
    location = child.get("url") or child.get("href") or ""
    kind = child.get("type", "").strip().lower()
    if kind:
        is_picture = kind.startswith("image/")
    else:
        named = child.get("medium") == "image" or _name(child) == "media:thumbnail"
        is_picture = named or bool(_IMAGE_URL.search(location))
    width, height = _pixels(child.get("width")), _pixels(child.get("height"))
    if not location or not is_picture or width == 1 or height == 1:
        return
    texts = {_name(part): _text(part) for part in child}
    alt = texts.get("media:description") or texts.get("media:title") or ""
    credit = texts.get("media:credit", "")
    entry.pictures.append(Picture(location, alt, "", credit, width, height))


_READERS: dict[str, Callable[[Entry, Element], None]] = {
    "title": _read_title,
    "link": _read_link,
    "feedburner:origLink": _read_original_link,
    "guid": _read_guid,
    "id": _read_guid,
    "pubDate": _read_date,
    "published": _read_date,
    "issued": _read_date,
    "dc:date": _read_date,
    "dcterms:created": _read_date,
    "dcterms:issued": _read_date,
    "updated": _read_update,
    "modified": _read_update,
    "dcterms:modified": _read_update,
    "description": _read_description,
    "summary": _read_description,
    "media:description": _read_other_description,
    "itunes:summary": _read_other_description,
    "content:encoded": _read_content,
    "content": _read_content,
    "category": _read_category,
    "dc:subject": _read_category,
    "author": _read_author,
    "dc:creator": _read_author,
    "dc:language": _read_language,
    "media:credit": _read_credit,
    "media:title": _read_picture_title,
    "media:group": _read_group,
    "media:content": _read_picture,
    "media:thumbnail": _read_picture,
    "enclosure": _read_picture,
}


def _pixels(value: str | None) -> int:
    found = re.fullmatch(r"\s*(\d{1,5})(?:\.\d+)?(?:px)?\s*", value or "")
    return int(found[1]) if found else 0


def _text(element: Element) -> str:
    return "".join(map(str, element.itertext())).strip()


def _markup(element: Element) -> str:
    """The element's content as HTML: written out, or standing in it as elements."""
    if not any(isinstance(child.tag, str) for child in element):
        text = _text(element)
        return html.escape(text) if element.get("type", "") == "text" else text
    parts = [html.escape(element.text or "")]
    parts += [
        re.sub(r"(</?)[\w.-]+:|\sxmlns(?::\w+)?=\"[^\"]*\"", r"\1", part)
        for child in element
        if (part := etree.tostring(child, encoding="unicode", method="xml"))
    ]
    return "".join(parts).strip()
