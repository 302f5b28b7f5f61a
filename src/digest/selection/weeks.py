"""The weeks that editions cover: ISO weeks by calendar days in the publication's zone.

A week is half-open, from Monday 00:00 to the next Monday 00:00 on the zone's clocks, so it has
167 or 169 hours when the clocks change (ISO 8601, weeks; IANA time zones).
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.model.content import Window

_WEEK_ID = re.compile(r"([0-9]{4})-W([0-9]{2})")


def week_id(day: date) -> str:
    """The id of the week that holds `day`, such as `2026-W47`."""
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def week_window(edition_id: str, zone: ZoneInfo) -> Window:
    """The window of an edition's week.

    Raises:
        ValueError: there is no such week; the message says which ones there are.
    """
    parsed = _WEEK_ID.fullmatch(edition_id)
    if parsed is None:
        raise ValueError(f"“{edition_id}” is not a week; write it as 2026-W47")
    year, week = int(parsed[1]), int(parsed[2])
    if not 1990 <= year <= 2100:
        raise ValueError(f"“{edition_id}” is not a week of the years 1990 to 2100")
    last = date(year, 12, 28).isocalendar().week
    if not 1 <= week <= last:
        raise ValueError(
            f"there is no week {edition_id}: the weeks of {year} are {year}-W01 to {year}-W{last}"
        )
    monday = date.fromisocalendar(year, week, 1)
    return Window(edition_id, _midnight(monday, zone), _midnight(monday + timedelta(7), zone))


def current_week(now: datetime, zone: ZoneInfo) -> str:
    """The id of the week that holds the moment `now` in the zone."""
    return week_id(now.astimezone(zone).date())


def last_week(now: datetime, zone: ZoneInfo) -> str:
    """The id of the last complete week at the moment `now` in the zone."""
    return week_id(now.astimezone(zone).date() - timedelta(7))


def custom_window(since: date, until: date, zone: ZoneInfo) -> Window:
    """The days from `since` to `until`, both whole; the edition is the week of the last day.

    Raises:
        ValueError: `until` lies before `since`, or in a year that is none of 1990 to 2100.
    """
    if not (since.year >= 1990 and until.year <= 2100):
        raise ValueError(f"the days from {since} to {until} are not in the years 1990 to 2100")
    if until < since:
        raise ValueError(f"the last day ({until}) lies before the first ({since})")
    return Window(week_id(until), _midnight(since, zone), _midnight(until + timedelta(1), zone))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
