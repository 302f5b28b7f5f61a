"""Reads what a page states in JSON-LD, however carelessly it is written.

Graphs, lists, references by `@id`, HTML entities, trailing commas and line breaks inside texts
are taken as they come; depth and number of nodes are bounded. Source: schema.org (NewsArticle,
BreadcrumbList, ItemList); what of it is believed is decided in `extraction`.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from digest.text.addresses import canonical_url
from digest.text.plain import clean_line, html_to_text

_LONGEST_SCRIPT = 1_000_000
_MOST_NODES = 3_000
_DEEPEST = 12
_MOST_VALUES = 60
_LONGEST_VALUE = 100_000

_OTHER_ARTICLES = frozenset({"BlogPosting", "LiveBlogPosting", "Report", "Review", "NewsItem"})
_FOLLOWED = ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "about", "breadcrumb")
_WRAPPING = re.compile(r"\A\s*(?:/[/*]\s*)?(?:<!--|<!\[CDATA\[)(?:\s*\*/)?|(?:-->|\]\]>)[\s*/]*\Z")

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LinkedPicture:
    """A picture as stated; sizes as they are written."""

    location: str
    width: str = ""
    height: str = ""
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class LinkedData:
    """What is stated of the page's article, of the site, and of other articles it lists."""

    headline: str = ""
    description: str = ""
    text: str = ""
    published: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    language: str = ""
    pictures: tuple[LinkedPicture, ...] = ()
    publisher: str = ""
    breadcrumbs: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()


def read_linked_data(scripts: Iterable[str], url: str) -> LinkedData:
    """What the scripts of the page at `url` state; empty fields for what they do not."""
    nodes: list[Node] = []
    for script in scripts:
        nodes += _nodes(_loaded(script), _MOST_NODES - len(nodes))
    by_id: dict[str, Node] = {}
    for node in nodes:
        if name := _id(node):
            by_id[name] = {**by_id.get(name, {}), **node}
    article = _article(nodes, url)
    keywords = _texts(article.get("keywords"), by_id)
    if len(keywords) == 1:
        keywords = tuple(filter(None, map(clean_line, re.split(r"[,;]", keywords[0]))))
    return LinkedData(
        headline=_first(article.get("headline") or article.get("name")),
        description=_first(article.get("description")),
        text=_paragraphs(article.get("articleBody")),
        published=tuple(
            text for key in ("datePublished", "dateCreated") if (text := _first(article.get(key)))
        ),
        sections=_texts(article.get("articleSection"), by_id),
        keywords=keywords,
        authors=_texts(article.get("author"), by_id) or _texts(article.get("creator"), by_id),
        language=_first(article.get("inLanguage")),
        pictures=tuple(_pictures(article, by_id)),
        publisher=_publisher(article, nodes, by_id),
        breadcrumbs=_breadcrumbs(nodes),
        listed=tuple(_listed(nodes)),
    )


def _loaded(script: str) -> Any:
    """The value of a script; None when nothing makes it one."""
    text = _WRAPPING.sub("", script[:_LONGEST_SCRIPT]).strip()
    for mend in (str, _without_trailing_commas, html.unescape):
        with contextlib.suppress(ValueError, RecursionError):
            # What follows the value is left aside.
            return json.JSONDecoder(strict=False).raw_decode(mend(text))[0]
    return None


def _without_trailing_commas(text: str) -> str:
    return re.sub(r",(\s*[}\]])", r"\1", text)


def _nodes(value: Any, room: int) -> list[Node]:
    """The objects of a value, outer ones first, as far as articles are looked for in them."""
    found: list[Node] = []
    waiting = [(value, 0)]
    for part, depth in waiting:
        if len(found) >= room or depth > _DEEPEST:
            break
        if isinstance(part, list):
            waiting += [(inner, depth + 1) for inner in part[: room - len(found)]]
        elif isinstance(part, dict):
            found.append(part)
            waiting += [(part[key], depth + 1) for key in _FOLLOWED if key in part]
            waiting += [
                (part[key], depth + 1)
                for key in ("author", "image", "publisher", "primaryImageOfPage")
                if isinstance(part.get(key), dict | list)
            ]
    return found


def _types(node: Node) -> list[str]:
    stated = node.get("@type")
    names = stated if isinstance(stated, list) else [stated]
    return [name.rpartition("/")[2] for name in names if isinstance(name, str)]


def _is_article(node: Node) -> bool:
    return any(name.endswith("Article") or name in _OTHER_ARTICLES for name in _types(node))


def _article(nodes: list[Node], url: str) -> Node:
    """The node of the page's own article: the one that names its address, or the first."""
    articles = [node for node in nodes if _is_article(node)]
    here = canonical_url(url)
    for node in articles:
        page = node.get("mainEntityOfPage")
        named = [node.get("url"), node.get("@id")]
        named += [page.get("@id"), page.get("url")] if isinstance(page, dict) else [page]
        if any(isinstance(text, str) and canonical_url(text) == here for text in named):
            return node
    return articles[0] if articles else {}


def _first(value: Any) -> str:
    """The first text of a value, plain."""
    if isinstance(value, list):
        return next((text for part in value[:_MOST_VALUES] if (text := _first(part))), "")
    if isinstance(value, dict):
        return _first(value.get("@value") or value.get("alternateName") or value.get("name"))
    return html_to_text(html.unescape(value[:_LONGEST_VALUE])) if isinstance(value, str) else ""


def _texts(value: Any, by_id: Mapping[str, Node]) -> tuple[str, ...]:
    """All texts of a value; objects give their names."""
    parts = value if isinstance(value, list) else [value]
    found: dict[str, None] = {}
    for part in parts[:_MOST_VALUES]:
        if isinstance(part, dict):
            known = {**by_id.get(_id(part), {}), **part}
            part = known.get("name")
        for text in part[:_MOST_VALUES] if isinstance(part, list) else [part]:
            if plain := _first(text):
                found[plain] = None
    return tuple(found)


def _id(node: Node) -> str:
    found = node.get("@id")
    return found if isinstance(found, str) else ""


def _paragraphs(value: Any) -> str:
    """The text of an article with its line breaks, mark-up left as it is."""
    return value[:_LONGEST_VALUE] if isinstance(value, str) else ""


def _pictures(article: Node, by_id: Mapping[str, Node]) -> Iterator[LinkedPicture]:
    for key in ("image", "thumbnailUrl"):
        value = article.get(key)
        for part in (value if isinstance(value, list) else [value])[:_MOST_VALUES]:
            if isinstance(part, str):
                yield LinkedPicture(part)
            elif isinstance(part, dict):
                node = {**by_id.get(_id(part), {}), **part}
                location = node.get("url") or node.get("contentUrl") or node.get("@id")
                if isinstance(location, list):
                    location = next(iter(location), "")
                if isinstance(location, str) and location:
                    yield LinkedPicture(
                        location,
                        _size(node.get("width")),
                        _size(node.get("height")),
                        _first(node.get("caption")),
                        next(
                            (
                                text
                                for key in ("creditText", "author", "creator", "copyrightHolder")
                                for text in _texts(node.get(key), by_id)
                            ),
                            "",
                        ),
                    )


def _size(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("value")
    return str(value)[:20] if isinstance(value, str | int | float) else ""


def _publisher(article: Node, nodes: list[Node], by_id: Mapping[str, Node]) -> str:
    names = _texts(article.get("publisher"), by_id)
    if not names:
        names = tuple(
            name
            for wanted in ("WebSite", "NewsMediaOrganization", "Organization")
            for node in nodes
            if wanted in _types(node) and (name := _first(node.get("name")))
        )
    return names[0] if names else ""


def _breadcrumbs(nodes: list[Node]) -> tuple[str, ...]:
    """The names on the way to the page, without the site's own at the start."""
    for node in nodes:
        steps = node.get("itemListElement")
        if "BreadcrumbList" in _types(node) and isinstance(steps, list):
            names = [
                _first(step.get("name")) or _first(step.get("item"))
                for step in steps[1:_MOST_VALUES]
                if isinstance(step, dict)
            ]
            return tuple(filter(None, names))
    return ()


def _listed(nodes: list[Node]) -> Iterator[str]:
    """The addresses of the articles that a listing names."""
    for node in nodes:
        steps = node.get("itemListElement")
        if "ItemList" not in _types(node) or not isinstance(steps, list):
            continue
        for step in steps[:_MOST_NODES]:
            item = step.get("item", step) if isinstance(step, dict) else step
            address = (item.get("url") or item.get("@id")) if isinstance(item, dict) else item
            if not isinstance(address, str) and isinstance(step, dict):
                address = step.get("url")
            if isinstance(address, str) and address:
                yield address
