"""`digest schedule`: when editions leave by themselves, and what cron or systemd is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.cli.conftest import Digest

from digest.worker.moments import Weekly
from digest.worker.units import Machine, cron_lines, systemd_units

Settings = Callable[[str, str], None]


@pytest.fixture
def weekly(settings: Settings) -> None:
    """Every Monday at 07:00, with the last week's number."""
    settings("", '\n[schedule]\nday = "monday"\ntime = "07:00"\n')


@pytest.mark.usefixtures("weekly")
def test_next_editions_are_shown_in_the_publications_zone(digest: Digest) -> None:
    shown = digest("schedule", "--next", 2)
    assert shown.code == 0, shown.err
    assert [" ".join(line.split()) for line in shown.out.splitlines()[1:3]] == [
        "2026-W47 Mon 2026-11-23 07:00 CET Mon 06:00",
        "2026-W48 Mon 2026-11-30 07:00 CET Mon 06:00",
    ]
    assert "6 hours late" in shown.out
    told = digest("schedule", "--next", 20, "--json").json
    assert told["zone"] == "Europe/Paris"
    assert told["late_hours"] == 6
    moments = {one["edition"]: (one["at"], one["utc"], one["note"]) for one in told["moments"]}
    assert moments["2027-W11"] == (
        "2027-03-22T07:00:00+01:00", "2027-03-22T06:00:00+00:00", ""
    )  # fmt: skip
    assert moments["2027-W12"][1] == "2027-03-29T05:00:00+00:00"


def test_a_time_that_does_not_exist_is_shown(digest: Digest, settings: Settings) -> None:
    settings("", '\n[schedule]\nday = "sunday"\ntime = "02:30"\n')
    shown = digest("schedule", "--next", 20).out
    line = next(line for line in shown.splitlines() if "2027-03-28" in line)
    assert "03:30 CEST" in line
    assert "02:30 does not exist" in line


def test_the_manual_shows_what_is_printed() -> None:
    """One answer for systemd, and one for cron."""
    weekly = Weekly(6, time(8), ZoneInfo("Europe/Paris"), timedelta(hours=6))
    folder = Path("/srv/lettre")
    machine = Machine(Path("/srv/digest/.venv/bin/digest"), folder, folder / "config.toml")
    manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    for printed in (systemd_units, cron_lines):
        assert printed(weekly, machine, datetime(2026, 11, 22, tzinfo=UTC)) in manual


@pytest.mark.usefixtures("weekly")
def test_one_machine_gets_its_lines_for_cron_or_systemd(digest: Digest, lettre: Path) -> None:
    cron = digest("schedule", "--cron").out
    assert "CRON_TZ=Europe/Paris\n0 7 * * 1 cd " in cron
    assert f"send --yes --config {lettre / 'config.toml'}\n" in cron
    systemd = digest("schedule", "--systemd").out
    assert "OnCalendar=Mon *-*-* 07:00:00 Europe/Paris\n" in systemd
    assert f"WorkingDirectory={lettre}\n" in systemd
    both = digest("schedule", "--cron", "--systemd")
    assert (both.code, both.out) == (2, "")


@pytest.mark.usefixtures("weekly")
@pytest.mark.parametrize("lines", ["--cron", "--systemd"])
def test_lines_for_a_machine_are_not_taken_for_json(digest: Digest, lines: str) -> None:
    refused = digest("schedule", lines, "--json")
    assert (refused.code, refused.out) == (2, "")
    assert f"--json does not go with {lines}" in refused.err


def test_without_a_day_the_setting_is_named(digest: Digest) -> None:
    refused = digest("schedule")
    assert refused.code == 2
    assert "[schedule] day is not set" in refused.err


def test_a_fixed_week_has_no_schedule(digest: Digest, settings: Settings) -> None:
    settings('week = "last"', 'week = "2026-W46"')
    settings("", '\n[schedule]\nday = "monday"\n')
    refused = digest("schedule")
    assert refused.code == 2
    assert "one fixed week" in refused.err
