"""Finds in a page's tree what it states besides JSON-LD: head, dates, chapô, picture, links.

Every count and length is bounded. What is believed of it is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

from digest.sources.article_page.raw_page import Figure, Link, NamedFeed
from digest.sources.article_page.tree import Element, elements, text_of
from digest.text.plain import clean_line

_MOST_META = 400
_MOST_FOUND = 12
_MOST_LINKS = 5_000
_LONGEST = 5_000
#: Characters of a paragraph that is one.
_SHORTEST = 60

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml")
_JSON_FEED_TYPES = ("application/feed+json", "application/json")
_CHAPO_CLASS = re.compile(
    r"(?:^|[-_])(?:chapo|chapô|chapeau|standfirst|dek|lede|strapline)(?:$|[-_])"
    r"|(?:article|story|post|content|entry)[-_]+(?:desc|description|summary|intro|introduction"
    r"|lead|excerpt|abstract|chapo)$",
    re.IGNORECASE,
)
_CREDIT_CLASS = re.compile(r"credit|copyright|photographer", re.IGNORECASE)
_ASIDE = "ancestor::nav or ancestor::footer or ancestor::aside or ancestor::form"
_DATES_OF_META = (
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "og:published_time",
    "datepublished",
    "date.available",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "parsely-pub-date",
    "sailthru.date",
    "publish-date",
    "publication_date",
    "pubdate",
    "date",
)


def meta_of(tree: Element) -> dict[str, tuple[str, ...]]:
    """The contents of each `<meta>` by its name in lower case."""
    found: dict[str, list[str]] = {}
    for element in elements(tree, "//meta[@content]")[:_MOST_META]:
        content = clean_line(element.get("content", "")[:_LONGEST])
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if content and name:
            found.setdefault(name.strip().lower(), []).append(content)
    return {name: tuple(contents) for name, contents in found.items()}


def dates_of_meta(meta: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What the head states as the date of publication, the surest name first."""
    return tuple(meta[name][0] for name in _DATES_OF_META if name in meta)


def marked_dates(tree: Element) -> tuple[str, ...]:
    """Dates that the mark-up of the text calls those of publication."""
    found = []
    path = "//*[@itemprop='datePublished'] | //time[@pubdate]"
    for element in elements(tree, path)[:_MOST_FOUND]:
        date = element.get("content") or element.get("datetime") or text_of(element)
        found.append(date[:100])
    return tuple(filter(None, found))


def times_beside(tree: Element) -> tuple[str, ...]:
    """Moments that stand with the article, whatever they are of."""
    places = "//article//time | //main//time | (//h1)[1]/following::time"
    found = elements(tree, f"({places})[@datetime and not({_ASIDE})]")[:_MOST_FOUND]
    return tuple(time.get("datetime", "")[:100] for time in found)


def first_text(tree: Element, path: str) -> str:
    """The text of the first element on a path that has any."""
    found = (text_of(element) for element in elements(tree, path)[:_MOST_FOUND])
    return next(filter(None, found), "")


def headings_of(tree: Element) -> tuple[str, ...]:
    """Headings of the first level, those of the article before the others."""
    return tuple(dict.fromkeys(filter(None, map(text_of, _heading_elements(tree)))))


def marked_chapos(tree: Element) -> tuple[str, ...]:
    """Texts that the newsroom's own classes call a chapô, those after the title."""
    start = next(iter(_heading_elements(tree)), None)
    path = (
        f"{'following' if start is not None else 'descendant'}::*[@class and not({_ASIDE}) and "
        "(self::p or self::div or self::h2 or self::h3 or self::section or self::span or "
        "self::strong or self::header)]"
    )
    found: dict[str, None] = {}
    for element in elements(start if start is not None else tree, path):
        names = element.get("class", "")[:500].split()
        if any(map(_CHAPO_CLASS.search, names)) and (text := text_of(element)):
            found[text[:_LONGEST]] = None
        if len(found) == _MOST_FOUND:
            break
    if start is not None and (beside := _beside_title(start)):
        found[beside] = None
    return tuple(found)


def _heading_elements(tree: Element) -> list[Element]:
    inner = elements(tree, "//h1[ancestor::article or ancestor::main]")
    return [*inner, *elements(tree, "//h1")][:_MOST_FOUND]


def _beside_title(heading: Element) -> str:
    """The one paragraph that stands with the title, apart from the running text."""
    path = "following-sibling::p | following-sibling::h2 | following-sibling::div[not(*)]"
    beside = map(text_of, elements(heading, path)[:30])
    texts = [text for text in beside if len(text) >= _SHORTEST]
    return texts[0] if len(texts) == 1 and len(texts[0]) <= _LONGEST else ""


def stands_before(text: str, first: str, page: str) -> bool:
    """Whether `text` is not something from after the article began."""
    place, begin = page.find(text[:60]), page.find(first[:60])
    return place <= begin or begin < 0


def first_figure(tree: Element, base: str) -> Figure | None:
    """The first figure of the article, with what is written under it."""
    path = f"//figure[.//img and not({_ASIDE}) and (ancestor::article or ancestor::main)]"
    for figure in elements(tree, path)[:_MOST_FOUND]:
        image = elements(figure, ".//img")[0]
        location = image.get("src") or ""
        if not location or location.startswith("data:"):
            location = image.get("data-src") or image.get("data-original") or ""
        captions = [text_of(part) for part in elements(figure, ".//figcaption")]
        credits_ = [
            text_of(part)
            for part in elements(figure, ".//*[@class]")
            if _CREDIT_CLASS.search(part.get("class", ""))
        ]
        credit = next(filter(None, credits_), "")[:300]
        caption = next(filter(None, captions), "").replace(credit, "") if captions else ""
        if location := web_address(base, location):
            alt = clean_line(image.get("alt") or "")[:_LONGEST]
            return Figure(location, alt, clean_line(caption)[:_LONGEST], credit)
    return None


def links_of(tree: Element, base: str) -> Iterator[Link]:
    """Links that may lead to articles, in the order of the page."""
    for element in elements(tree, f"//a[@href and not({_ASIDE})]")[:_MOST_LINKS]:
        url = web_address(base, element.get("href", ""))
        if not url:
            continue
        inner = elements(element, "(.//h1 | .//h2 | .//h3 | .//h4)[1]")
        around = elements(element, "ancestor::h1 | ancestor::h2 | ancestor::h3 | ancestor::h4")
        text = text_of(inner[0]) if inner else text_of(element)
        among = elements(element, "ancestor::article | ancestor::main")
        yield Link(url, text[:300], bool(inner or around or among))


def named_feeds(tree: Element, base: str) -> Iterator[NamedFeed]:
    """The feeds that the page names for readers of feeds."""
    for link in elements(tree, "//link[@href and @rel and @type]"):
        kind = link.get("type", "").strip().lower()
        is_json = kind in _JSON_FEED_TYPES and "wp-json" not in link.get("href", "")
        is_named = "alternate" in link.get("rel", "").lower().split()
        url = web_address(base, link.get("href", ""))
        if is_named and (kind in _FEED_TYPES or is_json) and url:
            yield NamedFeed(url, clean_line(link.get("title") or "")[:200])


def web_address(base: str, link: str) -> str:
    """A link as an absolute http(s) address, or ""."""
    try:
        absolute = urljoin(base, re.sub(r"\s+", "", link)) if link else ""
    except ValueError:
        return ""
    return absolute if re.match(r"https?://[^/]", absolute, re.IGNORECASE) else ""
