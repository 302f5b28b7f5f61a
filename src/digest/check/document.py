"""The rendered HTML as the rules see it: links, pictures, words, the sponsors' blocks, styles.

Hidden text (the preheader) is not counted as seen. Words are compared without regard to case or
kinds of spaces, since labels may be set in capitals and French spaces are no-break ones. Where a
letter was traced, every element knows the number of its place in the templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lxml import etree
from lxml import html as lxml_html

from digest.check.findings import NOWHERE, Location
from digest.check.styles import Styles
from digest.render.templates.tracing import ATTRIBUTE, Trace
from digest.text.folding import fold_case
from digest.text.saying import Said, say

_SKIPPED = {"script", "style", "title", "head"}
_BLOCKS = {"p", "td", "tr", "div", "h1", "h2", "h3", "br", "blockquote", "li", "table"}
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_PART = re.compile(
    r"(?P<name>masthead|note|contents|briefs|quotation|ending|footer)"
    r"|story-(?P<story>\d+)|slot-(?P<slot>.+)"
)
_NAMES: dict[str, Said] = {
    place: place
    for place in (
        say("masthead"),
        say("note"),
        say("contents"),
        say("briefs"),
        say("quotation"),
        say("ending"),
        say("footer"),
    )
}
_NUMBERED = re.compile(r"(?:^|\s)at-(\d+)(?=\s|$)")


@dataclass(frozen=True, slots=True)
class Link:
    """One `<a>`: where it leads and what it says."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """One `<img>`: where its picture is."""

    src: str


class Document:
    """A letter's HTML, read once; `root` and `elements`, in order, are for rules that look closer.

    Args:
        markup: the HTML with its tokens; empty is an empty document.
        trace: what the numbers in a traced letter's HTML stand for.
    """

    def __init__(self, markup: str, trace: Trace | None = None) -> None:
        self.trace = trace
        parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True)
        self.root = lxml_html.document_fromstring(
            (markup.strip() or "<html><body></body></html>").encode(), parser=parser
        )
        _complete_tables(self.root)
        self.elements = list(self.root.iter(etree.Element))
        self.links = [
            Link(one_line(node.get("href", "")), text_of(node))
            for node in self.root.iter("a")
            if node.get("href") is not None
        ]
        self.images = [Image(node.get("src", "")) for node in self.root.iter("img")]
        self.ids = {node.get("id", "") for node in self.root.iter("*")} - {""}
        self.visible = _seen(self.root)
        self.seen = fold_case(self.visible)

    @cached_property
    def styles(self) -> Styles:
        """How the elements look."""
        return Styles(self.root)

    def place_of(self, element: etree._Element) -> Said:
        """The part that an element stands in, in words: “story 3”, “slot “main””, “footer”."""
        return self._places.get(element, say("HTML"))

    def origin(self, element: etree._Element) -> Location:
        """The template line that an element, or the nearest one around it, comes from."""
        node: etree._Element | None = element
        while node is not None and self.trace is not None:
            number = node.get(ATTRIBUTE, "")
            if not number and (marked := _NUMBERED.search(node.get("class", ""))):
                number = marked[1]
            if number.isdigit() and (place := self.trace.place(int(number))):
                return Location(*place)
            node = node.getparent()
        return NOWHERE

    def written_at(self, words: str) -> Location:
        """The line of the letter's templates where words of a style sheet stand first."""
        place = self.trace.find(words, self._files) if self.trace and words else None
        return Location(*place) if place else NOWHERE

    @cached_property
    def _files(self) -> list[str]:
        """The templates that elements come from."""
        return list(dict.fromkeys(self.origin(element).file for element in self.elements))

    @cached_property
    def _places(self) -> dict[etree._Element, Said]:
        """Only a part's first element carries its id: what follows belongs to it."""
        places: dict[etree._Element, Said] = {}
        place = say("HTML")
        for element in self.elements:
            if element.tag == "body":
                place = _NAMES["masthead"]
            elif part := _PART.fullmatch(element.get("id", "")):
                place = _in_words(part)
            places[element] = place
        return places

    def blocks(self, slot: str) -> list[str]:
        """The folded words of the blocks that stand for a slot."""
        wanted = f"slot-{slot}"
        return [
            fold_case(_seen(node))
            for node in self.root.iter("div", "table", "td")
            if wanted in node.get("class", "").split()
        ]


def one_line(text: str) -> str:
    """A text with single spaces, as links and labels are compared and shown."""
    return " ".join(text.split())


def text_of(element: etree._Element) -> str:
    """An element's text in one line."""
    return one_line(_text(element))


def words_of(element: etree._Element) -> str:
    """An element's text as read out: with the words that stand for its pictures."""
    return one_line("".join(_spoken(element)))


def _spoken(element: etree._Element) -> Iterator[str]:
    yield element.get("alt", "") if element.tag == "img" else element.text or ""
    for child in element:
        yield from _spoken(child)
        yield child.tail or ""


def _complete_tables(root: etree._Element) -> None:
    """Put the `tbody` around rows that have none, as browsers do."""
    for table in list(root.iter("table")):
        body: etree._Element | None = None
        for child in list(table):
            if child.tag != "tr":
                body = None
                continue
            if body is None:
                body = table.makeelement("tbody", {}, None)
                child.addprevious(body)
            body.append(child)


def _in_words(part: re.Match[str]) -> Said:
    if part["story"]:
        return say("story {number}", number=part["story"])
    return say("slot “{slot}”", slot=part["slot"]) if part["slot"] else _NAMES[part["name"]]


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
