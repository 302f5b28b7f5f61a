"""A reader sees where the newsroom ends: what somebody paid for stands on a ground of its own."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.check.spoiling import (
    MAIN,
    PRESENTING,
    SECOND,
    checked,
    found,
    of_rule,
    only,
    sound_config,
)
from tests.letters import make_edition, make_placement

from digest.check import Finding
from digest.check.document import Document
from digest.check.grounds import ground_findings
from digest.check.locating import Locator
from digest.config.settings import Config

RULE = "sponsor-ground"


def coloured(scheme: str, **colours: str) -> Config:
    """A publication with other colours in one scheme."""
    config = sound_config()
    palette = dataclasses.replace(getattr(config.theme, scheme), **colours)
    return dataclasses.replace(config, theme=dataclasses.replace(config.theme, **{scheme: palette}))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_block_on_the_papers_ground_is_stopped(scheme: str) -> None:
    paper = getattr(sound_config().theme, scheme).paper
    config = coloured(scheme, sponsor=paper)
    stopped = of_rule(found(make_edition(), MAIN, SECOND, PRESENTING, config=config), RULE)
    assert {finding.place[: finding.place.index("”")] for finding in stopped} == {
        "slot “main", "slot “secondary", "slot “presenting",
    }  # fmt: skip
    assert len(stopped) == 3
    for finding in stopped:
        assert finding.severity == "error"
        assert paper in finding.message
        assert f"{scheme} scheme" in finding.message
        assert f"[theme.{scheme}]" in finding.hint
        assert finding.file


@pytest.mark.parametrize(("ground", "alike"), [("#FDFDFD", True), ("#F6F6F6", False)])
def test_difference_that_nobody_sees_is_none(ground: str, alike: bool) -> None:
    config = coloured("light", sponsor=ground)
    assert bool(of_rule(found(make_edition(), MAIN, config=config), RULE)) is alike


def test_every_template_keeps_sponsors_apart() -> None:
    for template in ("weekly", "brief", "single"):
        edition = dataclasses.replace(
            make_edition(1 if template == "single" else 7), template=template
        )
        assert of_rule(checked(edition, MAIN, SECOND, PRESENTING).findings, RULE) == []


def found_in(body: str, *slots: str) -> list[Finding]:
    """What is found in a page that does not know of dark, where it is the same twice."""
    placements = [make_placement("main", name=slot) for slot in slots]
    config = sound_config()
    where = Locator(make_edition(), config, Path())
    page = f'<html><body style="background:#fff">{body}</body></html>'
    findings = list(ground_findings(Document(page), placements, 600, where))
    return [finding for finding in findings if "light" in finding.message]


def test_part_of_a_block_on_the_papers_ground_is_enough() -> None:
    label = '<p style="background:#eda">Publicité</p>'
    body = f'<p>Avant</p><div class="slot-main">{label}<p>Une lampe</p></div><p>Après</p>'
    assert only(found_in(body, "main"), RULE).severity == "error"


def test_button_may_have_the_papers_ground() -> None:
    button = '<a href="https://a.example" style="background:#fff"><b>Voir</b></a>'
    block = f'<div class="slot-main" style="background:#eda"><p>Publicité</p>{button}</div>'
    assert found_in(f"<p>Avant</p>{block}<p>Après</p>", "main") == []
    linked = f'<div class="slot-main">{button}</div>'
    assert found_in(f"<p>Avant</p>{linked}<p>Après</p>", "main")


def test_what_stands_between_two_blocks_or_alone_is_compared_with_what_is_there() -> None:
    sand = 'style="background:#eda"'
    blocks = f'<p class="slot-one" {sand}>Un</p><p class="slot-two" {sand}>Deux</p>'
    assert found_in(blocks, "one", "two") == []
    assert found_in(f"{blocks}<p>Après</p>", "one", "two") == []
    assert len(found_in(f"{blocks}<p {sand}>Après</p>", "one", "two")) == 2
    assert found_in("<p>Rien</p>", "main") == []
    hidden = '<p class="slot-main" style="display:none">Publicité</p>'
    assert found_in(f"<p>Avant</p>{hidden}", "main") == []
