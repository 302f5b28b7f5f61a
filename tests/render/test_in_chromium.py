"""The letter in a real browser: nothing sticks out on a phone, nothing is lost in the dark."""

from __future__ import annotations

import dataclasses
import html
import json
import os
import re
import shutil
import subprocess

import pytest
from tests.letters import (
    READER,
    make_config,
    make_edition,
    make_placement,
    make_story,
    save_picture,
    with_picture,
)

from digest.render.letter import render_letter
from digest.render.tokens import split

_MEASURE = """
<script>
addEventListener("load", () => {
  const found = [...document.querySelectorAll("iframe")].map((frame) => {
    const page = frame.contentDocument, view = frame.contentWindow;
    const wide = [...page.body.querySelectorAll("*")]
      .filter((node) => node.getBoundingClientRect().right > frame.clientWidth + 0.5)
      .map((node) => node.outerHTML.slice(0, 80));
    const style = (query) => view.getComputedStyle(page.querySelector(query));
    return {
      scroll: page.documentElement.scrollWidth, client: frame.clientWidth, wide,
      ink: style(".h-lead a").color, paper: style(".paper").backgroundColor,
      table: style(".paper > table").backgroundColor,
      region: style(".reg").display, wordmark: style("h1").fontSize,
      button: page.querySelector(".btn a").getBoundingClientRect().height,
    };
  });
  document.body.textContent = "RESULT" + JSON.stringify(found) + "END";
});
</script>
"""


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        reason = "chromium is not on PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def measured(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    """The letter at 375, 320 and 600 px, and at 600 px in the dark."""
    folder = tmp_path_factory.mktemp("chromium")
    save_picture(folder / "a.jpg")
    edition = with_picture(make_edition(), (1, 3), "a.jpg")
    long = make_story(
        4,
        title="Anticonstitutionnellement, " * 4,
        region="Amérique centrale et Caraïbes",
        desk="Enseignement supérieur",
        short_title="Un titre court qui ne l’est pas tellement, et même pas du tout",
    )
    stories = tuple(long if story.order == 4 else story for story in edition.stories)
    letter = render_letter(
        dataclasses.replace(edition, stories=stories),
        [
            make_placement("main", picture=str(folder / "a.jpg"), alt="Une lampe"),
            make_placement("secondary", label="Contenu proposé par"),
            make_placement("presenting"),
        ],
        make_config(),
        folder,
    )
    source = html.escape(split(letter.html, "html").join(READER))
    frames = "".join(
        f'<iframe width="{width}" height="900" style="border:0;color-scheme:{scheme}" '
        f'srcdoc="{source}"></iframe>'
        for width, scheme in ((375, "light"), (320, "light"), (600, "light"), (600, "dark"))
    )
    page = folder / "page.html"
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><body>{frames}{_MEASURE}', encoding="utf-8"
    )
    done = subprocess.run(
        [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1300,1000",
            "--virtual-time-budget=5000",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    result = re.search(r"RESULT(.*?)END", done.stdout, re.DOTALL)
    assert result, done.stderr[-2000:]
    found: list[dict[str, object]] = json.loads(html.unescape(result[1]))
    return found


def test_nothing_sticks_out_at_any_width(measured: list[dict[str, object]]) -> None:
    for frame in measured:
        assert frame["wide"] == []
        assert frame["scroll"] == frame["client"]


def test_regions_appear_where_there_is_room(measured: list[dict[str, object]]) -> None:
    assert [frame["region"] for frame in measured[:3]] == ["none", "none", "table-cell"]


def test_button_can_be_hit_with_a_thumb(measured: list[dict[str, object]]) -> None:
    for frame in measured:
        assert isinstance(frame["button"], int | float)
        assert frame["button"] >= 48


def test_dark_letter_is_dark_down_to_its_tables(measured: list[dict[str, object]]) -> None:
    light, dark = measured[2:]
    for place in ("paper", "table", "ink"):
        assert light[place] != dark[place]
    assert dark["paper"] == dark["table"]
