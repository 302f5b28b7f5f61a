"""An editor settles what nobody knew, from what the provider and the relay say."""

from __future__ import annotations

import csv
import fcntl
import gzip
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.cli.conftest import NOW, WEEK, Digest, copied
from tests.events.world import FOREIGN, ndjson, posted

from digest.cli import run
from digest.publication import Publication
from digest.store.database import Database
from digest.store.ledger import runs
from digest.store.tables import deliveries, dispatches, editions, events

#: A day after the edition left.
NEXT_DAY = "2026-11-17T08:00:00+01:00"
SENT = "Nov 16 07:30:05"

#: Makes deliveries unknown, as a run does that is killed at them; returns their ids.
Doubt = Callable[..., list[str]]


@pytest.fixture(params=["sqlite", "postgresql"])
def either_store(request: pytest.FixtureRequest, settings: Callable[[str, str], None]) -> str:
    """The publication's store on SQLite and then on PostgreSQL."""
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        settings("", f'\n[store]\nurl = "{url}"\n')
    return str(request.param)


@pytest.fixture(scope="session")
def sent(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication whose edition has left; its store is copied for each test."""
    folder = tmp_path_factory.mktemp("sent") / "lettre"
    shutil.copytree(pristine, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGEST_NOW", NOW)
        assert run(["send", "--yes", "--config", str(folder / "config.toml")]) == 0
    return folder


@pytest.fixture
def left(
    request: pytest.FixtureRequest,
    digest: Digest,
    lettre: Path,
    sent: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Doubt:
    """The edition has left; a day later some outcomes turn out unknown."""
    if "postgresql" in request.node.name:
        assert digest("db", "upgrade").code == 0
        assert digest("send", "--yes").code == 0
    else:
        copied(sent, lettre)
    monkeypatch.setenv("DIGEST_NOW", NEXT_DAY)

    def doubt(number: int, provider: str = "smtp relais:25") -> list[str]:
        with closing(_open()) as database, database.write() as connection:
            query = select(deliveries.c.id).where(deliveries.c.state != "excluded")
            ids = list(connection.scalars(query.order_by(deliveries.c.id)))
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id.in_(ids[:number]))
                .values(state="unknown", provider_id=provider)
            )
        return ids

    return doubt


def _open() -> Any:
    from digest.config import load_config

    return Publication.open(load_config(Path("config.toml"))).database


def states() -> dict[str, str]:
    """Delivery → state."""
    with closing(_open()) as database, database.read() as connection:
        query = select(deliveries.c.id, deliveries.c.state).where(deliveries.c.state != "excluded")
        rows = connection.execute(query)
        return {row.id: row.state for row in rows}


def kept() -> int:
    """How many events are kept."""
    with closing(_open()) as database, database.read() as connection:
        return len(list(connection.execute(select(events.c.event_id))))


def message(delivery: str, queue: str, status: str = "sent", dsn: str = "2.0.0") -> list[str]:
    """A letter's lines in the relay's log."""
    host = f"{SENT} relais postfix"
    return [
        f"{host}/smtpd[7]: {queue}: client=envoi.example.org[192.0.2.7]",
        f"{host}/cleanup[8]: {queue}: message-id=<{delivery}@lettre.example.org>",
        f"{host}/qmgr[9]: {queue}: from=<lettre@example.org>, size=30211, nrcpt=1 (queue active)",
        (
            f"{host}/smtp[10]: {queue}: to=<x@readers.example>, relay=mx[192.0.2.1]:25, delay=1, "
            f"delays=0/0/0/1, dsn={dsn}, status={status} (250 ok)"
        ),
        f"{host}/qmgr[9]: {queue}: removed",
    ]


def log_of(ids: list[str], **options: str) -> str:
    """A relay's log of deliveries."""
    lines = [
        line
        for number, id_ in enumerate(ids)
        for line in message(id_, f"4B{number:08X}", **options)
    ]
    return "\n".join(lines) + "\n"


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


@pytest.mark.parametrize("form", ["list", "pretty", "lists", "ndjson", "gzip", "mark", "csv"])
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
    }.get(form, ndjson(*said))
    packed = content.encode("utf-8-sig" if form == "mark" else "utf-8")
    file.write_bytes(gzip.compress(packed) if form == "gzip" else packed)
    ran = digest("reconcile", "--events", file)
    assert ran.code == 0, ran.err
    assert set(states().values()) == {"accepted"}


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
    with closing(_open()) as database, database.read() as connection:
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
    with closing(_open()) as database, database.read() as connection:
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
    _sent_by("smtp")
    Path("mail.log").write_text(log_of(ids[2:]))
    asked = digest("reconcile").out
    assert "Next" not in asked
    assert asked.splitlines()[-1].startswith(f"{WEEK}: Give the relay's log with --postfix-log; ")
    given = digest("reconcile", "--postfix-log", "mail.log").out.splitlines()[-1]
    assert "Give the relay's log" not in given
    assert "add --log-is-complete" in given
    assert given.endswith(f"`digest send --week {WEEK} --resend-unknown`.")
    whole = digest("reconcile", "--postfix-log", "mail.log", "--log-is-complete").out
    assert "Not given back: the log knows 8 of 9" in whole
    assert "--log-is-complete" not in whole
    assert f"{WEEK}: about 1 what you gave says nothing" in whole


def test_export_is_not_asked_for_twice(digest: Digest, left: Doubt) -> None:
    ids = left(1, "sendgrid")
    _sent_by("sendgrid")
    Path("events.json").write_text(json.dumps([posted(ids[1], "delivered")]))
    Path("mail.log").write_text(log_of(ids[1:]))
    export = "Give SendGrid's activity export with --events"
    assert export in digest("reconcile").out
    assert export in digest("reconcile", "--postfix-log", "mail.log").out
    assert export not in digest("reconcile", "--events", "events.json").out


def _sent_by(provider: str) -> None:
    with closing(_open()) as database, database.write() as connection:
        connection.execute(update(dispatches).values(provider=provider))


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


@pytest.fixture
def stranded(left: Doubt) -> list[str]:
    """A run was killed at four deliveries."""
    ids = left(0)
    with closing(_open()) as database, database.write() as connection:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(ids[:4]))
            .values(state="submitting", run="5" * 32, provider_id="smtp relais:25")
        )
    return ids[:4]


def test_what_a_killed_run_was_at_is_not_called_settled(
    either_store: str, digest: Digest, stranded: list[str]
) -> None:
    ran = digest("reconcile")
    assert (ran.code, ran.out) == (7, "")
    assert f"{WEEK}: 4 are submitting: the process that was at them has ended" in ran.err
    hint = " ".join(ran.err.split())
    assert f"`digest send --week {WEEK}` finds out what it can and goes on; then" in hint
    told = digest("reconcile", "--week", WEEK, "--json")
    assert told.code == 7
    (edition,) = told.json["editions"]
    assert (edition["submitting"], edition["in_flight"], edition["unknown"]) == (4, 0, 0)
    assert f"`digest send --week {WEEK}` finds out" in edition["next"]
    assert [states()[id_] for id_ in stranded] == ["submitting"] * 4


def test_what_a_killed_run_was_at_is_told_beside_what_is_unknown(
    digest: Digest, stranded: list[str]
) -> None:
    with closing(_open()) as database, database.write() as connection:
        doubtful = deliveries.c.id.in_(stranded[1:])
        connection.execute(update(deliveries).where(doubtful).values(state="unknown"))
    ran = digest("reconcile")
    assert ran.code == 7
    assert f"{WEEK}: 1 is submitting: the process that was at it has ended" in ran.out
    assert "the outcome of 3 deliveries is unknown still" in ran.err


def test_what_a_run_at_work_has_in_hand_is_no_alarm(
    either_store: str, digest: Digest, stranded: list[str]
) -> None:
    run_id = "5" * 32
    with closing(_open()) as database:
        with database.write() as connection:
            row = connection.execute(select(dispatches.c.id, dispatches.c.provider)).one()
            noted = {"host": "relais", "pid": 7, "started_at": datetime.now(UTC)}
            runs.enlist(connection, run_id, row.id, provider=row.provider, lease=600, **noted)
        with _at_work(database, run_id):
            ran = digest("reconcile")
            told = digest("reconcile", "--json").json
        assert (ran.code, ran.err) == (0, "")
        assert f"{WEEK}: 4 in flight: a process is at work on this edition." in ran.out
        assert (told["editions"][0]["submitting"], told["editions"][0]["in_flight"]) == (4, 4)
        if either_store == "postgresql":
            with database.write() as connection:
                runs.renew(connection, run_id, -1)
            with _at_work(database, run_id):
                assert digest("reconcile").code == 7
    assert digest("reconcile").code == 7


@contextmanager
def _at_work(database: Database, run_id: str) -> Iterator[None]:
    """A run holds what runs hold: its session's lock, or the store's."""
    if database.path is None:
        with database.connect() as session:
            assert runs.try_run_lock(session, run_id)
            yield
            runs.drop_run_lock(session, run_id)
        return
    with database.path.with_name(database.path.name + ".sending").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def test_status_names_what_is_being_submitted(digest: Digest, left: Doubt) -> None:
    ids = left(0)
    assert "submitting" not in digest("status").out + digest("status", "--json").out
    with closing(_open()) as database, database.write() as connection:
        connection.execute(
            update(deliveries).where(deliveries.c.id.in_(ids[:4])).values(state="submitting")
        )
        connection.execute(
            update(deliveries).where(deliveries.c.id == ids[4]).values(state="pending")
        )
    lines = [line.rstrip() for line in digest("status").out.splitlines()]
    assert lines[4:6] == [" 4 submitting", " 1 pending"]
    told = digest("status", "--json").json
    assert (told["submitting"], told["pending"], told["adds_up"]) == (4, 1, True)


def test_provider_is_named_where_the_answer_is(
    digest: Digest, left: Doubt, settings: Callable[[str, str], None]
) -> None:
    left(1)
    assert "Ask the provider what became of them" in digest("reconcile").out
