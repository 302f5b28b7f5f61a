"""Every face of a letter is harmless, and shows what another mail program would."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.web.studio.colours import turn_colour, turn_over
from digest.web.studio.faces import BLOCKED, FACES, Face, draw, foreign_pictures
from digest.web.studio.loading import without_foreign
from digest.web.studio.outlook import (
    IGNORED,
    is_true,
    open_conditionals,
    without_ignored,
    without_ignored_rules,
)

WAY_OUT = "https://lettre.example.org/u/…"
SOURCES = {"cid:a.jpg@w": "../pictures/a.jpg", "https://p.example/a.jpg": "../pictures/a.jpg"}
LETTER = """<!doctype html><html lang="fr"><head><title>Lettre</title>
<meta name="color-scheme" content="light dark">
<style>:root{color-scheme:light dark}.ink{color:#14202B}
@media (prefers-color-scheme:dark){.ink{color:#F2F4F5!important}}
@media (max-width:480px) and (prefers-color-scheme: light){.ink{padding:0}}
.pic{background:#fff url(https://evil.example/b.png) no-repeat}</style>
<style media="screen and (prefers-color-scheme: dark)">.ink{opacity:.9}</style>
</head><body style="background-color:#E1E6E9">
<p id="story-1" class="ink" style="color:#14202B;max-width:600px">Un <b>récit</b>.</p>
<a href="#story-1">Sommaire</a><a href="https://a.example/x?y=1&amp;z=2">Lire</a>
<a href="https://lettre.example.org/u/…">Se désabonner</a><a href="mailto:a@example.org">Écrire</a>
<img src="cid:a.jpg@w" width="560" height="250" alt="Un quai">
</body></html>"""


def tree(html: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html.encode())


def drawn(name: str, letter: str = LETTER) -> str:
    return draw(letter, FACES[name], SOURCES, way_out=WAY_OUT)


# ---- Names ----------------------------------------------------------------------------------


def test_faces_are_called_by_what_they_take_away() -> None:
    assert Face("dark", blocked=True, plain=True, unsponsored=True).name == (
        "dark-blocked-plain-unsponsored"
    )
    assert len(FACES) == 3 * 8 + 4
    assert next(iter(FACES)) == "light"
    assert not [name for name in FACES if name.startswith("outlook") and "plain" in name]


# ---- Appearance -----------------------------------------------------------------------------


def test_light_and_dark_are_settled_whatever_the_browser_prefers() -> None:
    light, dark = drawn("light"), drawn("dark")
    for html in (light, dark, drawn("inverted")):
        assert "prefers-color-scheme" not in html
    assert "@media (max-width:0px){.ink{color:#F2F4F5!important}}" in light
    assert "@media (min-width:0px){.ink{color:#F2F4F5!important}}" in dark
    assert "(max-width:480px) and (min-width:0px)" in light
    assert "(max-width:480px) and (max-width:0px)" in dark
    assert tree(light).xpath("//style/@media") == ["screen and (max-width:0px)"]
    assert tree(dark).xpath("//meta[@name='color-scheme']/@content") == ["dark"]
    assert ":root{color-scheme:light}" in light


def test_inverted_turns_the_light_letter_over_and_leaves_pictures() -> None:
    html = drawn("inverted")
    body = tree(html).body.get("style")
    assert body.startswith("background-color:#")
    assert "E1E6E9" not in body
    assert "@media (max-width:0px)" in html
    assert tree(html).get("style") == "background-color:#000;color:#fff;"
    assert tree(html).xpath("//img/@src") == ["../pictures/a.jpg"]


def test_without_style_only_the_inline_one_is_left() -> None:
    root = tree(drawn("dark-plain"))
    assert not list(root.iter("style"))
    assert "color:#14202B" in root.get_element_by_id("story-1").get("style")


def test_attributes_that_hold_colours_are_turned_over_as_well() -> None:
    html = '<table bgcolor="#FFFFFF"><tr><td bgcolor="nonsense">a</td></tr></table>'
    root = tree(drawn("inverted", html))
    assert root.xpath("//table/@bgcolor") == ["#000000"]
    assert root.xpath("//td/@bgcolor") == ["nonsense"]


# ---- Pictures -------------------------------------------------------------------------------


def test_blocked_pictures_keep_their_place_and_their_words() -> None:
    (image,) = tree(drawn("light-blocked")).iter("img")
    assert image.get("src") == BLOCKED
    assert (image.get("width"), image.get("height")) == ("560", "250")
    assert image.get("alt") == "Un quai"


def test_blocked_pictures_keep_their_place_in_outlook() -> None:
    html = '<img src="cid:a.jpg@w" width="560" height="250" alt="a"><img src="b" width="100%">'
    styles = [image.get("style") for image in tree(drawn("outlook-blocked", html)).iter("img")]
    assert styles == ["display:inline-block;width:560px;height:250px", None]


def test_pictures_come_from_the_studio_or_not_at_all() -> None:
    html = (
        '<img src="https://p.example/a.jpg" srcset="https://evil.example/2.jpg 2x" alt="a">'
        '<img src="https://evil.example/pixel.gif" alt=""><img alt="none">'
        '<img src="data:image/png;base64,AAAA" alt="b">'
        '<table background="https://evil.example/b.png"><tr><td>x</td></tr></table>'
        '<table background="https://p.example/a.jpg"><tr><td>x</td></tr></table>'
        "<p style=\"background:url('https://evil.example/c.png')\">x</p>"
    )
    shown = drawn("light", html)
    assert "evil.example" not in shown
    assert tree(shown).xpath("//img/@src") == [
        "../pictures/a.jpg",
        BLOCKED,
        BLOCKED,
        "data:image/png;base64,AAAA",
    ]
    assert tree(shown).xpath("//@background") == ["../pictures/a.jpg"]
    assert foreign_pictures(html, SOURCES) == ["https://evil.example/pixel.gif"]
    assert foreign_pictures("", SOURCES) == []
    assert "data:image" not in drawn("light-blocked", html)


def test_style_sheets_load_nothing() -> None:
    html = (
        "<style>@import url(https://evil.example/a.css);@import 'b.css';"
        '.a{background:url("https://evil.example/b.png")}'
        ".b{background:url(cid:a.jpg@w)}</style><p>x</p>"
    )
    shown = drawn("light", html)
    assert "evil.example" not in shown
    assert "@import" not in shown
    assert "url('../pictures/a.jpg')" in shown


# ---- Harmless -------------------------------------------------------------------------------


def test_nothing_of_a_letter_runs_or_leads_astray() -> None:
    hostile = (
        '<base href="https://evil.example/"><link rel="stylesheet" href="https://evil.example/a">'
        '<meta http-equiv="refresh" content="0;url=https://evil.example/">'
        "<div><script>alert(1)</script>dedans</div>"
        "<p onclick=\"alert(1)\" ONLOAD='x'>Texte</p>derrière"
        '<iframe src="https://evil.example/"></iframe>après<object data="x"></object>'
        '<form action="https://evil.example/"><input name="a"></form>'
        '<a href="javascript:alert(1)">a</a><a href=" JavaScript:alert(1)">b</a>'
        '<a href="data:text/html,x">c</a><a>sans</a><svg onload="alert(1)"></svg>'
    )
    for name in FACES:
        shown = drawn(name, hostile)
        assert "evil.example" not in shown
        assert not re.search(r"<script|javascript:|onclick|onload|data:text", shown, re.IGNORECASE)
        root = tree(shown)
        assert root.xpath("//a/@href") == ["#unsubscribe"] * 3
        assert "dedans" in root.text_content()
        assert "derrière" in root.text_content()
        assert "après" in root.text_content()


def test_links_open_apart_and_the_way_out_leads_nowhere() -> None:
    links = tree(drawn("light")).xpath("//a")
    assert [link.get("href") for link in links] == [
        "#story-1",
        "https://a.example/x?y=1&z=2",
        "#unsubscribe",
        "mailto:a@example.org",
    ]
    assert [link.get("target") for link in links] == [None, "_blank", None, "_blank"]
    assert links[1].get("rel") == "noopener noreferrer"
    assert "/u/" not in drawn("light")


def test_face_carries_its_own_policy_for_when_it_lies_in_a_folder() -> None:
    (policy,) = tree(drawn("dark")).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert tree(drawn("dark", "<p>ohne Kopf</p>")).xpath("//meta[@name='referrer']")


@given(st.text(max_size=200))
def test_any_text_becomes_a_document(text: str) -> None:
    for name in ("light", "inverted-blocked", "outlook"):
        root = tree(draw(f"<p>x{text}</p>", FACES[name], {}))
        assert not list(root.iter("script"))


# ---- Outlook --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        (" mso", True),
        (" mso | IE", True),
        (" !mso", False),
        (" gte mso 9", True),
        (" lte mso 11", False),
        (" lt mso 16", False),
        (" lte mso 16", True),
        (" gt mso 15", True),
        (" mso 16", True),
        (" mso 15", False),
        (" (gte mso 9)|(IE)", True),
        (" (gte mso 9)&(!vml)", False),
        (" IE", False),
        (" true", True),
        (" false", False),
        (" something else", False),
        ("", False),
    ],
)
def test_conditions_mean_outlook_or_not(condition: str, meant: bool) -> None:
    assert is_true(condition) is meant


def test_conditional_comments_are_opened_for_outlook() -> None:
    html = (
        "a<!--[if mso | IE]><table><tr><td><![endif]-->b<!--[if !mso]><!-->c<!--<![endif]-->"
        "<!--[if mso]></td></tr></table><![endif]-->d<!--[if lte mso 11]>e<![endif]-->"
        "<!--[if mso]><!-->f<!--<![endif]--><!-- plain -->"
    )
    assert open_conditionals(html) == "a<table><tr><td>b</td></tr></table>df<!-- plain -->"


def test_word_ignores_what_microsoft_says_it_ignores() -> None:
    assert without_ignored("max-width:600px;color:red;border-radius:4px;--x:1;nonsense") == (
        "color:red"
    )
    assert without_ignored("display:table-cell;display:none!important") == "display:none!important"
    assert without_ignored("display:none", "img") == ""
    assert without_ignored("mso-hide:all;mso-padding-alt:4px 8px;mso-hide:none") == (
        "display:none;padding:4px 8px;mso-hide:none"
    )
    assert without_ignored("width:100%;padding:4px;height:2px", "div") == ""
    assert without_ignored("width:100%;padding:4px", "td") == "width:100%;padding:4px"
    assert without_ignored("background:#fff url(a;b.png) no-repeat", "td") == (
        "background:#fff  no-repeat"
    )
    assert "gradient" not in without_ignored("background:linear-gradient(#fff,rgb(0,0,0))", "td")


def test_word_reads_no_media_query() -> None:
    css = (
        "@import 'a.css';@font-face{font-family:X;src:url(x)}.a{color:red;float:left}"
        "@media (min-width:480px){.a{color:blue}.b{color:blue}}.c{display:flex}"
    )
    assert without_ignored_rules(css) == ".a{color:red}.c{}"


def test_word_knows_few_selectors() -> None:
    css = "/* a{} */p,.a,#b,td.c a{color:red}.a > .b,a:hover{color:blue}.d,[x]{color:green}*{x:0}"
    assert without_ignored_rules(css) == (
        "p{color:red}.a{color:red}#b{color:red}td.c a{color:red}.d{color:green}"
    )
    assert without_ignored_rules("img,td.a img.b,.c{height:auto}") == (
        "img{}td.a img.b{}.c{height:auto}"
    )


def test_values_that_word_cannot_read_leave_nothing() -> None:
    assert without_ignored("color:rgba(0,0,0,.5);width:calc(1px + 2px);margin:1rem") == ""
    assert without_ignored("margin:1px;color:rgb(0,0,0)") == "margin:1px;color:rgb(0,0,0)"


@pytest.mark.parametrize("name", IGNORED)
def test_what_word_is_said_to_ignore_no_outlook_of_windows_knows(name: str) -> None:
    support = read_support()
    known = support.get(f"css-{name}", "n")
    # It is known on tables only, and letters set it on other elements.
    assert known == ("a" if name == "max-width" else "n")


def read_support() -> dict[str, str]:
    """How Outlook for Windows supports each feature, by caniemail's own table."""
    data = json.loads((files("digest.check") / "caniemail.json").read_text(encoding="utf-8"))
    column = data["platforms"].index("outlook.windows")
    return {name: feature["support"][column] for name, feature in data["features"].items()}


def test_outlook_face_shows_what_is_conditioned_for_it() -> None:
    letter = LETTER.replace("<p id", '<!--[if mso]><b id="only">Outlook</b><![endif]--><p id')
    settings = "<!--[if mso]><noscript><xml><o:Zoom>96</o:Zoom></xml></noscript><![endif]--></head>"
    letter = letter.replace("</head>", settings)
    root = tree(drawn("outlook", letter))
    assert "96" not in root.text_content()
    assert root.get_element_by_id("only").text == "Outlook"
    assert "max-width" not in root.get_element_by_id("story-1").get("style")
    assert "@media" not in drawn("outlook", letter)
    assert root.xpath("//meta[@name='color-scheme']/@content") == ["light"]
    assert not tree(drawn("light", letter)).xpath("//*[@id='only']")


# ---- Colours --------------------------------------------------------------------------------


def test_forced_inversion_turns_lightness_over_and_keeps_hue() -> None:
    assert turn_colour("#ffffff") == "#000000"
    assert turn_colour("black") == "#ffffff"
    assert turn_colour("#767676") == "#787878"
    red = turn_colour("#a00000")
    assert int(red[1:3], 16) > int(red[3:5], 16)
    assert turn_colour("rgba(255,255,255,.5)") == "rgba(0,0,0,0.5)"
    assert turn_colour("transparent") == "transparent"
    assert turn_colour("currentColor") == "currentColor"


def test_only_colours_are_turned_over() -> None:
    css = (
        "#add{color:#fff;background:white url('white.png');border:1px solid black;"
        "font-family:Black,serif}a:hover{border-bottom-color:rgb(0, 0, 0)!important}"
    )
    assert turn_over(css) == (
        "#add{color:#000000;background:#000000 url('white.png');border:1px solid #ffffff;"
        "font-family:Black,serif}a:hover{border-bottom-color:#ffffff!important}"
    )
    assert turn_over("color:#fff") == "color:#000000"


@given(st.integers(0, 0xFFFFFF))
def test_turning_over_gives_a_colour_of_the_opposite_lightness(number: int) -> None:
    colour = f"#{number:06x}"
    turned = turn_colour(colour)
    assert re.fullmatch(r"#[0-9a-f]{6}", turned)
    grey = sum(bytes.fromhex(colour[1:]))
    if grey < 3 * 40:
        assert sum(bytes.fromhex(turned[1:])) > grey


# ---- Hostile letters ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        '<div style="background:u\\72l(http://evil.example/x)">x</div>',
        "<div style=\"background:image-set('http://evil.example/a' 1x)\">x</div>",
        "<div style=\"background:src('http://evil.example/a')\">x</div>",
        "<div style=\"--a:'x';background:src(var(--a) http://evil.example)\">x</div>",
        '<style>@\\69mport "http://evil.example";@import url(http://evil.example) screen;</style>',
        "<style>a{background:cross-fade(url(http://evil.example/a),[url(//evil.example)])}</style>",
        "<style>@media screen{a{background:-moz-foo(url(http://evil.example/a))}}</style>",
        '<svg><image href="http://evil.example/s"/></svg><image src="http://evil.example/i">',
        '<svg><a xlink:href="javascript:alert()"><text>x</text></a></svg>',
        '<input type=image src="http://evil.example/i"><bgsound src="http://evil.example/b">',
        '<form action="http://evil.example"><button formaction="http://evil.example">x</button>',
        '<a href="https://e.example" ping="http://evil.example/p">x</a>',
        '<a xlink:href="javascript:alert()" href="java\tscript:alert()">x</a>',
        '<meta http-equiv=" refresh" content="0;url=http://evil.example/r">',
        '<template><img src="http://evil.example/t"></template>',
        "<img src=\"data:image/svg+xml,<svg><image href='http://evil.example'/></svg>\">",
        "<div style=\"a:'\\3c/style>';background:u\\72l(http://evil.example)\">x</div>",
    ],
)
def test_nothing_hides_an_address_from_elsewhere(html: str) -> None:
    for name in ("light", "inverted", "outlook"):
        shown = drawn(name, f"<html><body>{html}<p>text</p></body></html>")
        assert "evil.example" not in shown
        assert "script:" not in shown
        assert "text" in tree(shown).text_content()


def test_style_cannot_end_its_element() -> None:
    shown = drawn("light", "<style>a{--a:u\\72l(x);--b:'\\3c/style><p id=out>'}</style><p>x</p>")
    assert not tree(shown).xpath("//p[@id='out']")


def test_css_that_loads_nothing_stays_as_it_is() -> None:
    css = "/* src */a[b]{color:#14202B;--x:f(1,(2));margin:-1px}@media (x){b{c:d}} ) ] 'open"
    assert without_foreign(css, str) == "/* src */" + css.removeprefix("/* src */").replace(
        "'open", '"open'
    )
    assert without_foreign("a{b:url( x y )}", str) == "a{b:}"
    assert without_foreign("a{b:url(a.png)}", lambda _: "it's") == "a{b:none}"
    assert without_foreign("url(a)" + "(" * 5000, str) == ""
    assert without_foreign("a{" * 5000, str) == "a{" * 5000


@pytest.mark.parametrize(
    "html",
    [
        '<p style="background:' + "url(" * 20_000 + '">x</p>',
        '<p style="background:url(' + " " * 20_000 + '">x</p>',
        "<!--[if mso]>" * 20_000 + "x",
        "<!--[if mso]>" + " " * 20_000 + "<!-" * 20_000,
        "<style>" + "color-scheme:" * 20_000 + "</style>x",
        "<style>(" + " " * 20_000 + "prefers-color-scheme" + " " * 20_000 + "</style>x",
        "<style>" + "a" * 20_000 + "!{color:red}</style>x",
        "<style>" + "@a " * 20_000 + "</style>x",
        '<p style="' + "a-" * 20_000 + '">x</p>',
    ],
)
def test_long_nonsense_is_read_once(html: str) -> None:
    """What takes the square of its length here would take minutes."""
    for name in ("light", "inverted", "outlook"):
        assert drawn(name, f"<html><body>{html}</body></html>")


def test_deep_style_is_left_out_in_outlook() -> None:
    assert without_ignored_rules("a{b:" + "(" * 5000) == ""
    assert without_ignored_rules("a/* x */ b{color/**/:red}c>d{e:f}@media x{a{b:c}}") == (
        "a b{color:red}"
    )
    assert without_ignored("background:#fff url(a) x-gradient(b,(c)) left;color:f(a;b);d:e)") == (
        "background:#fff   left;color:f(a;b);d:e)"
    )
