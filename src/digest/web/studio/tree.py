"""A letter's HTML as a tree of elements, for looking at it and drawing it anew."""

from __future__ import annotations

from lxml import html as lxml_html


def tree_of(html: str) -> lxml_html.HtmlElement:
    """The elements of a letter, without its comments; one empty paragraph where it has none."""
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True)
    content = (html.strip() or "<p></p>").encode("utf-8", "replace")
    return lxml_html.document_fromstring(content, parser=parser)
