"""What is approved, reopened or sent as a test from the page is what was shown."""

from __future__ import annotations

import email
import shutil
from email import policy
from pathlib import Path

import pytest
from tests.web.studio_world import (
    NOW,
    WEEK,
    Running,
    acting,
    edit,
    open_studio,
    send,
    state,
)

from digest.delivery import ledger
from digest.edition import lifecycle
from digest.errors import (
    ApprovalError,
    CheckError,
    ContentError,
)
from digest.web.studio.session import Studio


def test_approving_keeps_what_was_shown(running: Running) -> None:
    with acting(running) as client, running.events() as events:
        shown = state(client)
        answer = client.post("/approve", json={"hash": shown["status"]["full_hash"]})
        assert answer.status_code == 200
        assert events.next() > shown["version"]
        after = state(client)
        assert after["status"]["state"] == "approved"
        assert after["can"]["why_not"] == "approved"
        record = lifecycle.record_of(running.studio.publication.database, WEEK)
        assert record is not None
        assert record.approved_by == "solveig"
        assert record.approved_hash == after["status"]["full_hash"]
        again = client.post("/approve", json={"hash": after["status"]["full_hash"]})
        assert again.status_code == 409
        assert "approved already" in again.json()["message"]


def test_approved_edition_is_opened_again(running: Running) -> None:
    seen = running.studio.view.seen
    assert seen is not None
    running.studio.approve(seen.hash)
    with acting(running) as client:
        assert state(client)["can"]["reopen"]
        other = client.post("/reopen", json={"edition": "2026-W01"})
        assert other.status_code == 409
        assert "2026-W01" in other.json()["message"]
        assert client.post("/reopen", json={"edition": WEEK}).status_code == 200
        after = state(client)
        assert after["status"]["state"] == "ready"
        assert after["can"]["approve"]
        record = lifecycle.record_of(running.studio.publication.database, WEEK)
        assert record is not None
        assert record.approved_hash == ""


def test_dispatched_edition_is_not_opened_again(studio: Studio) -> None:
    send(studio)
    with pytest.raises(ContentError):
        studio.reopen(WEEK)


def test_letter_that_changed_since_it_was_shown_is_not_approved(studio: Studio) -> None:
    seen = studio.view.seen
    assert seen is not None
    folder = studio.publication.folder(WEEK)
    edit(folder / "edition.toml", 'title = "', 'title = "Autre : ')
    with pytest.raises(ApprovalError, match=r"changed since: .*HTML.*story 1") as refused:
        studio.approve(seen.hash)
    assert "approve" in refused.value.hint
    assert lifecycle.record_of(studio.publication.database, WEEK).approved_hash == ""  # type: ignore[union-attr]
    with pytest.raises(ApprovalError, match="the letter"):
        studio.approve("another hash")


def test_change_after_an_approval_is_named(studio: Studio) -> None:
    seen = studio.view.seen
    assert seen is not None
    studio.approve(seen.hash)
    edit(studio.publication.folder(WEEK) / "edition.toml", 'title = "', 'title = "Autre : ')
    studio.render()
    studio.examine()
    shown = studio.view.state(NOW)
    assert shown["status"]["state"] == "ready"
    assert "story 1" in shown["status"]["changed"]
    assert shown["can"]["approve"]


def test_errors_block_an_approval(studio: Studio) -> None:
    edit(studio.publication.folder(WEEK) / "edition.toml", 'title = "', 'title = ""#')
    studio.render()
    studio.examine()
    seen = studio.view.seen
    assert seen is not None
    with pytest.raises(CheckError):
        studio.approve(seen.hash)


def test_skipped_and_dispatched_editions_cannot_be_approved(studio: Studio) -> None:
    publication = studio.publication
    seen = studio.view.seen
    assert seen is not None
    lifecycle.skip(publication.database, WEEK, NOW)
    assert studio.has_moved()
    assert studio.view.state(NOW)["can"]["why_not"] == "skipped"
    skipped = studio.view.seen
    assert skipped is not None
    with pytest.raises(ContentError):
        studio.approve(skipped.hash)
    lifecycle.reopen(publication.database, WEEK)
    send(studio)
    edit(publication.folder(WEEK) / "edition.toml", 'title = "', 'title = "Trop tard : ')
    assert studio.has_moved()
    assert not studio.has_moved()
    shown = studio.view.state(NOW)
    assert shown["status"]["state"] == "dispatched"
    assert shown["can"]["why_not"] == "dispatched"
    assert not shown["can"]["approve"]
    assert not shown["can"]["reopen"]
    with pytest.raises(ContentError, match="has left"):
        studio.approve(seen.hash)


def test_letter_that_left_is_shown_as_readers_have_it(studio: Studio) -> None:
    send(studio)
    edit(studio.publication.folder(WEEK) / "edition.toml", 'title = "', 'title = "Trop tard : ')
    studio.render()
    assert not studio.examine()
    sample = studio.reader("")
    assert sample is not None
    html = studio.view.frame("light", sample, NOW)
    assert html is not None
    assert "Trop tard" not in html
    shown = studio.view.state(NOW)
    assert shown["plan"] == []
    assert shown["findings"] == []
    assert not [name for name in shown["faces"] if "unsponsored" in name]
    assert studio.view.frame("light-unsponsored", sample, NOW) is None
    assert studio.view.provenance() == {}


def test_test_copy_leaves_and_no_ledger_knows(running: Running) -> None:
    with acting(running) as client:
        answer = client.post("/test", json={"address": " Odile@example.org "})
        assert answer.status_code == 200
        assert answer.json()["to"] == "O…@example.org"
        assert answer.json()["provider"] == "outbox"
    (copy,) = (running.folder / "outbox" / "new").iterdir()
    content = copy.read_text(encoding="ascii")
    assert "To: <odile@example.org>" in content
    message = email.message_from_string(content, policy=policy.default)
    assert message["Subject"].startswith("[Test] ")
    database = running.studio.publication.database
    assert ledger.balance(database, WEEK, "main").audience == 0


def test_test_copy_to_no_address_is_refused_in_words(running: Running) -> None:
    with acting(running) as client:
        answer = client.post("/test", json={"address": "nobody"})
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("“")
        assert answer.json()["hint"]


def test_without_a_letter_there_is_nothing_to_send(lettre: Path) -> None:
    shutil.rmtree(lettre / "templates" / "weekly")
    studio = open_studio(lettre)
    with pytest.raises(ContentError):
        studio.send_test("a@example.org")
    assert not studio.examine()
    assert studio.view.state(NOW)["status"]["state"] == "blocked"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"address": 1}', "application/json", 400),
        (b'{"other": "a"}', "application/json; charset=utf-8", 400),
        (b"[" * 4000, "application/json", 400),
        (b'{"address": "a@example.org"}', "text/plain", 415),
        (b"address=a@example.org", "application/x-www-form-urlencoded", 415),
        (b'{"address": "' + b"a" * 5000 + b'"}', "application/json", 413),
    ],
)
def test_odd_requests_are_refused(
    untouched: Running, content: bytes, kind: str, status: int
) -> None:
    with acting(untouched) as client:
        answer = client.post("/test", content=content, headers={"Content-Type": kind})
        assert answer.status_code == status
