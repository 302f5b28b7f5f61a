"""What a site offers as a source, each tried before it is offered.

`try_…` fetch and read one thing and say how much it holds; None when it is not what it was taken
for, or cannot be had. What is tried, and in which order it is shown, is decided in `discovering`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from digest.config import Config, SourceSettings
from digest.config.settings import PublicationSettings
from digest.errors import SourceError
from digest.model.content import Article, Window
from digest.net import Web
from digest.sources.article_page.leads import is_complete
from digest.sources.article_page.raw_page import RawPage
from digest.sources.feed import FeedSource
from digest.sources.site.links import article_links
from digest.sources.site.sitemap_file import Entry, NoSitemapError, Sitemap, read_sitemap
from digest.sources.site.wordpress_api import WordpressApi, find_api
from digest.text.dates import parse_moment
from digest.text.folding import fold_together
from digest.text.plain import html_to_text

#: Links to articles that make a page a list of them.
_FEWEST_LINKS = 3
_EVER = Window("", datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
_CONFIG = Config(PublicationSettings(name="-"))


Kind = Literal["feed", "wordpress", "sitemap", "page"]
#: What a site can be read as, the best first.
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be a source of `kind` with `url`.

    `articles` is how many it holds now, `latest_title` and `latest` are those of its newest as
    far as it tells; `note` says in a few words what an editor should know.
    """

    kind: Kind
    url: str
    title: str = ""
    articles: int = 0
    latest_title: str = ""
    latest: datetime | None = None
    note: str = ""


def try_feed(url: str, title: str, web: Web) -> Offer | None:
    """The feed at an address."""
    settings = SourceSettings(name="-", kind="feed", url=url)
    try:
        found = list(FeedSource(settings, _CONFIG, web).articles(_EVER))
    except SourceError:
        return None
    articles = [article for article in found if isinstance(article, Article)]
    dated = [article for article in articles if article.published]
    newest = max(dated, key=lambda a: a.published or _EVER.start, default=None)
    first = newest or next(iter(articles), None)
    return Offer(
        "feed",
        url,
        title,
        len(articles),
        first.title if first else "",
        newest.published if newest else None,
        _contents(articles),
    )


def try_wordpress(url: str, web: Web) -> Offer | None:
    """The WordPress interface of the site at an address."""
    try:
        api = find_api(url, web)
        posts = api.list("posts", {"_fields": "title,date_gmt"})
    except SourceError:
        return None
    newest = posts[0] if posts and isinstance(posts[0], dict) else {}
    title: Any = newest.get("title")
    rendered = title.get("rendered") if isinstance(title, dict) else ""
    return Offer(
        "wordpress",
        _site_of(api),
        articles=len(posts),
        latest_title=html_to_text(rendered) if isinstance(rendered, str) else "",
        latest=parse_moment(f"{newest.get('date_gmt', '')}Z", _CONFIG.zone),
        note="full texts, and any week of the past",
    )


def try_sitemap(url: str, web: Web) -> Offer | None:
    """The sitemap at an address; of an index, the part that seems newest is looked into."""
    try:
        sitemap = _sitemap(url, web)
        note = ""
        if sitemap.kind == "index":
            note = f"an index of {len(sitemap.entries):,} sitemaps; articles of one of them"
            inner = _newest(sitemap)
            if inner is None:
                return None
            sitemap = _sitemap(inner.url, web)
    except (SourceError, NoSitemapError):
        return None
    if sitemap.kind == "index" or not sitemap.entries:
        return None
    if not note and all(entry.published for entry in sitemap.entries):
        note = "news of the last days"
    newest = _newest(sitemap)
    return Offer(
        "sitemap",
        url,
        articles=len(sitemap.entries),
        latest_title=newest.title if newest else "",
        latest=(newest.published or newest.changed) if newest else None,
        note=note,
    )


def page_offer(page: RawPage, url: str) -> Offer | None:
    """The page itself, when it links to several articles."""
    links = article_links(page, url)
    if len(links) < _FEWEST_LINKS:
        return None
    words = {fold_together(link.url): link.text for link in reversed(page.links) if link.text}
    return Offer(
        "page",
        url,
        page.title,
        len(links),
        words.get(fold_together(links[0]), ""),
        note="each article's page is fetched",
    )


def _contents(articles: list[Article]) -> str:
    half = len(articles) / 2
    if not articles:
        return "no articles now"
    if sum(bool(article.body) for article in articles) >= half:
        return "full texts"
    if sum(is_complete(article.description) for article in articles) >= half:
        return "leads"
    return "titles and beginnings; the articles' pages will be read"


def _site_of(api: WordpressApi) -> str:
    return api.root.partition("/wp-json")[0].partition("?rest_route")[0].rstrip("/") + "/"


def _sitemap(url: str, web: Web) -> Sitemap:
    answer = web.get(url, robots=False)
    return read_sitemap(answer.body, _CONFIG.zone, _CONFIG.fetch.max_bytes)


def _newest(sitemap: Sitemap) -> Entry | None:
    """The entry with the latest date; without any date the last one."""
    dated = [entry for entry in sitemap.entries if entry.published or entry.changed]
    if dated:
        return max(dated, key=lambda entry: entry.published or entry.changed or _EVER.start)
    return sitemap.entries[-1] if sitemap.entries else None
