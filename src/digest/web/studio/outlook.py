"""What Outlook for Windows makes of a letter, as nearly as a browser can show it.

Its conditional comments are opened, and what the Word engine ignores is taken away. Sources:
Microsoft, “Word 2007 HTML and CSS Rendering Capabilities in Outlook 2007”, parts 1 and 2; and
caniemail.com for Outlook 2007 to 2019, read in November 2026. An approximation: Word's own fonts,
line heights, table widths and VML are not imitated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tinycss2 import parse_component_value_list, parse_stylesheet, serialize
from tinycss2.ast import Node

#: Outlook 2016, 2019 and 365 call themselves this version of `mso`.
MSO_VERSION = 16

#: Properties that Word ignores everywhere, with all that begin with them and a hyphen.
IGNORED = (
    *("align-content", "align-items", "align-self", "animation", "aspect-ratio"),
    *("backdrop-filter", "background-attachment", "background-blend-mode", "background-clip"),
    *("background-image", "background-origin", "background-position", "background-repeat"),
    *("background-size", "border-image", "border-radius", "border-spacing", "box-shadow"),
    *("box-sizing", "caption-side", "clear", "clip-path", "column-count", "columns"),
    *("empty-cells", "filter", "flex", "float", "font-kerning", "font-size-adjust"),
    *("font-stretch", "gap", "grid", "hyphens", "inset", "justify-content", "justify-items"),
    *("justify-self", "left", "right", "top", "bottom", "list-style-image"),
    *("list-style-position", "max-height", "max-width", "min-height", "min-width", "mask"),
    *("mix-blend-mode", "object-fit", "object-position", "opacity", "order", "orphans"),
    *("outline", "overflow", "position", "resize", "tab-size", "table-layout"),
    *("text-align-last", "text-decoration-color", "text-decoration-line"),
    *("text-decoration-style", "text-decoration-thickness", "text-emphasis", "text-overflow"),
    *("text-shadow", "text-underline-offset", "text-underline-position", "text-wrap"),
    *("transform", "transition", "user-select", "visibility", "white-space", "widows"),
    *("word-spacing", "word-wrap", "writing-mode", "z-index"),
)
#: Values that Word does not understand; the whole declaration is then as if it were not there.
UNREADABLE = re.compile(
    r"\b(?:rgba|hsla?|calc|var|min|max|clamp|light-dark)\(|\d(?:rem|vw|vh|vmin|vmax|ch)\b",
    re.IGNORECASE,
)
#: Elements whose `width` and `height` properties are ignored; attributes are not.
UNSIZED = frozenset({"a", "body", "div", "img", "p", "span"})
#: Elements that are padded; no other is.
PADDED = frozenset({"td", "th"})

_IF = re.compile(r"<!--\[if(?P<shown>[^\]]{0,200})\]>", re.IGNORECASE)
_END = re.compile(r"<!\[endif\]-->", re.IGNORECASE)
#: What shows the inside of a condition to everybody, and hides its end again.
_REVEALED = re.compile(r"\s*+(?:<!-->|--!?><!--\s*+-->|<!--\s*+-->)?")
_HIDDEN = "<!--"
_TERM = re.compile(
    r"\s*(?:(?P<op>lte|lt|gte|gt)\s+)?(?P<name>mso|ie|vml|true|false)(?:\s+(?P<version>[\d.]+))?\s*",
    re.IGNORECASE,
)
#: Elements, classes and ids: of these are the selectors that Word knows.
_SIMPLE = re.compile(r"[\w-]++(?:[.#][\w-]++)?|[.#][\w-]++")
_SIGN = re.compile(r"[();]")
_IGNORED = re.compile(rf"(?:{'|'.join(IGNORED)})(?:-[\w-]+)?|--[\w-]+", re.IGNORECASE)


def open_conditionals(html: str) -> str:
    """The HTML as Outlook reads it: what is conditioned for it is there, the rest is not."""

    kept: list[str] = []
    at = 0
    while (begin := _IF.search(html, at)) and (end := _END.search(html, begin.end())):
        kept.append(html[at : begin.start()])
        if is_true(begin["shown"]):
            inner = _REVEALED.sub("", html[begin.end() : end.start()], count=1)
            bare = inner.rstrip()
            kept.append(bare.removesuffix(_HIDDEN) if bare.endswith(_HIDDEN) else inner)
        at = end.end()
    return "".join([*kept, html[at:]])


def is_true(condition: str) -> bool:
    """Whether Outlook is meant by a condition such as `(gte mso 9)|(IE)` or `!mso`."""
    return any(
        all(_term(term) for term in part.split("&"))
        for part in condition.replace("(", "").replace(")", "").split("|")
    )


def without_ignored_rules(css: str) -> str:
    """A style sheet without what Word ignores: at-rules, most selectors, its properties."""

    try:
        return "".join(
            f"{selector}{{{without_ignored(_bare(rule.content), _tag(selector))}}}"
            for rule in parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
            if rule.type == "qualified-rule"
            for selector in _bare(rule.prelude).split(",")
            if _is_known(selector)
        )
    except RecursionError:
        return ""


@lru_cache(maxsize=2048)
def without_ignored(declarations: str, tag: str = "") -> str:
    """Declarations without those that Word ignores on an element of this tag (“”: any)."""
    kept: list[str] = []
    for declaration in _separate(declarations):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        if not colon or _IGNORED.fullmatch(name) or UNREADABLE.search(value):
            continue
        kept.extend(_as_word_reads(name, value.strip(), tag))
    return ";".join(kept)


def _bare(tokens: Sequence[Node]) -> str:
    """CSS without its comments."""
    return str(serialize([token for token in tokens if token.type != "comment"]))


def _is_known(selector: str) -> bool:
    parts = selector.split()
    return bool(parts) and all(_SIMPLE.fullmatch(part) for part in parts)


def _separate(declarations: str) -> Iterator[str]:
    """Declarations one by one; a semicolon in brackets ends none."""
    start = depth = 0
    for sign in _SIGN.finditer(declarations):
        if sign[0] != ";":
            depth = max(0, depth + (1 if sign[0] == "(" else -1))
        elif depth == 0:
            yield declarations[start : sign.start()]
            start = sign.end()
    yield declarations[start:]


def _without_pictures(value: str) -> str:
    """A background without its pictures and gradients."""
    return str(
        serialize(
            [
                token
                for token in parse_component_value_list(value)
                if token.type not in ("url", "error")
                and not (
                    token.type == "function"
                    and (token.lower_name == "url" or token.lower_name.endswith("gradient"))
                )
            ]
        )
    )


def _tag(selector: str) -> str:
    """The element that a selector ends in; “” when it names none."""
    last = selector.split()[-1].lower()
    return re.split(r"[.#]", last)[0]


def _as_word_reads(name: str, value: str, tag: str) -> list[str]:
    bare = value.lower().removesuffix("!important").strip()
    if name == "mso-hide" and bare == "all":
        return ["display:none"]
    if name == "mso-padding-alt":
        return [f"padding:{value}"]
    if name == "display" and (bare != "none" or tag == "img"):
        return []
    if tag and name in ("width", "height") and tag in UNSIZED:
        return []
    if tag and name.startswith("padding") and tag not in PADDED:
        return []
    if name == "background":
        value = _without_pictures(value)
    return [f"{name}:{value}"]


def _term(term: str) -> bool:
    term = term.strip()
    if term.startswith("!"):
        return not _term(term[1:])
    found = _TERM.fullmatch(term)
    if found is None or found["name"].lower() in ("ie", "false"):
        return False
    if found["name"].lower() != "mso" or not found["version"]:
        return True
    version, op = float(found["version"]), (found["op"] or "").lower()
    return {
        "lt": version > MSO_VERSION,
        "lte": version >= MSO_VERSION,
        "gt": version < MSO_VERSION,
        "gte": version <= MSO_VERSION,
    }.get(op, version == MSO_VERSION)
