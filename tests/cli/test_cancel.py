"""`digest cancel`: who does not have it yet will not get it, and the balance always adds up."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, WEEK, Digest, copied
from tests.delivery.sendgrid_server import KEY, Sendgrid, fault, serving

from digest.cli import run

#: Two hours after the tests' moment, and five minutes before that.
LATER, TOO_LATE = "2026-11-16T09:30:00+01:00", "2026-11-16T09:25:00+01:00"

#: What the server names the first edition that is for later.
NAME = "Batch0-name"

SETTINGS = {
    "DIGEST_NOW": NOW,
    "SENDGRID_API_KEY": KEY,
    "DIGEST__DELIVERY__PROVIDER": "sendgrid",
    "DIGEST__DELIVERY__BATCH": "4",
    "DIGEST__DELIVERY__SENDGRID__CONCURRENCY": "1",
    "DIGEST__EDITION__IMAGES": "embed",
}

#: How SendGrid answers the first `send`, by what the publication is called afterwards.
ANSWERS = {
    "nobody has it": [(404, {}, fault("closed"))],
    "four have it": [(202, {}, {}), (404, {}, fault("closed"))],
    "all have it": [],
    "held for later": [],
}


def through(url: str, patch: pytest.MonkeyPatch) -> None:
    """Let the publication send through a server, four readers at a time."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        patch.delenv(name, raising=False)
    for name, value in {**SETTINGS, "DIGEST__DELIVERY__SENDGRID__API_URL": url}.items():
        patch.setenv(name, value)


@pytest.fixture(scope="module")
def publications(
    pristine: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Path]]:
    """Publications whose edition was sent as far as their names say, and one that was built."""
    folder = tmp_path_factory.mktemp("publications")
    shutil.copytree(pristine, folder / "built")
    with pytest.MonkeyPatch.context() as patch:
        sendgrid = Sendgrid()
        with serving(sendgrid) as url:
            through(url, patch)
            patch.chdir(folder / "built")
            assert run(["build"]) == 0
            for name, answers in ANSWERS.items():
                shutil.copytree(folder / "built", folder / name)
                patch.chdir(folder / name)
                held = name == "held for later"
                sendgrid.answers = [*answers]
                run(["send", "--yes", *(["--at", LATER] if held else [])])
                assert sendgrid.answers == []
        yield {path.name: path for path in folder.iterdir()}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sendgrid]:
    """SendGrid, which knows the name of what is held for later."""
    sendgrid = Sendgrid(batches={NAME: ""})
    with serving(sendgrid) as url:
        through(url, monkeypatch)
        yield sendgrid


Begin = Callable[[str], None]


@pytest.fixture
def begin(publications: dict[str, Path], server: Sendgrid, lettre: Path) -> Begin:
    """Go on from one of the publications."""

    def copy(name: str) -> None:
        copied(publications[name], lettre)

    return copy


def balance(digest: Digest) -> dict[str, object]:
    found: dict[str, object] = digest("status", "--json").json
    assert found["adds_up"] is True
    return found


def test_nobody_pending_gets_it_any_more(digest: Digest, server: Sendgrid, begin: Begin) -> None:
    begin("four have it")
    cancelled = digest("cancel", "--yes", "--json")
    assert cancelled.code == 0, cancelled.err
    assert (cancelled.json["withdrawn"], cancelled.json["called_back"]) == (6, 0)
    found = balance(digest)
    assert (found["accepted"], found["pending"]) == (4, 0)
    assert found["excluded"]["cancelled"] == 6  # type: ignore[index]
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


# ---- What SendGrid holds for later ----------------------------------------------------------


def test_an_edition_for_later_is_handed_over_under_a_name(
    digest: Digest, server: Sendgrid, begin: Begin
) -> None:
    begin("built")
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
    assert (found["accepted"], found["excluded"]["cancelled"]) == (0, 10)  # type: ignore[index]
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
    begin("built")
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


def provider_ids() -> list[str]:
    """What SendGrid calls the deliveries."""
    (store,) = Path().rglob("*.db")
    with closing(sqlite3.connect(store)) as connection:
        query = "SELECT provider_id FROM deliveries ORDER BY id"
        return [row[0] for row in connection.execute(query)]


def killed_within(lettre: Path, provider_id: str) -> None:
    """One delivery stands as a run leaves it that was killed while it was under way."""
    (store,) = lettre.rglob("*.db")
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(
            "UPDATE deliveries SET state = 'submitting', provider_id = ?, run = ? WHERE id = "
            "(SELECT id FROM deliveries WHERE state IN ('accepted', 'pending') LIMIT 1)",
            (provider_id, "0" * 32),
        )


def test_what_a_killed_run_left_is_called_back_too(
    digest: Digest, server: Sendgrid, begin: Begin, lettre: Path
) -> None:
    begin("held for later")
    (name,) = server.batches
    killed_within(lettre, f"sendgrid {name}")
    assert digest("cancel", "--yes", "--json").json["called_back"] == 10
    assert balance(digest)["excluded"]["cancelled"] == 10  # type: ignore[index]


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
    begin("built")
    server.answers = [answer]
    refused = digest("send", "--yes", "--at", LATER)
    assert refused.code == 6
    assert "nothing was dispatched" in refused.err
    assert server.taken == []
    assert balance(digest)["pending"] == 10
    assert json.loads(digest("send", "--yes", "--at", LATER, "--json").out)["accepted"] == 10
