"""Reads the moments that feeds, pages and front matter print; writes dates as readers read them.

Sources: ISO 8601; RFC 822 and RFC 5322 section 4.3 (obsolete zones; an unknown alphabetic zone
counts as UTC); French and English month names. Relative dates (« hier ») are not read: there is
no clock here. Weeks and windows are left to `digest.selection`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.text.folding import without_accents

#: Years outside are taken for mistakes.
FIRST_YEAR, LAST_YEAR = 1990, 2100

_LONGEST = 100
_MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "en": "January February March April May June July August September October November December",
}
_WEEKDAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}
# fmt: off
_ABBREVIATED = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9,
    "oct": 10, "nov": 11, "dec": 12, "sept": 9,
    "janv": 1, "fev": 2, "fevr": 2, "avr": 4, "juil": 7, "juill": 7,
}
_HOURS_FROM_UTC = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "akst": -9, "akdt": -8, "hst": -10, "ast": -4, "adt": -3, "brt": -3, "art": -3,
    "bst": 1, "west": 1, "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2,
    "eet": 2, "eest": 3, "sast": 2, "wat": 1, "cat": 2, "eat": 3, "msk": 3, "trt": 3,
    "hkt": 8, "sgt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}
# fmt: on

_TIME = r"""(?P<hour>\d{1,2})(?:
      \s?(?::|h(?:eures?)?)\s?(?P<minute>\d{2})(?:(?::|\s?(?:m|min)\s?)(?P<second>\d{2}))?
      (?:[.,]\d+)?\s?(?:s\b|min\b)?(?:\s?(?P<half>[ap])\.?m\.?)?
    | \s?h(?:eures?)?
    | \s?(?P<half_alone>[ap])\.?m\.?
    )"""
_ZONE = r"""(?P<zone>(?:utc|gmt)?\s?[+-]\d{1,2}(?::?\d{2})?|[a-z]{1,5})?
    \s*(?:\((?P<remark>[^()]*)\))?"""
_LEAD = r"(?:(?:publie|poste|mis\s+en\s+ligne|published|posted)e?\s+)?(?:le\s+|on\s+|the\s+)?"
_WEEKDAY = r"(?:[a-z]{2,9}\.?,?\s+)?"
_BETWEEN = r"(?:\s*[,T•|-]?\s*(?:a|at|vers)?\s*)"
_CLOCK = rf"(?:{_BETWEEN}{_TIME}\s*{_ZONE})?"

_YEAR_FIRST = rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_CLOCK}"
_DAY_NAMED_MONTH = rf"""{_WEEKDAY}(?P<day>\d{{1,2}})(?:er|st|nd|rd|th)?[\s-]+(?:of\s)?
    (?P<name>[a-z]{{3,9}})\.?,?[\s-]+(?P<year>\d{{4}}|\d{{2}}){_CLOCK}"""
_NAMED_MONTH_DAY = rf"""{_WEEKDAY}(?P<name>[a-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}})
    (?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_CLOCK}"""
_YEAR_LAST = rf"""{_WEEKDAY}(?P<name>[a-z]{{3}})\s+(?P<day>\d{{1,2}})\s+{_TIME}\s+
    (?:(?P<zone>[a-z]{{3,4}})\s+)?(?P<year>\d{{4}})"""
_DAY_FIRST = rf"{_WEEKDAY}(?P<day>\d{{1,2}})[/.](?P<month>\d{{1,2}})[/.](?P<year>\d{{4}}){_CLOCK}"
_SHAPES = tuple(
    re.compile(rf"{_LEAD}{shape}\s*\.?", re.VERBOSE | re.ASCII)
    for shape in (_YEAR_FIRST, _DAY_NAMED_MONTH, _NAMED_MONTH_DAY, _YEAR_LAST, _DAY_FIRST)
)


#: What nearly every feed prints: `Wed, 19 Jun 2024 10:00:00 +0200`.
_USUAL = re.compile(
    r"[A-Z][a-z]{2}, (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):([0-5]\d) "
    r"(?:GMT|([+-]\d\d)([0-5]\d))",
    re.ASCII,
)


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment that `text` states, aware; None when it states none or an absurd one.

    Reads ISO 8601, RFC 822 with its obsolete zones, and French or English dates such as
    “19 juin 2024 à 18h30”, “1er décembre 2026”, “June 19, 2024 6:30 PM”, “19/06/2024” (day
    first). Whole seconds; without a time it is midnight, without a zone it is in `zone`. Never
    raises.
    """
    text = text.strip()
    if not 8 <= len(text) <= _LONGEST:
        return None
    try:
        moment = _iso(text) if text[:4].isdigit() else _usual(text)
        if moment is None:
            moment = _worded(_plain(text))
    except (ValueError, OverflowError):
        return None
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return moment.replace(microsecond=0, tzinfo=moment.tzinfo or zone)


def long_date(day: date, language: str, weekday: bool = False) -> str:
    """`day` in words: “1er décembre 2026”, with its weekday “dimanche 22 novembre 2026”.

    French for `fr` (and `fr-CA`), English for every other language.

    >>> long_date(date(2026, 11, 22), "en", weekday=True)
    'Sunday 22 November 2026'
    """
    words = "fr" if language.lower()[:2] == "fr" else "en"
    number = "1er" if day.day == 1 and words == "fr" else str(day.day)
    written = f"{number} {_MONTHS[words].split()[day.month - 1]} {day.year}"
    return f"{_WEEKDAYS[words].split()[day.weekday()]} {written}" if weekday else written


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _usual(text: str) -> datetime | None:
    match = _USUAL.fullmatch(text)
    if match is None:
        return None
    day, name, year, hour, minute, second, hours, minutes = match.groups()
    month = _ABBREVIATED.get(name.lower())
    if month is None:
        return None
    zone = _offset(hours, minutes) if hours else UTC
    return datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=zone)


def _plain(text: str) -> str:
    """Lower case without accents, all blanks alike, so that « Août » and « aout » are one."""
    plain = without_accents(text).lower()
    return " ".join(plain.replace("–", "-").replace("—", "-").split())


def _worded(text: str) -> datetime | None:
    for shape in _SHAPES:
        match = shape.fullmatch(text)
        if match:
            found = match.groupdict()
            month = int(found["month"]) if found.get("month") else _month(found["name"] or "")
            if month:
                return _moment(found, month)
    return None


def _moment(found: dict[str, str | None], month: int) -> datetime:
    digits = found["year"] or ""
    year = int(digits)
    if len(digits) == 2:  # RFC 5322, section 4.3
        year += 2000 if year < 50 else 1900
    return datetime(
        year,
        month,
        int(found["day"] or 0),
        _hour(int(found.get("hour") or 0), found.get("half") or found.get("half_alone")),
        int(found.get("minute") or 0),
        min(int(found.get("second") or 0), 59),  # a leap second is the one before it
        tzinfo=_zone(found.get("zone"), found.get("remark")),
    )


def _hour(hour: int, half: str | None) -> int:
    """The hour of a clock of 24 hours; `half` is `a` or `p` of a clock of twelve."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no such hour")
    return hour % 12 + (12 if half == "p" else 0)


def _month(name: str) -> int | None:
    if name in _ABBREVIATED:
        return _ABBREVIATED[name]
    for months in _MONTHS.values():
        for number, month in enumerate(months.split(), 1):
            if _plain(month) == name:
                return number
    return None


def _zone(written: str | None, remark: str | None) -> tzinfo | None:
    if not written:
        known = _HOURS_FROM_UTC.get((remark or "").strip())
        return None if known is None else timezone(timedelta(hours=known))
    sign = max(written.find("+"), written.find("-"))
    if sign < 0:
        return timezone(timedelta(hours=_HOURS_FROM_UTC.get(written, 0)))
    digits = written[sign + 1 :].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    if int(minutes) > 59:
        raise ValueError("no such zone")
    return _offset(written[sign] + hours, minutes)


@lru_cache(maxsize=256)
def _offset(hours: str, minutes: str) -> tzinfo:
    """A zone so far from UTC; the sign of `hours` is that of the whole.

    Raises:
        ValueError: a day or more.
    """
    offset = timedelta(hours=abs(int(hours)), minutes=int(minutes))
    return timezone(-offset if hours.startswith("-") else offset) if offset else UTC
