"""Whatever SendGrid says when it is asked to forget an edition: what it holds can be called back
later, after `--undo` too, and what is let go again leaves under a name that is not withheld."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.cancelling.world import NAME, Begin, balance, provider_ids
from tests.cli.conftest import Digest
from tests.delivery.sendgrid_server import Sendgrid, fault
from tests.prove.scene import Scene
from tests.prove.sending import Launcher

Answer = tuple[int, dict[str, str], Any] | None

#: Answers to the first cancellation, and what the four that are held are then.
REFUSED: dict[str, tuple[list[Answer], str]] = {
    "unknown name": ([(404, {}, fault("not found"))], "accepted"),
    "key": ([(403, {}, fault("no permission"))], "accepted"),
    "failure": ([(500, {}, fault("oops"))], "unknown"),
    "silence": ([None], "unknown"),
}

#: Every so manieth boundary of a transaction a cancellation is killed at.
STEP = int(os.environ.get("DIGEST_KILL_STEP", "5"))


def held_back(server: Sendgrid) -> bool:
    """Whether nothing that the server took is going to leave."""
    return all(server.batches[body["batch_id"]] == "cancel" for body in server.taken)


@pytest.mark.parametrize("refusal", REFUSED)
def test_what_is_held_all_the_same_is_called_back_after_it_was_let_go(
    digest: Digest, server: Sendgrid, begin: Begin, refusal: str
) -> None:
    """The name under which SendGrid holds them is not lost by `--undo`."""
    begin("held for later")
    before = provider_ids()
    server.answers, state = [*REFUSED[refusal][0]], REFUSED[refusal][1]
    assert digest("cancel", "--yes").code in (4, 6)
    assert digest("cancel", "--undo").code == 0
    found = balance(digest)
    assert (found[state], found["pending"]) == (10, 0)
    if state == "accepted":
        assert provider_ids() == before
    assert digest("editions", "reopen", "2026-W46").code == 5
    assert server.batches == {NAME: ""}
    again = digest("cancel", "--yes", "--json")
    assert again.code == 0, again.err
    assert again.json["called_back"] == 10
    assert server.batches == {NAME: "cancel"}


@pytest.mark.parametrize("refusal", REFUSED)
def test_the_others_leave_after_all_and_everything_can_be_called_back(
    digest: Digest, server: Sendgrid, begin: Begin, refusal: str
) -> None:
    """Where the first name may be withheld the others get one of their own; both are forgotten."""
    begin("four are held")
    server.answers, state = [*REFUSED[refusal][0]], REFUSED[refusal][1]
    assert digest("cancel", "--yes").code in (4, 6)
    assert digest("cancel", "--undo", "--json").json["pending_again"] == 6
    assert digest("send", "--yes").code == (0 if state == "accepted" else 7)
    assert len(set(server.emails)) == len(server.emails) == 6
    names = {NAME} if state == "accepted" else {NAME, "Batch1-name"}
    assert set(server.batches) == names
    assert {body["batch_id"] for body in server.taken} == {max(names)}
    cancelled = digest("cancel", "--yes", "--json")
    assert cancelled.code == 0, cancelled.err
    assert (cancelled.json["called_back"], cancelled.json["withdrawn"]) == (10, 0)
    assert set(server.batches.values()) == {"cancel"}
    assert balance(digest)["excluded"]["cancelled"] == 10


def test_one_name_that_is_not_confirmed_does_not_keep_the_other(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    begin("four are held")
    server.answers = [None]
    assert digest("cancel", "--yes").code == 6
    assert digest("cancel", "--undo").code == 0
    assert digest("send", "--yes").code == 7
    server.answers = [None]
    refused = digest("cancel", "--yes")
    assert refused.code == 6
    assert "may leave all the same" in refused.err
    found = balance(digest)
    assert (found["unknown"], found["excluded"]["cancelled"]) == (4, 6)
    assert digest("cancel", "--yes", "--json").json["called_back"] == 4
    assert held_back(server)


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    """What starts processes that are killed."""
    with Launcher() as started:
        yield started


def test_killed_at_any_step_everything_can_still_be_called_back(
    digest: Digest, server: Sendgrid, begin: Begin, lettre: Path, launcher: Launcher
) -> None:
    """`cancel` is killed; then the story goes on: let go again, and called back for good."""
    scene = Scene(lettre, "sendgrid", "process", more=dict(os.environ))
    killed = 0
    for place in range(1, 400, STEP):
        begin("four are held")
        server.batches, server.answers = {NAME: ""}, [None] if place % 2 else []
        launcher.start(scene, ("cancel", "--yes"), die_at=("commits", place))
        code = launcher.wait()
        assert code in (0, 6, -9), (lettre / "said").read_text()
        assert digest("cancel", "--undo").code in (0, 5)
        found = balance(digest)
        assert found["accepted"] + found["unknown"] + found["pending"] == 10
        if server.batches[NAME] == "cancel":
            assert found["accepted"] == 0, "nobody is taken to get what SendGrid has forgotten"
        server.answers = []
        cancelled = digest("cancel", "--yes")
        assert cancelled.code == 0, cancelled.err
        assert balance(digest)["excluded"]["cancelled"] == 10
        if found["accepted"] + found["unknown"]:
            assert server.batches == {NAME: "cancel"}
        if code != -9:
            break
        killed += 1
    else:
        pytest.fail("it never comes through")
    assert killed >= 3
