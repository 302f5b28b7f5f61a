"""How the elements of a letter look: colours, sizes, paddings, as a browser would compute them.

The cascade (origin, `!important`, specificity, order) and inheritance of CSS, for the properties
that the rules ask for, at a scheme and a width. Grounds are what stands behind a text: the nearest
painted ancestors, blended; pictures behind texts are not looked at, as mail programs block them.
Values not understood are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import cssselect2
from lxml import etree

from digest.check.sheets import Rule, View, media_holds, parse_inline, sheets_of
from digest.check.values import (
    BLACK,
    FONT_SIZES,
    WHITE,
    Colour,
    Length,
    Value,
    as_colour,
    longhands,
)

#: Without a sheet of their own, in Chromium: canvas, text, link; light and dark.
_CANVAS: Final = {"light": WHITE, "dark": Colour(18 / 255, 18 / 255, 18 / 255)}
_TEXT: Final = {"light": BLACK, "dark": WHITE}
_LINK: Final = {
    "light": Colour(0.0, 0.0, 238 / 255),
    "dark": Colour(158 / 255, 158 / 255, 1.0),
}
_NORMAL_LEADING: Final = 1.2
_SMALLER: Final = 5 / 6
_EM: Final = {
    "h1": 2.0,
    "h2": 1.5,
    "h3": 1.17,
    "h5": 0.83,
    "h6": 0.67,
    "small": _SMALLER,
    "sub": _SMALLER,
    "sup": _SMALLER,
}
_BOLD: Final = frozenset(("b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"))
_FONT_TAG: Final = ("x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large")
_INLINE: Final = re.compile(
    r"a|abbr|b|bdi|bdo|br|cite|code|del|dfn|em|font|i|img|ins|kbd|mark|q|s|samp|small|span|strike"
    r"|strong|sub|sup|time|tt|u|var|wbr"
)
_NEVER_SHOWN: Final = frozenset(("head", "script", "style", "title", "template", "noscript"))

#: Which of an element's declarations hold, as (longhand, value) in the order of the cascade.
Resolved = dict[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """How one element looks. Sizes are CSS pixels, `padding` is top, right, bottom, left.

    `ground` is opaque; `painted` says that the element itself paints it.
    """

    shown: bool
    display: str
    color: Colour
    ground: Colour
    painted: bool
    opacity: float
    font_size: float
    font_weight: int
    leading: Length
    underlined: bool
    bordered: bool
    padding: tuple[float, float, float, float]

    @property
    def ink(self) -> Colour:
        """The text's colour as seen on its ground."""
        return self.color.over(self.ground, self.opacity)

    @property
    def line_height(self) -> float:
        """Pixels from line to line."""
        return self.leading.pixels(self.font_size) * (
            self.font_size if not self.leading.unit else 1
        )

    @property
    def is_large(self) -> bool:
        """Large text in the sense of WCAG: 24 px, or 18.66 px bold."""
        return self.font_size >= 24 or (self.font_size >= 18.66 and self.font_weight >= 700)


class _Kind(NamedTuple):
    """All that an element's look depends on, besides what it stands in."""

    tag: str
    is_link: bool
    hidden: bool
    rules: tuple[int, ...]
    style: str
    hints: tuple[tuple[str, Value], ...]


class Styles:
    """The styles of a document, matched once and computed per view.

    Args:
        root: of an HTML document whose tables have their `tbody`.
    """

    def __init__(self, root: etree._Element) -> None:
        self._rules = [rule for sheet in sheets_of(root) for rule in sheet.rules]
        self._follows_scheme = _follows_scheme(root, self._rules)
        self._elements = list(root.iter(etree.Element))
        numbers = {element: number for number, element in enumerate(self._elements)}
        above = (element.getparent() for element in self._elements)
        self._parents = [-1 if parent is None else numbers[parent] for parent in above]
        # Equal kinds are one object, so that they can be told by their id.
        kinds: dict[_Kind, _Kind] = {}
        self._kinds = [kinds.setdefault(kind, kind) for kind in self._matched(root)]
        self._views: dict[View, dict[etree._Element, Computed]] = {}

    def at(self, view: View) -> Mapping[etree._Element, Computed]:
        """Every element's style in a view, in the order of the document."""
        if view not in self._views:
            computation = _Computation(self._rules, self._follows_scheme, view)
            looks = computation.run(self._kinds, self._parents)
            self._views[view] = dict(zip(self._elements, looks, strict=True))
        return self._views[view]

    def _matched(self, root: etree._Element) -> Iterator[_Kind]:
        matcher = cssselect2.Matcher()
        for number, rule in enumerate(self._rules):
            for selector in rule.selectors:
                if selector.pseudo_element is None:
                    matcher.add_selector(selector, number)
        wrapper = cssselect2.ElementWrapper.from_html_root(root)
        for element in wrapper.iter_subtree():
            node = element.etree_element
            # A rule counts where its most specific selector stands.
            rules = dict.fromkeys(found[3] for found in reversed(matcher.match(element)))
            yield _Kind(
                str(node.tag),
                node.tag == "a" and node.get("href") is not None,
                node.get("hidden") is not None,
                tuple(rules)[::-1],
                node.get("style", ""),
                tuple(_hints(node)),
            )


class _Computation:
    """One view's styles, from the root down; elements that must look alike share the result."""

    def __init__(self, rules: list[Rule], follows_scheme: bool, view: View) -> None:
        self._rules = rules
        self._active = [all(media_holds(query, view) for query in rule.media) for rule in rules]
        self._scheme = view.scheme if follows_scheme else "light"
        self._resolved: dict[tuple[tuple[int, ...], str], Resolved] = {}

    def run(self, kinds: Sequence[_Kind], parents: Sequence[int]) -> list[Computed]:
        """One look for each kind; `parents` are places in the same list, -1 for the root's."""
        outside = Computed(
            shown=True,
            display="block",
            color=_TEXT[self._scheme],
            ground=_CANVAS[self._scheme],
            painted=False,
            opacity=1.0,
            font_size=16.0,
            font_weight=400,
            leading=Length(_NORMAL_LEADING, ""),
            underlined=False,
            bordered=False,
            padding=(0.0, 0.0, 0.0, 0.0),
        )
        looks: list[Computed] = []
        known: dict[tuple[int, int], Computed] = {}
        for kind, parent in zip(kinds, parents, strict=True):
            above = outside if parent < 0 else looks[parent]
            key = (id(above), id(kind))
            look = known.get(key)
            if look is None:
                sheets = self._cascade(kind.rules, kind.style)
                resolved = {**dict(kind.hints), **sheets} if kind.hints else sheets
                look = known[key] = self._compute(kind, above, resolved)
            looks.append(look)
        return looks

    def _cascade(self, matched: tuple[int, ...], style: str) -> Resolved:
        key = (matched, style)
        known = self._resolved.get(key)
        if known is None:
            active = [
                self._rules[number].declarations for number in matched if self._active[number]
            ]
            layers = [*active, parse_inline(style)]
            known = self._resolved[key] = {
                longhand: value
                for important in (False, True)
                for layer in layers
                for declaration in layer
                if declaration.important is important
                for longhand, value in longhands(declaration.name, declaration.value)
            }
        return known

    def _compute(self, kind: _Kind, above: Computed, resolved: Resolved) -> Computed:
        tag = kind.tag
        size = _font_size(resolved.get("font-size"), above.font_size, tag)
        color = _colour(resolved.get("color"), above.color)
        if kind.is_link and "color" not in resolved:
            color = _LINK[self._scheme]
        opacity = above.opacity * _number(resolved.get("opacity"), 1.0)
        paint = resolved.get("background-color")
        own = color if paint == "currentcolor" else paint
        painted = isinstance(own, Colour) and own.alpha > 0
        display = _display(resolved.get("display"), tag)
        decoration = resolved.get(
            "text-decoration", "underline" if kind.is_link or tag in ("u", "ins") else ""
        )
        return Computed(
            shown=above.shown and tag not in _NEVER_SHOWN and _is_shown(kind, resolved, display),
            display=display,
            color=color,
            ground=own.over(above.ground, opacity) if isinstance(own, Colour) else above.ground,
            painted=painted,
            opacity=opacity,
            font_size=size,
            font_weight=_weight(resolved.get("font-weight"), above.font_weight, tag),
            leading=_leading(resolved.get("line-height"), above.leading, size),
            underlined="underline" in str(decoration)
            or (above.underlined and display != "inline-block")
            or (kind.is_link and _is_border(resolved.get("border-bottom"))),
            bordered=_is_border(resolved.get("border")),
            padding=_padding(resolved, size),
        )


def block_of(element: etree._Element, styles: Mapping[etree._Element, Computed]) -> etree._Element:
    """The nearest element around (or at) this one that stands on lines of its own."""
    node = element
    while (parent := node.getparent()) is not None and styles[node].display.startswith("inline"):
        node = parent
    return node


def _follows_scheme(root: etree._Element, rules: list[Rule]) -> bool:
    metas = (node for node in root.iter("meta") if node.get("name", "").lower() == "color-scheme")
    if any("dark" in meta.get("content", "") for meta in metas):
        return True
    return any(
        declaration.name == "color-scheme" and "dark" in declaration.value
        for rule in rules
        if rule.prelude in (":root", "html")
        for declaration in rule.declarations
    )


def _hints(element: etree._Element) -> Iterator[tuple[str, Value]]:
    """What HTML's old attributes say of the look; any style wins over them."""
    ground = element.get("bgcolor")
    if ground and (colour := as_colour(ground.strip().lower())):
        yield "background-color", colour
    ink = element.get("color") if element.tag == "font" else element.get("text")
    if ink and element.tag in ("font", "body") and (colour := as_colour(ink.strip().lower())):
        yield "color", colour
    size = element.get("size", "") if element.tag == "font" else ""
    if size.isdigit() and 1 <= int(size) <= len(_FONT_TAG):
        yield "font-size", _FONT_TAG[int(size) - 1]


def _colour(value: Value | None, inherited: Colour) -> Colour:
    return value if isinstance(value, Colour) else inherited


def _number(value: Value | None, otherwise: float) -> float:
    if isinstance(value, Length) and value.unit in ("", "%"):
        return min(max(value.number / (100 if value.unit else 1), 0.0), 1.0)
    return otherwise


def _font_size(value: Value | None, inherited: float, tag: str) -> float:
    if value is None:
        return inherited * _EM.get(tag, 1.0)
    if isinstance(value, Length):
        return value.pixels(inherited, inherited) if value.unit or not value.number else inherited
    words = {"smaller": inherited * _SMALLER, "larger": inherited * 1.2, "initial": 16.0}
    return FONT_SIZES.get(str(value)) or words.get(str(value), inherited)


def _weight(value: Value | None, inherited: int, tag: str) -> int:
    if isinstance(value, Length) and not value.unit:
        return int(min(value.number, 1000))
    word = "bolder" if value is None and tag in _BOLD else value
    if word == "bolder":
        return 400 if inherited < 350 else 700 if inherited < 600 else 900
    if word == "lighter":
        return 100 if inherited < 600 else 400 if inherited < 800 else 700
    return {"bold": 700, "normal": 400, "initial": 400}.get(str(word), inherited)


def _leading(value: Value | None, inherited: Length, size: float) -> Length:
    if isinstance(value, Length):
        return value if not value.unit else Length(value.pixels(size, size), "px")
    return Length(_NORMAL_LEADING, "") if value in ("normal", "initial") else inherited


def _display(value: Value | None, tag: str) -> str:
    if isinstance(value, str) and value not in ("inherit", "unset", "revert"):
        return "inline" if value == "initial" else value
    return "inline" if _INLINE.fullmatch(tag) else "block"


def _is_shown(kind: _Kind, resolved: Resolved, display: str) -> bool:
    if display == "none" or (kind.hidden and "display" not in resolved):
        return False
    if resolved.get("visibility") in ("hidden", "collapse"):
        return False
    nothing = any(
        isinstance(resolved.get(name), Length) and resolved[name] == (0, resolved[name][1])
        for name in ("max-height", "height")
    )
    return not (nothing and resolved.get("overflow") == "hidden")


def _is_border(value: Value | None) -> bool:
    return isinstance(value, str) and not value.startswith(("0", "none", "in", "un"))


def _padding(resolved: Resolved, size: float) -> tuple[float, float, float, float]:
    sides = (resolved.get(f"padding-{side}") for side in ("top", "right", "bottom", "left"))
    top, right, bottom, left = (
        side.pixels(size) if isinstance(side, Length) else 0.0 for side in sides
    )
    return top, right, bottom, left
