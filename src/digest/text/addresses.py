"""An article's address in one canonical form, so that the same article is known again.

Tracking parameters go (the list is that of the large mail, social and audience tools found in
feeds), the rest of the query stays in its order. The path is left as published: servers tell
letters and a final slash apart.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from digest.model.content import Article

_TRACKING = re.compile(
    r"utm_\w+|at_\w+|pk_\w+|mtm_\w+|hsa_\w+|xtor|fbclid|gclid|gclsrc|dclid|msclkid|twclid|yclid"
    r"|igshid|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok|ns_mchannel|ns_source|ns_campaign|ns_linkname"
    r"|ns_fee|wt_mc|cmpid|ocid|__twitter_impression",
    re.IGNORECASE,
)
#: An address of the usual form and its query: no port, no credentials, nothing to escape.
_USUAL = re.compile(
    r"(https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?/[\w/.~%,:@!$&'()*+;=-]*)"
    r"(?:\?([\w/.~%,:@!$&'()*+;=?-]*))?",
    re.ASCII,
)
_WITHOUT_BLANKS = re.compile(r"[\x00-\x20]+|\s+\Z|\A\s+")
_SAFE = "/%:@!$&'()*+,;=~-._"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """The canonical form of an http(s) address; "" for anything else.

    `HTTPS://Example.org:443/a?utm_source=x&id=3#top` → `https://example.org/a?id=3`. A fragment
    goes unless it is a path of its own (`#!/…`). Credentials go.
    """
    if usual := _USUAL.fullmatch(url):
        query = _without_tracking(usual[2])
        return f"{usual[1]}?{query}" if query else usual[1]
    url = _WITHOUT_BLANKS.sub("", url)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host or not re.fullmatch(r"[^\s/\\\"<>^`{|}]+", host):
        return ""
    if ":" in host:
        host = f"[{host}]"
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        host = f"{host}:{port}"
    query = _without_tracking(parts.query)
    fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""
    path = quote(parts.path or "/", safe=_SAFE)
    return urlunsplit((scheme, host, path, query, quote(fragment, safe=_SAFE + "?")))


def address_of(article: Article) -> str:
    """What an article is known by: its canonical address, or its `file:` address as it is."""
    return canonical_url(article.url) or article.url


def _without_tracking(query: str | None) -> str:
    if not query:
        return ""
    kept = [
        part
        for part in query.split("&")
        if part and not _TRACKING.fullmatch(part.partition("=")[0])
    ]
    return quote("&".join(kept), safe=_SAFE + "?")
