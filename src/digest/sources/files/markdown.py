"""Markdown to plain paragraphs: headings become subheads, block quotes pull-quotes.

Links keep their words; pictures, code blocks, tables and HTML are left out. The rules are those
of CommonMark (markdown-it-py).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from digest.model.content import Paragraph, ParagraphRole
from digest.text.plain import clean_line

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_DASHED = re.compile(r"[—–]\s*(?P<who>\S.*)")


def read_markdown(text: str) -> tuple[str, tuple[Paragraph, ...]]:
    """The heading of the first level that the text begins with, or "", and the paragraphs."""
    title = ""
    paragraphs: list[Paragraph] = []
    heading = ""
    quoted = 0
    table = 0
    for token in _parser().parse(text):
        if token.type in ("blockquote_open", "blockquote_close"):
            quoted += token.nesting
        elif token.type in ("table_open", "table_close"):
            table += token.nesting
        elif token.type in ("heading_open", "heading_close"):
            heading = token.tag if token.nesting > 0 else ""
        elif token.type == "inline" and not table:
            words = clean_line(_words(token))
            if not words:
                continue
            if heading == "h1" and not title and not paragraphs:
                title = words
                continue
            paragraphs.append(_paragraph(words, heading, bool(quoted), paragraphs))
    return title, tuple(paragraphs)


def _paragraph(words: str, heading: str, quoted: bool, before: list[Paragraph]) -> Paragraph:
    dashed = _DASHED.fullmatch(words)
    if dashed and before and before[-1].role == "quote":
        return Paragraph(dashed["who"], "attribution")
    role: ParagraphRole = "subhead" if heading else "quote" if quoted else "text"
    return Paragraph(words, role)


def _words(inline: Token) -> str:
    parts = []
    for child in inline.children or ():
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")
