"""Every template in a real browser, held against WCAG, HTML's rules and narrow screens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import only_loopback
from tests.faces import TEMPLATES, Face, faces
from tests.node import Script, axe_source, require_node, running

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: Rules for whole web pages: a letter stands inside the page of a mail program, which has its own
#: landmarks, and a second <main> there would mislead.
_FOR_PAGES = ["landmark-one-main", "region"]
_AXE = """([tags, off]) => axe.run(document, {
    resultTypes: ["violations"],
    runOnly: tags,
    rules: Object.fromEntries(off.map(rule => [rule, {enabled: false}])),
}).then(result => result.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 120)} ${node.failureSummary}`)
))"""
_WIDE = """() => [...document.body.querySelectorAll("*")]
    .filter(node => node.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
    .map(node => node.outerHTML.slice(0, 100))"""
_SCROLL = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_NO_STYLE = "document.querySelectorAll('style').forEach(node => node.remove())"

#: What MJML itself writes: a <div role="article"> around the letter.
_ENGINES_OWN = ("prefer-native-element", "html > body > div")


@dataclass(frozen=True)
class Shown:
    """A template's faces, and the page that shows them."""

    faces: list[Face]
    page: Page

    def show(self, html: str, width: int) -> Page:
        """A page of HTML at a width, its pictures loaded or given up."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.set_content(html, wait_until="load")
        return self.page


@pytest.fixture(scope="module", params=TEMPLATES)
def shown(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shown]:
    """Each template in turn."""
    folder = tmp_path_factory.mktemp("faces")
    page = browser.new_page()
    page.route("**/*", only_loopback)
    yield Shown(list(faces(folder, request.param)), page)
    page.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core's script."""
    return axe_source()


@pytest.fixture(scope="module")
def validator() -> Iterator[Script]:
    """html-validate."""
    require_node()
    with running("validate.mjs") as script:
        yield script


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("pictures", [True, False], ids=["pictures", "no pictures"])
def test_nobody_is_shut_out_by_what_axe_can_find(
    shown: Shown, axe: str, scheme: Literal["light", "dark"], pictures: bool
) -> None:
    face = shown.faces[0]
    shown.page.emulate_media(color_scheme=scheme)
    for width in (600, 375):
        page = shown.show(face.page if pictures else face.without_pictures, width)
        page.evaluate(axe)
        assert page.evaluate(_AXE, [_TAGS, _FOR_PAGES]) == [], f"{width} px"
    shown.page.emulate_media(color_scheme="light")


def test_grey_on_grey_in_the_dark_alone_is_found(browser: Browser, axe: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.set_content(
        "<!doctype html><html lang='fr'><title>T</title><style>@media (prefers-color-scheme:dark)"
        "{p{color:#555;background:#333}}</style><h1>Titre</h1><p>Gris sur gris</p>"
    )
    page.evaluate(axe)
    found = page.evaluate(_AXE, [_TAGS, _FOR_PAGES])
    page.close()
    assert [finding.partition(":")[0] for finding in found] == ["color-contrast"]


@pytest.mark.parametrize("styled", [True, False], ids=["style", "no style"])
def test_nothing_sticks_out_on_any_screen(shown: Shown, styled: bool) -> None:
    for face in shown.faces:
        for html in (face.page, face.without_pictures):
            page = shown.show(html, 320)
            if not styled:
                page.evaluate(_NO_STYLE)
            for width in (320, 375, 600):
                page.set_viewport_size({"width": width, "height": 900})
                found = (page.evaluate(_SCROLL), page.evaluate(_WIDE))
                assert found == (0, []), f"{face.name} at {width} px"


def test_html_keeps_its_own_rules(shown: Shown, validator: Script) -> None:
    for face in shown.faces:
        findings = validator.ask(html=face.page)["findings"]
        left = [
            finding
            for finding in findings
            if (finding["ruleId"], finding["selector"].strip()) != _ENGINES_OWN
        ]
        assert left == [], face.name
