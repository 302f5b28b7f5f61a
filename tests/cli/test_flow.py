"""The weekly number from the shell: built, looked at, approved, sent once to each reader."""

from __future__ import annotations

import email
import email.policy
import mailbox
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, WEEK, Digest

from digest.config import load_config
from digest.delivery.ledger import sending_lock
from digest.publication import Publication

KEYS = [
    "edition",
    "subject",
    "provider",
    "audience",
    "accepted",
    "refused",
    "unknown",
    "pending",
    "excluded",
]


def outbox(lettre: Path, name: str = "outbox") -> list[EmailMessage]:
    """Every message of the outbox, parsed."""
    return [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        for file in sorted((lettre / name / "new").iterdir())
    ]


def test_new_publication_sends_its_first_edition_without_an_edit(tmp_path: Path) -> None:
    environment = {**os.environ, "DIGEST_NOW": NOW}
    program = [sys.executable, "-m", "digest"]
    made = subprocess.run(
        [*program, "init", "lettre"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    sent = subprocess.run(
        [*program, "send", "--yes"],
        cwd=tmp_path / "lettre",
        env=environment,
        capture_output=True,
        text=True,
    )
    assert sent.returncode == 0, sent.stderr
    assert str(tmp_path / "lettre" / "outbox") in sent.stdout
    assert "index.html" in sent.stdout
    assert len(outbox(tmp_path / "lettre")) == 10


def test_message_has_no_defect_and_both_parts_say_the_same(digest: Digest, lettre: Path) -> None:
    assert digest("send", "--yes").code == 0
    for message in outbox(lettre):
        assert message.defects == []
        assert all(part.defects == [] for part in message.walk())
        html = message.get_body(("html",))
        text = message.get_body(("plain",))
        assert html is not None
        assert text is not None
        assert "%%{" not in html.get_content() + text.get_content()
    built = digest("build", "--json")
    assert built.code == 5  # it has left
    titles = (lettre / "editions" / WEEK / "edition.toml").read_text(encoding="utf-8")
    flat = " ".join(text.get_content().split()).replace("\u00a0", " ").replace("\u202f", " ")
    page = " ".join(html.get_content().split()).replace("\u00a0", " ").replace("\u202f", " ")
    for line in titles.splitlines():
        if line.startswith("title = "):
            words = line.removeprefix('title = "').rstrip('"').split()[:3]
            assert " ".join(words) in flat
            assert words[0] in page


def test_json_result_has_exactly_the_promised_keys(digest: Digest) -> None:
    sent = digest("send", "--yes", "--json")
    assert sent.code == 0
    assert list(sent.json) == KEYS
    result = sent.json
    assert result["edition"] == WEEK
    assert result["provider"] == "outbox"
    assert result["audience"] == result["accepted"] + sum(result["excluded"].values())
    assert result["excluded"] == {"unsubscribed": 1, "unconfirmed": 1}


def test_second_send_reaches_nobody_twice_and_says_so(digest: Digest, lettre: Path) -> None:
    first = digest("send", "--yes", "--json").json
    before = len(outbox(lettre))
    again = digest("send", "--yes")
    assert again.code == 0
    assert "nobody gets a second copy" in again.out
    assert len(outbox(lettre)) == before == first["accepted"]
    assert digest("send", "--yes", "--json").json == first


def test_maildir_reader_opens_the_outbox(digest: Digest, lettre: Path) -> None:
    digest("send", "--yes")
    box = mailbox.Maildir(lettre / "outbox", create=False)
    assert len(box) == 10
    assert all(message["List-Unsubscribe-Post"] for message in box)


def test_status_proves_that_nobody_is_lost(digest: Digest) -> None:
    assert digest("status").code == 5
    digest("build")
    assert "Nothing was sent yet" in digest("status").out
    digest("send", "--yes")
    status = digest("status", "--json").json
    assert status["adds_up"] is True
    assert status["state"] == "dispatched"
    told = digest("status").out
    assert "accepted" in told
    assert "audience" in told


def test_dry_run_sends_nothing(digest: Digest, lettre: Path) -> None:
    dry = digest("send", "--dry-run")
    assert dry.code == 0
    assert "Dry run: nothing was dispatched." in dry.out
    assert not (lettre / "outbox").exists()
    plan = digest("send", "--dry-run", "--json").json
    assert list(plan) == KEYS
    assert plan["pending"] == 10
    digest("send", "--yes")
    assert digest("send", "--dry-run", "--json").json["accepted"] == 10
    assert digest("send", "--dry-run", "--expect", "10").code == 0
    assert digest("send", "--yes", "--expect", "11").code == 2


@pytest.mark.parametrize(
    ("expected", "code"),
    [("10", 0), ("9±2", 0), ("11±10%", 0), ("12", 2), ("100±2%", 2), ("many", 2)],
)
def test_expectation_stops_a_drifted_audience(
    digest: Digest, lettre: Path, expected: str, code: int
) -> None:
    assert digest("send", "--yes", "--expect", expected).code == code
    assert (lettre / "outbox").exists() == (code == 0)


def test_without_a_terminal_yes_is_needed(digest: Digest, lettre: Path) -> None:
    refused = digest("send")
    assert refused.code == 2
    assert "--yes" in refused.err
    assert not (lettre / "outbox").exists()


def test_rehearsal_goes_to_its_own_outbox_and_blocks_nothing(digest: Digest, lettre: Path) -> None:
    for _ in range(2):
        rehearsed = digest("send", "--rehearse", "--json")
        assert rehearsed.code == 0
        assert rehearsed.json["accepted"] == 10
    assert not (lettre / "outbox").exists()
    assert digest("build").code == 0
    assert digest("send", "--yes", "--json").json["accepted"] == 10


def test_running_rehearsal_does_not_hold_the_real_send(digest: Digest, lettre: Path) -> None:
    digest("send", "--dry-run")
    publication = Publication.open(load_config(lettre / "config.toml"))
    moment = datetime.fromisoformat(NOW)
    with sending_lock(publication.database, purpose="x", now=moment, ledger="rehearsal"):
        assert digest("send", "--yes").code == 0


def test_test_copy_is_marked_and_leaves_no_trace_in_the_ledger(
    digest: Digest, lettre: Path
) -> None:
    tested = digest("send", "--test", "odile@example.org")
    assert tested.code == 0
    (message,) = outbox(lettre)
    assert message["Subject"].startswith("[Test] ")
    assert message["To"] == "odile@example.org"
    assert "Nothing was sent yet" in digest("status").out
    refused = digest("send", "--test", "not an address")
    assert refused.code == 2
    assert "--test: “" in refused.err
    assert digest("send", "--test", "odile@example.org", "--json").json["state"] == "accepted"


def test_reader_who_left_is_not_written_to(digest: Digest, lettre: Path) -> None:
    digest("send", "--dry-run")
    listed = digest("subscribers", "list", "--json").json
    somebody = next(s["email"] for s in listed if s["status"] == "active")
    assert digest("subscribers", "unsubscribe", somebody).code == 0
    assert digest("send", "--yes", "--json").json["excluded"]["unsubscribed"] == 2
    assert somebody not in {message["To"].addresses[0].addr_spec for message in outbox(lettre)}


def test_second_list_reaches_only_who_has_not_got_it(
    digest: Digest, lettre: Path, settings: Callable[[str, str], None]
) -> None:
    settings("[delivery]\n", '[[lists]]\nname = "amis"\n\n[delivery]\n')
    digest("send", "--yes")
    reader = digest("subscribers", "list", "--status", "active", "--json").json[0]["email"]
    digest("subscribers", "add", reader, "--list", "amis", "--consent-source", "salon")
    nobody = digest("send", "--yes", "--list", "amis")
    assert nobody.code == 0, nobody.err
    assert "1 have it through another list" in nobody.out
    digest("subscribers", "add", "neuf@example.org", "--list", "amis", "--consent-source", "salon")
    digest("subscribers", "add", "b@example.org", "--list", "amis", "--consent-source", "salon")
    assert len(outbox(lettre)) == 10
    assert digest("status", "--json").json["adds_up"] is True


# ---- Approval -------------------------------------------------------------------------------


@pytest.fixture
def approval_required(settings: Callable[[str, str], None]) -> None:
    settings('approval = "auto"', 'approval = "required"')


@pytest.mark.usefixtures("approval_required")
def test_unapproved_edition_does_not_leave(digest: Digest, lettre: Path) -> None:
    refused = digest("send", "--yes")
    assert refused.code == 5
    assert "not approved" in refused.err
    assert "digest approve" in refused.err
    assert not (lettre / "outbox").exists()


@pytest.mark.usefixtures("approval_required")
def test_what_was_approved_is_what_is_sent(digest: Digest, lettre: Path) -> None:
    digest("build")
    assert digest("approve", "--yes").code == 0
    file = lettre / "editions" / WEEK / "edition.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('subject = "', 'subject = "Corrigé : ', 1), encoding="utf-8")
    refused = digest("send", "--yes")
    assert refused.code == 5
    assert "changed since: " in refused.err
    assert "subject" in refused.err
    lines = text.splitlines()
    place = [n for n, line in enumerate(lines) if line.startswith("summary = ")][1]
    lines[place] = 'summary = "Une tout autre histoire, que personne n’a relue."'
    file.write_text("\n".join(lines), encoding="utf-8")
    assert "story 2" in digest("send", "--yes").err
    file.write_text(text, encoding="utf-8")
    assert digest("send", "--yes").code == 0


@pytest.mark.usefixtures("approval_required")
def test_approval_on_friday_holds_on_sunday(
    digest: Digest, monkeypatch: pytest.MonkeyPatch, lettre: Path
) -> None:
    digest("build", "--week", WEEK)
    approved = digest("approve", "--yes", "--json", "--week", WEEK)
    assert approved.code == 0
    monkeypatch.setenv("DIGEST_NOW", "2026-11-22T08:00:00+01:00")
    assert digest("send", "--yes", "--week", WEEK).code == 0
    text = outbox(lettre)[0].get_body(("plain",))
    assert text is not None
    assert "22 novembre 2026" in text.get_content().replace("\u00a0", " ")


def test_approved_edition_is_built_again_only_when_reopened(digest: Digest) -> None:
    digest("build")
    digest("approve", "--yes")
    refused = digest("build")
    assert refused.code == 5
    assert f"digest editions reopen {WEEK}" in refused.err
    assert digest("editions", "reopen", WEEK).code == 0
    assert digest("build").code == 0


def test_dispatched_edition_stays_as_readers_have_it(digest: Digest) -> None:
    digest("send", "--yes")
    for command in (["editions", "reopen", WEEK], ["editions", "skip", WEEK, "--yes"], ["build"]):
        refused = digest(*command)
        assert refused.code == 5
        assert "has left" in refused.err
    assert digest("approve", "--yes").code == 5


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
