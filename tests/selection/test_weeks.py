"""The week that an edition covers is the one on the publication's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.content import Window
from digest.selection import current_week, custom_window, last_week, week_id, week_window

PARIS = ZoneInfo("Europe/Paris")
ZONES = st.sampled_from(
    ["Europe/Paris", "Africa/Dakar", "America/Montreal", "America/Havana", "Asia/Kathmandu",
     "Pacific/Apia", "Pacific/Kiritimati", "Asia/Beirut", "UTC"]
).map(ZoneInfo)  # fmt: skip
DAYS = st.dates(date(1991, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("week", "start", "hours"),
    [
        ("2026-W46", datetime(2026, 11, 8, 23, tzinfo=UTC), 168),
        ("2026-W13", datetime(2026, 3, 22, 23, tzinfo=UTC), 167),
        ("2026-W43", datetime(2026, 10, 18, 22, tzinfo=UTC), 169),
        ("2026-W53", datetime(2026, 12, 27, 23, tzinfo=UTC), 168),
        ("2024-W01", datetime(2023, 12, 31, 23, tzinfo=UTC), 168),
    ],
)
def test_week_begins_on_monday_also_when_clocks_change(
    week: str, start: datetime, hours: int
) -> None:
    window = week_window(week, PARIS)
    assert window.edition == week
    assert window.start.astimezone(UTC) == start
    assert window.end.astimezone(UTC) - start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("week", "words"),
    [
        ("2025-W53", "2025-W01 to 2025-W52"),
        ("2026-W54", "2026-W01 to 2026-W53"),
        ("2026-W00", "2026-W01 to 2026-W53"),
        ("2026-47", "write it as 2026-W47"),
        ("2026-W7", "write it as 2026-W47"),
        ("", "write it as 2026-W47"),
        ("0000-W01", "1990 to 2100"),
        ("9999-W52", "1990 to 2100"),
    ],
)
def test_a_week_that_does_not_exist_is_explained(week: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        week_window(week, PARIS)


@given(DAYS, ZONES)
def test_every_day_lies_in_the_week_named_after_it(day: date, zone: ZoneInfo) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone).astimezone(UTC)
    window = week_window(current_week(noon, zone), zone)
    assert noon in window
    assert window.edition == week_id(day)
    assert window.start.weekday() == 0


@given(DAYS, ZONES)
def test_weeks_follow_each_other_without_gap(day: date, zone: ZoneInfo) -> None:
    now = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    before = week_window(last_week(now, zone), zone)
    assert before.end == week_window(current_week(now, zone), zone).start


def test_the_zone_decides_which_week_it_is() -> None:
    sunday_night = datetime(2026, 11, 15, 23, 30, tzinfo=UTC)
    assert current_week(sunday_night, ZoneInfo("Africa/Dakar")) == "2026-W46"
    assert current_week(sunday_night, PARIS) == "2026-W47"
    assert last_week(sunday_night, PARIS) == "2026-W46"


def test_own_days_are_both_whole() -> None:
    window = custom_window(date(2026, 11, 9), date(2026, 11, 20), PARIS)
    assert window.edition == "2026-W47"
    assert window.start == datetime(2026, 11, 9, tzinfo=PARIS)
    assert window.end == datetime(2026, 11, 21, tzinfo=PARIS)
    one_day = custom_window(date(2026, 11, 9), date(2026, 11, 9), PARIS)
    assert datetime(2026, 11, 9, 23, 59, 59, tzinfo=PARIS) in one_day


def test_days_the_wrong_way_round_are_explained() -> None:
    with pytest.raises(ValueError, match=r"last day \(2026-11-01\) lies before the first"):
        custom_window(date(2026, 11, 2), date(2026, 11, 1), PARIS)
    with pytest.raises(ValueError, match="not in the years"):
        custom_window(date(2026, 11, 2), date.max, PARIS)


def test_hour_that_comes_twice_is_told_apart() -> None:
    second = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=PARIS)
    window = Window("2026-W43", second - timedelta(days=1), second)
    assert datetime(2026, 10, 25, 2, 45, fold=0, tzinfo=PARIS) in window
    assert datetime(2026, 10, 25, 2, 45, fold=1, tzinfo=PARIS) not in window
    assert second not in window
