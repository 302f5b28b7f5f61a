"""Reads what a person would see of a piece of HTML, however broken or hostile it is.

A tokenizer by the rules of the HTML standard (section 13.2.5) without a tree: one pass whose
time grows with the length alone, so that depth and floods of attributes or elements cost nothing
more; libxml2 needs 13 seconds for 100,000 attributes and stops reading at depth 256. Blanks and
control characters are left to `plain`.
"""

from __future__ import annotations

import html as entities
import re

#: Characters of one document that are read; the rest is dropped.
MAX_CHARACTERS = 2_000_000

# An attribute's value counts as quoted only right after its `=`, as in the standard.
_ATTRIBUTES = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+"""
_MARKUP = re.compile(
    rf"""<!--.*?(?:-->|\Z)
       | <!\[CDATA\[ | \]\]>
       | <(?:[!?]|/(?![a-zA-Z]))[^>]*+>?+
       | <(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)(?P<attributes>{_ATTRIBUTES})(?P<end>>|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?""")
_MAY_BE_UNREAD = re.compile(
    r"<(?i:script|style|title|te(?:mplate|xtarea)|noscript|iframe|svg|math|object|canvas|audio"
    r"|video|select|button|datalist)"
)
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
#: A tag without the `<` before it, up to the next one; no value that is quoted is left open.
_TAG = re.compile(
    r"""(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)"""
    r"""(?P<attributes>(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?!["'])))*+)>"""
)
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")

#: Characters of a tag's attributes that are searched for signs of hiding.
_SEARCHED = 4000

_SOURCE_CODE = frozenset({"script", "style", "title", "template", "textarea", "noscript", "iframe"})
_NOT_PROSE = _SOURCE_CODE.union(
    ("svg", "math", "object", "canvas", "audio", "video", "select", "button", "datalist")
)
# fmt: off
_VOID = frozenset(
    (
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
        "source", "track", "wbr",
    )
)
_BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd",
        "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup",
        "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre",
        "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
    )
)
# fmt: on
#: What a tag does to the text around it; the others do nothing.
_ROLES = {
    **dict.fromkeys(_BLOCKS, "block"),
    **dict.fromkeys(("td", "th"), "cell"),
    "br": "break",
}
#: The same for whole tags as nearly all are written, without attributes.
_BARE_TAGS = {
    f"{slash}{name}{end}": _ROLES.get(name, "")
    for name in (*_ROLES, "a", "b", "code", "em", "i", "span", "strong", "sub", "sup", "u")
    for slash, end in (("", ""), ("/", ""), ("", "/"), ("", " /"))
}
_CLOSED_BY_A_BLOCK = frozenset({"p", "li", "dt", "dd"})


def visible_paragraphs(source: str) -> list[str]:
    """The text of each block element a reader would see, entities decoded, blanks as they were.

    Scripts, styles, comments, form controls, embedded media and hidden elements are left out;
    two line breaks in a row end a paragraph as a block does. Never raises.
    """
    source = _capped(source)
    usual = _usual_paragraphs(source)
    if usual is not None:
        return usual
    if _MAY_BE_UNREAD.search(source):
        source = _without_unread(source)
    return _Reader().read(source)


def _capped(source: str) -> str:
    if len(source) <= MAX_CHARACTERS:
        return source
    cut = source[:MAX_CHARACTERS]
    last = cut.rfind("<")
    return cut[:last] if last > cut.rfind(">") else cut


def _usual_paragraphs(source: str) -> list[str] | None:
    """The same, quicker, of a document whose every `<` begins a whole tag or a short comment.

    None for any other: what is no tag, or holds another one, is for `_MARKUP` to tell.
    """
    if "]]>" in source:
        return None
    reader = _Reader()
    pieces = reader.pieces
    parts = iter(source.split("<"))
    if first := next(parts):
        pieces.append(_decoded(first))
    for part in parts:
        tag, end, text = part.partition(">")
        role = _BARE_TAGS.get(tag) if end and not reader.hidden_by else None
        if role is not None:
            if role and (pieces or role != "block"):
                reader.boundary(role)
        elif match := _TAG.match(part):
            close, name, attributes = match.groups()
            text = part[match.end() :]
            name = name.lower()
            if close:
                reader.close(name, _ROLES.get(name, ""))
            elif name not in _NOT_PROSE or attributes.endswith("/"):
                reader.open(name, _ROLES.get(name, ""), attributes)
            else:
                closing = re.compile(rf"/{name}\b", re.IGNORECASE)
                _, end, text = next(filter(closing.match, parts), "").partition(">")
        else:
            _, end, text = part[3:].partition("-->") if part.startswith("!--") else ("", "", "")
        if not end:
            return None
        if text and not reader.hidden_by:
            pieces.append(_decoded(text) if "&" in text else text)
    reader.end_paragraph()
    return reader.paragraphs


def _without_unread(source: str) -> str:
    """The document without the elements that hold no prose, a comment in the place of each."""
    kept: list[str] = []
    never_closed: set[str] = set()
    position = done = 0
    while position < len(source):
        for match in _MARKUP.finditer(source, position):
            name = (match["name"] or "").lower()
            opens = name in _NOT_PROSE and match["end"] and not match["close"]
            if opens and not match["attributes"].endswith("/"):
                kept += [source[done : match.start()], "<!---->"]
                position = done = _end_of(name, source, match.end(), never_closed)
                break
        else:
            break
    return "".join([*kept, source[done:]])


def _end_of(name: str, source: str, position: int, never_closed: set[str]) -> int:
    """Where the content of an element that holds no prose ends."""
    if name not in never_closed:
        end = re.compile(rf"</{name}\b[^>]*+>?", re.IGNORECASE).search(source, position)
        if end:
            return end.end()
        never_closed.add(name)
    return len(source) if name in _SOURCE_CODE else position


class _Reader:
    """One pass over the tags of a document."""

    def __init__(self) -> None:
        self.paragraphs: list[str] = []
        self.pieces: list[str] = []
        self.hidden_by = ""
        self.hidden_depth = 0

    def read(self, source: str) -> list[str]:
        pieces = self.pieces
        tokens: list[str | None] = _MARKUP.split(source)
        # Each tag is its slash, its name, its attributes and its end; a text stands before each.
        rest = tokens.pop()
        cursor = iter(tokens)
        for text, close, name, attributes, end in zip(*[cursor] * 5, strict=True):
            if text and not self.hidden_by:
                pieces.append(_decoded(text) if "&" in text else text)
            if name is None or attributes is None:
                continue
            if not end:
                rest = f"<{close}{name}{attributes}"
                break
            name = name.lower()
            role = _ROLES.get(name, "")
            if close:
                self.close(name, role)
            else:
                self.open(name, role, attributes)
        if rest and not self.hidden_by:
            pieces.append(_decoded(rest))
        self.end_paragraph()
        return self.paragraphs

    def open(self, name: str, role: str, attributes: str) -> None:
        """A tag that begins an element, with its role; it may hide what is inside."""
        if self.hidden_by in _CLOSED_BY_A_BLOCK and role == "block":
            self.hidden_by = ""
        if self.hidden_by:
            self.hidden_depth += name == self.hidden_by
            return
        self.boundary(role)
        if not attributes or name in _VOID or attributes.endswith("/"):
            return
        if _is_hidden(attributes):
            self.hidden_by, self.hidden_depth = name, 1

    def close(self, name: str, role: str) -> None:
        """A tag that ends an element."""
        if not self.hidden_by:
            self.boundary(role)
        elif name == self.hidden_by:
            self.hidden_depth -= 1
            if not self.hidden_depth:
                self.hidden_by = ""
                self.boundary(role)

    def boundary(self, role: str) -> None:
        """What a tag does to the text around it."""
        if role == "block":
            self.end_paragraph()
        elif role == "break":
            if _ends_in_break(self.pieces):
                self.end_paragraph()
            else:
                self.pieces.append("\n")
        elif role == "cell":
            self.pieces.append(" ")

    def end_paragraph(self) -> None:
        """What was collected is a paragraph, unless nothing of it is seen."""
        if not self.pieces:
            return
        text = "".join(self.pieces)
        self.pieces.clear()
        if text and not text.isspace():
            self.paragraphs.append(text)


def _decoded(piece: str) -> str:
    if "&#" in piece:
        piece = _LONG_REFERENCE.sub("\ufffd", piece)
    return entities.unescape(piece)


def _ends_in_break(pieces: list[str]) -> bool:
    for piece in reversed(pieces):
        if piece == "\n":
            return True
        if not piece.isspace():
            return False
    return False


def _is_hidden(attributes: str) -> bool:
    searched = attributes[:_SEARCHED]
    lowered = searched.lower()
    if "hidden" not in lowered and "none" not in lowered:
        return False
    for match in _ATTRIBUTE.finditer(searched):
        name = match[1].lower()
        value = match[2] or match[3] or match[4] or ""
        if name == "hidden" or (name == "aria-hidden" and value.strip().lower() == "true"):
            return True
        if name == "style" and _UNSEEN_STYLE.search(value):
            return True
    return False
