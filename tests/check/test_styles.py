"""The check sees colours and sizes as a browser shows them; Chromium is asked."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html
from playwright.sync_api import Browser
from tests.browser import only_loopback
from tests.faces import TEMPLATES, faces

from digest.check.accessibility import accessibility_findings
from digest.check.document import Document
from digest.check.features import features_used
from digest.check.legibility import views
from digest.check.sheets import View, media_holds
from digest.check.styles import Computed, block_of
from digest.check.values import BLACK, WHITE, Colour, as_colour, contrast, difference

LIGHT, DARK = View("light", 600), View("dark", 600)


def look(
    body: str, sheet: str = "", view: View = LIGHT, tag: str = "i", head: str = ""
) -> Computed:
    """How the first element of a kind looks."""
    document = Document(
        f"<html><head>{head}<style>{sheet}</style></head><body>{body}</body></html>"
    )
    styles = document.styles.at(view)
    return next(style for node, style in styles.items() if node.tag == tag)


@pytest.mark.parametrize(
    ("body", "sheet", "color"),
    [
        ("<i>a</i>", "", "#000000"),
        ("<p style='color:#123456'><i>a</i></p>", "", "#123456"),
        ("<i style='color:red'>a</i>", "i{color:blue}", "#FF0000"),
        ("<i style='color:red'>a</i>", "i{color:blue!important}", "#0000FF"),
        ("<i style='color:red!important'>a</i>", "i{color:blue!important}", "#FF0000"),
        ("<i class=x>a</i>", ".x{color:red} i{color:blue}", "#FF0000"),
        ("<i class=x>a</i>", ".x{color:blue} .x{color:red}", "#FF0000"),
        ("<i class=x>a</i>", "i,.x{color:red} i.y,i{color:blue}", "#FF0000"),
        ("<i id=x>a</i>", "#x{color:red} .x.x.x{color:blue}", "#FF0000"),
        ("<p><i>a</i></p>", "p>i{color:red} body p i{color:blue}", "#0000FF"),
        ("<i>a</i>", "i{color:red} @media (max-width:480px){i{color:blue}}", "#FF0000"),
        ("<i>a</i>", "i{color:red}@media screen{@media (width:600px){i{color:blue}}}", "#0000FF"),
        ("<i>a</i>", "@supports (gap:1px){i{color:red}} @container (min-width:1px){i{color:blue}}",
         "#FF0000"),
        ("<i>a</i>", "i{color:red} i:hover{color:blue} i::before{color:blue}", "#FF0000"),
        ("<i>a</i>", "i{color:red} i:nonsense(1),i{color:blue} i{color:no} i{color:}", "#FF0000"),
        ("<i>a</i>", "i{color:red} } i{color:blue}", "#FF0000"),
        ("<i>a</i>", "i{color:red} p", "#FF0000"),
        ("<i>a</i>", "i{color:rgb(255 0 0/.5)}", "#FF8080"),
        ("<p style='color:red'><i style='color:inherit'>a</i></p>", "i{color:blue}", "#FF0000"),
        ("<p style='color:red'><i style='color:unset'>a</i></p>", "i{color:blue}", "#FF0000"),
        ("<p style='opacity:.5;color:#000'><i>a</i></p>", "", "#808080"),
        ("<font color=#aa0000><i>a</i></font>", "", "#AA0000"),
        ("<table><tr><td><i>a</i></td></tr></table>", "table>tbody>tr>td{color:red}", "#FF0000"),
        ("<a><i>a</i></a>", "", "#000000"),
        ("<a href=x><i>a</i></a>", "", "#0000EE"),
        ("<a href=x><i>a</i></a>", "a{color:red}", "#FF0000"),
    ],
)  # fmt: skip
def test_colour_is_the_one_that_wins(body: str, sheet: str, color: str) -> None:
    assert str(look(body, sheet).ink) == color


@pytest.mark.parametrize(
    ("body", "ground"),
    [
        ("<i>a</i>", "#FFFFFF"),
        ("<p style='background:#123456 url(x.png) no-repeat'><b><i>a</i></b></p>", "#123456"),
        ("<p style='background-color:#123456;background:none'><i>a</i></p>", "#FFFFFF"),
        ("<table bgcolor=#123456><tr><td><i>a</i></table>", "#123456"),
        ("<table bgcolor=#123456 style='background:red'><tr><td><i>a</i></table>", "#FF0000"),
        ("<p style='background:#000'><b style='background:rgba(255,255,255,.5)'><i>a</i></b></p>",
         "#808080"),
        ("<p style='background:red'><i style='background:transparent'>a</i></p>", "#FF0000"),
        ("<p style='background:currentcolor;color:#00f'><i>a</i></p>", "#0000FF"),
        ("<p style='background:nonsense'><i>a</i></p>", "#FFFFFF"),
    ],
)  # fmt: skip
def test_ground_is_what_stands_behind(body: str, ground: str) -> None:
    assert str(look(body).ground) == ground


@pytest.mark.parametrize(
    ("body", "size", "weight", "line"),
    [
        ("<i>a</i>", 16, 400, 19.2),
        ("<p style='font-size:9px;line-height:2'><i style='font-size:2em'>a</i></p>", 18, 400, 36),
        ("<p style='font:9px/2em Arial'><i style='font-size:2em'>a</i></p>", 18, 400, 18),
        ("<p style='font:bold 14px/20px Arial'><i>a</i></p>", 14, 700, 20),
        ("<p style='font:italic 600 1.5rem serif'><i>a</i></p>", 24, 600, 28.8),
        ("<p style='font:nonsense'><i style='font-size:3vw'>a</i></p>", 16, 400, 19.2),
        ("<h1><i style='line-height:120%'>a</i></h1>", 32, 700, 38.4),
        ("<b><i style='font-weight:lighter'>a</i></b>", 16, 400, 19.2),
        ("<b><b style='font-weight:bolder'><i>a</i></b></b>", 16, 900, 19.2),
        ("<i style='font-size:small;font-weight:inherit'>a</i>", 13, 400, 15.6),
        ("<p style='font-size:10px'><i style='font-size:larger'>a</i></p>", 12, 400, 14.4),
        ("<font size=6><i>a</i></font>", 32, 400, 38.4),
        ("<p style='font-size:12pt;line-height:24px'><i style='line-height:normal'>a</i></p>",
         16, 400, 19.2),
    ],
)  # fmt: skip
def test_size_weight_and_line_are_inherited_as_in_css(
    body: str, size: float, weight: int, line: float
) -> None:
    style = look(body)
    assert style.font_size == pytest.approx(size)
    assert style.font_weight == weight
    assert style.line_height == pytest.approx(line)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("<i>a</i>", True),
        ("<p style='display:none'><i>a</i></p>", False),
        ("<p hidden><i>a</i></p>", False),
        ("<p hidden style='display:block'><i>a</i></p>", True),
        ("<i style='visibility:hidden'>a</i>", False),
        ("<p style='max-height:0;overflow:hidden'><i>a</i></p>", False),
        ("<p style='height:0px'><i>a</i></p>", True),
    ],
)
def test_hidden_text_is_known(body: str, shown: bool) -> None:
    assert look(body).shown is shown


def test_paddings_borders_and_underlines_are_known() -> None:
    style = look("<i style='padding:1px 2px 3px;padding-left:1em;border:1px solid'>a</i>")
    assert list(style.padding) == [1, 2, 3, 16]
    assert style.bordered
    assert look("<i style='padding:4px'>a</i>").padding == (4, 4, 4, 4)
    assert look("<i style='padding:1px 2px 3px 4px 5px'>a</i>").padding == (0, 0, 0, 0)
    assert not look("<i style='border:none'>a</i>").bordered
    assert look("<a href=x><i>a</i></a>").underlined
    assert not look("<a href=x style='text-decoration:none'><i>a</i></a>").underlined
    assert not look("<u><i style='display:inline-block'>a</i></u>").underlined
    assert look("<p style='text-decoration-line:underline'><i>a</i></p>").underlined


def test_dark_letter_without_colours_of_its_own_is_white_on_black() -> None:
    meta = "<meta name=color-scheme content='light dark'>"
    assert str(look("<i>a</i>", view=DARK).ground) == "#FFFFFF"
    assert str(look("<i>a</i>", view=DARK, head=meta).ground) == "#121212"
    assert str(look("<i>a</i>", ":root{color-scheme:dark}", DARK).ink) == "#FFFFFF"


@pytest.mark.parametrize(
    ("query", "view", "holds"),
    [
        ("screen and (min-width:480px)", LIGHT, True),
        ("only screen and (max-width: 37.5em)", LIGHT, True),
        ("(max-width:599.5px)", LIGHT, False),
        ("(width:600px)", LIGHT, True),
        ("(width >= 600px)", LIGHT, True),
        ("(width < 600px)", LIGHT, False),
        ("print", LIGHT, False),
        ("print, screen", LIGHT, True),
        ("not print", LIGHT, True),
        ("not screen", LIGHT, False),
        ("(prefers-color-scheme:dark)", DARK, True),
        ("screen and (prefers-color-scheme: dark)", LIGHT, False),
        ("(min-width:320px) and (prefers-color-scheme:dark)", DARK, True),
        ("(orientation:portrait)", LIGHT, False),
        ("(min-width:10vw)", LIGHT, False),
        ("((min-width:1px) or (color))", LIGHT, False),
    ],
)
def test_media_queries_hold_for_what_is_looked_at(query: str, view: View, holds: bool) -> None:
    assert media_holds(query, view) is holds


def test_contrast_is_wcags() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    grey = as_colour("#767676")
    assert isinstance(grey, Colour)
    assert contrast(WHITE, grey) == pytest.approx(4.54, abs=0.005)


def test_forced_inversion_turns_lightness_over_and_keeps_hue() -> None:
    assert BLACK.inverted()[:3] == pytest.approx(WHITE[:3], abs=0.001)
    assert str(WHITE.inverted()) == "#000000"
    grey, red = as_colour("#767676"), as_colour("#a00000")
    assert isinstance(grey, Colour)
    assert isinstance(red, Colour)
    assert str(grey.inverted()) == "#787878"
    assert red.inverted().lab[0] == pytest.approx(100 - red.lab[0], abs=3)
    assert red.inverted().red > red.inverted().green


def test_difference_of_colours_is_that_of_cie_1976() -> None:
    assert difference(WHITE, WHITE) == 0
    assert difference(BLACK, WHITE) == pytest.approx(100, abs=0.01)
    red, white = Colour(1.0, 0.0, 0.0), Colour(1.0, 1.0, 1.0)
    assert red.lab == pytest.approx((53.24, 80.09, 67.20), abs=0.02)
    assert difference(red, white) == pytest.approx(114.5, abs=0.1)


@pytest.mark.parametrize(
    "text", ["nonsense", "", "url(x)", "rgb(", "device-cmyk(0 0 0 0)", "lab(1 1 1)"]
)
def test_what_is_no_colour_is_none(text: str) -> None:
    assert as_colour(text) is None


def test_block_of_a_link_is_what_has_lines_of_its_own() -> None:
    document = Document("<p>x <b><a href=y>z</a></b></p>")
    styles = document.styles.at(LIGHT)
    link = next(document.root.iter("a"))
    assert block_of(link, styles).tag == "p"


_ASK = """() => [...document.querySelectorAll("[data-n]")].map(node => {
  const style = getComputedStyle(node);
  return {
    n: +node.dataset.n, color: style.color, ground: style.backgroundColor, size: style.fontSize,
    weight: +style.fontWeight, line: style.lineHeight,
    padding: ["Top", "Right", "Bottom", "Left"].map(side => parseFloat(style["padding" + side])),
    shown: node.checkVisibility({visibilityProperty: true}),
  };
})"""

_HARD = """<html><head><meta name="color-scheme" content="light dark"><style>
:root{color-scheme:light dark} p{line-height:1.4} p em{font-weight:bolder;color:RebeccaPurple}
td{background:hsl(200 50% 40%);color:#fff;padding:5% 3px!important}
.a.b>td{font:700 13pt/1.7 serif} .b>td,#q{color:rgb(10%,20%,30%)}
@media (max-width:480px){td{padding:2px} p,.x:not(.y){font-size:1.1rem!important}}
@media not all and (prefers-color-scheme:dark){.x{color:#135}}
@media (prefers-color-scheme:dark){.x{color:#bdf} a{background-color:#321}}
li:nth-child(2n+1){color:teal;line-height:150%} small{line-height:2em}
</style></head><body bgcolor="#eeeeee" text="#222222"><p class="x">a <em>b <strong>c</strong></em>
<small>d <small>e</small></small> <a href="x">f</a> <a name="y">g</a></p>
<table><tr class="a b"><td id="q" style="padding:1px">h</td><th>i</th></tr></table>
<ul><li>j</li><li><font size="5" color="navy">k</font></li><li><h2>l <sub>m</sub></h2></li></ul>
<div style="font-size:20px;line-height:1.5"><span style="font-size:.5em;color:inherit">n</span>
<b style="font-weight:300">o <u style="font-size:larger">p</u></b></div><p hidden>q</p>
<h3 style="font:inherit">r</h3><h6>s</h6></body></html>"""


def numbered(page: str) -> tuple[Document, str]:
    """A document whose elements carry their place in it, and its HTML for a browser."""
    document = Document(page)
    for number, element in enumerate(document.elements):
        element.set("data-n", str(number))
    return document, "<!doctype html>" + lxml_html.tostring(document.root, encoding="unicode")


def differences(document: Document, view: View, asked: list[dict[str, Any]]) -> list[str]:
    """Where the check computes something else than the browser."""
    found = []
    styles = document.styles.at(view)
    for answer in asked:
        element = document.elements[answer["n"]]
        if not answer["shown"] and not styles[element].shown:
            continue
        for name, ours, theirs in _compared(element, styles[element], answer):
            # Chromium rounds a channel of 76.5 up, and leaves 64ths of a pixel away.
            if ours != pytest.approx(theirs, abs=1 if name in ("colour", "ground") else 0.02):
                found.append(f"{view} <{element.tag}>: {name} {ours}, in Chromium {theirs}")
    return found


def _compared(
    element: etree._Element, style: Computed, answer: dict[str, Any]
) -> list[tuple[str, object, object]]:
    pairs: list[tuple[str, object, object]] = [
        ("shown", style.shown, answer["shown"]),
        ("size", style.font_size, float(answer["size"][:-2])),
        ("weight", style.font_weight, answer["weight"]),
        ("colour", _rounded(style.color), _channels(answer["color"])[:3]),
    ]
    if answer["line"] != "normal":
        pairs.append(("line", style.line_height, float(answer["line"][:-2])))
    if "%" not in element.get("style", "") and element.tag not in ("td", "th", "ul", "input"):
        pairs.append(("padding", list(style.padding), answer["padding"]))
    ground = _channels(answer["ground"])
    if len(ground) == 3 and style.opacity == 1:
        pairs.append(("ground", _rounded(style.ground), ground))
    return pairs


def _rounded(colour: Colour) -> list[int]:
    return [round(channel * 255) for channel in colour[:3]]


def _channels(written: str) -> list[float]:
    return [float(number) for number in re.findall(r"[\d.]+", written)]


@pytest.fixture(scope="module", params=["hard", *TEMPLATES])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The HTML of every template, and of one that is full of traps."""
    if request.param == "hard":
        return _HARD
    return next(faces(tmp_path_factory.mktemp("faces"), request.param)).page


def test_check_and_chromium_agree_on_every_element(page: str, browser: Browser) -> None:
    document, markup = numbered(page)
    shown = browser.new_page()
    shown.route("**/*", only_loopback)
    found = []
    for view in views(600):
        shown.emulate_media(color_scheme=view.scheme)
        shown.set_viewport_size({"width": view.width, "height": 900})
        shown.set_content(markup, wait_until="domcontentloaded")
        found += differences(document, view, shown.evaluate(_ASK))
    shown.close()
    assert found == []


def test_documents_without_anything_have_styles() -> None:
    assert Document("").styles.at(LIGHT)


_BITS = st.sampled_from(
    [*"{}();:,.#/*%!@>+~-[]\"' \n", "a", "b", "color", "background", "font", "padding", "opacity",
     "line-height", "font-size", "font-weight", "@media", "min-width", "and", "not", "9" * 400,
     "-1", "px", "em", "rgb(", "hsl(", "oklch(", "url(", "var(--x)", "none", "inherit",
     "!important"]
)  # fmt: skip


@given(st.lists(_BITS, max_size=30).map("".join), st.lists(_BITS, max_size=20).map("".join))
def test_no_style_however_odd_stops_the_check(sheet: str, style: str) -> None:
    page = (
        f"<style>a{{{style}}} {sheet}</style><a href=x style='{style.replace(chr(39), '')}'>b</a>"
    )
    assert list(accessibility_findings(Document(page)))
    assert features_used(Document(page), ("html-style",))
