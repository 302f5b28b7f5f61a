"""Dates as feeds, pages and people write them; dates as readers read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.text.dates import FIRST_YEAR, LAST_YEAR, long_date, parse_moment

PARIS = ZoneInfo("Europe/Paris")
ENGLISH_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


def utc(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2024, 6, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-06-19T10:00:00Z", utc(19, 10)),
        ("2024-06-19T10:00:00.123456789+02:00", utc(19, 8)),
        ("2024-06-19T10:00:00 +0200", utc(19, 8)),
        ("2024-06-19 10:00 UTC", utc(19, 10)),
        ("2024-06-19", utc(18, 22)),
        ("2024-W25-3", utc(18, 22)),
        ("2024/06/19 10:00", utc(19, 8)),
        ("Wed, 19 Jun 2024 10:00:00 GMT", utc(19, 10)),
        ("Wed, 19 Jun 2024 10:00:00 CEST", utc(19, 8)),
        ("Wed, 19 Jun 24 10:00 EDT", utc(19, 14)),
        ("Wed, 19 Jun 2024 10:00:00 -0000", utc(19, 10)),
        ("Wed, 19 Jun 2024 10:00:00 -0230", utc(19, 12, 30)),
        ("Wed, 19 Jun 2024 10:00:00 -0030", utc(19, 10, 30)),
        ("Wed, 19 JUN 2024 10:00:00 GMT", utc(19, 10)),
        ("Wed, 19 Jun 2024 10:00:00 +0200 (CEST)", utc(19, 8)),
        ("Wed, 19 Jun 2024 10:00:00 (CEST)", utc(19, 8)),
        ("Wed, 19 Jun 2024 10:00:00 GMT+2", utc(19, 8)),
        ("Wed, 19 Jun 2024 10:00:00 XYZ", utc(19, 10)),
        ("Wed, 19 Jun 2024 23:59:60 GMT", utc(19, 23, 59, 59)),
        ("Wed Jun 19 10:00:00 2024", utc(19, 8)),
        ("Wed Jun 19 10:00:00 EDT 2024", utc(19, 14)),
        ("Mer, 19 juin 2024 10:00:00 +0200", utc(19, 8)),
        ("19 juin 2024 à 18h30", utc(19, 16, 30)),
        ("19 JUIN 2024 à 18 h 30", utc(19, 16, 30)),
        ("mercredi 19 juin 2024, 18 heures", utc(19, 16)),
        ("Publié le 19 juin 2024 à 18:30", utc(19, 16, 30)),
        ("Mis en ligne le 19/06/2024", utc(18, 22)),
        ("19.06.2024 18:30", utc(19, 16, 30)),
        ("June 19, 2024 6:30 PM", utc(19, 16, 30)),
        ("Wednesday, June 19th, 2024 at 12 am", utc(18, 22)),
        ("19-Jun-2024 12:05 p.m.", utc(19, 10, 5)),
    ],
)
def test_published_date_is_understood(text: str, moment: datetime) -> None:
    assert parse_moment(text, PARIS) == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1er décembre 2026", date(2026, 12, 1)),
        ("dimanche 1er déc. 2026", date(2026, 12, 1)),
        ("3 AOÛT 2026", date(2026, 8, 3)),
        ("3 aout 2026", date(2026, 8, 3)),
        ("14 févr. 2026", date(2026, 2, 14)),
        ("5 Jan 99", date(1999, 1, 5)),
    ],
)
def test_day_without_a_time_begins_at_midnight_in_the_publications_zone(
    text: str, day: date
) -> None:
    moment = parse_moment(text, PARIS)
    assert moment == datetime(day.year, day.month, day.day, tzinfo=PARIS)
    assert moment.tzinfo is PARIS


@pytest.mark.parametrize(
    "text",
    [
        *("", "hier", "19 juin", "juin 2024", "12:30 PM", "x" * 5000, "31 février 2024"),
        *("0001-01-01T00:00:00Z", "9999-12-31", "1989-12-31", "2101-01-01", "06/19/2024"),
        *("Wed, 19 Xyz 2024 10:00:00 GMT", "Wed, 31 Jun 2024 10:00:00 GMT"),
        *("Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 19 Jun 2024 25:00:00 GMT"),
        *("Wed, 19 Jun 2024 10:00:00 +9900", "Wed, 19 Jun 2024 10:00:00 +0275"),
        *("19 juin 2024 à 18h30 par Ada", "19 brumaire 2024", "June 19, 2024 13 PM"),
        "2024-06-19T10:00:00 Europe/Paris",
    ],
)
def test_no_date_or_an_absurd_one_is_none(text: str) -> None:
    assert parse_moment(text, PARIS) is None


@given(st.text(max_size=60) | st.text(alphabet="0123456789-:/., TZjuinmaeGMT+", max_size=40))
def test_any_text_gives_an_aware_moment_or_none(text: str) -> None:
    moment = parse_moment(text, PARIS)
    assert moment is None or (moment.tzinfo and FIRST_YEAR <= moment.year <= LAST_YEAR)


@given(
    st.datetimes(datetime.fromisoformat("1990-01-02"), datetime.fromisoformat("2100-12-30")),
    st.integers(-14 * 60, 14 * 60),
)
def test_printed_moment_is_read_back(naive: datetime, minutes: int) -> None:
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    expected = naive.replace(microsecond=0, tzinfo=UTC) - timedelta(minutes=minutes)
    clock = f"{naive:%H:%M:%S} {offset}"
    english = ENGLISH_MONTHS[naive.month - 1]
    for text in (
        f"{naive:%Y-%m-%d}T{clock}",
        f"{naive.day} {english} {naive.year} {clock}",
        f"{long_date(naive, 'fr', weekday=True)} {clock}",
        f"{long_date(naive, 'en')} {clock}",
    ):
        assert parse_moment(text, PARIS) == expected, text


def test_dates_are_written_as_readers_write_them() -> None:
    assert long_date(date(2026, 12, 1), "fr") == "1er décembre 2026"
    assert long_date(date(2026, 11, 22), "fr", weekday=True) == "dimanche 22 novembre 2026"
    assert long_date(date(2026, 12, 1), "en-GB", weekday=True) == "Tuesday 1 December 2026"
