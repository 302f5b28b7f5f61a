"""Reads a page in the child process (`apart`): parses it and collects what it says of itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from digest.sources.article_page.linked_data import read_linked_data
from digest.sources.article_page.main_text import concluded_date, main_text
from digest.sources.article_page.raw_page import RawPage
from digest.sources.article_page.statements import (
    dates_of_meta,
    first_figure,
    first_text,
    headings_of,
    links_of,
    marked_chapos,
    marked_dates,
    meta_of,
    named_feeds,
    stands_before,
    times_beside,
    web_address,
)
from digest.sources.article_page.tree import (
    Element,
    UnreadableError,
    attribute,
    decode_page,
    parse_page,
    text_of,
)


def read_raw(request: Mapping[str, Any]) -> dict[str, Any]:
    """The statements of a page, as `RawPage.of` reads them, or why there are none.

    `request` has `html` (its bytes as Latin-1), `charset`, `url`, and `listing`: whether links
    are wanted and no running text.
    """
    try:
        tree = parse_page(decode_page(request["html"].encode("latin-1"), request["charset"]))
    except UnreadableError as error:
        return {"refused": error.reason}
    return dataclasses.asdict(_read(tree, request["url"], listing=request["listing"]))


def _read(tree: Element, url: str, *, listing: bool) -> RawPage:
    meta = meta_of(tree)
    scripts = [
        script.text or ""
        for script in tree.iter("script")
        if "ld+json" in (script.get("type") or "").lower()
    ]
    linked = read_linked_data(scripts[:40], url)
    base = web_address(url, attribute(tree, "//base/@href")) or url
    common = RawPage(
        language=(tree.get("lang") or tree.get("xml:lang") or "")[:20],
        title=first_text(tree, "//head/title | //title[not(ancestor::svg)]"),
        headings=headings_of(tree),
        canonical=web_address(base, attribute(tree, "//link[@rel='canonical']/@href")),
        meta=meta,
        linked=linked,
        feeds=tuple(named_feeds(tree, base)),
        wordpress=web_address(base, attribute(tree, "//link[@rel='https://api.w.org/']/@href")),
    )
    if listing:
        return dataclasses.replace(common, links=tuple(links_of(tree, base)))
    dates = (*linked.published, *dates_of_meta(meta), *marked_dates(tree))
    times = times_beside(tree)
    chapos = marked_chapos(tree)
    figure = first_figure(tree, base)
    page_text = text_of(tree)
    concluded = "" if dates or times else concluded_date(tree, url)
    blocks = main_text(tree, linked.text)
    first = next((text for kind, text in blocks if kind == "text"), "")
    return dataclasses.replace(
        common,
        chapos=tuple(text for text in chapos if stands_before(text, first, page_text)),
        dates=dates,
        times=times,
        concluded=concluded,
        blocks=tuple(blocks),
        figure=figure,
    )
