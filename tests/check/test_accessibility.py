"""Letters that shut somebody out are found, with the line to mend; sound ones pass in silence."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from lxml import html as lxml_html
from playwright.sync_api import Browser
from tests.browser import only_loopback
from tests.faces import TEMPLATES, faces
from tests.letters import make_config, make_edition, make_placement, make_story
from tests.node import axe_source

from digest.check.accessibility import accessibility_findings
from digest.check.document import Document
from digest.check.findings import Finding
from digest.check.legibility import views
from digest.check.rules import RULES
from digest.check.values import contrast
from digest.render.letter import render_letter
from digest.render.templates.tracing import open_trace

SOUND = """<html lang="fr" dir="ltr"><head><title>La lettre</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>:root{color-scheme:light dark}
@media (prefers-color-scheme:dark){body,td{background:#111!important}
p,h1,h2,img{color:#eee!important}
a{color:#f9c!important}.btn{background:#eee!important;color:#111!important}}</style></head>
<body style="margin:0;background:#eeeeee"><div lang="fr" dir="ltr">
<div style="display:none">Un préambule caché</div>
<table role="presentation" bgcolor="#ffffff"><tr><td style="background:#ffffff">
<h1 style="color:#222222">La lettre</h1>
<h2 id="story-1" style="color:#222222"><a href="https://example.org/1" style="color:#222222;
text-decoration:none">Le port rouvre</a></h2>
<p style="color:#444444;font-size:17px;line-height:26px">Au large, <a href="https://example.org/2"
style="color:#a6163f">trois phares</a> attendent.</p>
<img src="a.jpg" width="100" height="50" alt="Un quai" style="color:#222222">
<p id="slot-main"><a class="btn" href="https://example.org/3" style="display:inline-block;
padding:14px 28px;line-height:20px;background:#14202b;color:#ffffff;text-decoration:none">Voir la
lampe</a></p>
<p id="footer" style="line-height:28px"><a href="https://example.org/4" style="color:#14202b">Se
désabonner</a> · <a href="https://example.org/5" style="color:#14202b">Nous écrire</a></p>
</td></tr></table></div></body></html>"""


def found(old: str = "", new: str = "", more: str = "") -> list[Finding]:
    """The findings of the sound letter with one change; `more` is put before the button."""
    page = SOUND.replace('<p id="slot-main">', f'{more}<p id="slot-main">')
    assert old in page, "the test spoils nothing"
    return list(accessibility_findings(Document(page.replace(old, new) if old else page)))


def only(findings: list[Finding], rule: str, severity: str = "warning") -> Finding:
    [finding] = findings
    assert (finding.rule, finding.severity) == (rule, severity), finding
    assert finding.message
    assert finding.hint
    assert rule in RULES
    return finding


def test_sound_letter_passes_in_silence() -> None:
    assert found() == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_templates_that_come_with_it_pass_in_silence(template: str, tmp_path: Path) -> None:
    for face in faces(tmp_path, template):
        # Ten invented titles in a letter of twelve: the same words lead to two stories.
        left = list(accessibility_findings(Document(face.letter.html)))
        assert [f for f in left if "leads elsewhere" not in f.message] == [], face.name


@pytest.mark.parametrize(
    ("old", "new", "rule", "said"),
    [
        ('<html lang="fr" dir="ltr">', '<html dir="ltr">', "a11y-lang", "<html> has no lang"),
        ('<div lang="fr" dir="ltr">', "<div>", "a11y-lang", "<div> has no lang and no dir"),
        ("<title>La lettre</title>", "", "a11y-title", "no <title>"),
        ("<title>La lettre</title>", "<title> </title>", "a11y-title", "no <title>"),
        ("h1", "h2", "a11y-headings", "there is no <h1>"),
        ("h2", "h1", "a11y-headings", "there are 2 <h1>"),
        ("h2", "h3", "a11y-headings", "<h3> “Le port rouvre” follows an <h1>"),
        ("</h1>", "</h1><h2></h2>", "a11y-headings", "an <h2> is empty"),
        ('alt="Un quai"', 'alt="IMG_2034.jpg"', "a11y-alt", "is a file's name"),
        ('alt="Un quai"', 'alt=" "', "a11y-alt", "is empty"),
        ('<table role="presentation"', "<table", "a11y-role", "has no role"),
        ('<meta name="color-scheme"', '<meta name="x"', "a11y-color-scheme", '"color-scheme"'),
        (
            '<meta name="supported-color-schemes" content="light dark">',
            '<meta name="supported-color-schemes" content="light">',
            "a11y-color-scheme",
            "supported-color-schemes",
        ),
        ("initial-scale=1", "user-scalable=no", "a11y-zoom", "“user-scalable=no”"),
        ("initial-scale=1", "maximum-scale=1.0", "a11y-zoom", "“maximum-scale=1.0”"),
        ("font-size:17px", "font-size:13px", "a11y-text-size", "“Au large,” and 1 more: 13 px"),
        ("trois phares", "cliquez ici", "a11y-links", "“cliquez ici” says nothing"),
        ("trois phares", "Lire la suite…", "a11y-links", "“Lire la suite…” says nothing"),
        ("trois phares", "Read more", "a11y-links", "“Read more” says nothing"),
        ("trois phares", "https://example.org/2", "a11y-links", "read out letter by letter"),
        ("trois phares", "", "a11y-links", "https://example.org/2 has no words"),
        ("Nous écrire", "trois phares", "a11y-links", "leads elsewhere than the same words"),
        (
            "Nous écrire</a>",
            "x</a> <a style='color:#14202b' href='http://[1'>x</a>",
            "a11y-links",
            "leads elsewhere",
        ),
        (
            "color:#a6163f",
            "color:#a6163f;text-decoration:none",
            "a11y-link-style",
            "“trois phares” is known by its colour alone",
        ),
        ("padding:14px 28px", "padding:10px 28px", "a11y-targets", "the button is 40 px high"),
        ("line-height:28px", "line-height:20px", "a11y-targets", "row of links is 20 px high"),
    ],
)
def test_fault_is_named(old: str, new: str, rule: str, said: str) -> None:
    findings = found(old, new)
    assert {finding.rule for finding in findings} == {rule}
    assert said in findings[0].message


def test_picture_without_words_stops_the_letter() -> None:
    finding = only(found('alt="Un quai"', ""), "a11y-alt", "error")
    assert "a.jpg has no alternative text" in finding.message
    assert finding.place == "story 1"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('alt="Un quai"', 'alt="" role="presentation"'),
        ("initial-scale=1", "maximum-scale=5,user-scalable=yes"),
        ("/5\"", "/4?utm_source=x\" aria-label=\"Se désabonner\""),
        ("</h1>", "</h1><table><tr><th>Port</th></tr><tr><td>Vannes</td></tr></table>"),
        ("trois phares", "<span aria-hidden=true>→</span> trois phares"),
        ("color:#a6163f", "color:#a6163f;text-decoration:none;padding:1px;border-bottom:1px solid"),
        ("color:#a6163f", "color:#a6163f;text-decoration:none\"><u>trois</u></a><a style=\""),
    ],
)  # fmt: skip
def test_what_is_as_good_passes(old: str, new: str) -> None:
    assert found(old, new) == []


def test_light_text_is_named_with_both_colours_and_their_contrast() -> None:
    finding = only(found("color:#444444", "color:#8a8a8a"), "a11y-contrast")
    assert finding.message == (
        "“Au large,”: #8A8A8A on #FFFFFF has a contrast of 3.45:1 in the light scheme, "
        "less than 4.5:1"
    )
    assert "[theme.light]" in finding.hint
    assert finding.place == "story 1"


def test_unreadable_text_stops_the_letter() -> None:
    finding = only(found("p,h1,h2,img{", "p,h2,img{"), "a11y-contrast", "error")
    assert "in the dark scheme" in finding.message
    assert finding.message.startswith("“La lettre”: #222222 on #111111")


def test_large_text_may_be_lighter() -> None:
    large = '<p style="color:#8a8a8a;font-size:24px">Grand</p>'
    bold = '<p style="color:#8a8a8a;font-size:19px"><b>Gras</b></p>'
    assert found(more=large) == []
    assert found(more=bold) == []
    assert only(found(more=large.replace("24px", "23px")), "a11y-contrast")
    assert "less than 3:1" in only(found(more=large.replace("8a", "9f")), "a11y-contrast").message


def test_contrast_on_phones_only_says_so() -> None:
    sheet = "<style>@media (max-width:480px){h1{color:#999999}}"
    finding = found("<style>", f"{sheet.replace('999999', '999999!important')}</style><style>")
    light = [f for f in finding if "light scheme" in f.message]
    assert "in the light scheme at 375 px" in light[0].message


def test_words_that_stand_in_for_a_picture_need_contrast_too() -> None:
    finding = only(
        found('quai" style="color:#222222">', 'quai" style="color:#ddd">'), "a11y-contrast", "error"
    )
    assert finding.message.startswith("“Un quai”: #DDDDDD on #FFFFFF")


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display:none;color:#fff">caché</p>',
        '<p style="color:#fff;font-size:0">caché</p>',
        '<p style="color:#fff">· — ·</p>',
        '<p style="max-height:0;overflow:hidden;color:#fff;font-size:1px">caché</p>',
    ],
)
def test_what_nobody_sees_needs_no_contrast(hidden: str) -> None:
    assert found(more=hidden) == []


def test_text_lost_in_forced_inversion_is_a_warning() -> None:
    blue = '<p class="blue" style="background:#ff00ff;color:#000099">Bleu</p>'
    readable = ".blue{background:#111!important;color:#ccccff!important}"
    dark = f"<style>@media (prefers-color-scheme:dark){{{readable}}}"
    sheet = '<p id="slot-main">', f'{blue}<p id="slot-main">'
    page = SOUND.replace(*sheet).replace("<style>", f"{dark}</style><style>")
    page = page.replace("p,h1,h2,img{", "p:not(.blue),h1,h2,img{")
    lost = only(list(accessibility_findings(Document(page))), "a11y-inverted")
    assert "“Bleu”" in lost.message
    assert "about #E6AFFF on #BF00C3" in lost.message
    assert "2.98:1" in lost.message
    red = page.replace("#ff00ff", "#ffffff").replace("#000099", "#a6163f")
    assert list(accessibility_findings(Document(red))) == []


def test_letter_is_looked_at_in_its_own_width() -> None:
    wide = '<style>@media (min-width:700px){.pale{color:#bbb}}</style><p class="pale">Pâle</p>'
    page = SOUND.replace('<p id="slot-main">', f'{wide}<p id="slot-main">')
    page = page.replace("p,h1,h2,img{", "p:not(.pale),h1,h2,img{")
    page = page.replace("a{color:#f9c", ".pale{color:#eee!important}a{color:#f9c")
    assert list(accessibility_findings(Document(page), 600)) == []
    lost = only(list(accessibility_findings(Document(page), 720)), "a11y-contrast", "error")
    assert "at 720 px" in lost.message


def test_reading_links_of_the_same_words_name_their_story(tmp_path: Path) -> None:
    stories = tuple(make_story(order, link_label="Lire l’article") for order in range(1, 8))
    edition = make_edition(stories=7)
    letter = render_letter(
        dataclasses.replace(edition, stories=stories), [], make_config(), tmp_path
    )
    assert list(accessibility_findings(Document(letter.html))) == []


def test_same_fault_in_many_stories_is_found_once_with_its_template_line(tmp_path: Path) -> None:
    config = make_config()
    theme = dataclasses.replace(
        config.theme, light=dataclasses.replace(config.theme.light, soft="#A0A0A0")
    )
    config = dataclasses.replace(config, theme=theme)
    trace = open_trace(config.root)
    placements = [make_placement("main"), make_placement("secondary")]
    letter = render_letter(make_edition(), placements, config, tmp_path, trace=trace)
    findings = list(accessibility_findings(Document(letter.html, trace)))
    assert {finding.rule for finding in findings} <= {"a11y-contrast", "a11y-inverted"}
    places = [(f.rule, f.file, f.line) for f in findings if "on #FFFFFF" in f.message]
    assert len(places) == len(set(places)) > 2
    for _, file, line in places:
        assert file.startswith("templates/")
        assert "<" in (config.root / file).read_text(encoding="utf-8").splitlines()[line - 1]
    assert any("more" in finding.message for finding in findings)
    assert any(finding.place == "story 2" or finding.place == "story 1" for finding in findings)


def test_places_are_named_by_the_part_that_began_last() -> None:
    document = Document(SOUND.replace("<h1 ", '<p id="other">x</p><h1 '))
    places = {node.tag: document.place_of(node) for node in document.elements}
    assert places["title"] == "HTML"
    assert places["h1"] == "masthead"
    assert places["img"] == "story 1"
    assert places["a"] == "footer"
    assert document.place_of(document.root.makeelement("p", {}, None)) == "HTML"
    button = next(node for node in document.elements if node.get("class") == "btn")
    assert document.place_of(button) == "slot “main”"


_AXE = "tags => axe.run(document, {runOnly: tags}).then(found => found.violations.map(r => r.id))"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize(
    ("old", "new", "axes"),
    [
        ('<html lang="fr" dir="ltr">', "<html>", "html-has-lang"),
        ("<title>La lettre</title>", "", "document-title"),
        ("h1", "h2", "page-has-heading-one"),
        ("h2", "h4", "heading-order"),
        ("</h1>", "</h1><h2></h2>", "empty-heading"),
        ('alt="Un quai"', "", "image-alt"),
        ("color:#444444", "color:#8a8a8a", "color-contrast"),
        ("initial-scale=1", "user-scalable=no", "meta-viewport"),
        ("trois phares", "", "link-name"),
        ("color:#a6163f", "color:#555555;text-decoration:none", "link-in-text-block"),
    ],
)
def test_check_finds_what_axe_finds(browser: Browser, old: str, new: str, axes: str) -> None:
    page = browser.new_page()
    page.route("**/*", only_loopback)
    try:
        page.set_content(f"<!doctype html>{SOUND.replace(old, new)}", wait_until="domcontentloaded")
        page.evaluate(axe_source())
        assert axes in page.evaluate(_AXE, _TAGS)
    finally:
        page.close()
    assert found(old, new)


_CONTRASTS = """() => axe.run(document, {runOnly: ["color-contrast"]}).then(found => {
  const number = node => +node.html.match(/data-n="(\\d+)"/)[1];
  const all = [...found.violations, ...found.incomplete].flatMap(rule => rule.nodes);
  return {
    ratios: found.violations.flatMap(rule => rule.nodes)
      .map(node => [number(node), node.any[0].data.contrastRatio]),
    named: all.map(number),
  };
})"""


def test_contrasts_are_those_that_axe_computes(browser: Browser, tmp_path: Path) -> None:
    config = make_config()
    light = dataclasses.replace(config.theme.light, soft="#A0A0A0", accent="#E08090")
    dark = dataclasses.replace(config.theme.dark, text="#445566")
    theme = dataclasses.replace(config.theme, light=light, dark=dark)
    letter = render_letter(
        make_edition(), [make_placement()], dataclasses.replace(config, theme=theme), tmp_path
    )
    document = Document(letter.html)
    for number, element in enumerate(document.elements):
        element.set("data-n", str(number))
    page = browser.new_page()
    page.route("**/*", only_loopback)
    for view in views(600):
        page.emulate_media(color_scheme=view.scheme)
        page.set_viewport_size({"width": view.width, "height": 900})
        page.set_content(f"<!doctype html>{lxml_html.tostring(document.root, encoding='unicode')}")
        page.evaluate(axe_source())
        answer = page.evaluate(_CONTRASTS)
        styles = document.styles.at(view)
        ratios = {
            number: contrast(styles[element].ink, styles[element].ground)
            for number, element in enumerate(document.elements)
        }
        assert len(answer["ratios"]) > 5
        for number, theirs in answer["ratios"]:
            assert ratios[number] == pytest.approx(theirs, abs=0.011), view
    page.close()
    # Every element that axe names in the last view is one that the check found, too.
    lines = [f.message for f in accessibility_findings(document) if f.rule == "a11y-contrast"]
    for number in answer["named"]:
        style = styles[document.elements[number]]
        assert any(f"{style.ink} on {style.ground}" in line for line in lines)
