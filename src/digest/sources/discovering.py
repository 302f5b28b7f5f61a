"""Finds what of a site can be a source, from any address of it.

Feeds that the page names, the usual places where it names none, WordPress, sitemaps, and the page
itself as a list of articles. Each offer was really fetched and read (`offers`); the best comes
first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from urllib.parse import unquote, urljoin, urlsplit

from digest.errors import SourceError
from digest.net import Abreast, Fetched, Web
from digest.sources.article_page.apart import read_apart
from digest.sources.article_page.raw_page import NamedFeed, RawPage
from digest.sources.article_page.tree import UnreadableError
from digest.sources.offers import KINDS, Offer, page_offer, try_feed, try_sitemap, try_wordpress
from digest.text.folding import fold
from digest.text.masking import mask_url

__all__ = ["KINDS", "Offer", "discover", "suggest_name"]

_MOST_FEEDS = 12
_MOST_SITEMAPS = 6
_AT_ONCE = 4

_USUAL_FEEDS = ("feed/", "rss", "rss.xml", "feed.xml", "atom.xml", "feeds/", "index.xml")
_USUAL_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml", "/sitemap-news.xml", "/news-sitemap.xml")
_NAMED_SITEMAP = re.compile(rb"(?im)^[ \t]*sitemap[ \t]*:[ \t]*(https?://[^\s#]+)")
_PAGE = re.compile(rb"<!doctype\s+html|<html\b", re.IGNORECASE)
_COMMENTS = re.compile(r"comment|commentaire", re.IGNORECASE)

_SHARED_HOSTS = ("wordpress.com", "blogspot.com", "substack.com", "over-blog.com", "github.io")
_SECOND_LEVEL = frozenset({"co", "com", "org", "gouv", "gov", "ac", "net", "asso"})
_PLAIN_SEGMENT = re.compile(
    r"(?:rss|feeds?|atom|xml|index|category|categorie|rubrique|section|tag|wp-json|sitemaps?|news|"
    r"[a-z]{2}|rss_full|\d*)",
    re.IGNORECASE,
)


def discover(url: str, web: Web) -> list[Offer]:
    """What can be a source at an address of a site; empty when nothing is found.

    `url` may lack its `https://`. `web` remembers no visits, so that all is read.

    Raises:
        FetchError: the address itself cannot be fetched.
    """
    address = url.strip() if "://" in url else f"https://{url.strip()}"
    answer = web.get(address)
    if not _PAGE.search(answer.body[:4_000]):
        found = try_feed(address, "", web) or try_sitemap(address, web)
        if found:
            return [found]
    page = _read(answer)
    offers = list(_feeds(page, answer.url, web))
    if page.wordpress or b"/wp-content/" in answer.body:
        offers += _found([try_wordpress(page.wordpress or _root(answer.url), web)])
    offers += _sitemaps(answer.url, web)
    offers += _found([page_offer(page, answer.url)])
    return sorted(offers, key=_place(answer.url))


def suggest_name(url: str) -> str:
    """A short name for a source: `https://www.exemple.fr/monde/rss.xml` → `exemple-monde`."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    labels = (parts.hostname or "").split(".")
    if parts.hostname and parts.hostname.endswith(_SHARED_HOSTS):
        site = labels[0]
    elif len(labels) > 2 and labels[-2] in _SECOND_LEVEL:
        site = labels[-3]
    else:
        site = labels[-2] if len(labels) > 1 else labels[0]
    segments = [
        name
        for segment in unquote(parts.path).split("/")
        if (name := fold(segment.partition(".")[0]).replace(" ", "-"))
        and not _PLAIN_SEGMENT.fullmatch(name)
    ]
    return "-".join([fold(site).replace(" ", "-") or "source", *segments[:1]])[:40].rstrip("-")


def _read(answer: Fetched) -> RawPage:
    try:
        return read_apart(answer.body, answer.charset, answer.url, listing=True)
    except UnreadableError as error:
        raise SourceError(
            f"{mask_url(answer.url)}: {error.reason}",
            "Give the address of the site's front page, of a section or of a feed.",
        ) from error


def _feeds(page: RawPage, url: str, web: Web) -> Iterator[Offer]:
    """The feeds that the page names; the usual places when none of those can be read."""
    named = list(dict.fromkeys(page.feeds))[:_MOST_FEEDS]
    offers = _tried(named, web)
    if not any(offer.articles for offer in offers):
        folder = urlsplit(url).path.rpartition("/")[0] + "/"
        bases = dict.fromkeys((urljoin(url, folder), _root(url)))
        usual = [NamedFeed(urljoin(base, path), "") for base in bases for path in _USUAL_FEEDS]
        offers += _tried(usual, web)
    # A site gives one feed at several addresses.
    seen: set[tuple[int, str, datetime | None]] = set()
    for offer in offers:
        mark = offer.articles, offer.latest_title, offer.latest
        if offer.articles == 0 or mark not in seen:
            seen.add(mark)
            yield offer


def _tried(feeds: Iterable[NamedFeed], web: Web) -> list[Offer]:
    with Abreast(_AT_ONCE, "offers") as pool:
        return _found(pool.map(lambda feed: try_feed(feed.url, feed.title, web), feeds))


def _sitemaps(url: str, web: Web) -> list[Offer]:
    named: list[str] = []
    try:
        robots = web.get(urljoin(_root(url), "/robots.txt"), robots=False)
        named = [found.decode("latin-1") for found in _NAMED_SITEMAP.findall(robots.body)]
    except SourceError:
        pass
    usual = [urljoin(_root(url), path) for path in _USUAL_SITEMAPS]
    chosen = list(dict.fromkeys(named or usual))[:_MOST_SITEMAPS]
    with Abreast(_AT_ONCE, "offers") as pool:
        return _found(pool.map(lambda address: try_sitemap(address, web), chosen))


def _found(offers: Iterable[Offer | None]) -> list[Offer]:
    return [offer for offer in offers if offer is not None]


def _root(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def _place(url: str) -> Callable[[Offer], tuple[bool, bool, bool, int, float]]:
    """How offers are ordered: those with articles, no comments, of the section asked for, by
    kind, the newest."""
    path = urlsplit(url).path.strip("/")

    def key(offer: Offer) -> tuple[bool, bool, bool, int, float]:
        comments = bool(_COMMENTS.search(offer.url) or _COMMENTS.search(offer.title))
        elsewhere = bool(path) and path not in offer.url
        newest = offer.latest or datetime(1990, 1, 1, tzinfo=UTC)
        return (
            not offer.articles,
            comments,
            elsewhere,
            KINDS.index(offer.kind),
            -newest.timestamp(),
        )

    return key
