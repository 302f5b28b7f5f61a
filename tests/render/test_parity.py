"""Our HTML looks as the reference compiler's, npm's mjml, wherever both can be shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page
from tests.faces import TEMPLATES
from tests.node import Script, require_node, running
from tests.parity.cases import WIDTHS, Case, template_cases
from tests.parity.comparing import MAX_SHIFT, View, compare
from tests.parity.documents import documents
from tests.parity.report import Result, write_report
from tests.parity.showing import opened, view

from digest.render.mjml.compiling import compile_mjml


@pytest.fixture(scope="module")
def npm() -> Iterator[Script]:
    """npm's mjml."""
    require_node()
    with running("compile.mjs") as script:
        yield script


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page that loads nothing from anywhere."""
    with opened(browser) as page:
        yield page


def differing(case: Case, page: Page) -> list[str]:
    """Where a case differs beyond the tolerance."""
    found = []
    for variant in case.variants():
        for width in WIDTHS:
            difference = compare(view(page, variant.ours, width), view(page, variant.theirs, width))
            if not difference.tolerable:
                found.append(
                    f"{variant.name}, {width} px: {difference.share:.3%}, {difference.shift} px"
                )
    return found


@pytest.mark.parametrize("template", TEMPLATES)
def test_letter_looks_as_the_reference_compiler_would_have_it(
    template: str, npm: Script, page: Page, tmp_path: Path
) -> None:
    case = next(template_cases(tmp_path, template, npm))
    assert case.errors == ()
    assert case.ours != case.theirs
    assert differing(case, page) == []


@pytest.mark.parametrize("name", documents())
def test_components_look_as_the_reference_compiler_has_them(
    name: str, npm: Script, page: Page
) -> None:
    source = documents()[name]
    answer = npm.ask(mjml=source)
    assert answer["errors"] == []
    case = Case(name, compile_mjml(source, name=name), answer["html"])
    assert differing(case, page) == []


def test_a_word_that_moved_or_changed_colour_is_noticed(page: Page) -> None:
    def shown(style: str) -> View:
        return view(page, f"<p style='margin:0;{style}'>La marée monte encore</p>", 375)

    same = compare(shown("color:#000000"), shown("color:#000000"))
    moved = compare(shown(""), shown("padding-top:1px"))
    coloured = compare(shown("color:#000000"), shown("color:#c0003c"))
    assert (same.share, same.shift, same.tolerable) == (0, 0, True)
    assert moved.shift > MAX_SHIFT
    assert not moved.tolerable
    assert coloured.shift == 0
    assert not coloured.tolerable


def test_a_missing_word_is_noticed() -> None:
    picture = Image.new("RGB", (10, 10))
    one = View(picture, [(0, 0, 5, 5)])
    assert not compare(one, View(picture, [])).tolerable
    assert compare(one, one).tolerable


def test_report_shows_both_pictures_and_says_what_differs(tmp_path: Path) -> None:
    white, black = (
        View(Image.new("RGB", (4, 4), colour), [(0, 0, 4, 4)]) for colour in ("white", "black")
    )
    results = [
        Result("same <one>", 600, white, white, compare(white, white)),
        Result("other", 375, white, black, compare(white, black)),
    ]
    written = write_report(results, tmp_path / "parity", "5").read_text(encoding="utf-8")
    assert "1 of 2 exceed it." in written
    assert "same &lt;one&gt;" in written
    assert "100.000%" in written
    assert {path.name for path in (tmp_path / "parity").glob("case-1-*.png")} == {
        "case-1-ours.png",
        "case-1-npm.png",
        "case-1-difference.png",
    }
