"""A page's bytes as a tree, within limits that no honest page reaches.

The limits are counted in the text before a parser sees it: libxml2 needs seconds for 100,000
attributes of one element. What they let through and still holds the parser ends with the child
process that it runs in (`apart`).
"""

from __future__ import annotations

import codecs
import re
from typing import cast

from lxml import etree
from lxml import html as lxml_html
from lxml.etree import ParserError

from digest.sources.feed.text import decode_feed
from digest.text.plain import clean_line

#: Bytes of a page that are read; the rest is dropped. The largest real ones have 0.7 MB.
MOST_BYTES = 4_000_000
MOST_TAGS = 60_000
#: Elements inside one another; real pages have up to 50.
DEEPEST = 250
#: Attributes of one element.
MOST_ATTRIBUTES = 500

Element = etree._Element  # noqa: SLF001  # lxml's element class has no public name

_TAG = re.compile(r"<(/?)(?!!)([a-zA-Z][a-zA-Z0-9-]*+)")
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{4000,}+")
# fmt: off
# Elements that close themselves, or that writers leave open.
_NOT_NESTED = frozenset(
    (
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr", "p", "li", "dt", "dd", "option", "tr", "td", "th", "thead",
        "tbody", "tfoot", "path", "use", "circle", "rect", "line", "polygon", "g",
    )
)
_INLINE = frozenset(
    (
        "a", "abbr", "b", "bdi", "cite", "code", "em", "font", "i", "ins", "mark", "q", "s",
        "small", "span", "strong", "sub", "sup", "u",
    )
)
# fmt: on
_SILENT = frozenset({"script", "style", "template", "noscript"})
_CODE = re.compile(r"<(script|style)\b", re.IGNORECASE)
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.I)


class UnreadableError(Exception):
    """Why a page is not read."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def decode_page(content: bytes, charset: str) -> str:
    """The page's text; `charset` is what the HTTP header says. Never fails."""
    content = content[:MOST_BYTES]
    if not charset and (declared := _CHARSET.search(content[:4096])):
        charset = declared[1].decode("ascii")
    if not content.startswith(_WIDE_MARKS):
        content = content.replace(b"\0", b"")
    return decode_feed(content, charset).replace("\0", "")


def parse_page(text: str) -> Element:
    """The tree of a page, without comments and processing instructions.

    Raises:
        UnreadableError: it is empty, or beyond the limits.
    """
    _check(text)
    parser = lxml_html.HTMLParser(
        encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (ParserError, ValueError, AssertionError) as error:
        raise UnreadableError("holds nothing that can be read") from error


def elements(tree: Element, path: str) -> list[Element]:
    """The elements that an XPath of ours leads to."""
    return cast("list[Element]", tree.xpath(path))


def attribute(tree: Element, path: str) -> str:
    """The first attribute that an XPath of ours leads to, or ""."""
    return str(next(iter(cast("list[str]", tree.xpath(path))), ""))


def text_of(element: Element) -> str:
    """What an element says, as one clean line; blocks and breaks part words, `<em>` does not."""
    pieces: list[str] = []
    for event, part in etree.iterwalk(element, events=("start", "end")):
        if part.tag not in _INLINE:
            pieces.append(" ")
        if event == "end":
            pieces.append(part.tail or "" if part is not element else "")
        elif part.tag not in _SILENT:
            pieces.append(part.text or "")
    return clean_line("".join(pieces))


def _check(text: str) -> None:
    if text.count("<") > 2 * MOST_TAGS + 20_000:
        raise UnreadableError(f"has more than {MOST_TAGS:,} elements")
    if any(_attributes(found[0]) > MOST_ATTRIBUTES for found in _LONG_TAG.finditer(text)):
        raise UnreadableError(f"has an element with more than {MOST_ATTRIBUTES} attributes")
    depth = deepest = opened = 0
    for close, name in _TAG.findall(_without_code(text)):
        if name.lower() in _NOT_NESTED:
            opened += not close
        elif close:
            depth = max(depth - 1, 0)
        else:
            opened += 1
            depth += 1
            deepest = max(deepest, depth)
    if opened > MOST_TAGS:
        raise UnreadableError(f"has more than {MOST_TAGS:,} elements")
    if deepest > DEEPEST:
        raise UnreadableError(f"has more than {DEEPEST} elements inside one another")


def _without_code(text: str) -> str:
    """The text without scripts and styles, in which `<` means nothing."""
    parts, done = [], 0
    while opening := _CODE.search(text, done):
        parts.append(text[done : opening.start()])
        closing = re.compile(f"</{opening[1]}", re.IGNORECASE).search(text, opening.end())
        done = closing.end() if closing else len(text)
    return "".join([*parts, text[done:]])


def _attributes(tag: str) -> int:
    """Attributes of a tag, at most: what stands in quotes does not count."""
    return len(re.sub(r"\"[^\"]*\"|'[^']*'", "", tag).split())
