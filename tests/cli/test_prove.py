"""`digest prove`: whatever was done to the ledger's rows by hand is noticed and named."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.cli.conftest import WEEK, Digest

Change = Callable[..., None]


@pytest.fixture
def origin(sent: Path) -> Path:
    """An edition that ten readers have."""
    return sent


@pytest.fixture
def change(lettre: Path) -> Change:
    """Change the store by hand, as nobody should."""

    def run(statement: str, *values: object) -> None:
        with closing(sqlite3.connect(lettre / "subscribers" / "digest.db")) as connection:
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("PRAGMA ignore_check_constraints = ON")
            assert connection.execute(statement, values).rowcount == 1
            connection.commit()

    return run


ONE = "(SELECT id FROM deliveries WHERE state = 'accepted' ORDER BY id LIMIT 1)"


def test_whole_edition_is_proven(digest: Digest) -> None:
    proven = digest("prove", "--week", WEEK)
    assert proven.code == 0, proven.err
    assert "It adds up" in proven.out
    found = digest("prove", "--json").json
    assert found["holds"] is True
    assert (found["audience"], found["accepted"], found["missing"]) == (
        found["lists"][0]["size"],
        10,
        0,
    )
    assert found["accepted"] + sum(found["excluded"].values()) == found["audience"]
    assert "rows" not in found


def test_every_row_can_be_seen_and_no_address(digest: Digest) -> None:
    proven = digest("prove", "--rows")
    assert proven.out.count("@") == digest("prove", "--json").json["audience"]
    assert not re.search(r"\w\w@", proven.out)
    rows = digest("prove", "--rows", "--json").json["rows"]
    assert {row["state"] for row in rows} >= {"accepted"}
    assert all("…@" in row["address"] for row in rows)


def test_rows_of_one_state_can_be_seen_alone(digest: Digest, change: Change) -> None:
    change(f"UPDATE deliveries SET state = 'refused', detail = '550 nobody' WHERE id = {ONE}")
    (refused,) = digest("prove", "--state", "refused", "--json").json["rows"]
    told = digest("prove", "--state", "refused")
    assert told.code == 0, told.err
    assert told.out.count("@") == 1
    assert f"{refused['id']}  {refused['address']}" in told.out
    assert "550 nobody" in told.out
    wrong = digest("prove", "--state", "lost")
    assert wrong.code == 2
    assert "found “lost”; allowed: accepted, refused" in " ".join(
        wrong.err.replace("│", "").split()
    )


def test_removed_row_is_missed(digest: Digest, change: Change) -> None:
    change(f"DELETE FROM deliveries WHERE id = {ONE}")
    proven = digest("prove")
    assert proven.code == 8
    assert "1 missing" in proven.err
    assert "≠" in proven.out


def test_row_put_there_by_hand_is_noticed(digest: Digest, change: Change) -> None:
    change(
        "INSERT INTO deliveries (id, dispatch_id, email, list, state, changed_at) SELECT "
        f"'{'0' * 32}', dispatch_id, 'A' || email, list, 'pending', changed_at FROM deliveries "
        f"WHERE id = {ONE}"
    )
    proven = digest("prove")
    assert proven.code == 8
    assert "1 too many" in proven.err


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        ("attempts = 0", "accepted without an attempt"),
        ("attempts = 0, state = 'pending', detail = 'removed'", "pending with an end"),
        ("state = 'excluded', detail = 'gone'", "excluded without a reason"),
        ("state = 'submitting', run = ''", "submitting without a run"),
        ("list = 'elsewhere'", "of a list that is not frozen here"),
        ("email = 'intruder@example.org'", "to another address than its subscription's"),
        ("state = 'pending'", "the edition is called dispatched"),
        ("state = 'sent'", "in a state that does not exist"),
        ("attempts = 'several'", "with values that cannot be"),
        ("changed_at = x'00'", "with values that cannot be"),
        ("dispatch_id = 99", "of no edition at all"),
        ("state = 'pending'", "pending again, and nothing says why"),
        ("state = 'pending', detail = '250 2.0.0 queued'", "pending again, and nothing says why"),
    ],
)
def test_edited_row_is_noticed_and_named(
    digest: Digest, change: Change, edit: str, what: str
) -> None:
    before = digest("prove", "--rows", "--json").json["rows"]
    edited = min(row["id"] for row in before if row["state"] == "accepted")
    change(f"UPDATE deliveries SET {edit} WHERE id = ?", edited)
    proven = digest("prove")
    assert proven.code == 8
    assert what in proven.err
    if "dispatched" not in what:
        assert edited in proven.out


@pytest.mark.parametrize(
    ("provider", "name", "detail", "is_certain"),
    [
        ("smtp", "2.0.0 queued as 4F", "250 2.0.0 queued as 4F", True),
        ("smtp", "", "250", True),
        ("smtp", "", "451 4.7.1 later", False),
        ("smtp", "", "2 connections broke off at it", False),
        ("smtp", "", "250 letters were to wait, said the relay", False),
        ("colombe:open", "", "202 for the request, later for this reader", False),
        ("colombe:open", "c-7", "250 queued for tomorrow, not taken", False),
    ],
)
def test_what_put_a_delivery_off_is_judged_by_what_is_certain(
    digest: Digest, change: Change, provider: str, name: str, detail: str, is_certain: bool
) -> None:
    """Another's provider says why in words of its own; a relay's “taken” and its name are ours."""
    change("UPDATE dispatches SET provider = ?", provider)
    change("UPDATE editions SET state = 'dispatching'")
    change(
        f"UPDATE deliveries SET state = 'pending', provider_id = ?, detail = ? WHERE id = {ONE}",
        name,
        detail,
    )
    proven = digest("prove")
    assert proven.code == (8 if is_certain else 6), proven.err
    assert ("pending again, and nothing says why" in proven.err) == is_certain


def test_moments_are_the_publications_and_in_json_exact(digest: Digest, change: Change) -> None:
    """One zone in all that people read: that of “frozen”."""
    moment = "2026-11-16T06:30:07.000000+00:00"
    change(f"UPDATE deliveries SET changed_at = ? WHERE id = {ONE}", moment)
    told = digest("prove", "--rows").out
    assert "frozen 2026-11-16 07:30" in told
    assert "2026-11-16 07:30:07" in told
    assert "UTC" not in told
    rows = digest("prove", "--rows", "--json").json["rows"]
    assert "2026-11-16T06:30:07+00:00" in {row["changed_at"] for row in rows}


def test_moment_that_no_calendar_has_is_none(digest: Digest, change: Change) -> None:
    change(f"UPDATE deliveries SET changed_at = '0001-01-01T00:00:00+14:00' WHERE id = {ONE}")
    assert "no moment" in digest("prove", "--rows").out


def test_address_that_stands_twice_is_noticed(digest: Digest, change: Change) -> None:
    ids = [row["id"] for row in digest("prove", "--rows", "--json").json["rows"]]
    change(
        "UPDATE deliveries SET token = '', email = (SELECT upper(email) || ' ' FROM deliveries "
        "WHERE id = ?) WHERE id = ?",
        *ids[:2],
    )
    proven = digest("prove")
    assert proven.code == 8
    assert "an address stands in several rows (2)" in proven.err
    assert "…@" in proven.out


def test_letter_that_was_changed_is_noticed(digest: Digest, change: Change) -> None:
    change("UPDATE dispatches SET letter = zeroblob(10)")
    proven = digest("prove")
    assert proven.code == 8
    assert "the frozen letter does not match its hash" in proven.err


def test_what_the_provider_reported_is_held_against_rows(digest: Digest, change: Change) -> None:
    (first, second, *_) = [
        row["id"]
        for row in digest("prove", "--rows", "--json").json["rows"]
        if row["state"] == "accepted"
    ]
    for number, id_ in enumerate([first, "f" * 32]):
        change(
            "INSERT INTO events (source, event_id, kind, dispatch_id, delivery_id, at, "
            "received_at) SELECT 'sendgrid', ?, 'delivered', id, ?, frozen_at, frozen_at "
            "FROM dispatches",
            str(number),
            id_,
        )
    change("UPDATE deliveries SET state = 'refused', detail = '550' WHERE id = ?", first)
    proven = digest("prove")
    assert proven.code == 8
    assert "refused, though the provider reported it delivered (1)" in proven.err
    assert "the provider reported about a row that is not there (1)" in proven.err
    assert first in proven.out
    assert "f" * 32 in proven.out
    assert second not in proven.out


def test_unknown_ones_are_named_with_their_way_on(digest: Digest, change: Change) -> None:
    change(f"UPDATE deliveries SET state = 'unknown', detail = 'lost' WHERE id = {ONE}")
    proven = digest("prove")
    assert proven.code == 7
    assert "they may have it" in proven.out
    assert f"digest reconcile --week {WEEK}`" in proven.err
    assert f"digest send --week {WEEK} --resend-unknown`" in proven.err
    found = digest("prove", "--json").json
    assert len(found["unknown_rows"]) == found["unknown"] == 1
    assert found["holds"] is True


def test_open_rows_say_which_process_is_at_them(digest: Digest, change: Change) -> None:
    change(f"UPDATE deliveries SET state = 'submitting', run = 'r1' WHERE id = {ONE}")
    change("UPDATE editions SET state = 'dispatching'")
    change(
        "INSERT INTO runs (id, dispatch_id, provider, host, pid, started_at, lease_until) "
        "SELECT 'r1', id, 'outbox', 'envoi.example.org', 4321, frozen_at, 0 FROM dispatches"
    )
    proven = digest("prove")
    assert proven.code == 6
    assert f"digest send --week {WEEK}`" in proven.err
    assert "process 4321 on envoi.example.org" in proven.out
    assert digest("prove", "--json").json["submitting_rows"][0]["at_work"]["pid"] == 4321


def test_nothing_is_proven_of_an_edition_that_was_not_sent(digest: Digest) -> None:
    nothing = digest("prove", "--week", "2026-W40")
    assert nothing.code == 5
    assert "digest send --week 2026-W40`" in nothing.err
    assert digest("prove", "--rehearsal").code == 5


def test_rehearsal_is_proven_by_itself(digest: Digest) -> None:
    assert digest("send", "--rehearse").code == 0
    assert digest("prove", "--rehearsal", "--json").json["ledger"] == "rehearsal"
