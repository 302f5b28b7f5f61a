"""`digest check`: what stops the letter stands first, with its line; all of it is in the JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import WEEK, Digest
from tests.cli.test_terminal import at_terminal

from digest import pipeline
from digest.check import RULES, Finding
from digest.pipeline import Prepared

Settings = Callable[[str, str], None]

SILENCED = (
    '\n[[check.silenced]]\nrule = "{rule}"\nreason = "Nos titres sont longs."\nplace = "{place}"\n'
)


@pytest.fixture
def edition_file(digest: Digest, lettre: Path) -> Path:
    """The built edition's file."""
    assert digest("build").code == 0
    return lettre / "editions" / WEEK / "edition.toml"


def spoil(file: Path, key: str, value: str) -> int:
    """Change the first line that sets a key; returns its number."""
    lines = file.read_text(encoding="utf-8").splitlines()
    index = next(i for i, line in enumerate(lines) if line.startswith(f"{key} = "))
    lines[index] = f'{key} = "{value}"'
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return index + 1


def test_sample_has_no_error_and_says_how_large_it_is(digest: Digest, edition_file: Path) -> None:
    told = digest("check")
    assert told.code == 0
    assert re.search(rf"{WEEK}  HTML \d+\.\d kB of 102  ━+─+", told.out)
    assert re.search(r"(?m)^no errors, .*, \d+ rules passed$", told.out)


def test_errors_stand_first_each_with_its_line_and_what_to_do(
    digest: Digest, edition_file: Path
) -> None:
    spoil(edition_file, "preheader", "")
    line = spoil(edition_file, "summary", "")
    told = digest("check")
    assert told.code == 5
    first, second = told.out.index("summary-empty"), told.out.index("preheader-missing")
    assert told.out.startswith("error")
    assert first < second
    assert f"editions/{WEEK}/edition.toml:{line}" in told.out
    assert "→ Write one in edition.toml" in told.out
    assert re.search(r"(?m)^\d errors?, \d+ warnings?, \d+ notes?, \d+ rules passed$", told.out)


def test_json_holds_findings_silenced_ones_and_the_rules_that_passed(
    digest: Digest, edition_file: Path, settings: Settings
) -> None:
    line = spoil(edition_file, "subject", "Les écluses rouvrent " * 6)
    settings("", SILENCED.format(rule="subject-long", place="subject"))
    told = digest("check", "--json")
    assert told.code == 0
    result = told.json
    assert result["edition"] == WEEK
    assert 10_000 < result["html_bytes"] < result["gmail_clips"] == 102_000
    assert "gmail" in result["clients"]
    (silenced,) = result["silenced"]
    assert silenced["rule"] == "subject-long"
    assert silenced["reason"] == "Nos titres sont longs."
    assert (silenced["file"], silenced["line"]) == (f"editions/{WEEK}/edition.toml", line)
    assert "subject-long" not in result["passed"]
    assert {"unsubscribe", "postal-address", "sponsor-label"} <= set(result["passed"])
    assert result["counts"]["silenced"] == 1
    assert result["counts"]["passed"] == len(result["passed"])
    for finding in result["findings"]:
        assert set(finding) == {"rule", "severity", "place", "file", "line", "message", "hint"}
        assert (edition_file.parents[2] / finding["file"]).is_file()


def test_silenced_finding_is_shown_with_its_reason(
    digest: Digest, edition_file: Path, settings: Settings
) -> None:
    settings("", SILENCED.format(rule="subject-long", place=""))
    told = digest("check")
    assert "silenced" in told.out
    assert "because: Nos titres sont longs." in told.out
    assert "1 silenced" in told.out


@pytest.mark.parametrize(
    ("rule", "said"), [("subject-lon", "subject-long"), ("unsubscribe", "promise")]
)
def test_silence_that_cannot_be_is_refused_with_its_line(
    digest: Digest, edition_file: Path, settings: Settings, rule: str, said: str
) -> None:
    settings("", SILENCED.format(rule=rule, place=""))
    refused = digest("check")
    assert refused.code == 2
    assert said in refused.err
    assert re.search(r"config\.toml:\d+: check\.silenced\[0\]\.rule", refused.err)


def test_many_notes_of_one_rule_are_counted_and_told_on_demand(
    digest: Digest, edition_file: Path
) -> None:
    short, whole = digest("check").out, digest("check", "--notes").out
    assert re.search(r"(?m)^note +\d+ notes$", short)
    assert whole.count("client-support") > short.count("client-support")
    assert "caniemail.com" in whole


def test_other_mail_programs_can_be_looked_up_and_unknown_ones_are_named(
    digest: Digest, edition_file: Path
) -> None:
    one = digest("check", "--clients", "apple-mail", "--json").json
    assert one["clients"] == ["apple-mail"]
    assert one["counts"]["notes"] < digest("check", "--json").json["counts"]["notes"]
    refused = digest("check", "--clients", "gmail, gmale")
    assert refused.code == 2
    assert "gmale" in refused.err
    assert "outlook-windows" in refused.err


def test_rules_are_listed_without_a_publication(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listed = digest("check", "--rules", "--json").json
    assert [rule["id"] for rule in listed] == list(RULES)
    assert listed[0]["about"]
    assert listed[0]["silenceable"] is False
    table = digest("check", "--rules").out
    assert all(rule in table for rule in RULES)


def test_links_are_asked_only_when_somebody_wants_it(
    digest: Digest, edition_file: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answering(prepared: Prepared, **_: object) -> Prepared:
        asked.append(prepared.edition.id)
        gone = Finding("link-dead", "error", "story 1", "the page is gone", "Change the link.")
        return prepared.joined("links", [gone])

    monkeypatch.setattr(pipeline, "look_at_links", answering)
    assert digest("check").code == 0
    assert asked == []
    assert digest("check", "--links").code == 5
    assert asked == [WEEK]
    settings("[delivery]", "[check]\nlinks = true\n\n[delivery]")
    assert digest("check").code == 5
    assert digest("check", "--no-links").code == 0
    assert asked == [WEEK, WEEK]


def test_build_and_approve_tell_warnings_in_short_and_no_notes(
    digest: Digest, edition_file: Path
) -> None:
    spoil(edition_file, "preheader", "")
    for told in (digest("build"), digest("approve", "--yes")):
        assert told.code == 0
        assert "warning  preheader: is empty" in told.out
        assert "client-support" not in told.out
        assert "`digest check` says where" in told.out


def test_at_a_terminal_lines_stay_under_their_place(digest: Digest, lettre: Path) -> None:
    digest("build")
    spoil(lettre / "editions" / WEEK / "edition.toml", "preheader", "x" * 60 + " mot" * 20)
    code, screen = at_terminal(lettre, ["check"], "")
    assert code == 0, screen
    plain = re.sub(r"\x1b\[[0-9;]*m", "", screen).replace("\r", "")
    lines = [line.rstrip() for line in plain.splitlines()]
    assert max(map(len, lines)) <= 100
    assert all(
        re.match(r"(error|warning|note|silenced) +\S| {9}\S|$|\d{4}-W|no |\d+ ", line)
        for line in lines
    )


def test_week_grows_stale_by_the_clock_that_can_be_set(
    digest: Digest, edition_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "edition-stale" in digest("check", "--json").json["passed"]
    monkeypatch.setenv("DIGEST_NOW", "2027-03-01T08:00:00+01:00")
    later = digest("check", "--week", WEEK, "--json").json
    assert "edition-stale" in [finding["rule"] for finding in later["findings"]]
