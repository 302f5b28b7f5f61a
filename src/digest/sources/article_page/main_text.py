"""The running text of a page: what is left of it without menus, teasers and advertising.

Found by trafilatura, imported only here; its quick way first, its thorough one when that finds
little, and the text stated in JSON-LD when both miss most of it. Measured in
`benchmarks/pages.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Literal

from digest.sources.article_page.tree import Element
from digest.text.plain import clean_line, html_paragraphs

Kind = Literal["text", "subhead", "quote", "item"]
Block = tuple[Kind, str]

# Elements of trafilatura's own vocabulary.
_KINDS: dict[str, Kind] = {"head": "subhead", "quote": "quote", "item": "item"}
_LEFT_OUT = frozenset({"table", "graphic", "code"})
_HOLDING_TEXT = frozenset({"p", "head", "quote", "list", "item", "div"})
_SENTENCE_ENDS = (".", "!", "?", "…", "»", "”")
#: Characters below which a text is looked for again, thoroughly.
_LITTLE = 600
#: Characters of a paragraph that is prose.
_PROSE = 80
#: A stated text counts when it has so many times the characters that were found.
_MUCH_MORE = 2.0


def main_text(tree: Element, stated: str = "") -> list[Block]:
    """The blocks of a page's text in order.

    The tree may be changed. `stated` is the text that the page itself gives in JSON-LD.
    """
    blocks = _found(tree, thorough=False)
    if _length(blocks) < max(_LITTLE, _prose(tree) / 2):
        blocks = max(blocks, _found(tree, thorough=True), key=_length)
    paragraphs = _stated_paragraphs(stated)
    # One block is the same text, found in JSON-LD by trafilatura too, without its paragraphs.
    enough = 1.0 if len(blocks) == 1 < len(paragraphs) else _MUCH_MORE
    if len(stated) > enough * _length(blocks):
        return [("text", text) for text in paragraphs]
    return blocks


def concluded_date(tree: Element, url: str) -> str:
    """The day (2026-11-12) that a page which states none seems to be of, or ""."""
    from htmldate import find_date

    return find_date(tree, original_date=True, url=url or None, extensive_search=False) or ""


def _found(tree: Element, *, thorough: bool) -> list[Block]:
    from trafilatura import bare_extraction

    document = bare_extraction(
        deepcopy(tree), fast=not thorough, include_comments=False, include_tables=False
    )
    if document is None or isinstance(document, dict) or document.body is None:
        return []
    return list(_blocks(document.body))


def _blocks(parent: Element) -> Iterator[Block]:
    for element in parent:
        kind = _KINDS.get(str(element.tag), "text")
        if element.tag in _LEFT_OUT:
            pass
        elif any(child.tag in _HOLDING_TEXT for child in element):
            for inner, text in _blocks(element):
                yield (kind if kind == "quote" else inner), text
        else:
            for text in _lines(element):
                yield kind, text
        if tail := clean_line(element.tail or ""):
            yield "text", tail


def _lines(element: Element) -> Iterator[str]:
    """The text of a block; a break after a sentence ends a paragraph."""
    pieces = [element.text or ""]
    for child in element.iterdescendants():
        if child.tag == "lb" and "".join(pieces).rstrip().endswith(_SENTENCE_ENDS):
            yield from _one(pieces)
            pieces = []
        pieces += [" " if child.tag == "lb" else child.text or "", child.tail or ""]
    yield from _one(pieces)


def _one(pieces: list[str]) -> Iterator[str]:
    if text := clean_line("".join(pieces)):
        yield text


def _prose(tree: Element) -> int:
    """Characters of all paragraphs of the page that are long enough to be prose."""
    texts = ("".join(map(str, part.itertext())) for part in tree.iter("p"))
    return sum(len(text) for text in texts if len(text) >= _PROSE)


def _length(blocks: list[Block]) -> int:
    return sum(len(text) for _, text in blocks)


def _stated_paragraphs(text: str) -> list[str]:
    if "</" in text or "<br" in text:
        return html_paragraphs(text)
    return [line for part in text.splitlines() if (line := clean_line(part))]
