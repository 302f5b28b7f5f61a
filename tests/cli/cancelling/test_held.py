"""What SendGrid holds for later is called back there too, and nothing is promised in its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.cancelling.world import (
    LATER,
    NAME,
    TOO_LATE,
    Begin,
    balance,
    killed_within,
    provider_ids,
)
from tests.cli.conftest import WEEK, Digest
from tests.delivery.sendgrid_server import Sendgrid, fault


def test_an_edition_for_later_is_handed_over_under_a_name(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    begin("nobody has it")
    server.batches.clear()
    assert digest("send", "--yes", "--at", LATER).code == 0
    assert {body["send_at"] for body in server.taken} == {1794817800}
    assert {body["batch_id"] for body in server.taken} == set(server.batches) == {NAME}
    assert len(server.emails) == 10


def test_it_is_called_back_at_sendgrid_too(digest: Digest, server: Sendgrid, begin: Begin) -> None:
    begin("held for later")
    cancelled = digest("cancel", "--yes", "--json")
    assert cancelled.code == 0, cancelled.err
    assert list(server.batches.values()) == ["cancel"]
    assert (cancelled.json["withdrawn"], cancelled.json["called_back"]) == (0, 10)
    found = balance(digest)
    assert (found["accepted"], found["excluded"]["cancelled"]) == (0, 10)
    again = digest("cancel", "--yes", "--json")
    assert again.json["called_back"] == 0


def test_let_go_after_all_it_has_another_name(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    """What is sent under the old one would be withheld."""
    begin("held for later")
    assert digest("cancel", "--yes").code == 0
    assert digest("cancel", "--undo").code == 0
    server.taken.clear()
    assert digest("send", "--yes").code == 0
    assert {body["batch_id"] for body in server.taken} == {list(server.batches)[1]}
    assert balance(digest)["accepted"] == 10


def test_a_doubtful_request_is_settled_by_calling_it_back(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    """Whether SendGrid has it or not, nobody will get it."""
    begin("nobody has it")
    server.answers = [(201, {}, {"batch_id": "Batch9"}), (500, {}, {}), (202, {}, {})]
    server.batches["Batch9"] = ""
    assert digest("send", "--yes", "--at", LATER).code == 7
    cancelled = digest("cancel", "--yes", "--json")
    assert cancelled.json["called_back"] == 10
    assert cancelled.json["unknown"] == 0


def test_too_late_for_a_promise_is_said(
    digest: Digest, server: Sendgrid, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("held for later")
    monkeypatch.setenv("DIGEST_NOW", TOO_LATE)
    told = digest("cancel", "--yes", "--week", WEEK)
    assert "may deliver" in told.out
    assert "10 have an unknown outcome" in told.out
    found = digest("status", "--json", "--week", WEEK).json
    assert (found["accepted"], found["unknown"]) == (0, 10)
    assert "cancelled" not in found["excluded"]
    assert "it had left for 0, and may have left for 10" in digest("send", "--yes").err


@pytest.mark.parametrize(
    ("answers", "code", "state"),
    [
        ([(401, {}, fault("no permission"))], 4, "accepted"),
        ([(500, {}, fault("oops"))], 6, "unknown"),
        ([None], 6, "unknown"),
        ([(400, {}, fault("no")), (200, {}, b"nothing"), (400, {}, fault("no"))], 6, "accepted"),
        ([(400, {}, fault("no")), (200, {}, b"nothing"), None], 6, "unknown"),
    ],
    ids=["key", "failure", "silence", "refusal", "silence at last"],
)
def test_what_sendgrid_does_not_confirm_is_not_promised(
    digest: Digest, server: Sendgrid, begin: Begin, answers: list[object], code: int, state: str
) -> None:
    """Where it refused it goes on holding them; where it said nothing, nobody can tell."""
    begin("held for later")
    before = provider_ids()
    server.answers = list(answers)  # type: ignore[arg-type]
    refused = digest("cancel", "--yes")
    assert refused.code == code
    assert "may leave all the same" in refused.err
    assert balance(digest)[state] == 10
    if state == "accepted":
        assert provider_ids() == before
    again = digest("cancel", "--yes", "--json")
    assert again.json["called_back"] == 10


def test_refused_the_second_time_it_may_have_been_heeded_the_first(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    begin("held for later")
    for answer, code in ((None, 6), ((401, {}, fault("no key")), 4)):
        server.answers = [answer]
        assert digest("cancel", "--yes").code == code
        assert balance(digest)["unknown"] == 10
    assert digest("cancel", "--yes", "--json").json["called_back"] == 10


def test_what_a_killed_run_left_is_called_back_too(
    digest: Digest, server: Sendgrid, begin: Begin, lettre: Path
) -> None:
    begin("held for later")
    (name,) = server.batches
    killed_within(lettre, f"sendgrid {name}")
    assert digest("cancel", "--yes", "--json").json["called_back"] == 10
    assert balance(digest)["excluded"]["cancelled"] == 10


def test_what_a_killed_run_left_is_settled_and_not_forgotten(
    digest: Digest, server: Sendgrid, begin: Begin, lettre: Path
) -> None:
    begin("four have it")
    killed_within(lettre, "sendgrid")
    told = digest("cancel", "--yes")
    assert told.code == 0, told.err
    assert "1 have an unknown outcome" in told.out
    found = balance(digest)
    assert (found["unknown"], found["pending"]) == (1, 0)


@pytest.mark.parametrize("status", ["pause", "cancel"])
def test_what_was_paused_or_cancelled_at_sendgrid_is_cancelled(
    digest: Digest, server: Sendgrid, begin: Begin, status: str
) -> None:
    begin("held for later")
    (name,) = server.batches
    server.batches[name] = status
    assert digest("cancel", "--yes", "--json").json["called_back"] == 10
    assert server.batches[name] == "cancel"


@pytest.mark.parametrize(
    "answer",
    [(201, {}, {"batch_id": "../x"}), (201, {}, b"{"), (500, {}, {}), None],
    ids=["odd", "broken", "failure", "silence"],
)
def test_without_a_name_nothing_is_handed_over(
    digest: Digest,
    server: Sendgrid,
    begin: Begin,
    answer: tuple[int, dict[str, str], object] | None,
) -> None:
    begin("nobody has it")
    server.answers = [answer]
    refused = digest("send", "--yes", "--at", LATER)
    assert refused.code == 6
    assert "nothing was dispatched" in refused.err
    assert server.taken == []
    assert balance(digest)["pending"] == 10
    assert json.loads(digest("send", "--yes", "--at", LATER, "--json").out)["accepted"] == 10
