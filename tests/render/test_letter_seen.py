"""The letter as a browser shows it: without its style sheet, without pictures, in the dark, written
from the right."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import only_loopback
from tests.faces import page_of, without_pictures
from tests.letters import (
    make_config,
    make_edition,
    make_placement,
    save_picture,
    with_picture,
    with_publication,
)
from tests.render.reading import PRESENTING, SECOND, folder

from digest.config.settings import ThemeSettings
from digest.render.letter import render_letter

__all__ = ["folder"]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    opened.route("**/*", only_loopback)
    yield opened
    opened.close()


def html_of(folder: Path, **publication: Any) -> str:
    edition = with_picture(make_edition(), (1, 3), "pictures/quai.jpg")
    picture = str(folder / "pictures/quai.jpg")
    main = make_placement("main", picture=picture, alt="Une lampe")
    config = with_publication(make_config(), **publication)
    return page_of(render_letter(edition, [main, SECOND, PRESENTING], config, folder))


def show(page: Page, html: str, width: int, scheme: Any = "light") -> Page:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.set_content(html, wait_until="load")
    return page


def colour(page: Page, selector: str, name: str = "color") -> str:
    found = page.eval_on_selector(selector, f"node => getComputedStyle(node)['{name}']")
    return str(found)


@pytest.mark.parametrize("width", [320, 375, 600])
def test_without_its_style_sheet_it_is_one_light_column_as_wide_as_the_window(
    page: Page, folder: Path, width: int
) -> None:
    bare = re.sub(r"<style.*?</style>", "", html_of(folder), flags=re.DOTALL)
    show(page, bare, width, "dark")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert colour(page, ".paper", "backgroundColor") == "rgb(255, 255, 255)"
    assert colour(page, "h2 a") == "rgb(20, 32, 43)"
    lefts = page.eval_on_selector_all(
        "h2 a, p.text", "nodes => [...new Set(nodes.map(n => n.getBoundingClientRect().left))]"
    )
    assert len(lefts) == 1
    box = "node => [node.getBoundingClientRect().left, node.getBoundingClientRect().top]"
    assert page.eval_on_selector(".outer", box) == [0, 0]


@pytest.mark.parametrize("width", [375, 600])
def test_blocked_pictures_keep_their_place_their_ratio_and_their_words(
    page: Page, folder: Path, width: int
) -> None:
    shapes = """() => [...document.images].map(image => {
        const box = image.getBoundingClientRect();
        return [Math.round(box.width), Math.round(box.height)];
    })"""
    with_them = show(page, html_of(folder), width).evaluate(shapes)
    without = show(page, without_pictures(html_of(folder)), width).evaluate(shapes)
    assert without == with_them
    assert len(without) == 3
    for (shown_width, shown_height), ratio in zip(
        without, (600 / 400, 536 / 250, 536 / 200), strict=True
    ):
        assert abs(shown_width / shown_height - ratio) < 0.02
    assert colour(page, "img.pic", "backgroundColor") == "rgb(213, 223, 228)"
    assert colour(page, "img.sandpic", "backgroundColor") == "rgb(230, 220, 196)"


def test_dark_letter_is_dark_from_ground_to_button(page: Page, folder: Path) -> None:
    show(page, html_of(folder), 600, "dark")
    seen = {
        selector: colour(page, selector, name)
        for selector, name in (
            (".ground", "backgroundColor"),
            (".paper", "backgroundColor"),
            (".paper > table", "backgroundColor"),
            (".sand > table", "backgroundColor"),
            ("h1", "color"),
            ("p.text", "color"),
            ("a.ink", "textDecorationColor"),
            (".btn a", "backgroundColor"),
        )
    }
    assert seen == {
        ".ground": "rgb(10, 16, 22)",
        ".paper": "rgb(18, 26, 34)",
        ".paper > table": "rgb(18, 26, 34)",
        ".sand > table": "rgb(38, 34, 26)",
        "h1": "rgb(242, 244, 245)",
        "p.text": "rgb(211, 219, 224)",
        "a.ink": "rgb(124, 139, 149)",
        ".btn a": "rgb(246, 239, 223)",
    }


def test_dark_letter_shows_one_logo_and_it_is_the_dark_one(page: Page, folder: Path) -> None:
    for name in ("logo", "dark"):
        save_picture(folder / f"{name}.png", (480, 96))
    theme = ThemeSettings(logo=str(folder / "logo.png"), logo_dark=str(folder / "dark.png"))
    config = dataclasses.replace(make_config(), theme=theme)
    html = page_of(render_letter(make_edition(), [], config, folder))
    marked = html.replace("<body", "<body data-ogsc", 1)
    for shown, scheme, seen in (
        (html, "light", ["logo"]),
        (html, "dark", ["darklogo"]),
        (marked, "light", ["darklogo"]),
    ):
        show(page, shown, 375, scheme)
        assert seen == page.eval_on_selector_all(
            "h1 img", "nodes => nodes.filter(n => n.checkVisibility()).map(n => n.className)"
        )


def test_outlook_on_the_web_gets_the_same_dark(page: Page, folder: Path) -> None:
    marked = html_of(folder).replace('<div aria-label="', '<div data-ogsb="#FFF" aria-label="')
    show(page, f"<div data-ogsb>{marked}</div>", 600)
    assert colour(page, ".paper > table", "backgroundColor") == "rgb(18, 26, 34)"
    assert colour(page, "p.text") == "rgb(211, 219, 224)"
    assert colour(page, ".btn a") == "rgb(38, 34, 26)"


def test_letter_written_from_the_right_begins_at_the_right(page: Page, folder: Path) -> None:
    def edges(language: str) -> list[float]:
        show(page, html_of(folder, language=language), 600)
        found: list[float] = page.eval_on_selector_all(
            "#contents a, .btn a, p.text, h2 a, #ending p",
            """nodes => nodes.map(node => {
                const range = document.createRange();
                range.selectNodeContents(node);
                const box = range.getBoundingClientRect();
                return getComputedStyle(node).direction === "rtl" ? 600 - box.right : box.left;
            })""",
        )
        return found

    assert edges("ar") == pytest.approx(edges("en"), abs=1)


def test_names_of_regions_and_sections_stay_on_one_line(page: Page, folder: Path) -> None:
    show(page, html_of(folder), 600)
    heights = page.eval_on_selector_all(
        "#contents .reg p, [id^=story-] p.soft", "nodes => nodes.map(n => n.offsetHeight)"
    )
    assert set(heights) == {28}
    assert colour(page, "h1", "whiteSpace") == "nowrap"
