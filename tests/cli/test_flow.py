"""The weekly number from the shell: built, looked at, approved, sent once to each reader."""

from __future__ import annotations

import email
import email.policy
import mailbox
import os
import subprocess
import sys
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
    assert text is not None
    assert html is not None
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
