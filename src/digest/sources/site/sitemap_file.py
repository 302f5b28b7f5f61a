"""Reads a sitemap and decides which of its parts can matter to a window of time.

Sources: sitemaps.org 0.9 (index, lastmod, gzip), Google's news extension (publication_date).
`lastmod` is a page's last change: what was published in the window has none before its start.
"""

from __future__ import annotations

import contextlib
import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from lxml import etree

from digest.model.content import Window
from digest.sources.strict_xml import strict_parser
from digest.text.addresses import canonical_url
from digest.text.dates import parse_moment

#: Addresses of one sitemap that are read; the standard allows 50,000.
MOST_ENTRIES = 50_000

_YEAR_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_/.]?(0[1-9]|1[0-2])(?=\d{2}(?!\d)|(?!\d))")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/_]?)(0?[1-9]|1[0-2])\2([0-2]?\d|3[01])(?!\d)")
_NO_ARTICLES = re.compile(
    r"(?:^|[-_/])(?:categor(?:y|ies)|categories?|post_tag|tags?|authors?|auteurs?|products?|"
    r"videos?|images?|pages?)[-_]?sitemap",
    re.IGNORECASE,
)
_NEWS = re.compile(r"news|actu|google", re.IGNORECASE)
_GZIP = b"\x1f\x8b"


class NoSitemapError(Exception):
    """Why something is not a sitemap."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entry:
    """An address of a sitemap; `published` only where the news extension states it."""

    url: str
    changed: datetime | None = None
    published: datetime | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap of pages, or an index of other sitemaps."""

    kind: Literal["pages", "index"]
    entries: tuple[Entry, ...]
    cut: bool = False


def read_sitemap(content: bytes, zone: ZoneInfo, most_bytes: int) -> Sitemap:
    """The addresses of a sitemap, plain or packed with gzip.

    Dates without a zone are in `zone`; `most_bytes` bounds what is unpacked.

    Raises:
        NoSitemapError: it is something else, or too large.
    """
    content = _unpacked(content, most_bytes)
    parser = strict_parser(recover=True)
    root = None
    with contextlib.suppress(etree.XMLSyntaxError, ValueError):
        root = etree.fromstring(content.strip(), parser)
    name = etree.QName(root).localname.lower() if root is not None else ""
    if root is None or name not in ("urlset", "sitemapindex"):
        found = f"its outermost element is <{name[:40]}>" if name else "it is not XML"
        raise NoSitemapError(f"is no sitemap: {found}")
    entries: list[Entry] = []
    for element in root.iterchildren(etree.Element):
        if len(entries) == MOST_ENTRIES:
            break
        if entry := _entry(element, zone):
            entries.append(entry)
    cut = len(entries) == MOST_ENTRIES and len(root) > MOST_ENTRIES
    return Sitemap("pages" if name == "urlset" else "index", tuple(entries), cut)


def sitemaps_for(window: Window, index: Sitemap, zone: ZoneInfo) -> list[Entry]:
    """The sitemaps of an index that can name pages of the window, those of news first.

    Told by `lastmod`, or by a year and month in the address; one that says nothing may matter.
    """
    wanted = [
        entry
        for entry in index.entries
        if not _NO_ARTICLES.search(entry.url) and _may_hold(entry, window, zone)
    ]
    return sorted(wanted, key=lambda entry: not _NEWS.search(entry.url.rpartition("/")[2]))


def pages_for(window: Window, pages: Sitemap, zone: ZoneInfo, only: str = "") -> list[Entry]:
    """The pages that can be of the window, the newest first, those without a date last.

    `only` is a part of the address that all of them have.
    """
    wanted = [
        entry
        for entry in pages.entries
        if only in unquote(entry.url) and _may_be_of(entry, window, zone)
    ]
    return sorted(wanted, key=age)


def age(entry: Entry) -> tuple[bool, float]:
    """The key that sorts entries: the newest first, those without a date last."""
    moment = entry.published or entry.changed
    return moment is None, -moment.timestamp() if moment else 0.0


def _unpacked(content: bytes, most_bytes: int) -> bytes:
    if not content.startswith(_GZIP):
        return content
    unpacking = zlib.decompressobj(wbits=31)
    try:
        opened = unpacking.decompress(content, most_bytes + 1)
    except zlib.error as error:
        raise NoSitemapError("is packed with gzip, but broken") from error
    if len(opened) > most_bytes:
        raise NoSitemapError(f"is larger than {most_bytes:,} bytes when unpacked")
    return opened


def _entry(element: etree._Element, zone: ZoneInfo) -> Entry | None:
    texts: dict[str, str] = {}
    for part in element.iterdescendants(etree.Element):
        name = etree.QName(part).localname.lower()
        space = (etree.QName(part).namespace or "").lower()
        if "image" in space or "video" in space or not isinstance(part.text, str):
            continue
        texts.setdefault(name, " ".join(part.text.split())[:2_000])
    url = canonical_url(texts.get("loc", ""))
    if not url:
        return None
    return Entry(
        url,
        parse_moment(texts.get("lastmod", ""), zone),
        parse_moment(texts.get("publication_date", ""), zone),
        texts.get("title", ""),
    )


def _may_hold(entry: Entry, window: Window, zone: ZoneInfo) -> bool:
    if entry.changed is not None and entry.changed < window.start:
        return False
    name = entry.url.partition("://")[2].partition("/")[2]
    if months := _YEAR_MONTH.findall(name):
        year, month = map(int, months[-1])
        return _touches(window, zone, (year, month))
    if years := _YEAR.findall(name):
        return _touches(window, zone, (int(years[-1]), 0))
    return True


def _touches(window: Window, zone: ZoneInfo, month: tuple[int, int]) -> bool:
    """Whether a window has a day of the month (0: any of the year)."""
    first = window.start.astimezone(zone)
    last = window.end.astimezone(zone) - timedelta(seconds=1)
    year, number = month
    if not number:
        return first.year <= year <= last.year
    return (first.year, first.month) <= (year, number) <= (last.year, last.month)


def _may_be_of(entry: Entry, window: Window, zone: ZoneInfo) -> bool:
    if entry.published is not None:
        return entry.published in window
    if entry.changed is not None and entry.changed < window.start:
        return False
    if (day := _day(entry.url)) is not None:
        # An address may be a day off where the newsroom works late.
        start = datetime(*day, tzinfo=zone) - timedelta(days=1)
        return start < window.end and window.start < start + timedelta(days=3)
    return True


def _day(url: str) -> tuple[int, int, int] | None:
    for found in _DAY.finditer(url.partition("://")[2].partition("/")[2]):
        day = int(found[1]), int(found[3]), int(found[4])
        with contextlib.suppress(ValueError):
            datetime(*day)  # noqa: DTZ001
            return day
    return None
