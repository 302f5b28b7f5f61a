"""`digest cancel`: who does not have it yet will not get it, and the balance always adds up."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest
from tests.cli.cancelling.world import Begin, balance
from tests.cli.conftest import WEEK, Digest
from tests.delivery.sendgrid_server import Sendgrid


def test_nobody_pending_gets_it_any_more(digest: Digest, server: Sendgrid, begin: Begin) -> None:
    begin("four have it")
    cancelled = digest("cancel", "--yes", "--json")
    assert cancelled.code == 0, cancelled.err
    assert (cancelled.json["withdrawn"], cancelled.json["called_back"]) == (6, 0)
    found = balance(digest)
    assert (found["accepted"], found["pending"]) == (4, 0)
    assert found["excluded"]["cancelled"] == 6
    requests = len(server.requests)
    refused = digest("send", "--yes")
    assert refused.code == 5
    assert "was cancelled" in refused.err
    assert "--undo" in refused.err
    assert len(server.requests) == requests


def test_it_is_told_what_left_and_what_did_not(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    begin("four have it")
    told = digest("cancel", "--yes").out
    assert "6 had not left and will not" in told
    assert "4 have left" in told
    again = digest("cancel", "--yes").out
    assert f"{WEEK} was cancelled on 2026-11-16 at 07:30 already" in again
    assert "0 had not left" in again


def test_the_rest_may_have_it_after_all_and_nobody_twice(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    begin("four have it")
    assert digest("cancel", "--yes").code == 0
    undone = digest("cancel", "--undo", "--json")
    assert (undone.json["pending_again"], undone.json["pending"]) == (6, 6)
    server.taken.clear()
    assert digest("send", "--yes").code == 0
    assert len(server.emails) == len(set(server.emails)) == 6
    assert balance(digest)["accepted"] == 10
    nothing = digest("cancel", "--undo")
    assert nothing.code == 5
    assert "was not cancelled" in nothing.err


def test_what_nobody_has_can_be_changed_and_sent_anew(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    begin("nobody has it")
    told = digest("cancel", "--yes").out
    assert f"digest editions reopen {WEEK}" in told
    assert digest("build").code == 5
    assert digest("editions", "reopen", WEEK).code == 0
    assert balance(digest)["audience"] == 0
    assert digest("build").code == 0
    sent = digest("send", "--yes", "--json")
    assert sent.code == 0, sent.err
    assert sent.json["accepted"] == len(set(server.emails)) == 10


def test_what_somebody_has_cannot_be_changed(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    begin("four have it")
    assert digest("cancel", "--yes").code == 0
    refused = digest("editions", "reopen", WEEK)
    assert refused.code == 5
    assert "has left" in refused.err


def test_what_has_left_cannot_be_called_back(digest: Digest, begin: Begin) -> None:
    begin("all have it")
    refused = digest("cancel", "--yes")
    assert refused.code == 5
    assert "cannot be cancelled" in refused.err
    assert balance(digest)["accepted"] == 10


def test_what_was_never_sent_cannot_be_cancelled(digest: Digest) -> None:
    refused = digest("cancel", "--yes")
    assert refused.code == 5
    assert "editions skip" in refused.err


def test_a_person_is_asked(digest: Digest, server: Sendgrid, begin: Begin) -> None:
    begin("four have it")
    refused = digest("cancel")
    assert refused.code == 2
    assert "cancelled for 6 readers" in refused.err
    assert balance(digest)["pending"] == 6


@pytest.mark.parametrize(("answer", "code"), [(WEEK, 0), ("yes", 9)])
def test_the_answer_is_the_editions_name(
    digest: Digest,
    server: Sendgrid,
    begin: Begin,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
) -> None:
    begin("four have it")
    monkeypatch.setattr("digest.cli.sending.questions.is_interactive", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_words, **_options: answer)
    assert digest("cancel").code == code


def test_while_another_process_sends_it_waits_for_no_one(
    digest: Digest, server: Sendgrid, begin: Begin, lettre: Path
) -> None:
    begin("four have it")
    (store,) = lettre.rglob("*.db")
    descriptor = os.open(store.with_name(f"{store.name}.sending"), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        for command in (("cancel", "--yes"), ("cancel", "--undo")):
            assert digest(*command).code == 8
    finally:
        os.close(descriptor)
    assert balance(digest)["pending"] == 6
