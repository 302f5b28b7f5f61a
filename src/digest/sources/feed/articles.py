"""From a feed's entries to articles: plain text, canonical addresses, merged duplicates.

The address of an article is its link, or its guid when that is one. It is dated by its
publication; a date of change is taken only when there is no other, and the article says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import urljoin

from digest.config import Config, SourceSettings
from digest.model.content import Article, Picture, Rejected, SectionSignal
from digest.selection.sections import label_signals, section_in_url
from digest.sources.end_matter import without_end_matter
from digest.sources.feed.entry import Entry, ParsedFeed
from digest.sources.roles import set_roles
from digest.text.addresses import canonical_url
from digest.text.dates import parse_moment
from digest.text.plain import clean_line, html_paragraphs, html_to_text, truncate

#: A description of so many characters in so many paragraphs is the article itself.
_FULL_TEXT, _FULL_TEXT_PARAGRAPHS = 800, 3
#: Categories or authors of one item, and characters of an author; no honest item has more.
_MOST_LABELS = 100
_LONGEST_AUTHOR = 300
#: Characters of a title, which is cut, and of a category or an address, which are left out.
_LONGEST_TITLE, _LONGEST_LABEL, _LONGEST_ADDRESS = 500, 200, 2_000

_ADDRESS_IN_AUTHOR = re.compile(r"<?[^\s<>()]+@[^\s<>()]+>?")
_APPENDED = ("appeared first on", "apparu en premier sur")
_APPEARED_FIRST = re.compile(
    r"\s*(?:The post .{1,300} appeared first on|L[’']article .{1,300} est apparu en premier sur) "
    r".{1,120}$"
)


class EntryReader:
    """Collects a feed's entries as articles; entries that cannot be used are kept with a reason.

    Args:
        address: the feed's own address, "" for a file.
    """

    def __init__(
        self, settings: SourceSettings, config: Config, feed: ParsedFeed, address: str
    ) -> None:
        self._settings = settings
        self._config = config
        self._language = feed.language
        self._base = _resolved(address or settings.base_url, feed.link)
        self._names = config.selection.sections
        self._results: list[int | Rejected] = []
        self._articles: list[Article] = []
        self._known: dict[tuple[str, str], int] = {}

    def add(self, entry: Entry, where: str) -> None:
        """Take one entry; `where` names it in a rejection."""
        title = truncate(_plain(entry.title), _LONGEST_TITLE)
        url, refused = self._url(entry)
        if not title or not url:
            shown = f" (“{title}”)" if title else f" ({url})" if url else ""
            missing = "has no title" if not title else refused or "has no link"
            self._results.append(Rejected(self._settings.name, where + shown, missing))
            return
        article = self._article(entry, title, url, where)
        # A guid or an address alone does not tell: some feeds give all their items the same one.
        keys = [(url, title)]
        if entry.guid:
            keys += [(entry.guid, title), (entry.guid, url)]
        known = next((self._known[key] for key in keys if key in self._known), None)
        if known is None:
            known = len(self._articles)
            self._articles.append(article)
            self._results.append(known)
        else:
            self._articles[known] = _merged(self._articles[known], article)
        self._known.update(dict.fromkeys(keys, known))

    def results(self) -> Iterator[Article | Rejected]:
        """What was taken, in the feed's order."""
        for found in self._results:
            yield self._articles[found] if isinstance(found, int) else found

    def _url(self, entry: Entry) -> tuple[str, str]:
        """The address, or "" and why the link was refused."""
        refused = ""
        base = _resolved(self._base, entry.base) if entry.base else self._base
        links = [*entry.links, *([entry.guid] if entry.guid_is_link else [])]
        for link in links:
            link = _unbroken(link)
            if len(link) > _LONGEST_ADDRESS:
                refused = f"its link has more than {_LONGEST_ADDRESS:,} characters"
                continue
            if link and (url := canonical_url(_resolved(base, link))):
                return url, ""
            if link and not refused:
                shown = clean_line(link)[:80]
                relative = not base.startswith("http") and ":" not in link
                what = "relative; give the source a `base_url`" if relative else "no web address"
                refused = f"its link is {what}: {shown}"
        return "", refused

    def _article(self, entry: Entry, title: str, url: str, where: str) -> Article:
        published, inferred = self._published(entry)
        description, body = _texts(entry, title)
        labels = dict.fromkeys(map(_plain, entry.categories[:_MOST_LABELS]))
        categories = tuple(label for label in labels if 0 < len(label) <= _LONGEST_LABEL)
        authors = dict.fromkeys(filter(None, map(_author, entry.authors[:_MOST_LABELS])))
        return Article(
            source=self._settings.name,
            url=url,
            title=title,
            published=published,
            description=description,
            body=set_roles(body),
            sections=self._signals(categories, url),
            categories=categories,
            author=", ".join(authors),
            language=_language(entry.language or self._language),
            picture=self._picture(entry, url),
            inferred=inferred,
            location=where,
        )

    def _published(self, entry: Entry) -> tuple[datetime | None, tuple[str, ...]]:
        zone = self._config.zone
        for text in entry.dates:
            if moment := parse_moment(text, zone):
                return moment, ()
        moment = parse_moment(entry.updated, zone) if entry.updated else None
        return moment, ("published: from the date of the last change",) if moment else ()

    def _signals(self, categories: tuple[str, ...], url: str) -> tuple[SectionSignal, ...]:
        signals: list[SectionSignal] = []
        if self._settings.section:
            signals.append(SectionSignal("feed", self._settings.section))
        for label in categories:
            signals += _label_signals(label, self._names)
        if segment := _section_in_folder(url.rpartition("/")[0], self._names):
            signals.append(SectionSignal("url", segment))
        return tuple(signals)

    def _picture(self, entry: Entry, url: str) -> Picture | None:
        """The widest picture; the first of those that are equal."""
        found = [
            replace(
                picture,
                location=location,
                alt=_plain(picture.alt or entry.picture_alt),
                credit=_plain(picture.credit or entry.picture_credit),
            )
            for picture in entry.pictures
            if len(picture.location) <= _LONGEST_ADDRESS
            and (location := _picture_url(url, picture.location))
        ]
        return max(found, key=lambda picture: picture.width, default=None)


def _texts(entry: Entry, title: str) -> tuple[str, list[str]]:
    """The description and the paragraphs of the body."""
    told = _paragraphs(entry.description)
    description = _without_advertisement(" ".join(told))
    if entry.content:
        blocks = told if entry.content == entry.description else _paragraphs(entry.content)
    else:
        blocks = told if len(description) > _FULL_TEXT and len(told) > 1 else []
    if blocks:
        blocks[-1] = _without_advertisement(blocks[-1])
    body = without_end_matter([block for block in blocks if block], title)
    if entry.content:
        return description, body
    return ("", body) if len(body) >= _FULL_TEXT_PARAGRAPHS else (description, [])


def _paragraphs(markup: str) -> list[str]:
    if "<" in markup or "&" in markup:
        return html_paragraphs(markup)
    line = clean_line(markup)
    return [line] if line else []


def _merged(kept: Article, other: Article) -> Article:
    """Two items of the same article: the one with more text, pictured if either is."""
    best, rest = (kept, other) if len(kept.text) >= len(other.text) else (other, kept)
    return replace(
        best,
        published=best.published or rest.published,
        description=best.description or rest.description,
        picture=best.picture or rest.picture,
        sections=tuple(dict.fromkeys((*best.sections, *rest.sections))),
        categories=tuple(dict.fromkeys((*best.categories, *rest.categories))),
        location=kept.location,
    )


def _plain(markup: str) -> str:
    return html_to_text(markup) if "<" in markup or "&" in markup else clean_line(markup)


def _author(text: str) -> str:
    """The name without an address: `ana@example.org (Ana Ruiz)` → `Ana Ruiz`."""
    name = _ADDRESS_IN_AUTHOR.sub(" ", _plain(text)[:_LONGEST_AUTHOR])
    return clean_line(name.replace("(", " ").replace(")", " "))


def _language(declared: str) -> str:
    found = re.match(r"\s*([A-Za-z]{2,3})(?![A-Za-z])", declared)
    return found[1].lower() if found else ""


def _picture_url(base: str, location: str) -> str:
    absolute = _resolved(base, _unbroken(location))
    return absolute if canonical_url(absolute) else ""


def _resolved(base: str, link: str) -> str:
    """`link` as seen from `base`; what cannot be an address comes back as it is."""
    link = link.strip()
    if link.startswith(("https://", "http://")):
        return link
    try:
        return urljoin(base, link)
    except ValueError:
        return link


def _unbroken(link: str) -> str:
    return "".join(link.split()).replace("&amp;", "&")


def _without_advertisement(text: str) -> str:
    """The text without what weblogs append to their feeds."""
    if any(words in text for words in _APPENDED):
        return _APPEARED_FIRST.sub("", text)
    return text


# The same labels and folders come back all through a feed.


@lru_cache(maxsize=4096)
def _label_signals(label: str, names: tuple[str, ...]) -> tuple[SectionSignal, ...]:
    return label_signals((label,), names)


@lru_cache(maxsize=4096)
def _section_in_folder(folder: str, names: tuple[str, ...]) -> str:
    return section_in_url(f"{folder}/", names)
