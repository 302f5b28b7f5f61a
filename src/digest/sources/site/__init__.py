"""Sites without a good feed: their pages, sitemaps and the interface of WordPress.

What a source's articles lack is filled in by `completing`, for feeds as well. What of a site can
be a source is found out by `digest.sources.discovering`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from digest.config import Config, SourceSettings
from digest.net import Web
from digest.sources.site.completing import Completer, needs_page
from digest.sources.site.page import PageSource
from digest.sources.site.sitemap import SitemapSource
from digest.sources.site.wordpress import WordpressSource
from digest.sources.source import Source

#: The kinds of source that are opened here, by their names in `config.toml`.
SITE_KINDS: Mapping[str, Callable[[SourceSettings, Config, Web], Source]] = MappingProxyType(
    {"wordpress": WordpressSource, "page": PageSource, "sitemap": SitemapSource}
)

__all__ = [
    "SITE_KINDS",
    "Completer",
    "PageSource",
    "SitemapSource",
    "WordpressSource",
    "needs_page",
]
