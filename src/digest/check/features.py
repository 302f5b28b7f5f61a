"""Which features of HTML and CSS a letter uses, each with the first place that does.

Features bear caniemail's names (`css-aspect-ratio`, `html-style`). Elements and properties called
as their feature are found by that name; the rest by the tables here. What stands in comments, also
Outlook's conditional ones, is for programs that read comments and is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lxml import etree

from digest.check.document import Document
from digest.check.sheets import AtRule, Declaration, parse_inline, sheets_of


@dataclass(slots=True)
class Use:
    """How a letter uses a feature.

    `element` is the first that does; None where only a style sheet does, and then `words` are what
    to look for in its source, and `needs` the features that a program must know to get there.
    `values` are what it is set to.
    """

    feature: str
    element: etree._Element | None = None
    words: str = ""
    needs: tuple[str, ...] = ()
    values: set[str] = field(default_factory=set)


_ELEMENTS: Final = {
    **dict.fromkeys(("ul", "ol", "li", "dl", "dt", "dd"), "html-lists"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "html-h1-h6"),
    **dict.fromkeys(("map", "area"), "html-image-maps"),
    **dict.fromkeys(
        ("article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "mark",
         "nav", "section", "summary", "time"),
        "html-semantics",
    ),
}  # fmt: skip
_ATTRIBUTES: Final = {"sizes": "html-srcset", "loading": "html-loading-attribute"}
#: Names that are attributes, where an element has the same feature name or none.
_ATTRIBUTE_FEATURES: Final = frozenset(
    ("align", "aria-describedby", "aria-hidden", "aria-label", "aria-labelledby", "aria-live",
     "background", "cellpadding", "cellspacing", "dir", "height", "hidden", "lang", "popover",
     "required", "role", "srcset", "target", "valign", "width")
)  # fmt: skip
_TYPED: Final = {
    ("button", "submit"): "html-button-submit",
    ("button", "reset"): "html-button-reset",
    **{
        ("input", kind): f"html-input-{kind}"
        for kind in ("checkbox", "hidden", "radio", "reset", "submit", "text")
    },
}
_PROPERTIES: Final = {
    **dict.fromkeys(("left", "right", "top", "bottom"), "css-left-right-top-bottom"),
    **dict.fromkeys(("row-gap", "column-gap", "grid-gap"), "css-gap"),
    **dict.fromkeys(("margin-inline", "margin-block"), "css-margin-inline-block"),
    **dict.fromkeys(("padding-inline", "padding-block"), "css-padding-inline-block"),
    **dict.fromkeys(("border-inline", "border-block"), "css-border-inline-block"),
    **dict.fromkeys(("block-size", "inline-size"), "css-block-inline-size"),
    **{
        f"{name}-{axis}-{end}": f"css-{name}-{axis}-start-end"
        for name in ("margin", "padding")
        for axis in ("inline", "block")
        for end in ("start", "end")
    },
    **{
        f"border-{axis}-{end}": "css-border-inline-block-individual"
        for axis in ("inline", "block")
        for end in ("start", "end")
    },
    **{
        f"border-{axis}-{what}": "css-border-inline-block-longhand"
        for axis in ("inline", "block")
        for what in ("color", "style", "width")
    },
    **{
        f"border-{block}-{inline}-radius": "css-border-radius-logical"
        for block in ("start", "end")
        for inline in ("start", "end")
    },
    **{
        f"border-{block}-{inline}-radius": "css-border-radius"
        for block in ("top", "bottom")
        for inline in ("left", "right")
    },
    **dict.fromkeys(
        ("columns", "column-rule", "column-span", "column-width", "column-fill"),
        "css-column-layout-properties",
    ),
    **dict.fromkeys(("grid-template-columns", "grid-template-rows"), "css-grid-template"),
    "grid-template-areas": "css-grid-template",
    "mask": "css-mask-image",
}
#: Longhands of these count as them.
_FAMILIES: Final = ("border", "margin", "padding", "overflow", "outline", "transition", "animation")
_PAIRS: Final = (
    ("display", re.compile(r"none"), "css-display-none"),
    ("display", re.compile(r"(?:inline-)?flex"), "css-display-flex"),
    ("display", re.compile(r"(?:inline-)?grid"), "css-display-grid"),
    ("font-family", re.compile(r".*\b(?:system-ui|ui-(?:serif|sans-serif|rounded|monospace))\b.*"),
     "css-sytem-ui"),
)  # fmt: skip
_FUNCTIONS: Final = {
    "calc": "css-unit-calc", "clamp": "css-function-clamp", "min": "css-function-min",
    "max": "css-function-max", "light-dark": "css-function-light-dark", "var": "css-variables",
    "rgb": "css-rgb", "rgba": "css-rgba", "linear-gradient": "css-linear-gradient",
    "radial-gradient": "css-radial-gradient", "conic-gradient": "css-conic-gradient",
    **dict.fromkeys(("lab", "lch", "oklab", "oklch", "color", "color-mix"), "css-modern-color"),
}  # fmt: skip
_INTRINSIC: Final = ("fit-content", "min-content", "max-content")
_MEDIA: Final = {
    "prefers-color-scheme": "css-at-media-prefers-color-scheme",
    "prefers-reduced-motion": "css-at-media-prefers-reduced-motion",
    "orientation": "css-at-media-orientation",
    "hover": "css-at-media-hover",
    "device-pixel-ratio": "css-at-media-device-pixel-ratio",
}
_SELECTORS: Final = (
    ("css-selector-attribute", re.compile(r"\[")),
    ("css-selector-child", re.compile(r">")),
    ("css-selector-adjacent-sibling", re.compile(r"\+")),
    ("css-selector-general-sibling", re.compile(r"~(?!=)")),
    ("css-selector-descendant", re.compile(r"[\w\])*]\s+[\w.#\[:*]")),
    ("css-selector-chaining", re.compile(r"\.[\w-]+\.[\w-]")),
    ("css-selector-class", re.compile(r"\.[A-Za-z_]")),
    ("css-selector-id", re.compile(r"#[A-Za-z_]")),
    ("css-selector-type", re.compile(r"(?:^|[\s>+~,])[a-z]")),
    ("css-selector-universal", re.compile(r"(?:^|[\s>+~,])\*")),
    ("css-selector-grouping", re.compile(r",")),
)
_OLD_PSEUDO_ELEMENTS: Final = ("before", "after", "first-letter", "first-line")
#: What a program must know to read any sheet.
_SHEET: Final = "html-style"
_FORMATS: Final = {
    "jpeg": "image-jpg", "tif": "image-tiff", "svg+xml": "image-svg", "heic": "image-heif",
    "vnd.microsoft.icon": "image-ico", "x-icon": "image-ico",
}  # fmt: skip
_PSEUDO = re.compile(r"(?P<colons>::?)(?P<name>[a-z-]+)")
_FUNCTION = re.compile(r"([a-z-]+)\(")
_UNIT = re.compile(r"(?<![\w#.-])[+-]?\d*\.?\d+(%|[a-z]+)")
_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)")
_EXTENSION = re.compile(r"\.([a-z0-9]{3,4})$")
_DATA = re.compile(r"data:image/([a-z0-9.+-]+)")


def features_used(document: Document, known: Collection[str]) -> dict[str, Use]:
    """The features of a letter: those of its elements in order, then those of its sheets only.

    Args:
        known: the names of features; others are not reported.
    """
    found: dict[str, Use] = {}
    for element in document.elements:
        for feature, value in _of_element(element):
            if feature in known:
                found.setdefault(feature, Use(feature, element)).values.add(value)
        for feature, _, value in _of_declarations(parse_inline(element.get("style", ""))):
            if feature in known:
                found.setdefault(feature, Use(feature, element)).values.add(value)
    # What stands outside of media queries first: it needs less of a program.
    for needs, feature, words, value in sorted(_in_sheets(document), key=lambda use: len(use[0])):
        if feature in known:
            use = found.setdefault(feature, Use(feature, None, words, needs))
            use.values.add(value)
    return found


def _of_element(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Features of an element besides its style, with their values."""
    tag = str(element.tag)
    yield _ELEMENTS.get(tag, f"html-{tag}") if tag not in _ATTRIBUTE_FEATURES else "", ""
    for name, value in element.attrib.items():
        attribute, said = str(name), str(value)
        if attribute in _ATTRIBUTE_FEATURES or attribute in _ATTRIBUTES:
            yield _ATTRIBUTES.get(attribute, f"html-{attribute}"), f"{tag} {said}"
        if attribute == "type":
            yield _TYPED.get((tag, said.lower()), ""), said
        if attribute in ("src", "background"):
            yield from ((feature, said) for feature in _of_image(said))
        if attribute == "srcset":
            for candidate in said.split(","):
                yield from ((feature, said) for feature in _of_image(candidate.split(" ")[0]))
    if tag == "a" and element.get("href", "").startswith("#"):
        yield "html-anchor-links", ""
    if tag == "a" and element.get("href", "").startswith("mailto:"):
        yield "html-mailto-links", ""
    if tag == "meta" and element.get("name") == "color-scheme":
        yield "html-meta-color-scheme", ""


def _in_sheets(document: Document) -> Iterator[tuple[tuple[str, ...], str, str, str]]:
    """What the sheets use: needs, feature, words to look for, value."""
    for sheet in sheets_of(document.root):
        for needs, feature, words in _of_at_rules(sheet.at_rules):
            yield (_SHEET, *needs), feature, words, ""
        for rule in sheet.rules:
            needs = (_SHEET, *_of_media(rule.media))
            yield from ((needs, *use, "") for use in _of_selector(rule.prelude))
            yield from ((needs, *use) for use in _of_declarations(rule.declarations))


def _of_media(media: tuple[str, ...]) -> Iterator[str]:
    for query in media:
        yield "css-at-media"
        yield from (feature for word, feature in _MEDIA.items() if word in query)


def _of_at_rules(at_rules: Iterable[AtRule]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    for rule in at_rules:
        yield (), f"css-at-{rule.name}", f"@{rule.name}"
        for word, feature in _MEDIA.items():
            if rule.name == "media" and word in rule.prelude:
                yield ("css-at-media",), feature, word


def _of_selector(prelude: str) -> Iterator[tuple[str, str]]:
    last = prelude.rpartition(",")[2].strip()
    yield from ((feature, last) for feature, pattern in _SELECTORS if pattern.search(prelude))
    for match in _PSEUDO.finditer(prelude):
        is_element = match["colons"] == "::" or match["name"] in _OLD_PSEUDO_ELEMENTS
        yield f"css-pseudo-{'element' if is_element else 'class'}-{match['name']}", match[0]


@lru_cache(maxsize=4096)
def _of_declarations(declarations: tuple[Declaration, ...]) -> tuple[tuple[str, str, str], ...]:
    """Features of declarations, with the words to look for and the value."""
    return tuple(
        (feature, words, declaration.value.lower())
        for declaration in declarations
        for feature, words in _of_declaration(declaration)
    )


def _of_declaration(declaration: Declaration) -> Iterator[tuple[str, str]]:
    name, value = declaration.name, declaration.value.lower()
    if name.startswith("--"):
        yield "css-variables", name
        return
    yield _PROPERTIES.get(name, f"css-{name}"), name
    for family in _FAMILIES:
        if name.startswith(f"{family}-"):
            yield f"css-{family}", name
    if declaration.important:
        yield "css-important", "!important"
    for of, pattern, feature in _PAIRS:
        if name == of and pattern.fullmatch(value):
            yield feature, name
    yield from _of_value(value)


def _of_value(value: str) -> Iterator[tuple[str, str]]:
    for function in _FUNCTION.findall(value):
        if function in _FUNCTIONS:
            yield _FUNCTIONS[function], f"{function}("
    for url in _URL.findall(value):
        for feature in _of_image(url):
            yield feature, url
    if value == "initial":
        yield "css-unit-initial", value
    if value in _INTRINSIC:
        yield "css-intrinsic-size", value
    if "url(" not in value:
        for unit in _UNIT.findall(value):
            yield f"css-unit-{'percent' if unit == '%' else unit}", unit


def _of_image(source: str) -> Iterator[str]:
    address = source.strip().lower()
    if found := _DATA.match(address):
        yield "image-base64"
        kind = found[1]
    else:
        extension = _EXTENSION.search(re.split(r"[?#]", address, maxsplit=1)[0])
        kind = extension[1] if extension else ""
    yield _FORMATS.get(kind, f"image-{kind}")
