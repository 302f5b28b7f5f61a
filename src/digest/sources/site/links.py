"""Which links of a section's page lead to articles.

A guess from addresses and places: a date, a number or a long slug in the path, a heading around
the link. What is behind the address is seen when it is visited.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from digest.sources.article_page.extraction import own_host
from digest.sources.article_page.raw_page import Link, RawPage
from digest.text.addresses import canonical_url

_DATED = re.compile(r"/(?:19|20)\d\d[/-]?(?:0?[1-9]|1[0-2])(?:[/-]|\d\d\b|\b)")
_NUMBERED = re.compile(r"(?:^|[-_/.])\d{5,}(?:[-_/.]|$)")
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+){3,}", re.IGNORECASE)
_OTHER_FILES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|pdf|mp[34]|zip|xml|rss|css|js|ics|docx?|xlsx?)$", re.IGNORECASE
)
_NEVER = re.compile(
    r"/(?:tags?|auteurs?|authors?|categor(?:y|ies)|categories?|sujets?|themes?|dossiers?|page|"
    r"abonnements?|subscribe|newsletters?|login|connexion|compte|account|contacts?|a-propos|about|"
    r"recherche|search|mentions-legales|cg[uv]|conditions-[^/]*|politique-de-[^/]*|privacy[^/]*|"
    r"plan-du-site|sitemap|rss|feed|publicite|qui-sommes-nous|wp-(?:admin|json|login)[^/]*)(?:/|$)",
    re.IGNORECASE,
)
#: Characters of a link's words that are a title.
_TITLE = 25


def article_links(page: RawPage, url: str, only: str = "") -> list[str]:
    """The addresses of a page's articles, in its order, without repetitions.

    `only` is a part of the address that all of them have; with it a link needs no other sign.
    Listings that state their articles in JSON-LD are believed.
    """
    here, host = canonical_url(url), own_host(url)
    stated = list(filter(None, map(canonical_url, page.linked.listed)))
    told = [canonical_url(link.url) for link in page.links if _tells_article(link, only)]
    return [
        address
        for address in dict.fromkeys((*stated, *told))
        if own_host(address) == host
        and only in unquote(address)
        # Neither this page nor a folder that it lies in.
        and not f"{here.rstrip('/')}/".startswith(f"{address.rstrip('/')}/")
    ]


def _tells_article(link: Link, only: str) -> bool:
    path = urlsplit(link.url).path
    if len(path) < 2 or _OTHER_FILES.search(path) or _NEVER.search(path):
        return False
    if only or _DATED.search(path) or _NUMBERED.search(path):
        return True
    last = path.rstrip("/").rpartition("/")[2].partition(".")[0]
    return bool(_SLUG.fullmatch(last)) and (link.prominent or len(link.text) >= _TITLE)
