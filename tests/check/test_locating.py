"""Every finding leads to its line: in the edition, a sponsor's file, the settings, a template."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from tests.check.spoiling import NOW, of_rule
from tests.letters import REPOSITORY, make_config, make_edition, make_placement

from digest.check import Checked, Location, Locator, Traced, check
from digest.config.settings import Config
from digest.edition.file import write_edition
from digest.model.edition import Edition
from digest.model.sponsorship import Placement
from digest.render.letter import render_letter
from digest.render.templates.tracing import Trace
from digest.text.wording import wording

SPONSOR = """name = "Maison Orme"

[campaigns.hiver]
name = "Hiver"

[creatives.lampe]
headline = "Une lampe"
body = "Elle s’éteint."
url = "https://orme.example/lampe"
call_to_action = "Voir"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A publication's folder with templates, one sponsor and settings."""
    shutil.copytree(REPOSITORY / "templates", tmp_path / "templates")
    (tmp_path / "sponsors").mkdir()
    (tmp_path / "sponsors" / "orme.toml").write_text(SPONSOR, encoding="utf-8")
    (tmp_path / "config.toml").write_text(
        '[publication]\nname = "Rives"\nsender = ""\n', encoding="utf-8"
    )
    return tmp_path


def config_in(root: Path) -> Config:
    return dataclasses.replace(make_config(root=root), file=root / "config.toml")


def saved(root: Path, edition: Edition) -> Path:
    folder = root / "editions" / edition.id
    write_edition(edition, folder, wording("fr"))
    return folder


def line_of(file: Path, text: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def checked_in(root: Path, edition: Edition, *placements: Placement) -> Checked:
    config, folder = config_in(root), saved(root, edition)
    trace = Trace(root)
    letter = render_letter(edition, placements, config, folder)
    traced = Traced(render_letter(edition, placements, config, folder, trace=trace).html, trace)
    return check(letter, edition, placements, config, now=NOW, folder=folder, traced=traced)


ORME = dataclasses.replace(make_placement("main"), booking="orme/2026-W46/main")


def test_story_leads_to_its_own_line_also_after_it_was_moved(root: Path) -> None:
    edition = make_edition()
    spoilt = dataclasses.replace(edition.stories[4], summary="Il dit « oui.")
    stories = (*edition.stories[:4], *edition.stories[5:], spoilt)
    edition = dataclasses.replace(edition, stories=stories)
    (finding,) = of_rule(checked_in(root, edition).findings, "quotes-unbalanced")
    file = root / "editions" / "2026-W46" / "edition.toml"
    assert finding.file == "editions/2026-W46/edition.toml"
    assert finding.line == line_of(file, "Il dit « oui.")


def test_text_of_several_lines_that_looks_like_keys_misleads_nobody(root: Path) -> None:
    body = 'Un paragraphe.\n\n## title = à part\n\n[[stories]]\n\ntitle = "non"\n'
    edition = make_edition(2)
    first = dataclasses.replace(edition.stories[0], body=body)
    second = dataclasses.replace(edition.stories[1], title="Le « phare")
    edition = dataclasses.replace(edition, stories=(first, second))
    folder = saved(root, edition)
    where = Locator(edition, config_in(root), folder)
    assert where.story(second, "title").line == line_of(folder / "edition.toml", "Le « phare")


def test_missing_key_leads_to_the_table_that_would_hold_it(root: Path) -> None:
    edition = make_edition()
    where = Locator(edition, config_in(root), saved(root, edition))
    assert where.setting("publication.postal_address") == Location("config.toml", 1)
    assert where.setting("check.stale_days") == Location("config.toml", 0)
    assert where.setting("publication.sender") == Location("config.toml", 3)


def test_sponsor_leads_to_the_creative_in_its_own_file(root: Path) -> None:
    edition = make_edition()
    where = Locator(edition, config_in(root), saved(root, edition))
    expected = line_of(root / "sponsors" / "orme.toml", "url =")
    assert where.creative(ORME, "url") == Location("sponsors/orme.toml", expected)
    house = dataclasses.replace(ORME, booking="house:orme/lampe")
    assert where.creative(house, "headline").line == line_of(
        root / "sponsors" / "orme.toml", "headline ="
    )
    alt = line_of(root / "sponsors" / "orme.toml", "[creatives.lampe]")
    assert where.creative(house, "alt").line == alt


def test_fault_of_a_template_leads_to_its_line(root: Path) -> None:
    layout = root / "templates" / "base" / "layout.mjml.j2"
    text = layout.read_text(encoding="utf-8")
    assert "</mj-body>" in text
    marked = text.replace("</mj-body>", '<mj-raw><a href="#nulle-part">mot</a></mj-raw></mj-body>')
    layout.write_text(marked, encoding="utf-8")
    (finding,) = of_rule(checked_in(root, make_edition()).findings, "link-anchor")
    assert finding.file == "templates/base/layout.mjml.j2"
    assert finding.line == line_of(layout, "#nulle-part")


def test_sponsor_s_block_leads_to_where_a_template_begins_it(root: Path) -> None:
    sponsors = root / "templates" / "base" / "sponsors.mjml.j2"
    text = sponsors.read_text(encoding="utf-8")
    sponsors.write_text(text.replace("placement.label", '"BON PLAN"'), encoding="utf-8")
    (finding,) = of_rule(checked_in(root, make_edition(), ORME).findings, "sponsor-label")
    assert finding.file.startswith("templates/base/")
    assert finding.line > 0


def test_without_a_trace_the_template_is_named_as_a_file(root: Path) -> None:
    edition = dataclasses.replace(make_edition(), template="brief")
    where = Locator(edition, config_in(root), saved(root, edition))
    assert where.link("https://example.org") == Location("templates/brief/letter.mjml.j2")
    assert where.template("text") == Location("templates/brief/letter.txt.j2")


def test_file_that_is_not_there_or_broken_is_named_without_a_line(root: Path) -> None:
    edition = make_edition()
    folder = root / "editions" / edition.id
    where = Locator(edition, config_in(root), folder)
    assert where.edition("subject") == Location("editions/2026-W46/edition.toml")
    assert where.story(edition.stories[0], "title").line == 0
    folder.mkdir(parents=True)
    (folder / "edition.toml").write_text("subject = ", encoding="utf-8")
    assert Locator(edition, config_in(root), folder).brief(edition.briefs[0], "text").line == 0
    unknown = Locator(edition, config_in(root), saved(root, make_edition(1)))
    assert unknown.story(edition.stories[6], "title") == Location(
        "editions/2026-W46/edition.toml"
    ), "another story's line would mislead"
    assert unknown.body(edition.stories[6], "quai").line == 0
    assert unknown.placement(ORME) == Location("editions/2026-W46/edition.toml")
