"""An editor settles what nobody knew, from what the provider says."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import WEEK, Digest
from tests.cli.reconciling.world import (
    Doubt,
    log_of,
    sent_by,
    states,
)
from tests.events.world import FOREIGN, ndjson, posted


def test_nothing_unknown_is_said_and_done(digest: Digest, left: Doubt) -> None:
    ran = digest("reconcile")
    assert (ran.code, ran.out) == (0, "No outcome is unknown.\n")


def test_events_of_sendgrid_settle_what_they_speak_of(
    either_store: str, digest: Digest, left: Doubt, lettre: Path
) -> None:
    ids = left(3, "sendgrid")
    file = lettre / "events.ndjson"
    said = [
        posted(ids[0], "processed"),
        posted(ids[1], "bounce", type="bounce", status="5.1.1", reason="550 5.1.1 no"),
        posted(FOREIGN, "delivered"),
    ]
    file.write_text(ndjson(*said))
    ran = digest("reconcile", "--events", file)
    assert ran.code == 7
    assert "2 " not in ran.err
    assert "the outcome of 1 delivery is unknown still" in ran.err
    row = next(line for line in ran.out.splitlines() if line.startswith(WEEK))
    assert row.split()[:6] == [WEEK, "3", "1", "1", "0", "1"]
    assert "1 suppressed (bounce)" in ran.out
    assert "1 not about a delivery of this publication" in ran.out
    assert [states()[id_] for id_ in ids[:3]] == ["accepted", "refused", "unknown"]
    file.write_text(json.dumps([posted(ids[2], "delivered")]))
    ran = digest("reconcile", "--events", file, "--json")
    assert ran.code == 0
    (edition,) = ran.json["editions"]
    assert (edition["unknown_before"], edition["accepted"], edition["unknown"]) == (1, 1, 0)
    assert digest("status", "--json").json["adds_up"] is True


def test_events_that_were_kept_settle_by_themselves(digest: Digest, left: Doubt) -> None:
    """The webhook told of a delivery while it was still under way; the run died afterwards."""
    file = Path("events.json")
    ids = left(0)
    file.write_text(json.dumps([posted(ids[0], "delivered"), posted(ids[1], "bounce")]))
    assert digest("reconcile", "--events", file).code == 0
    left(3)
    ran = digest("reconcile", "--json")
    assert ran.code == 7
    (edition,) = ran.json["editions"]
    assert (edition["accepted"], edition["refused"], edition["unknown"]) == (1, 1, 1)
    assert states()[ids[0]] == "accepted"


@pytest.mark.parametrize(
    "form", ["list", "pretty", "lists", "ndjson", "gzip", "mark", "csv", "csv gzip"]
)
def test_every_form_of_event_file_is_read(
    digest: Digest, left: Doubt, lettre: Path, form: str
) -> None:
    ids = left(2)
    said = [posted(id_, "delivered", response="reçu") for id_ in ids[:2]]
    file = lettre / "events"
    content = {
        "list": json.dumps(said),
        "pretty": "\n\n" + json.dumps(said, indent=4, ensure_ascii=False),
        "lists": json.dumps(said[:1]) + "\n" + json.dumps(said[1:]),
        "csv": _activity(said),
        "csv gzip": _activity(said),
    }.get(form, ndjson(*said))
    packed = content.encode("utf-8-sig" if form == "mark" else "utf-8")
    file.write_bytes(gzip.compress(packed) if "gzip" in form else packed)
    ran = digest("reconcile", "--events", file)
    assert ran.code == 0, ran.err
    assert set(states().values()) == {"accepted"}


@pytest.mark.parametrize("is_packed", [False, True])
def test_events_come_through_standard_input(
    digest: Digest, left: Doubt, monkeypatch: pytest.MonkeyPatch, is_packed: bool
) -> None:
    ids = left(1)
    content = json.dumps([posted(ids[0], "delivered")]).encode()
    piped = io.BytesIO(gzip.compress(content) if is_packed else content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(piped))
    ran = digest("reconcile", "--events", "-")
    assert ran.code == 0, ran.err
    assert states()[ids[0]] == "accepted"


def test_events_come_through_a_pipe_and_none_is_lost(
    digest: Digest, left: Doubt, lettre: Path
) -> None:
    ids = left(1)
    os.mkfifo("events")
    content = _activity([posted(ids[0], "delivered")])
    writing = threading.Thread(target=(lettre / "events").write_text, args=(content,))
    writing.start()
    ran = digest("reconcile", "--events", "events")
    writing.join()
    assert ran.code == 0, ran.err
    assert states()[ids[0]] == "accepted"


def test_a_fault_in_what_was_piped_is_told_by_no_hidden_name(
    digest: Digest, left: Doubt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"email\nx@example.org\n")))
    ran = digest("reconcile", "--events", "-")
    assert ran.code == 2
    assert ran.err.startswith("Error: standard input: row 1 has no column")


def _activity(said: list[dict[str, Any]]) -> str:
    """SendGrid's activity export."""
    text = io.StringIO()
    names = ["processed", "message_id", "event", "email", "reason", "type", "url", "unique_args"]
    writer = csv.DictWriter(text, names, extrasaction="ignore")
    writer.writeheader()
    for one in said:
        args = json.dumps({"delivery": one["delivery"]})
        writer.writerow({**one, "processed": "2026-11-16T06:31:00Z", "unique_args": args})
    return text.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"event": "delivered"', "is not an event in JSON"),
        (b'{"event": "delivered"}\nnonsense\n', "events:2: what begins here"),
        (b'{"a":' * 9000, "events:1: what begins here"),
        (b'[{"event": "\xff"}]', "is not UTF-8"),
        (b"event,email\ndelivered,x@example.org\n", "unique_args"),
        (b"email\nx@example.org\n", "no column"),
        (gzip.compress(b'[{"event": "open"}]' * 999, mtime=0)[:-9], "compression is broken"),
        (b"\x1f\x8b nonsense", "compression is broken"),
        (None, "No such file"),
    ],
)
def test_broken_event_file_is_told_with_its_place(
    digest: Digest, left: Doubt, lettre: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (lettre / "events").write_bytes(content)
    ran = digest("reconcile", "--events", "events")
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_row_of_an_export_that_cannot_be_read_costs_no_other(
    digest: Digest, left: Doubt, lettre: Path
) -> None:
    ids = left(1)
    text = _activity([posted(ids[0], "delivered")])
    (lettre / "events.csv").write_text(text.replace("\n", "\nbroken,row\n", 1))
    assert digest("reconcile", "--events", "events.csv").code == 0


@pytest.mark.parametrize("options", [(), ("--dry-run", "--json")])
def test_edition_that_was_not_sent_cannot_be_reconciled(
    digest: Digest, left: Doubt, options: tuple[str, ...]
) -> None:
    ids = left(1)
    Path("events.json").write_text(json.dumps([posted(ids[0], "delivered")]))
    ran = digest("reconcile", "--week", "2026-W40", "--events", "events.json", *options)
    assert (ran.code, ran.out) == (5, "")
    assert "nothing of 2026-W40 was frozen yet" in ran.err
    assert states()[ids[0]] == "unknown"
    assert digest("reconcile", "--week", WEEK).code == 7


def test_next_steps_stand_below_and_do_not_ask_again_for_what_was_given(
    digest: Digest, left: Doubt
) -> None:
    ids = left(1, "smtp relais:25")
    sent_by("smtp")
    Path("mail.log").write_text(log_of(ids[2:]))
    asked = digest("reconcile").out
    assert "Next" not in asked
    assert asked.splitlines()[-1].startswith(f"{WEEK}: Give the relay's log with --postfix-log; ")
    given = digest("reconcile", "--postfix-log", "mail.log").out.splitlines()[-1]
    assert "Give the relay's log" not in given
    assert "add --log-is-complete" in given
    assert given.endswith(f"`digest send --week {WEEK} --resend-unknown`.")
    whole = digest("reconcile", "--postfix-log", "mail.log", "--log-is-complete").out
    assert "Not given back: the log tells the end of 8 of 9" in whole
    assert "--log-is-complete" not in whole
    assert f"{WEEK}: What you gave says nothing about 1" in whole


def test_export_is_not_asked_for_twice(digest: Digest, left: Doubt) -> None:
    ids = left(1, "sendgrid")
    sent_by("sendgrid")
    Path("events.json").write_text(json.dumps([posted(ids[1], "delivered")]))
    Path("mail.log").write_text(log_of(ids[1:]))
    export = "Give SendGrid's activity export with --events"
    assert export in digest("reconcile").out
    assert export in digest("reconcile", "--postfix-log", "mail.log").out
    assert export not in digest("reconcile", "--events", "events.json").out


def test_provider_is_named_where_the_answer_is(
    digest: Digest, left: Doubt, settings: Callable[[str, str], None]
) -> None:
    left(1)
    assert "Ask the provider what became of them" in digest("reconcile").out
