"""From a page to an article: which of the things a page says of itself are believed.

Stated things come first (JSON-LD, OpenGraph, the newsroom's own mark-up), what is only concluded
says so in `inferred`. The page is read in a child process (`apart`); what lies here is pure but
for that call.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest.model.content import Article, Paragraph, Picture, SectionSignal
from digest.selection.sections import is_generic, label_signals, section_in_url
from digest.sources.article_page.apart import read_apart
from digest.sources.article_page.bodies import body_of, text_blocks
from digest.sources.article_page.leads import choose_lead
from digest.sources.article_page.page_pictures import page_picture
from digest.sources.article_page.raw_page import RawPage
from digest.text.addresses import canonical_url
from digest.text.dates import parse_moment
from digest.text.folding import fold

CONCLUDED = "published: concluded from the page"

_MOST_LABELS = 100
_LONGEST_AUTHOR = 300
_LONGEST_TITLE = 400

_TITLE_SEPARATOR = re.compile(r"\s+[|\-–—•·]\s+|\s*\|\s*")


@dataclass(frozen=True, slots=True)
class PageArticle:
    """An article as its page gives it; texts are plain, empty where the page says nothing.

    `url` is the address the page names as its own, or the one it was read from.
    """

    url: str
    title: str
    published: datetime | None = None
    chapo: str = ""
    description: str = ""
    body: tuple[Paragraph, ...] = ()
    sections: tuple[SectionSignal, ...] = ()
    categories: tuple[str, ...] = ()
    author: str = ""
    language: str = ""
    picture: Picture | None = None
    inferred: tuple[str, ...] = ()

    @property
    def is_article(self) -> bool:
        """Whether there is something to publish: a title, and a text or a lead."""
        return bool(self.title and (self.body or self.chapo or self.description))

    def as_article(self, source: str, location: str, section: str = "") -> Article:
        """The article of a source; `section` is what the source says of all it holds."""
        own = (SectionSignal("feed", section),) if section else ()
        return Article(
            source=source,
            url=self.url,
            title=self.title,
            published=self.published,
            chapo=self.chapo,
            description=self.description,
            body=self.body,
            sections=(*own, *self.sections),
            categories=self.categories,
            author=self.author,
            language=self.language,
            picture=self.picture,
            inferred=self.inferred,
            location=location,
        )


def read_page(
    html: bytes, charset: str, url: str, *, zone: ZoneInfo, section_names: Sequence[str]
) -> PageArticle:
    """The article of a page.

    `charset` is what the HTTP header says, `url` the address it was read from ("" for a file).
    Dates without a zone are in `zone`; `section_names` are the publication's own.

    Raises:
        UnreadableError: the page is beyond every limit, or could not be read in time.
    """
    return page_article(read_apart(html, charset, url), url, zone, section_names)


def page_article(
    page: RawPage, url: str, zone: ZoneInfo, section_names: Sequence[str]
) -> PageArticle:
    """What is believed of a page's statements."""
    site = _one(page, "og:site_name") or page.linked.publisher
    title = _title(page, site)
    address = _own_address(page, url)
    published, inferred = _published(page, zone)
    blocks = text_blocks(page.blocks, (title, *page.headings[:1]))
    chapo, description = choose_lead(
        page.chapos,
        (text for text in _descriptions(page) if fold(text) != fold(title)),
        [text for kind, text in blocks if kind == "text"],
    )
    labels = tuple(label for label in _labels(page) if fold(label) != fold(title))
    signals = label_signals(labels, section_names) or label_signals(_tags(page), section_names)
    if segment := section_in_url(address, section_names):
        signals = (*signals, SectionSignal("url", segment))
    return PageArticle(
        url=address,
        title=title,
        published=published,
        chapo=chapo,
        description=description,
        body=body_of(blocks, title, chapo),
        sections=signals,
        categories=_categories(labels, _tags(page)),
        author=_author(page),
        language=_language(page),
        picture=page_picture(page, url),
        inferred=inferred,
    )


def own_host(url: str) -> str:
    """The host of an address without `www.`, to tell whether two are of one site."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _one(page: RawPage, *names: str) -> str:
    return next((page.meta[name][0] for name in names if name in page.meta), "")


def _own_address(page: RawPage, url: str) -> str:
    """The address the page calls its own, when it is of the same site and not its front page."""
    here = canonical_url(url)
    for stated in (page.canonical, _one(page, "og:url")):
        named = canonical_url(stated)
        if not named or (here and own_host(named) != own_host(here)):
            continue
        if not here or urlsplit(named).path.strip("/"):
            # A server that answers by https is not made http by an old template.
            return named.replace("http://", "https://", 1) if _upgrades(named, here) else named
    return here


def _upgrades(named: str, here: str) -> bool:
    return named.startswith("http://") and here.startswith("https://")


def _title(page: RawPage, site: str) -> str:
    """The title without the site's name at its end."""
    found = [_one(page, "og:title"), page.linked.headline, *page.headings, page.title]
    titles = [title for text in found if (title := _without_site(text, site)[:_LONGEST_TITLE])]
    whole = [
        title
        for title in titles
        if not title.endswith(("…", "...")) and fold(title) not in (fold(site), "")
    ]
    return next(iter([*whole, *titles]), "")


def _without_site(title: str, site: str) -> str:
    names = {fold(name) for name in (site, re.sub(r"\.\w{2,3}$", "", site)) if name}
    separators = list(_TITLE_SEPARATOR.finditer(title))
    for found in reversed(separators):
        if fold(title[found.end() :]) in names:
            title = title[: found.start()]
        else:
            break
    return title.strip()


def _published(page: RawPage, zone: ZoneInfo) -> tuple[datetime | None, tuple[str, ...]]:
    if moment := _moment(page.dates, zone):
        return moment, ()
    moment = _moment([*page.times, page.concluded], zone)
    return moment, (CONCLUDED,) if moment else ()


def _moment(stated: Iterable[str], zone: ZoneInfo) -> datetime | None:
    return next((moment for text in stated if text and (moment := parse_moment(text, zone))), None)


def _descriptions(page: RawPage) -> list[str]:
    meta = ("og:description", "description", "twitter:description", "dc.description")
    return [page.linked.description, *(_one(page, name) for name in meta)]


def _labels(page: RawPage) -> tuple[str, ...]:
    """What the page says of its section, generic names left out."""
    meta = ("article:section", "og:article:section", "parsely-section", "section")
    stated = [text for name in meta for text in page.meta.get(name, ())]
    found = [*page.linked.sections, *stated, *page.linked.breadcrumbs]
    return tuple(dict.fromkeys(label for label in found if not is_generic(label)))[:_MOST_LABELS]


def _tags(page: RawPage) -> tuple[str, ...]:
    stated = (
        part.strip()
        for name in ("article:tag", "og:article:tag", "news_keywords")
        for text in page.meta.get(name, ())
        for part in text.split(",")
    )
    return tuple(dict.fromkeys(filter(None, [*page.linked.keywords, *stated])))[:_MOST_LABELS]


def _categories(labels: Sequence[str], tags: Sequence[str]) -> tuple[str, ...]:
    first = {fold(label): label for label in reversed((*labels, *tags))}
    return tuple(reversed(first.values()))[:_MOST_LABELS]


def _author(page: RawPage) -> str:
    meta = ("author", "article:author", "og:article:author", "dc.creator", "parsely-author")
    stated = (
        page.linked.authors
        or tuple(text for name in meta for text in page.meta.get(name, ())[:1])[:1]
    )
    names = dict.fromkeys(
        re.sub(r"^(?:par|by) ", "", name, flags=re.IGNORECASE)
        for name in stated
        if "://" not in name and "@" not in name
    )
    return ", ".join(names)[:_LONGEST_AUTHOR]


def _language(page: RawPage) -> str:
    stated = Counter(
        found[0].lower()
        for text in (page.language, _one(page, "og:locale"), page.linked.language)
        if (found := re.match(r"[A-Za-z]{2,3}(?![A-Za-z])", text))
    )
    return stated.most_common(1)[0][0] if stated else ""
