"""Whether links can be understood, recognised and hit.

A screen reader lists links without what is around them, a reader who sees no colours knows them by
their underline, and a thumb needs room: 44 px for a button, 24 px from row to row (WCAG 2.2, 2.4.4,
1.4.1, 2.5.8, and the Email Markup Consortium's 44 px). Where links lead is judged elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml import etree

from digest.check.document import Document, text_of, words_of
from digest.check.findings import Finding, Location, warning
from digest.check.sheets import View
from digest.check.styles import Computed, block_of
from digest.text.folding import fold_case
from digest.text.saying import Said, say

#: Pixels: a button's height, and a row's in a list of links.
LEAST_BUTTON: Final = 44.0
LEAST_ROW: Final = 24.0

#: Texts that say nothing by themselves, folded.
_EMPTY_WORDS: Final = frozenset(
    fold_case(words)
    for words in (
        "ici", "cliquez ici", "cliquer ici", "cliquez", "lire", "lire la suite", "la suite",
        "en savoir plus", "savoir plus", "plus", "plus d’infos", "plus d’informations", "voir",
        "voir plus", "découvrir", "suite", "lien", "ce lien", "lire l’article", "l’article",
        "here", "click here", "click", "read more", "more", "learn more", "read on", "read",
        "continue", "continue reading", "see more", "view more", "link", "this link", "this",
        "read the article", "find out more", "more info", "details",
    )
)  # fmt: skip
_ENDING = re.compile(r"[\s.…:!?→›»>]+$")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]")
_HEADING = re.compile(r"h[1-6]")


def linking_findings(document: Document) -> Iterator[Finding]:
    """The findings about links' words, looks and sizes."""
    styles = document.styles.at(View("light", 600))
    links = [
        node
        for node in document.elements
        if node.tag == "a" and node.get("href") is not None and styles[node].shown
    ]
    yield from _texts(document, links)
    yield from _same_words(document, links)
    yield from _looks(document, links, styles)
    yield from _targets(document, links)


def _texts(document: Document, links: list[etree._Element]) -> Iterator[Finding]:
    hint = say("Say where it leads: “Lire « Le port rouvre »”, “Read “The harbour reopens””.")
    for link in links:
        words = _name(link)
        if not words:
            found = say("a link to {url} has no words", url=link.get("href", "")[:60])
        elif fold_case(_ENDING.sub("", words)) in _EMPTY_WORDS:
            found = say("the link “{words}” says nothing by itself", words=words)
        elif _ADDRESS.fullmatch(words):
            found = say("the link “{words}” is read out letter by letter", words=words[:60])
        else:
            continue
        place, at = document.place_of(link), document.origin(link)
        yield warning("a11y-links", place, found, hint, at)


def _same_words(document: Document, links: list[etree._Element]) -> Iterator[Finding]:
    first: dict[str, tuple[str, etree._Element]] = {}
    said = set()
    for link in links:
        words, address = fold_case(_name(link)), _address(link.get("href", ""))
        if not words or address.startswith("#"):
            continue
        known, other = first.setdefault(words, (address, link))
        if known != address and words not in said:
            said.add(words)
            yield warning(
                "a11y-links",
                document.place_of(link),
                say(
                    "“{words}” leads elsewhere than the same words before it ({place})",
                    words=_name(link)[:60],
                    place=document.place_of(other),
                ),
                say("Let each link say what sets it apart."),
                document.origin(link),
            )


def _looks(
    document: Document, links: list[etree._Element], styles: Mapping[etree._Element, Computed]
) -> Iterator[Finding]:
    said: set[Location] = set()
    for link in links:
        at = document.origin(link)
        if _is_marked(link, styles) or (at.file and at in said):
            continue
        said.add(at)
        yield warning(
            "a11y-link-style",
            document.place_of(link),
            say("the link “{words}” is known by its colour alone", words=_name(link)[:60]),
            say("Underline it, or make a button of it."),
            at,
        )


def _is_marked(link: etree._Element, styles: Mapping[etree._Element, Computed]) -> bool:
    if any(styles[node].underlined for node in link.iter(etree.Element)):
        return True
    if _is_button(link, styles) or not _WORD.search(text_of(link)):
        return True
    around = next(
        (node for node in link.iterancestors() if _HEADING.fullmatch(str(node.tag))), None
    )
    return around is not None and words_of(around) == words_of(link)


def _is_button(link: etree._Element, styles: Mapping[etree._Element, Computed]) -> bool:
    style, parent = styles[link], link.getparent()
    around = style.ground if parent is None else styles[parent].ground
    if style.bordered or (style.painted and style.ground != around):
        return True
    return (
        parent is not None
        and parent.tag == "td"
        and (styles[parent].painted or styles[parent].bordered)
        and style.display in ("block", "inline-block")
        and any(style.padding)
    )


def _targets(document: Document, links: list[etree._Element]) -> Iterator[Finding]:
    said: set[tuple[Location, str]] = set()
    for width in (600, 375):
        styles = document.styles.at(View("light", width))
        for link in links:
            fault = _too_small(link, styles)
            at = document.origin(link)
            if fault and (not at.file or (at, fault[0]) not in said):
                found, hint = fault
                said.add((at, found))
                found = say("“{words}”: {found}", words=_name(link)[:60], found=found)
                yield warning("a11y-targets", document.place_of(link), found, hint, at)


def _too_small(
    link: etree._Element, styles: Mapping[etree._Element, Computed]
) -> tuple[Said, Said] | None:
    """What of a button or a row of links is too small, and what to do."""
    style = styles[link]
    height = style.padding[0] + style.line_height + style.padding[2]
    if _is_button(link, styles):
        if height < LEAST_BUTTON and any(style.padding):
            return (
                say(
                    "the button is {height:g} px high, less than {least:g}",
                    height=height,
                    least=LEAST_BUTTON,
                ),
                say("Give it more padding above and below."),
            )
        return None
    block = block_of(link, styles)
    if _HEADING.fullmatch(str(block.tag)):
        return None
    links = [node for node in block.iter("a") if node.get("href") is not None]
    rest = text_of(block)
    for node in links:
        rest = rest.replace(text_of(node), "", 1)
    if _WORD.search(rest) or link.find(".//img") is not None:
        return None
    row = max(height, _row_height(block, styles))
    if row < LEAST_ROW:
        return (
            say(
                "the row of links is {height:g} px high, less than {least:g}",
                height=row,
                least=LEAST_ROW,
            ),
            say("Give it a larger line height, or padding above and below."),
        )
    return None


def _row_height(block: etree._Element, styles: Mapping[etree._Element, Computed]) -> float:
    """From row to row: the line, with the paddings of what holds nothing else."""
    height, node = styles[block].line_height, block
    words = text_of(block)
    while text_of(node) == words:
        height += styles[node].padding[0] + styles[node].padding[2]
        parent = node.getparent()
        if parent is None or node.tag == "td":
            break
        node = parent
    return height


def _name(link: etree._Element) -> str:
    """What a screen reader says."""
    return link.get("aria-label", "").strip() or words_of(link)


def _address(url: str) -> str:
    """A link without what only counts it."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(key, value) for key, value in pairs if not key.startswith("utm_")]
    return urlunsplit(parts._replace(query=urlencode(kept)))
