"""The studio is everybody’s: keys, small windows, both languages, what axe can find."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.node import axe_source
from tests.web.studio_browser import (
    Preview,
    frame_of,
    top_of,
)

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def test_everything_is_reached_by_keys_that_can_be_switched_off(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#scroll")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#plan-rows .sel")).to_contain_text("Le fleuve a déménagé")
    page.keyboard.press("k")
    expect(page.locator("#plan-rows .sel")).to_contain_text("Sommaire")
    page.keyboard.press("2")
    page.keyboard.press("d")
    frame_of(page, "dark")
    page.keyboard.press("p")
    frame_of(page, "dark-unsponsored")
    page.keyboard.press("n")
    expect(page.locator(".find .on .where a")).to_be_focused()
    page.keyboard.press("f")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("v")
    expect(page.locator("#text")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#plan-rows .sel .part")).to_be_focused()
    page.keyboard.press("?")
    page.get_by_label("Touches seules").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    expect(page.locator("#text")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "scheme", "views"),
    [
        (1440, "light", "mail text source headers"),
        (1440, "dark", "mail"),
        (375, "light", "mail"),
        (375, "dark", "mail"),
    ],
)
def test_nobody_is_shut_out_by_what_axe_can_find(
    browser: Browser, preview: Preview, width: int, scheme: Literal["light", "dark"], views: str
) -> None:
    axe = axe_source()
    with preview.page(browser, width=width) as page:
        page.emulate_media(color_scheme=scheme)
        page.keyboard.press("j")
        page.evaluate(axe)
        for view in views.split():
            page.locator(f"#view-{view}").check(force=True)
            expect(page.locator(f"[data-view={view}]").last).to_be_visible()
            found = page.evaluate(
                "tags => axe.run({exclude: [['iframe']]}, {runOnly: tags, iframes: false})"
                ".then(({violations}) => violations.map(({id, nodes}) =>"
                " [id, ...nodes.map(node => node.html)]))",
                _TAGS,
            )
            assert found == []


def test_phone_shows_one_column_at_a_time(browser: Browser, preview: Preview) -> None:
    with preview.page(browser, width=375, height=812) as page:
        assert page.locator(".frame:not(.spare)").evaluate("node => node.clientWidth") == 375
        page.get_by_label("Plan", exact=True).check(force=True)
        page.locator("#plan-story-3").click()
        expect(page.locator(".frame:not(.spare)")).to_be_visible()
        assert 0 < top_of(page, "story-3") < 812
        page.get_by_label("Contrôles", exact=True).check(force=True)
        expect(page.locator("#provenance-title")).to_contain_text("Récit 3")
        page.get_by_label("Boîte", exact=True).check(force=True)
        expect(page.locator("#inbox-phone")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 375


def test_page_speaks_french_and_english_and_remembers_which(page: Page) -> None:
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#checks h2")).to_have_text("Checks")
    expect(page.locator("#why")).to_have_text("Ready to be approved")
    expect(page.locator("#wordmark")).to_have_attribute("lang", "fr")
    page.reload()
    expect(page.locator("#checks h2")).to_have_text("Checks")
    page.get_by_role("button", name="Français").click()
    expect(page.locator("#checks h2")).to_have_text("Contrôles")


def test_width_is_a_phones_or_any_by_dragging_and_by_keys(page: Page) -> None:
    frame = page.locator(".frame:not(.spare)")
    page.get_by_label("375").check(force=True)
    expect(frame).to_have_attribute("title", re.compile("375 px"))
    assert frame.evaluate("frame => frame.clientWidth") == 375
    page.get_by_label("Libre", exact=True).check(force=True)
    handle = page.get_by_role("separator")
    ground, grip = page.locator("#scroll").bounding_box(), handle.bounding_box()
    assert ground is not None
    assert grip is not None
    assert grip["x"] + grip["width"] <= ground["x"] + ground["width"]
    before = int(handle.get_attribute("aria-valuenow") or 0)
    handle.press("ArrowLeft")
    expect(handle).to_have_attribute("aria-valuenow", str(before - 10))
    box = handle.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 12, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 12 - 50, box["y"] + 60, steps=4)
    page.mouse.up()
    expect(handle).to_have_attribute("aria-valuenow", str(before - 110))
    assert frame.evaluate("frame => frame.clientWidth") == before - 110
