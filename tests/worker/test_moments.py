"""The moment of the week is the publication's: also where its clocks are changed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import Config, load_config
from digest.errors import ConfigError
from digest.worker.moments import (
    Weekly,
    due_moment,
    is_skipped,
    moment_on,
    moments_after,
    weekly_of,
)
from digest.worker.units import Machine, cron_lines, systemd_units

PARIS = ZoneInfo("Europe/Paris")
SUNDAY = 6


def weekly(day: int = 0, at: str = "07:00", zone: ZoneInfo = PARIS, late: float = 6) -> Weekly:
    return Weekly(day, time.fromisoformat(at), zone, timedelta(hours=late))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(plan: Weekly, now: str, number: int = 3) -> list[str]:
    moments = islice(moments_after(plan, utc(now)), number)
    return [f"{moment:%Y-%m-%dT%H:%M}" for moment in moments]


def test_the_letter_leaves_at_the_same_time_of_the_clock_in_summer_and_winter() -> None:
    assert shown(weekly(), "2026-03-20T00:00") == [
        "2026-03-23T06:00",
        "2026-03-30T05:00",
        "2026-04-06T05:00",
    ]
    assert shown(weekly(), "2026-10-19T00:00") == [
        "2026-10-19T05:00",
        "2026-10-26T06:00",
        "2026-11-02T06:00",
    ]


def test_a_time_that_clocks_jump_over_is_as_long_after_midnight() -> None:
    plan = weekly(SUNDAY, "02:30")
    moment = moment_on(plan, date(2026, 3, 29))
    assert moment == utc("2026-03-29T01:30")
    assert f"{moment.astimezone(PARIS):%H:%M}" == "03:30"
    assert is_skipped(plan, moment)
    assert not is_skipped(plan, moment_on(plan, date(2026, 4, 5)))
    assert due_moment(plan, utc("2026-03-29T01:29")) is None
    assert due_moment(plan, utc("2026-03-29T01:30")) == moment


def test_a_time_that_comes_twice_is_the_first_and_only_once() -> None:
    plan = weekly(SUNDAY, "02:30", late=0.5)
    first = utc("2026-10-25T00:30")
    assert due_moment(plan, utc("2026-10-25T00:29")) is None
    assert due_moment(plan, first) == first
    assert due_moment(plan, utc("2026-10-25T01:00")) == first
    # 02:30 again, an hour later.
    assert due_moment(plan, utc("2026-10-25T01:30")) is None
    assert shown(plan, "2026-10-25T00:30", 1) == ["2026-11-01T01:30"]


def test_a_missed_moment_is_made_up_for_within_its_hours_and_never_after() -> None:
    plan = weekly(late=6)
    moment = utc("2026-11-23T06:00")
    assert due_moment(plan, utc("2026-11-23T05:59")) is None
    assert due_moment(plan, utc("2026-11-23T06:00")) == moment
    assert due_moment(plan, utc("2026-11-23T12:00")) == moment
    assert due_moment(plan, utc("2026-11-23T12:01")) is None
    assert due_moment(plan, utc("2026-11-29T23:59")) is None


def test_hours_of_lateness_may_reach_into_another_day_of_the_week() -> None:
    plan = weekly(SUNDAY, "23:30", late=72)
    moment = utc("2026-11-22T22:30")
    for now in ("2026-11-22T22:30", "2026-11-23T08:00", "2026-11-25T22:30"):
        assert due_moment(plan, utc(now)) == moment
    assert due_moment(plan, utc("2026-11-25T22:31")) is None


@given(
    st.integers(0, 6),
    st.times(),
    st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata",
                     "Pacific/Apia", "UTC"]),
    st.integers(946_684_800, 2_208_988_800),  # 2000 to 2040
)  # fmt: skip
def test_moments_follow_each_other_by_about_a_week_whatever_the_zone(
    day: int, at: time, zone: str, seconds: int
) -> None:
    plan = Weekly(day, at.replace(second=0, microsecond=0, fold=0), ZoneInfo(zone),
                  timedelta(hours=72))  # fmt: skip
    now = datetime.fromtimestamp(seconds, UTC)
    first, second = islice(moments_after(plan, now), 2)
    assert now < first <= now + timedelta(days=7, hours=26)
    assert timedelta(days=6) <= second - first <= timedelta(days=8)
    due = due_moment(plan, now)
    assert due is None or now - timedelta(hours=72) <= due <= now
    assert due_moment(plan, first) == first
    assert due_moment(plan, first + timedelta(hours=72)) == first


# ---- Settings and units ---------------------------------------------------------------------


@pytest.fixture
def configured(tmp_path: Path) -> Callable[[str], Config]:
    """Settings with a schedule or another."""

    def load(more: str) -> Config:
        file = tmp_path / "config.toml"
        file.write_text(
            '[publication]\nname = "Actualités internationales"\nsender = "lettre@example.org"\n'
            'public_url = "https://lettre.example.org"\npostal_address = "Paris"\n' + more,
            encoding="utf-8",
        )
        return load_config(file)

    return load


def test_nothing_leaves_by_itself_unless_a_day_is_set(
    configured: Callable[[str], Config],
) -> None:
    assert weekly_of(configured('[schedule]\ntime = "07:00"\n')) is None
    plan = weekly_of(configured('[schedule]\nday = "thursday"\ntime = "18:05"\n'))
    assert plan == weekly(3, "18:05")
    assert str(plan) == "Thursday 18:05 Europe/Paris"


def test_a_schedule_for_one_fixed_week_is_refused(configured: Callable[[str], Config]) -> None:
    config = configured('[edition]\nweek = "2026-W40"\n[schedule]\nday = "monday"\n')
    with pytest.raises(ConfigError, match="2026-W40"):
        weekly_of(config)


MACHINE = Machine(
    Path("/opt/digest/bin/digest"),
    Path("/srv/ma lettre/100 %"),
    Path("/srv/ma lettre/100 %/config.toml"),
)
NOW = utc("2026-11-22T08:00")


def test_cron_is_given_the_zone_and_a_line_that_survives_spaces_and_percents() -> None:
    lines = cron_lines(weekly(SUNDAY, "18:05"), MACHINE, NOW).splitlines()
    assert lines[-2] == "CRON_TZ=Europe/Paris"
    when, _, command = lines[-1].partition(" cd ")
    folder, _, program = command.partition(" && ")
    assert when == "5 18 * * 0"
    assert folder == r"'/srv/ma lettre/100 \%'"
    assert program == (
        r"/opt/digest/bin/digest send --yes --config '/srv/ma lettre/100 \%/config.toml'"
    )
    assert "does not exist" not in "\n".join(lines)


def test_a_day_on_which_the_time_does_not_exist_is_pointed_out() -> None:
    for units in (cron_lines, systemd_units):
        assert "02:30 does not exist on 2027-03-28, 2028-03-26" in units(
            weekly(SUNDAY, "02:30"), MACHINE, NOW
        )


def test_systemd_gets_the_zone_and_makes_up_for_nothing() -> None:
    units = systemd_units(weekly(), MACHINE, NOW)
    assert "OnCalendar=Mon *-*-* 07:00:00 Europe/Paris\n" in units
    assert "Persistent=false\n" in units
    assert (
        'ExecStart=/opt/digest/bin/digest send --yes --config "/srv/ma lettre/100 %%/config.toml"\n'
        in units
    )


def test_systemd_agrees_about_the_moments(tmp_path: Path) -> None:
    """systemd itself reads the units, and works out the same moments but the one it leaves out."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    program = Path(shutil.which("true") or "/bin/true")
    machine = Machine(program, tmp_path, tmp_path / "config.toml")
    for plan, start in (
        (weekly(), "2026-03-20 00:00:00"),
        (weekly(), "2026-10-19 00:00:00"),
        (weekly(SUNDAY, "02:30"), "2026-10-20 00:00:00"),
    ):
        service, timer = systemd_units(plan, machine, NOW).split("# /etc/systemd/system/")[1:]
        for unit in (service, timer):
            name, _, text = unit.partition("\n")
            (tmp_path / name).write_text(text, encoding="utf-8")
        checked = subprocess.run(
            [analyze, "verify", "--man=no", str(tmp_path / "digest.timer")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert str(tmp_path) not in checked.stderr, checked.stderr
        calendar = next(
            line.removeprefix("OnCalendar=")
            for line in timer.splitlines()
            if line.startswith("OnCalendar=")
        )
        told = subprocess.run(
            [analyze, "calendar", "--iterations=3", f"--base-time={start} UTC", calendar],
            capture_output=True, text=True, check=True, env={"TZ": "UTC"},
        ).stdout  # fmt: skip
        found = [
            line.rpartition(": ")[2].split(maxsplit=1)[1].removesuffix(":00 UTC").replace(" ", "T")
            for line in told.splitlines()
            if line.strip().startswith(("Next elapse", "Iter."))
        ]
        assert found == shown(plan, start.replace(" ", "T"), 3)
