"""`--at 2026-11-23T07:00`: the moment an edition leaves at, and whether it can be. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.errors import UsageError

#: How far ahead SendGrid takes a message (v3 API reference, `send_at`).
MOST_AHEAD = timedelta(hours=72)

#: The one provider that takes an edition ahead of its moment and holds it.
HOLDER = "sendgrid"


def parse_departure(text: str, zone: ZoneInfo) -> datetime:
    """Read a day and time, in the publication's zone unless it says its offset; gives UTC.

    Raises:
        UsageError: it is no moment, or the zone's clock skips it or shows it twice.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or len(text.strip()) <= len("2026-11-23"):
        raise UsageError(
            f"--at: found “{text}”",
            "Allowed: such as 2026-11-23T07:00, or with an offset 2026-11-23T07:00+01:00.",
        )
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise UsageError(
            f"--at: {text} is skipped or comes twice in {zone.key}, where clocks are changed",
            f"Say which one: {first.astimezone(UTC).isoformat()} or "
            f"{second.astimezone(UTC).isoformat()}.",
        )
    return first.astimezone(UTC)


def shown_in(zone: ZoneInfo, moment: datetime) -> str:
    """A moment as people read it."""
    return f"{moment.astimezone(zone):%Y-%m-%d at %H:%M}"


def waits_itself(provider: str) -> bool:
    """Whether a provider takes an edition ahead of its moment and holds it."""
    return provider == HOLDER


def require_possible(moment: datetime, now: datetime, provider: str) -> None:
    """Refuse a moment that has passed, or that the provider does not plan for.

    Args:
        moment: in the publication's zone, as it is shown.

    Raises:
        UsageError: why it cannot be.
    """
    shown = f"{moment:%Y-%m-%d at %H:%M}"
    if moment <= now:
        raise UsageError(f"--at: {shown} has passed", "Leave --at out to send at once.")
    if waits_itself(provider) and moment - now > MOST_AHEAD:
        raise UsageError(
            f"--at: {shown} is more than 72 hours ahead, and SendGrid takes no more",
            "Run the command within three days of it.",
        )
