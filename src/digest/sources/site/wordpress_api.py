"""A site's REST interface: where it is, and what it answers.

Pretty addresses (`/wp-json/`) and plain ones (`?rest_route=`), sites in a subfolder, and an
interface elsewhere that the site's page names in its head. Answers are JSON or an error that says
what came instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from digest.errors import FetchError, SourceError
from digest.net import Fetched, Web
from digest.sources.article_page.apart import read_apart
from digest.sources.article_page.tree import UnreadableError
from digest.text.masking import mask_url
from digest.text.plain import html_to_text

#: Objects of one answer, as many as WordPress gives.
PER_PAGE = 100

_CLOSED = (401, 403)
_ROUTE = "/wp/v2/"


@dataclass(frozen=True, slots=True)
class WordpressApi:
    """An interface that has answered. `root` is its address, `?rest_route=` included."""

    root: str
    web: Web

    def list(self, kind: str, question: Mapping[str, str]) -> list[Any]:
        """The objects of a kind (`posts`, `categories`), at most `PER_PAGE`.

        Raises:
            FetchError: there is no answer, or one that refuses.
            SourceError: the answer is not a list of objects.
        """
        url = self._address(kind, {**question, "per_page": str(PER_PAGE)})
        answer = self.web.get(url)
        found = _json(answer)
        if isinstance(found, list):
            return found
        raise SourceError(
            f"{mask_url(url)}: answers {_shown(found)}, not a list of {kind}",
            "Open the address in a browser; the site may have closed its interface.",
        )

    def _address(self, kind: str, question: Mapping[str, str]) -> str:
        parts = urlsplit(self.root)
        route = f"{_ROUTE}{kind}"
        query = dict(parse_qsl(parts.query))
        path = parts.path
        if "rest_route" in query:
            query["rest_route"] = query["rest_route"].rstrip("/") + route
        else:
            path = path.rstrip("/") + route
        written = urlencode({**query, **question}, safe=":,/", quote_via=quote)
        return urlunsplit((parts.scheme, parts.netloc, path, written, ""))


def find_api(site: str, web: Web) -> WordpressApi:
    """The interface of the site at an address, which may be the interface's own.

    Raises:
        FetchError: the site does not answer, or its interface is closed.
        SourceError: there is none.
    """
    closed: FetchError | None = None
    for root in _roots(site):
        api = WordpressApi(root, web)
        try:
            api.list("posts", {"_fields": "id"})
        except FetchError as error:
            if error.status in _CLOSED:
                closed = closed or error
            elif error.status == 0 or error.status >= 500:
                raise
        except SourceError:
            continue
        else:
            return api
    if closed is not None:
        raise FetchError(
            closed.message,
            "The site keeps its WordPress interface closed; use its feed (/feed/) instead.",
            status=closed.status,
        )
    if named := _named_root(site, web):
        return WordpressApi(named, web)
    raise SourceError(
        f"{mask_url(site)}: no WordPress interface is found (wp-json, ?rest_route=)",
        "Check that the site is made with WordPress, or use its feed or sitemap.",
    )


def _roots(site: str) -> list[str]:
    """Where an interface can be: at the address given, and in the folders above it."""
    parts = urlsplit(site)
    own = re.match(r"(.*/wp-json)(?:/|$)", parts.path)
    if own:
        return [urlunsplit((parts.scheme, parts.netloc, own[1], "", ""))]
    if "rest_route" in parts.query:
        return [urlunsplit((parts.scheme, parts.netloc, parts.path, "rest_route=/", ""))]
    folder = parts.path.rstrip("/")
    folders = list(dict.fromkeys((folder, "")))
    pretty = [urlunsplit((parts.scheme, parts.netloc, f"{f}/wp-json", "", "")) for f in folders]
    plain = [urlunsplit((parts.scheme, parts.netloc, f"{f}/", "rest_route=/", "")) for f in folders]
    return [*pretty, *plain]


def _named_root(site: str, web: Web) -> str:
    answer = web.get(site)
    try:
        return read_apart(answer.body, answer.charset, answer.url, listing=True).wordpress
    except UnreadableError:
        return ""


def _json(answer: Fetched) -> Any:
    """The value of an answer; what a faulty site prints before it is left aside."""
    text = answer.body.decode("utf-8-sig", "replace")
    start = re.search(r"[\[{]", text)
    try:
        return json.JSONDecoder(strict=False).raw_decode(text, start.start() if start else 0)[0]
    except (ValueError, RecursionError):
        kind = "a web page (HTML)" if "<" in text[:500] else "something that is not JSON"
        raise SourceError(
            f"{mask_url(answer.url)}: answers {kind}",
            "The site may ask visitors for a check that programs cannot pass; use its feed.",
        ) from None


def _shown(found: object) -> str:
    if isinstance(found, dict) and isinstance(found.get("code"), str):
        said = html_to_text(str(found.get("message", "")))[:200]
        return f"the error {found['code'][:80]}" + (f" (“{said}”)" if said else "")
    return "an object" if isinstance(found, dict) else f"“{str(found)[:40]}”"
