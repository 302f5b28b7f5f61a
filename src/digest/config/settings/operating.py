"""Settings of a publication at work: where its ledger is kept, and when it leaves by itself."""

from __future__ import annotations

from dataclasses import dataclass

from digest.config.settings.schema import ENVIRONMENT_NAME, TIME, setting


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """`[store]`."""

    url: str = setting(
        "`sqlite:///path` (relative to this file) or `postgresql+psycopg://host/database`.",
        "sqlite:///subscribers/digest.db",
        pattern=r"(sqlite:///|postgresql\+psycopg://).+",
        example="sqlite:///subscribers/digest.db",
    )
    password_env: str = setting(
        "Variable that holds PostgreSQL's password.", "", pattern=ENVIRONMENT_NAME
    )
    durability: str = setting(
        "What a commit survives on SQLite: the death of the `process` (fast), or the loss of "
        "`power` too. PostgreSQL's own configuration decides there.",
        "power",
        choices=("process", "power"),
    )


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """`[schedule]`: when `digest worker` sends by itself, and what `digest schedule` prints."""

    day: str = setting(
        "Day of the week, in the publication's zone. Default: nothing leaves by itself.",
        "",
        pattern=r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday",
        example="sunday",
    )
    time: str = setting(
        "Time of the day, in the publication's zone.", "07:00", pattern=TIME, example="07:00"
    )
    late_hours: float = setting(
        "Hours after that moment in which a missed edition still leaves by itself.",
        6.0,
        minimum=0.5,
        maximum=72,
    )
