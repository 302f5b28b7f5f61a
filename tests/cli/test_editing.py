"""The edition file in an editor's hands: changed, looked at, checked, explained."""

from __future__ import annotations

import email
import email.policy
import shutil
import tomllib
from pathlib import Path

import pytest
from tests.cli.conftest import WEEK, Digest
from tests.cli.test_flow import outbox

# ---- The edition file -----------------------------------------------------------------------


def test_editors_changes_survive_the_next_build(digest: Digest, lettre: Path) -> None:
    digest("build")
    file = lettre / "editions" / WEEK / "edition.toml"
    text = file.read_text(encoding="utf-8")
    first = next(line for line in text.splitlines() if line.startswith("title = "))
    file.write_text(text.replace(f"\n{first}", '\ntitle = "Un autre titre"', 1), encoding="utf-8")
    rebuilt = digest("build", "--json").json
    assert rebuilt["stories"][0]["title"] == "Un autre titre"
    assert [kept["value"] for kept in rebuilt["kept"]] == ["Un autre titre"]
    assert "Kept of the editor's changes" in digest("build").out
    fresh = digest("build", "--fresh", "--json").json
    assert fresh["stories"][0]["title"] in first
    assert fresh["kept"] == []


def test_sent_letter_is_the_frozen_one_even_if_the_template_changed(
    digest: Digest, lettre: Path
) -> None:
    digest("send", "--yes")
    (lettre / "templates" / "weekly" / "letter.mjml.j2").write_text("broken {{")
    assert digest("send", "--yes").code == 0
    assert digest("preview", "--export", "letter").code == 5


def test_numbers_are_counted_and_skipped_weeks_have_none(digest: Digest) -> None:
    digest("editions", "skip", "2026-W45", "--yes")
    first = digest("build", "--json").json["number"]
    listed = {e["edition"]: e for e in digest("editions", "list", "--json").json}
    assert listed["2026-W45"]["number"] is None
    assert listed["2026-W45"]["state"] == "skipped"
    assert listed[WEEK]["number"] == first
    assert digest("build", "--week", "2026-W45").code == 5
    digest("editions", "skip", WEEK, "--yes")
    assert digest("send", "--yes").code == 5
    digest("editions", "reopen", WEEK)
    assert digest("build", "--json").json["number"] == first
    told = digest("editions", "list").out
    assert WEEK in told
    assert "skipped" in told


def test_no_edition_yet_is_said(digest: Digest) -> None:
    assert "No edition yet" in digest("editions", "list").out
    assert digest("editions", "reopen", WEEK).code == 5
    assert digest("editions", "skip", "2026-W99", "--yes").code == 2
    assert digest("check").code == 5


def test_another_window_fills_the_week_it_ends_in(digest: Digest) -> None:
    built = digest("build", "--since", "2026-11-10", "--until", "2026-11-12", "--json")
    assert built.code == 0
    assert built.json["edition"] == WEEK
    assert digest("build", "--since", "2026-11-12", "--until", "2026-11-10").code == 2
    assert digest("build", "--since", "hier").code == 2


# ---- Preview and check ----------------------------------------------------------------------


def test_exported_preview_writes_what_it_names(digest: Digest, tmp_path: Path) -> None:
    digest("build")
    exported = digest("preview", "--export", tmp_path / "out")
    assert exported.code == 0
    names = {Path(line).name for line in exported.out.split()}
    assert names == {"index.html", "edition.html", "edition.txt", "edition.mjml", "edition.eml"}
    assert (tmp_path / "out" / "frames" / "light.html").is_file()
    again = digest("preview", "--export", tmp_path / "out", "--json").json
    assert {Path(file).name for file in again["files"]} == names
    message = email.message_from_bytes(
        (tmp_path / "out" / "edition.eml").read_bytes(), policy=email.policy.default
    )
    assert message.defects == []


def test_check_passes_on_the_sample_and_stops_a_send_on_an_error(
    digest: Digest, lettre: Path
) -> None:
    digest("build")
    sound = digest("check", "--json")
    assert sound.code == 0
    assert not [f for f in sound.json["findings"] if f["severity"] == "error"]
    file = lettre / "editions" / WEEK / "edition.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    emptied = ['summary = ""' if line.startswith("summary = ") else line for line in lines]
    file.write_text("\n".join(emptied), encoding="utf-8")
    told = digest("check")
    assert told.code == 5
    assert "summary-empty" in told.out
    for command in (["send", "--yes"], ["approve", "--yes"]):
        refused = digest(*command)
        assert refused.code == 5
        assert "digest check" in refused.err
    assert not (lettre / "outbox").exists()


EXAMPLE = Path(__file__).parents[3] / "shared" / "examples" / "article-as-published.txt"


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the article as published is not beside us")
def test_article_as_published_becomes_a_story_in_its_own_words(
    digest: Digest, lettre: Path
) -> None:
    shutil.copy(EXAMPLE, lettre / "articles" / "2024-06-18-pyongyang.txt")
    built = digest("build", "--week", "2024-W25", "--json").json
    assert [story["title"] for story in built["stories"]] == [EXAMPLE.read_text().split("\n")[2]]
    edition = tomllib.loads((lettre / "editions" / "2024-W25" / "edition.toml").read_text())
    (story,) = edition["stories"]
    assert story["summary_origin"] == "chapo"
    assert len(story["summary"]) == 337
    assert edition["quotation"]["name"] == "Jens Stoltenberg"
    (article,) = digest("why", story["url"], "--week", "2024-W25", "--json").json["articles"]
    assert (article["section"], article["section_origin"]) == ("International", "printed")
    assert digest("send", "--yes", "--week", "2024-W25").code == 0
    (text,) = {str(m.get_body(("plain",))) for m in outbox(lettre)[:1]}
    assert "sponsoring" not in text


# ---- Why ------------------------------------------------------------------------------------


def test_why_tells_the_rank_and_the_reason(digest: Digest, lettre: Path) -> None:
    built = digest("build", "--json").json
    story = digest("why", built["stories"][0]["url"], "--json").json["articles"][0]
    assert story["verdict"] == "story"
    assert story["position"] == 1
    assert story["rank"] == pytest.approx(sum(term["points"] for term in story["terms"]))
    assert "rank:" in digest("why", built["stories"][0]["title"][:30]).out
    summary = story["summary"]
    assert summary["origin"] == "chapo"
    assert summary["spans"][0] == {"part": "chapo", "paragraph": 0, "start": 0} | {
        "end": summary["spans"][0]["end"]
    }
    nothing = digest("why", "zzzz-not-there")
    assert nothing.code == 2
    assert "none of the" in nothing.err


def test_why_says_that_the_editor_took_a_story_out(digest: Digest, lettre: Path) -> None:
    first = digest("build", "--json").json["stories"][0]
    file = lettre / "editions" / WEEK / "edition.toml"
    text = file.read_text(encoding="utf-8")
    start = text.index("[[stories]]")
    file.write_text(text[:start] + text[text.index("[[stories]]", start + 1) :], encoding="utf-8")
    assert "took it out" in digest("why", first["url"]).out
    (article,) = digest("why", first["url"], "--json").json["articles"]
    assert article["removed_by_editor"] is True
    rebuilt = digest("build", "--json").json
    assert rebuilt["subject"] == rebuilt["stories"][0]["title"] != first["title"]


def test_published_story_is_not_published_again(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = digest("build", "--json").json["stories"][0]
    digest("send", "--yes")
    article = digest("why", sent["url"], "--week", "2026-W47", "--json").json["articles"][0]
    assert article["verdict"] != "story"
