"""Whether texts can be seen: contrast with their ground, and their size.

Contrast is WCAG 2.2's (1.4.3, AA), computed for light and dark at the letter's width and at a
phone's; under forced inversion by `Colour.inverted`, an approximation, since no program publishes
how it does it. 14 px is the Email Markup Consortium's least size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import floor
from typing import Final

from lxml import etree

from digest.check.document import Document, one_line
from digest.check.findings import Finding, Location, error, warning
from digest.check.sheets import View
from digest.check.styles import Computed
from digest.check.values import Colour, contrast
from digest.text.saying import Said, say

#: A phone's width, in pixels.
PHONE: Final = 375

#: Contrast that text needs, and large text (24 px, or 18.66 px bold).
LEAST: Final = 4.5
LEAST_LARGE: Final = 3.0
#: Below this nobody can read it.
UNREADABLE: Final = 2.0
#: Pixels.
LEAST_SIZE: Final = 14.0

_WORD = re.compile(r"[^\W_]")


@dataclass(slots=True)
class _Fault:
    """The same fault at several elements: the first of them, and where it shows."""

    element: etree._Element
    words: str
    elements: set[etree._Element] = field(default_factory=set)
    widths: set[int] = field(default_factory=set)

    def seen(self, element: etree._Element, width: int) -> None:
        self.elements.add(element)
        self.widths.add(width)

    @property
    def named(self) -> Said:
        words = self.words if len(self.words) <= 40 else self.words[:39].rstrip() + "…"
        if more := len(self.elements) - 1:
            return say("“{words}” and {count} more", words=words, count=more)
        return say("“{words}”", words=words)

    def at_widths(self, width: int) -> str:
        if self.widths == {width, PHONE}:
            return ""
        return say(" at {width} px", width=min(self.widths))


def views(width: int) -> tuple[View, ...]:
    """How a letter of this width is looked at: light and dark, as it is and on a phone."""
    return tuple(View(scheme, w) for scheme in ("light", "dark") for w in _widths(width))


def legibility_findings(document: Document, width: int) -> Iterator[Finding]:
    """The findings about colours and sizes; one for each pair of colours at a template's line.

    Args:
        width: the letter's, in CSS pixels.
    """
    texts = texts_of(document)
    yield from _contrasts(document, texts, width)
    yield from _inverted(document, texts, width)
    yield from _sizes(document, texts, width)


def is_seen(style: Computed) -> bool:
    """Whether a text of this look can be seen at all."""
    return style.shown and style.font_size > 0 and style.opacity > 0


def texts_of(document: Document) -> list[tuple[etree._Element, str]]:
    """The elements with words of their own; of a picture, those that stand in for it."""
    found: dict[etree._Element, str] = {}
    for element in document.elements:
        own = element.get("alt", "") if element.tag == "img" else element.text or ""
        pairs = [(element, own)]
        if (parent := element.getparent()) is not None:
            pairs.append((parent, element.tail or ""))
        for owner, text in pairs:
            if owner not in found and _WORD.search(text):
                found[owner] = one_line(text)
    return list(found.items())


def _widths(width: int) -> tuple[int, ...]:
    return tuple(dict.fromkeys((width, PHONE)))


def _contrasts(
    document: Document, texts: list[tuple[etree._Element, str]], width: int
) -> Iterator[Finding]:
    faults: dict[tuple[str, Colour, Colour, float, Location], _Fault] = {}
    for view in views(width):
        styles = document.styles.at(view)
        for element, words in texts:
            style = styles[element]
            if not is_seen(style) or _ratio(style) >= _least(style):
                continue
            key = (view.scheme, style.ink, style.ground, _least(style), document.origin(element))
            faults.setdefault(key, _Fault(element, words)).seen(element, view.width)
    for (scheme, ink, ground, least, at), fault in faults.items():
        ratio = contrast(ink, ground)
        kind = error if ratio < UNREADABLE else warning
        yield kind(
            "a11y-contrast",
            document.place_of(fault.element),
            say(
                "{named}: {ink} on {ground} has a contrast of {ratio:.2f}:1 in the {scheme} scheme"
                "{widths}, less than {least:g}:1",
                named=fault.named,
                ink=str(ink),
                ground=str(ground),
                ratio=_cut(ratio),
                scheme=say("dark") if scheme == "dark" else say("light"),
                widths=fault.at_widths(width),
                least=least,
            ),
            say(
                "Change one of the two colours: [theme.{scheme}] of config.toml, or the template.",
                scheme=scheme,
            ),
            at,
        )


def _inverted(
    document: Document, texts: list[tuple[etree._Element, str]], width: int
) -> Iterator[Finding]:
    faults: dict[tuple[Colour, Colour, float, Location], _Fault] = {}
    styles = document.styles.at(View("light", width))
    for element, words in texts:
        style, least = styles[element], _least(styles[element])
        ink, ground = style.ink.inverted(), style.ground.inverted()
        if not is_seen(style) or _ratio(style) < least or contrast(ink, ground) >= least:
            continue
        key = (ink, ground, least, document.origin(element))
        faults.setdefault(key, _Fault(element, words)).seen(element, width)
    for (ink, ground, least, at), fault in faults.items():
        yield warning(
            "a11y-inverted",
            document.place_of(fault.element),
            say(
                "{named}: where a program inverts the letter by force, about {ink} on {ground} "
                "is left, {ratio:.2f}:1, less than {least:g}:1",
                named=fault.named,
                ink=str(ink),
                ground=str(ground),
                ratio=_cut(contrast(ink, ground)),
                least=least,
            ),
            say(
                "Take a colour further from its ground in lightness: [theme.light] of config.toml."
            ),
            at,
        )


def _sizes(
    document: Document, texts: list[tuple[etree._Element, str]], letter_width: int
) -> Iterator[Finding]:
    faults: dict[tuple[float, Location], _Fault] = {}
    for width in _widths(letter_width):
        styles = document.styles.at(View("light", width))
        for element, words in texts:
            style = styles[element]
            if is_seen(style) and style.font_size < LEAST_SIZE:
                key = (style.font_size, document.origin(element))
                faults.setdefault(key, _Fault(element, words)).seen(element, width)
    for (size, at), fault in faults.items():
        yield warning(
            "a11y-text-size",
            document.place_of(fault.element),
            say(
                "{named}: {size:g} px{widths}, less than {least:g}",
                named=fault.named,
                size=size,
                widths=fault.at_widths(letter_width),
                least=LEAST_SIZE,
            ),
            say("Set it larger: [theme] of config.toml, or the template."),
            at,
        )


def _ratio(style: Computed) -> float:
    return contrast(style.ink, style.ground)


def _least(style: Computed) -> float:
    return LEAST_LARGE if style.is_large else LEAST


def _cut(ratio: float) -> float:
    """To two digits, cut rather than rounded: what is too little must not look enough."""
    return floor(ratio * 100) / 100
