"""The rendered HTML as the rules see it: links, pictures, words and the sponsors' blocks.

Hidden text (the preheader) is not counted as seen. Words are compared without regard to case or
kinds of spaces, since labels may be set in capitals and French spaces are no-break ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree
from lxml import html as lxml_html

from digest.text.folding import fold_case

_SKIPPED = {"script", "style", "title", "head"}
_BLOCKS = {"p", "td", "tr", "div", "h1", "h2", "h3", "br", "blockquote", "li", "table"}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """One `<a>`: where it leads and what it says."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """One `<img>`; `alt` is None where there is none."""

    src: str
    alt: str | None
    sponsor: bool


class Document:
    """A letter's HTML, read once.

    Args:
        markup: the HTML with its tokens; empty is an empty document.
    """

    def __init__(self, markup: str) -> None:
        parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True)
        self._root = lxml_html.document_fromstring(
            (markup.strip() or "<html><body></body></html>").encode(), parser=parser
        )
        self.links = [
            Link(one_line(node.get("href", "")), one_line(_text(node)))
            for node in self._root.iter("a")
            if node.get("href") is not None
        ]
        self.images = [
            Image(node.get("src", ""), node.get("alt"), "sand" in node.get("class", ""))
            for node in self._root.iter("img")
        ]
        heading = next(self._root.iter("h1"), None)
        self.heading = "" if heading is None else one_line(_text(heading))
        self.visible = _seen(self._root)
        self.seen = fold_case(self.visible)

    def blocks(self, slot: str) -> list[str]:
        """The folded words of the blocks that stand for a slot."""
        wanted = f"slot-{slot}"
        return [
            fold_case(_seen(node))
            for node in self._root.iter("div", "table", "td")
            if wanted in node.get("class", "").split()
        ]


def one_line(text: str) -> str:
    """A text with single spaces, as links and labels are compared and shown."""
    return " ".join(text.split())


def _text(node: etree._Element) -> str:
    return "".join(str(text) for text in node.itertext())


def _seen(root: etree._Element) -> str:
    parts: list[str] = []
    stack: list[tuple[etree._Element, bool]] = [(root, False)]
    while stack:
        node, left = stack.pop()
        if left:
            parts.append(" " if node.tag in _BLOCKS else "")
            parts.append(node.tail or "")
            continue
        if node is not root:
            stack.append((node, True))
        if node.tag in _SKIPPED or _HIDDEN.search(node.get("style", "")):
            continue
        parts.append(" " if node.tag in _BLOCKS else "")
        parts.append(node.text or "")
        stack.extend((child, False) for child in reversed(node))
    return "".join(parts)
