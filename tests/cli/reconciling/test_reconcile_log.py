"""An editor settles what nobody knew, from the relay's log."""

from __future__ import annotations

import gzip
import io
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.cli.conftest import WEEK, Digest
from tests.cli.reconciling.world import (
    SENT,
    Doubt,
    kept,
    log_of,
    open_store,
    states,
)

from digest.store.tables import deliveries, editions


def test_log_of_the_relay_settles_what_it_took(
    either_store: str, digest: Digest, left: Doubt, lettre: Path
) -> None:
    ids = left(3)
    (lettre / "mail.log").write_text(log_of(ids[:2]))
    ran = digest("reconcile", "--postfix-log", "mail.log", "--week", WEEK)
    assert ran.code == 7
    assert [states()[id_] for id_ in ids[:3]] == ["accepted", "accepted", "unknown"]
    assert "--resend-unknown" in ran.out
    assert kept() == 2
    assert "2 known before" in digest("reconcile", "--postfix-log", "mail.log").out
    assert kept() == 2


def test_log_that_was_rotated_in_the_middle_is_read_in_its_order(
    digest: Digest, left: Doubt, lettre: Path
) -> None:
    ids = left(2)
    lines = log_of(ids[:2]).replace("4B00000001", "4B00000000").splitlines(keepends=True)
    # The second letter has the first one's queue id again, and the file ends within it.
    older = "".join(lines[:7])
    newer = "".join(line.replace("Nov 16 07", "Nov 16 08") for line in lines[7:])
    (lettre / "mail.log.1.gz").write_bytes(gzip.compress(older.encode()))
    (lettre / "mail.log").write_text(newer.replace("status=sent", "status=bounced"))
    ran = digest("reconcile", "--postfix-log", "mail.log", "--postfix-log", "mail.log.1.gz")
    assert ran.code == 0, ran.out
    assert "1 bounced, 1 delivered" in ran.out
    assert set(states().values()) == {"accepted"}


def test_log_comes_through_a_pipe(
    digest: Digest, left: Doubt, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = left(1)
    piped = io.TextIOWrapper(io.BytesIO(log_of(ids[:1]).encode() + b"\xff\xfe broken\n"))
    monkeypatch.setattr(sys, "stdin", piped)
    assert digest("reconcile", "--postfix-log", "-").code == 0


def test_complete_log_gives_back_what_the_relay_never_had(
    either_store: str, digest: Digest, left: Doubt, lettre: Path
) -> None:
    ids = left(2)
    (lettre / "mail.log").write_text(log_of(ids[1:]))
    told = digest("reconcile", "--postfix-log", "mail.log", "--log-is-complete", "--dry-run")
    assert "Dry run" in told.out
    assert (kept(), states()[ids[0]]) == (0, "unknown")
    ran = digest("reconcile", "--postfix-log", "mail.log", "--log-is-complete")
    assert ran.code == 0, ran.out
    assert f"`digest send --week {WEEK}` goes on with 1." in ran.out
    assert (states()[ids[0]], states()[ids[1]]) == ("pending", "accepted")
    with closing(open_store()) as database, database.read() as connection:
        assert connection.scalar(select(editions.c.state)) == "dispatching"
    assert digest("status", "--json").json["adds_up"] is True


@pytest.mark.parametrize(
    ("seen", "provider", "why"),
    [
        (slice(2, -1), "smtp relais:25", "it is not complete"),
        (slice(0, 0), "smtp relais:25", "knows no accepted delivery"),
        (slice(1, None), "sendgrid", ""),
    ],
)
def test_log_that_cannot_be_complete_gives_nothing_back(
    digest: Digest, left: Doubt, lettre: Path, seen: slice, provider: str, why: str
) -> None:
    ids = left(1, provider)
    began = f"{SENT} relais postfix/master[1]: daemon started -- version 3.7.11\n"
    (lettre / "mail.log").write_text(began + log_of(ids[seen]))
    ran = digest("reconcile", "--postfix-log", "mail.log", "--log-is-complete")
    assert ran.code == 7
    assert why in ran.out
    assert states()[ids[0]] == "unknown"


def test_letter_that_may_still_be_on_its_way_is_not_given_back(
    digest: Digest, left: Doubt, lettre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = left(1)
    (lettre / "mail.log").write_text(log_of(ids[1:]))
    monkeypatch.setenv("DIGEST_NOW", "2026-11-16T07:44:00+01:00")
    ran = digest("reconcile", "--postfix-log", "mail.log", "--log-is-complete")
    assert ran.code == 7
    assert "less than 15 minutes ago" in ran.out
    assert states()[ids[0]] == "unknown"


def test_forgotten_reader_does_not_make_a_log_look_incomplete(
    digest: Digest, left: Doubt, lettre: Path
) -> None:
    ids = left(1)
    with closing(open_store()) as database, database.read() as connection:
        query = select(deliveries.c.email).where(deliveries.c.id == ids[-1])
        reader = connection.scalar(query)
    assert digest("subscribers", "forget", reader, "--yes").code == 0
    (lettre / "mail.log").write_text(log_of(ids[1:]))
    assert digest("reconcile", "--postfix-log", "mail.log", "--log-is-complete").code == 0


def test_completeness_is_said_of_a_log(digest: Digest, left: Doubt) -> None:
    ran = digest("reconcile", "--log-is-complete")
    assert (ran.code, "--postfix-log" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (gzip.compress(b"x" * 9999, mtime=0)[:-9], "compression is broken")],
)
def test_log_that_cannot_be_read_is_told(
    digest: Digest, left: Doubt, lettre: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (lettre / "mail.log").write_bytes(content)
    ran = digest("reconcile", "--postfix-log", "mail.log")
    assert (ran.code, said in ran.err) == (2, True)


@pytest.mark.parametrize("name", ["foreign.log", "-"])
def test_log_of_another_program_is_refused_by_its_name(
    digest: Digest, left: Doubt, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    left(1)
    content = f"{SENT} relais dovecot: imap-login: Login: user=<x>\n{{}}\n{{\n".encode()
    Path("foreign.log").write_bytes(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    ran = digest("reconcile", "--postfix-log", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"{'standard input' if name == '-' else name}: no line of it is Postfix's" in ran.err


def test_log_that_was_only_just_rotated_may_be_empty_beside_the_older(
    digest: Digest, left: Doubt
) -> None:
    ids = left(1)
    Path("mail.log").write_text("\n")
    Path("mail.log.1").write_text(log_of(ids[:1]))
    alone = digest("reconcile", "--postfix-log", "mail.log")
    assert (alone.code, "mail.log: no line of it is Postfix's" in alone.err) == (2, True)
    both = digest("reconcile", "--postfix-log", "mail.log", "--postfix-log", "mail.log.1")
    assert both.code == 0, both.err
