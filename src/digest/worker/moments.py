"""When an edition leaves by itself: once a week, at a time of the publication's clock. Pure.

Moments are in UTC. Where clocks are put forward and the time does not exist, it is the moment that
lies as long after midnight (02:30 becomes 03:30); where they are put back and it comes twice, it
is the first of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.config import Config
from digest.errors import ConfigError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Weekly:
    """A day of the week (0 is Monday), a time of the day and the zone they are meant in.

    `late` is how long after the moment a missed edition still leaves by itself.
    """

    day: int
    time: time
    zone: ZoneInfo
    late: timedelta

    def __str__(self) -> str:
        return f"{DAYS[self.day].capitalize()} {self.time:%H:%M} {self.zone.key}"


def weekly_of(config: Config) -> Weekly | None:
    """What `[schedule]` says; None when nothing leaves by itself.

    Raises:
        ConfigError: `[edition] week` names one week, which would leave at a moment of any other.
    """
    schedule = config.schedule
    if not schedule.day:
        return None
    if config.edition.week not in ("last", "current"):
        raise ConfigError(
            f"{config.file.name}: [edition] week is {config.edition.week}: a schedule has no use "
            "for one fixed week",
            'Set it to "last" or "current", or leave [schedule] day out.',
        )
    return Weekly(
        DAYS.index(schedule.day),
        time.fromisoformat(schedule.time),
        config.zone,
        timedelta(hours=schedule.late_hours),
    )


def moments_after(weekly: Weekly, now: datetime) -> Iterator[datetime]:
    """The moments that are still to come, without end."""
    day = _day_before(weekly, now)
    while True:
        moment = moment_on(weekly, day)
        if moment > now:
            yield moment
        day += timedelta(weeks=1)


def due_moment(weekly: Weekly, now: datetime) -> datetime | None:
    """The moment that has come and is not over yet; None when nothing is to be done now."""
    last = max(
        moment
        for weeks in (0, 1)
        if (moment := moment_on(weekly, _day_before(weekly, now) + timedelta(weeks=weeks))) <= now
    )
    return last if now - last <= weekly.late else None


def moment_on(weekly: Weekly, day: date) -> datetime:
    """The moment on one day, in UTC."""
    return datetime.combine(day, weekly.time, tzinfo=weekly.zone).astimezone(UTC)


def is_skipped(weekly: Weekly, moment: datetime) -> bool:
    """Whether clocks were put forward past the scheduled time on the day of a moment."""
    return moment.astimezone(weekly.zone).time() != weekly.time


def _day_before(weekly: Weekly, now: datetime) -> date:
    """The scheduled day of the week, 7 to 13 days before the zone's today, so surely past."""
    today = now.astimezone(weekly.zone).date()
    return today - timedelta(days=(today.weekday() - weekly.day) % 7 + 7)
