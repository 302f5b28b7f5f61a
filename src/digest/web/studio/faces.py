"""Draws a letter's faces: one HTML document each, as readers with other programs meet it.

Pure: the letter as one reader receives it in, a harmless document out. Light, dark and inverted
are made by settling the media queries, not by trusting the browser; nothing in a face can load
from outside, run, or lead to the way out of a list. What Outlook makes of it is left to `outlook`,
forced inversion to `colours`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

from lxml import etree
from lxml import html as lxml_html

from digest.web.studio.colours import turn_colour, turn_over
from digest.web.studio.loading import without_foreign
from digest.web.studio.outlook import (
    open_conditionals,
    without_ignored,
    without_ignored_rules,
)
from digest.web.studio.tree import tree_of

Appearance = Literal["light", "dark", "inverted", "outlook"]

#: What a face may load: the studio's own pictures, and what stands in it.
POLICY = "default-src 'none'; img-src 'self' data: file:; style-src 'unsafe-inline'"
#: Where the unsubscribe link leads here: nowhere.
NOWHERE = "#unsubscribe"
#: An address that no browser can show: the picture's place stays, its words stand in it.
BLOCKED = "data:,"

_APPEARANCES: tuple[Appearance, ...] = ("light", "dark", "inverted", "outlook")
_SCHEME = re.compile(
    r"\(\s*+prefers-color-scheme\s*+(?::\s*+(light|dark|no-preference)\s*+)?\)", re.IGNORECASE
)
_COLOR_SCHEME = re.compile(r"((?:supported-)?color-schemes?\s*+:\s*+)[^;}]++", re.IGNORECASE)
#: What runs, what loads by itself, and what browsers read otherwise than `lxml` does.
_GONE = (
    *("script", "link", "base", "object", "embed", "iframe", "frame", "video", "audio"),
    *("noscript", "xml", "svg", "math", "applet", "template"),
    *("xmp", "plaintext", "noembed", "noframes", "textarea"),
)
#: The same, but empty in HTML: `lxml` takes what follows them for their inside.
_EMPTY = ("source", "track", "image", "bgsound")
#: Attributes that load or lead somewhere, wherever they stand; `src` and `href` are settled.
_GONE_ATTRIBUTES = frozenset(
    (
        *("action", "formaction", "ping", "poster", "srcset", "imagesrcset", "data", "codebase"),
        *("lowsrc", "dynsrc", "longdesc", "cite", "manifest", "profile", "classid", "archive"),
        *("icon", "attributionsrc", "xlink:href"),
    )
)
_LINKS = ("a", "area")
_COLOUR_ATTRIBUTES = ("bgcolor", "color", "text", "link", "vlink", "alink", "bordercolor")
_EMBEDDED = re.compile(r"data:image/(?:png|jpe?g|gif|webp)[;,]", re.IGNORECASE)
_HARMLESS_LINK = re.compile(r"(?:https?://|mailto:|tel:|#)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Face:
    """How a letter is looked at; `name` is how addresses and files call it."""

    appearance: Appearance = "light"
    blocked: bool = False
    plain: bool = False
    unsponsored: bool = False

    @property
    def name(self) -> str:
        """`dark-blocked-plain`: the appearance, then what is taken away."""
        marks = (
            ("blocked", self.blocked),
            ("plain", self.plain),
            ("unsponsored", self.unsponsored),
        )
        return "-".join([self.appearance, *(mark for mark, on in marks if on)])


#: Every face by its name. Outlook is never shown without its style: it reads the inline one.
FACES: Mapping[str, Face] = {
    face.name: face
    for face in (
        Face(appearance, blocked, plain, unsponsored)
        for appearance, blocked, plain, unsponsored in product(
            _APPEARANCES, (False, True), (False, True), (False, True)
        )
        if not (plain and appearance == "outlook")
    )
}


def draw(html: str, face: Face, sources: Mapping[str, str], *, way_out: str = "") -> str:
    """One face of a letter, as a whole HTML document.

    Args:
        html: the letter as a reader receives it, tokens filled in.
        face: how to look at it; whether its sponsors are there was decided before.
        sources: a picture's `src` in the letter → its address here. Any other picture that does
            not stand in the letter itself is blocked.
        way_out: the reader's unsubscribe address, which leads nowhere here.
    """
    if face.appearance == "outlook":
        html = open_conditionals(html)
    root = tree_of(html)
    _make_harmless(root)
    _settle_links(root, way_out)
    _settle_pictures(root, {} if face.blocked else sources, embedded=not face.blocked)
    _settle_styles(root, face, {} if face.blocked else sources, embedded=not face.blocked)
    _settle_scheme(root, face)
    if face.blocked and face.appearance == "outlook":
        _keep_places(root)
    drawn = lxml_html.tostring(root, encoding="unicode", doctype="<!doctype html>")
    return str(drawn)


def foreign_pictures(html: str, sources: Mapping[str, str]) -> list[str]:
    """The pictures that a letter would load from somewhere else, each address once."""
    found = (node.get("src", "").strip() for node in tree_of(html).iter("img"))
    return list(
        dict.fromkeys(src for src in found if src and not _address(src, sources, embedded=True))
    )


def _make_harmless(root: lxml_html.HtmlElement) -> None:
    for node in list(root.iter(*_GONE)):
        node.drop_tree()
    for node in list(root.iter(*_EMPTY)):
        node.drop_tag()
    for node in list(root.iter("meta")):
        kind = node.get("http-equiv", "").strip().lower()
        if kind not in ("", "content-type", "x-ua-compatible"):
            node.drop_tree()
    for node in root.iter(etree.Element):
        for name in [name for name in node.attrib if not _is_harmless(str(name), node.tag)]:
            del node.attrib[name]
    head = root.find("head")
    if head is None:
        head = etree.SubElement(root, "head")
        root.insert(0, head)
    for attributes in (
        {"name": "referrer", "content": "no-referrer"},
        {"http-equiv": "Content-Security-Policy", "content": POLICY},
        {"charset": "utf-8"},
    ):
        meta = etree.Element("meta", attributes)
        head.insert(0, meta)


def _is_harmless(name: str, tag: str) -> bool:
    """Whether an attribute can stay on an element."""
    name = name.lower()
    if name == "src":
        return tag == "img"
    if name == "href":
        return tag in _LINKS
    return not name.startswith("on") and name not in _GONE_ATTRIBUTES


def _settle_links(root: lxml_html.HtmlElement, way_out: str) -> None:
    for link in root.iter(*_LINKS):
        url = (link.get("href") or "").strip()
        if not url:
            continue
        if url == way_out or not _HARMLESS_LINK.match(url):
            link.set("href", NOWHERE)
        elif not url.startswith("#"):
            link.set("target", "_blank")
            link.set("rel", "noopener noreferrer")


def _settle_pictures(
    root: lxml_html.HtmlElement, sources: Mapping[str, str], *, embedded: bool
) -> None:
    for image in root.iter("img"):
        image.set("src", _address(image.get("src", ""), sources, embedded=embedded) or BLOCKED)
    for node in root.iter(etree.Element):
        if background := node.get("background"):
            address = _address(background, sources, embedded=embedded)
            if address:
                node.set("background", address)
            else:
                del node.attrib["background"]


def _keep_places(root: lxml_html.HtmlElement) -> None:
    """Outlook gives a blocked picture the place that its attributes say; browsers let it shrink."""
    for image in root.iter("img"):
        width, height = image.get("width", ""), image.get("height", "")
        if width.isdigit() and height.isdigit():
            place = f"display:inline-block;width:{width}px;height:{height}px"
            image.set("style", f"{image.get('style', '')};{place}".lstrip(";"))


def _address(src: str, sources: Mapping[str, str], *, embedded: bool) -> str:
    """Where a picture is had from here; “” when it is foreign or blocked."""
    src = src.strip()
    if _EMBEDDED.match(src):
        return src if embedded else ""
    return sources.get(src, "")


def _settle_styles(
    root: lxml_html.HtmlElement, face: Face, sources: Mapping[str, str], *, embedded: bool
) -> None:
    def address_of(src: str) -> str:
        return _address(src, sources, embedded=embedded)

    for style in list(root.iter("style")):
        if face.plain:
            style.drop_tree()
            continue
        style.text = without_foreign(_sheet(style.text or "", face.appearance), address_of)
        if media := style.get("media"):
            if face.appearance == "outlook":
                style.drop_tree()
            else:
                style.set("media", _settled(media, face.appearance))
    for node in root.iter(etree.Element):
        if css := node.get("style"):
            css = _inline(css, str(node.tag), face.appearance)
            node.set("style", without_foreign(css, address_of))
        if face.appearance == "inverted":
            for name in _COLOUR_ATTRIBUTES:
                if colour := node.get(name):
                    node.set(name, turn_colour(colour))


def _settle_scheme(root: lxml_html.HtmlElement, face: Face) -> None:
    """One colour scheme, so that what the letter leaves to the browser follows it as well."""
    scheme = "light" if face.appearance == "outlook" else _scheme(face.appearance)
    for meta in root.iter("meta"):
        if meta.get("name", "").lower() in ("color-scheme", "supported-color-schemes"):
            meta.set("content", scheme)
    if face.appearance == "inverted":
        root.set("style", f"background-color:#000;color:#fff;{root.get('style', '')}")


@lru_cache(maxsize=32)
def _sheet(css: str, appearance: Appearance) -> str:
    if appearance == "outlook":
        return without_ignored_rules(css)
    settled = _settled(css, appearance)
    return turn_over(settled) if appearance == "inverted" else settled


@lru_cache(maxsize=4096)
def _inline(css: str, tag: str, appearance: Appearance) -> str:
    if appearance == "outlook":
        return without_ignored(css, tag)
    return turn_over(css) if appearance == "inverted" else css


def _settled(css: str, appearance: Appearance) -> str:
    """With every question for the colour scheme answered, and the answer fixed."""
    # Who inverts by force takes the light letter: the query is not asked.
    answer = "dark" if appearance == "dark" else "light"

    def settle(match: re.Match[str]) -> str:
        wanted = (match[1] or answer).lower()
        return "(min-width:0px)" if wanted == answer else "(max-width:0px)"

    return _COLOR_SCHEME.sub(rf"\g<1>{_scheme(appearance)}", _SCHEME.sub(settle, css))


def _scheme(appearance: Appearance) -> str:
    return "light" if appearance == "light" else "dark"
