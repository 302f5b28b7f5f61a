"""The register of rules: what is found is declared, what is declared is documented and findable."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from tests.check.spoiling import MAIN, PRESENTING, SECOND, checked
from tests.letters import make_edition, save_picture, with_picture

from digest.check import RULES, Finding
from digest.check.checking import Checked
from digest.config.settings import Config

ROOT = Path(__file__).parents[2]
ROOM = ROOT / "src" / "digest" / "check"
SOURCES = {
    file: file.read_text(encoding="utf-8") for file in ROOM.glob("*.py") if file.name != "rules.py"
}
DOCUMENT = ROOT / "docs" / "checks.md"


#: The rules that findings are made of: what stands first where one is made.
USED = {
    name
    for text in SOURCES.values()
    for first in re.findall(r"\b(?:error|warning|note|kind|found|Finding)\(\s*([^,]+?),", text)
    for name in re.findall(r"\"([a-z0-9-]+)\"", first)
}


def test_every_finding_is_of_a_rule_that_is_declared() -> None:
    assert len(USED) > 40
    assert set(RULES) >= USED


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_applied_somewhere(rule: str) -> None:
    spam = {form["rule"] for form in tomllib.loads((ROOM / "spam.toml").read_text())["forms"]}
    assert rule in USED | spam


def test_ids_are_kebab_case_and_what_they_are_about_is_one_sentence() -> None:
    for name, rule in RULES.items():
        assert name == rule.id
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert re.fullmatch(r"[A-Z][^.]+\.", rule.about.replace("14 px", "").replace("N°", "No"))


@pytest.mark.parametrize(
    "rule", ["unsubscribe", "postal-address", "sponsor-label", "token-unknown", "placeholder"]
)
def test_promises_to_readers_and_sponsors_cannot_be_silenced(rule: str) -> None:
    assert not RULES[rule].silenceable


def test_sound_letter_passes_every_rule_that_was_run(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.jpg")
    edition = with_picture(make_edition(), (1, 3), "a.jpg")
    passed = checked(edition, MAIN, SECOND, PRESENTING, folder=tmp_path).passed
    noted = {"client-support"}
    of_letter = {rule.id for rule in RULES.values() if rule.part in ("letter", "accessibility")}
    assert of_letter - noted <= set(passed)
    assert not {rule.id for rule in RULES.values() if rule.part in ("links", "articles")} & {
        *passed
    }
    assert list(passed) == [rule for rule in RULES if rule in passed]


def test_rule_that_found_something_has_not_passed() -> None:
    assert "preheader-missing" in checked(make_edition()).passed
    assert "preheader-missing" not in checked(make_edition(preheader="")).passed


def test_findings_stand_errors_first_and_notes_last() -> None:
    findings = checked(make_edition(subject="", preheader="", number=0)).findings
    graveness = [("error", "warning", "note").index(finding.severity) for finding in findings]
    assert graveness == sorted(graveness)
    assert {"error", "warning", "note"} == {finding.severity for finding in findings}


def test_part_that_is_run_later_joins_what_was_found(tmp_path: Path) -> None:
    before = checked(make_edition(preheader=""))
    dead = Finding("link-dead", "error", "story 1", "is gone", "Mend it.")
    after = before.joined("links", [dead], Config())
    assert after.findings[0] == dead
    assert len(after.findings) == len(before.findings) + 1
    assert {"link-down", "link-moved"} <= set(after.passed)
    assert "link-dead" not in after.passed
    assert Checked().joined("articles", [], Config()).passed == (
        "article-gone", "article-moved", "title-changed",
    )  # fmt: skip


def test_every_finding_says_where_it_can_be_mended() -> None:
    broken = make_edition(subject="", preheader="", number=0)
    for finding in checked(broken, MAIN, text="nothing", html="<p>nothing</p>").findings:
        assert finding.file, finding
        assert finding.hint, finding


def documented() -> dict[str, list[str]]:
    """The cells of every rule's row in the document."""
    rows = re.findall(r"(?m)^\| `([a-z0-9-]+)` \|(.+)\|$", DOCUMENT.read_text(encoding="utf-8"))
    return {name: [cell.strip() for cell in cells.split("|")] for name, cells in rows}


def test_every_rule_is_documented_with_its_severity_and_what_to_do() -> None:
    rows = documented()
    assert list(rows) == list(RULES)
    for name, (severity, about, remedy) in rows.items():
        rule = RULES[name]
        assert severity == rule.severity + ("" if rule.silenceable else ", kept"), name
        assert about == rule.about, name
        assert len(remedy) > 15, name
