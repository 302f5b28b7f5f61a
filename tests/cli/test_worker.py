"""`digest worker` from the shell."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Digest

from digest.worker.telling import Told, logged


def test_on_sqlite_it_is_said_what_to_do_instead(digest: Digest) -> None:
    refused = digest("worker")
    assert refused.code == 2
    assert "workers need PostgreSQL" in refused.err
    assert "digest schedule --systemd" in refused.err


def test_before_a_migration_it_is_asked_for(
    digest: Digest, settings: Callable[[str, str], None], postgres_url: str
) -> None:
    settings("", f'\n[store]\nurl = "{postgres_url}"\n')
    assert "digest db upgrade" in digest("worker", "--once").err
    assert digest("db", "upgrade").code == 0
    done = digest("worker", "--once")
    assert done.code == 0, done.err
    assert "takes shards" in done.out
    assert "nothing is left to do" in done.out


def test_upgrading_the_store_makes_the_workers_tables(
    digest: Digest, settings: Callable[[str, str], None], postgres_url: str
) -> None:
    """A worker may be given an account that cannot make tables."""
    import psycopg

    settings("", f'\n[store]\nurl = "{postgres_url}"\n')
    assert digest("db", "upgrade").code == 0
    assert digest("db", "upgrade").code == 0
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


def test_a_schedule_of_one_fixed_week_is_refused_at_the_start(
    digest: Digest, settings: Callable[[str, str], None], postgres_url: str
) -> None:
    settings('week = "last"', 'week = "2026-W46"')
    settings("", f'\n[store]\nurl = "{postgres_url}"\n[schedule]\nday = "monday"\n')
    assert digest("db", "upgrade").code == 0
    refused = digest("worker", "--once")
    assert refused.code == 2
    assert "one fixed week" in refused.err
    assert digest("worker", "--once", "--no-schedule").code == 0


def test_what_a_worker_says_is_said_once_where_it_is_read(
    digest: Digest, settings: Callable[[str, str], None], postgres_url: str, tmp_path: Path
) -> None:
    """Under systemd standard output and standard error are one journal."""
    settings("", f'\n[store]\nurl = "{postgres_url}"\n')
    assert digest("db", "upgrade").code == 0
    people = digest("--log-level", "info", "worker", "--once")
    assert people.out.count("takes shards") == 1
    assert "takes shards" not in people.err
    machines = digest("--log-level", "info", "--log-format", "json", "worker", "--once")
    assert machines.err.count("takes shards") == 1
    assert "takes shards" not in machines.out
    file = tmp_path / "digest.log"
    both = digest("--log-level", "info", "--log-file", str(file), "worker", "--once")
    assert both.out.count("takes shards") == file.read_text("utf-8").count("takes shards") == 1


def test_work_goes_on_when_nobody_reads_along_any_more() -> None:
    def gone(_told: Told) -> None:
        raise BrokenPipeError

    logged(gone)(Told("begun", "job started", "2026-W47: begins"))


def test_the_command_line_does_not_load_procrastinate_before_it_is_needed(tmp_path: Path) -> None:
    code = "import sys; from digest.cli import app; print('procrastinate' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout == "False\n"
