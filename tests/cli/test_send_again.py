"""`digest send` for an edition that is frozen: later, again, too late, from a copy."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, WEEK, Digest
from tests.cli.test_terminal import at_terminal

Settings = Callable[[str, str], None]
Store = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def origin(built: Path) -> Path:
    """An edition that is built."""
    return built


@pytest.fixture
def store(lettre: Path) -> Store:
    """Ask or change the store behind the program's back."""

    def run(statement: str, *values: object) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(lettre / "subscribers" / "digest.db")) as connection:
            rows = connection.execute(statement, values).fetchall()
            connection.commit()
            return rows

    return run


def later(**span: float) -> str:
    """A moment after NOW, as `--at` and DIGEST_NOW take it."""
    return (datetime.fromisoformat(NOW) + timedelta(**span)).isoformat()


def copies(lettre: Path) -> int:
    """How many messages left."""
    folder = lettre / "outbox" / "new"
    return len(list(folder.iterdir())) if folder.exists() else 0


# ---- Unknown ones ---------------------------------------------------------------------------


@pytest.fixture
def unknown(digest: Digest, store: Store) -> None:
    """An edition that everybody has but two of whom nobody knows."""
    assert digest("send", "--yes").code == 0
    store(
        "UPDATE deliveries SET state = 'unknown', detail = 'connection lost', run = 'gone' WHERE "
        "id IN (SELECT id FROM deliveries WHERE state = 'accepted' LIMIT 2)"
    )


@pytest.mark.usefixtures("unknown")
def test_unknown_ones_stay_unless_a_person_takes_the_risk(digest: Digest, lettre: Path) -> None:
    plain = digest("send", "--yes")
    assert plain.code == 7
    assert "digest reconcile" in plain.err
    assert "--resend-unknown" in plain.err
    refused = digest("send", "--resend-unknown")
    assert refused.code == 2
    assert "Nobody can be asked" in refused.err
    assert digest("status", "--json").json["unknown"] == 2
    again = digest("send", "--resend-unknown", "--yes")
    assert again.code == 0, again.err
    assert "2 that were unknown are sent again" in again.out
    status = digest("status", "--json").json
    assert (status["unknown"], status["accepted"], status["state"]) == (0, 10, "dispatched")
    assert digest("prove").code == 0


@pytest.mark.usefixtures("unknown")
def test_what_an_event_knows_is_not_sent_again(digest: Digest, store: Store) -> None:
    store(
        "INSERT INTO events (source, event_id, kind, dispatch_id, delivery_id, at, received_at) "
        "SELECT 'postfix', '1', 'delivered', dispatch_id, id, changed_at, changed_at "
        "FROM deliveries WHERE state = 'unknown' LIMIT 1"
    )
    again = digest("send", "--resend-unknown", "--yes")
    assert again.code == 0, again.err
    assert "1 that were unknown are sent again" in again.out


@pytest.mark.usefixtures("unknown")
def test_resending_names_the_risk_and_wants_the_number(digest: Digest, lettre: Path) -> None:
    code, screen = at_terminal(lettre, ["send", "--resend-unknown"], "10")
    assert code == 9, screen
    assert "twice" in screen
    assert digest("status", "--json").json["unknown"] == 2
    code, screen = at_terminal(lettre, ["send", "--resend-unknown"], "2")
    assert code == 0, screen
    assert digest("status", "--json").json["unknown"] == 0


def test_nothing_unknown_is_said_and_nothing_is_asked(digest: Digest) -> None:
    assert digest("send", "--yes").code == 0
    again = digest("send", "--resend-unknown")
    assert again.code == 0
    assert "nothing is unknown" in again.out


@pytest.mark.usefixtures("unknown")
def test_what_a_dead_process_was_at_is_looked_at_before_anything_is_sent_again(
    digest: Digest, store: Store, lettre: Path
) -> None:
    store("UPDATE deliveries SET state = 'submitting' WHERE state = 'unknown'")
    store("UPDATE editions SET state = 'dispatching'")
    left = copies(lettre)
    refused = digest("send", "--resend-unknown", "--yes")
    assert refused.code == 7
    assert "2 are submitting: the process that was at them has ended" in refused.err
    assert f"digest send --week {WEEK}`" in refused.err
    assert copies(lettre) == left
    assert digest("send", "--yes").code == 7
    again = digest("send", "--resend-unknown", "--yes")
    assert again.code == 0, again.err
    assert "2 that were unknown are sent again" in again.out


def test_refused_readers_are_named_where_the_end_says(digest: Digest, store: Store) -> None:
    assert digest("send", "--yes").code == 0
    store(
        "UPDATE deliveries SET state = 'refused', detail = '550 5.1.1 nobody here' WHERE id = "
        "(SELECT id FROM deliveries WHERE state = 'accepted' LIMIT 1)"
    )
    ended = digest("send", "--yes")
    assert f"`digest prove --week {WEEK} --state refused`" in ended.out
    assert "550 5.1.1 nobody here" in digest("prove", "--state", "refused").out
    assert digest("suppress", "list", "--json").json == [], "a refusal alone suppresses nobody"


@pytest.mark.usefixtures("unknown")
def test_edition_made_whole_again_can_be_proven_although_it_was_closed(
    digest: Digest, store: Store
) -> None:
    store("UPDATE deliveries SET state = 'pending', run = '' WHERE state = 'unknown'")
    assert digest("prove").code == 8


# ---- Too old --------------------------------------------------------------------------------


def test_old_edition_does_not_leave_by_itself(
    digest: Digest, store: Store, monkeypatch: pytest.MonkeyPatch, lettre: Path
) -> None:
    pended = "UPDATE deliveries SET state = 'pending', run = '' WHERE state = 'accepted'"
    assert digest("send", "--yes").code == 0
    monkeypatch.setenv("DIGEST_NOW", later(hours=49))
    assert digest("send", "--yes", "--week", WEEK).code == 0, "nothing is left of it"
    store(pended)
    store("UPDATE editions SET state = 'dispatching'")
    (lettre / "outbox" / "new").rename(lettre / "first")
    (lettre / "outbox" / "new").mkdir()
    refused = digest("send", "--yes", "--week", WEEK)
    assert refused.code == 5
    assert "--late" in refused.err
    assert "more than 48 hours" in refused.err
    assert copies(lettre) == 0
    assert digest("send", "--yes", "--week", WEEK, "--late").code == 0
    assert copies(lettre) == 10


def test_age_counts_from_when_it_was_to_leave(
    digest: Digest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("send", "--yes").code == 0
    store("UPDATE deliveries SET state = 'pending', run = '' WHERE state = 'accepted'")
    store("UPDATE dispatches SET send_at = ?", later(hours=24))
    monkeypatch.setenv("DIGEST_NOW", later(hours=71))
    assert digest("send", "--yes", "--week", WEEK).code == 0
    store("UPDATE deliveries SET state = 'pending', run = '' WHERE state = 'accepted'")
    monkeypatch.setenv("DIGEST_NOW", later(hours=73))
    refused = digest("send", "--yes", "--week", WEEK)
    assert refused.code == 5
    assert "was to leave" in refused.err


# ---- A copy ---------------------------------------------------------------------------------


def test_restored_backup_sends_only_after_a_person_has_said_so(
    digest: Digest, lettre: Path, tmp_path: Path
) -> None:
    assert digest("backup", tmp_path / "copy.db").code == 0
    (lettre / "subscribers" / "digest.db").unlink()
    (tmp_path / "copy.db").rename(lettre / "subscribers" / "digest.db")
    refused = digest("send", "--yes")
    assert refused.code == 2
    assert "--restored" in refused.err
    assert "copy" in refused.err
    assert digest("send", "--dry-run").code == 0
    assert digest("send", "--rehearse").code == 0
    code, screen = at_terminal(lettre, ["send", "--yes"], "yes")
    assert code == 9, screen
    assert "twice" in screen
    assert copies(lettre) == 0
    assert digest("send", "--yes", "--restored").code == 0
    assert copies(lettre) == 10
    assert digest("send", "--yes").code == 0, "it was said once and for all"


def test_store_copied_by_hand_does_not_send_beside_the_first_one(
    digest: Digest, lettre: Path, store: Store
) -> None:
    assert digest("send", "--yes").code == 0
    store("UPDATE deliveries SET state = 'pending', run = '' WHERE state = 'accepted'")
    original = lettre / "subscribers" / "digest.db"
    shutil.copy(original, lettre / "again.db")
    (lettre / "again.db").rename(original)
    refused = digest("send", "--yes")
    assert refused.code == 2
    assert "copy" in refused.err
    assert digest("send", "--yes", "--restored").code == 0
    assert digest("send", "--yes").code == 0, "it was said once and for all"


def test_clock_set_back_into_the_week_before_sends_nothing_of_it(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("send", "--yes").code == 0
    monkeypatch.setenv("DIGEST_NOW", later(hours=-8))
    refused = digest("send", "--yes")
    assert (refused.code, "in the future by this machine's clock" in refused.err) == (5, True)
    assert "W45" not in digest("editions", "list").out
    assert digest("send", "--yes", "--rehearse", "--late").code == 0


def test_clock_that_went_far_back_is_noticed(
    digest: Digest, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("send", "--yes").code == 0
    store("UPDATE deliveries SET state = 'pending', run = '' WHERE state = 'accepted'")
    monkeypatch.setenv("DIGEST_NOW", later(hours=-2))
    refused = digest("send", "--yes", "--week", WEEK)
    assert refused.code == 5
    assert "clock" in refused.err


# ---- Later ----------------------------------------------------------------------------------


def test_edition_leaves_at_its_moment_and_not_before(digest: Digest, lettre: Path) -> None:
    sent = digest("send", "--yes", "--at", later(seconds=1))
    assert sent.code == 0, sent.err
    assert "waiting" in sent.err
    assert "Leaves" in sent.out
    assert copies(lettre) == 10
    assert digest("send", "--yes", "--at", later(hours=1)).code == 2, "it has left"
    assert digest("send", "--yes").code == 0


def test_ctrl_c_while_waiting_leaves_everything_for_later(digest: Digest, lettre: Path) -> None:
    ended = ended_waiting(
        lettre,
        later(hours=5),
        meanwhile=lambda: digest("subscribers", "stats").code,  # others may use the store
    )
    assert ended.returncode == 130, ended.stderr
    assert "digest cancel" in ended.stderr
    assert copies(lettre) == 0
    status = digest("status")
    assert "Leaves on 2026-11-16 at 12:30" in status.out
    assert digest("status", "--json").json["pending"] == 10
    assert digest("send", "--yes", "--at", later(seconds=1)).code == 0
    assert copies(lettre) == 10


def test_another_moment_is_told_with_the_first_one_and_asked_for(
    digest: Digest, lettre: Path
) -> None:
    """It may leave earlier than somebody counts on, and that cannot be undone."""
    assert ended_waiting(lettre, later(hours=5)).returncode == 130
    refused = digest("send", "--at", later(seconds=1))
    assert refused.code == 2
    assert "was to leave on 2026-11-16 at 12:30; from now on" in refused.err
    assert "--yes" in refused.err
    code, screen = at_terminal(lettre, ["send", "--at", later(seconds=1)], "n")
    assert code == 9, screen
    assert "Leaves on 2026-11-16 at 12:30" in digest("status").out
    assert copies(lettre) == 0
    moved = digest("send", "--yes", "--at", later(seconds=1))
    assert moved.code == 0, moved.err
    assert "was to leave on 2026-11-16 at 12:30" in moved.err
    assert "nothing of it has left yet" in moved.out
    assert copies(lettre) == 10


def test_sigterm_ends_the_wait_in_words_too(lettre: Path) -> None:
    ended = ended_waiting(lettre, later(hours=5), signal.SIGTERM)
    assert ended.returncode == 130
    assert "stopped before anything left" in ended.stderr
    assert copies(lettre) == 0


def ended_waiting(
    lettre: Path,
    moment: str,
    sign: signal.Signals = signal.SIGINT,
    meanwhile: Callable[[], int] = lambda: 0,
) -> subprocess.CompletedProcess[str]:
    """A command that waits for a moment, is heard to do so, and is stopped.

    Args:
        meanwhile: what is done while it waits; 0 when it went well.
    """
    # As a shell starts what is to stand in the background.
    command = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-m", "digest"]
    with subprocess.Popen(
        [*command, "send", "--yes", "--at", moment],
        cwd=lettre,
        env={**os.environ, "DIGEST_NOW": NOW},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        assert "waiting" in said
        assert meanwhile() == 0
        process.send_signal(sign)
        said += process.stderr.read()
    return subprocess.CompletedProcess(command, process.returncode, stderr=said)


def test_cancelled_edition_does_not_leave(digest: Digest, store: Store) -> None:
    assert digest("send", "--yes").code == 0
    store("UPDATE dispatches SET cancelled_at = ?", later())
    refused = digest("send", "--yes")
    assert refused.code == 5
    status = digest("status", "--json").json
    assert status["state"] == "cancelled"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--at", "demain"),
        ("--at", "2026-11-16T07:29"),
        ("--at", later(hours=1), "--rehearse"),
        ("--at", later(hours=1), "--test", "odile@example.org"),
        ("--resend-unknown", "--rehearse"),
        ("--detach", "--rehearse"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_happens(
    digest: Digest, lettre: Path, arguments: tuple[str, ...]
) -> None:
    assert digest("send", "--yes", *arguments).code == 2
    assert copies(lettre) == 0
    assert "Nothing was sent yet" in digest("status").out


def test_moment_that_has_passed_is_told_as_it_was_typed(digest: Digest) -> None:
    refused = digest("send", "--yes", "--at", "2020-01-01T00:00")
    assert refused.code == 2
    assert "--at: 2020-01-01 at 00:00 has passed" in refused.err


def test_help_says_who_waits_for_the_moment(digest: Digest) -> None:
    told = " ".join(digest("send", "--help").out.replace("│", " ").split())
    assert "SendGrid holds it until then" in told
    assert "waits in the foreground" in told


def test_sqlite_cannot_be_left_to_workers(digest: Digest) -> None:
    refused = digest("send", "--yes", "--detach")
    assert refused.code in (2, 8)
    assert "PostgreSQL" in refused.err


# ---- What stays of a run --------------------------------------------------------------------


def test_run_leaves_figures_and_lines_without_addresses(
    digest: Digest, settings: Settings, lettre: Path
) -> None:
    settings("[delivery]\n", '[delivery]\nmetrics_file = "digest.prom"\n')
    sent = digest("--log-format", "json", "--log-level", "info", "send", "--yes")
    assert sent.code == 0
    assert "accepted" in (lettre / "digest.prom").read_text()
    assert '"send ended"' in sent.err
    assert '"frozen"' in sent.err
    assert "@" not in sent.err.replace("…@", "")


def test_figures_that_cannot_be_written_stop_nothing(digest: Digest, settings: Settings) -> None:
    settings("[delivery]\n", '[delivery]\nmetrics_file = "nowhere/digest.prom"\n')
    sent = digest("send", "--yes")
    assert sent.code == 0
    assert "Metrics:" in sent.err


def test_row_that_disappears_is_said_at_the_end(digest: Digest, store: Store) -> None:
    assert digest("send", "--yes").code == 0
    store("DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries LIMIT 1)")
    again = digest("send", "--yes")
    assert again.code == 8
    assert "digest prove" in again.err
