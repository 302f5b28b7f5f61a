"""Whether an edition still speaks of a week that readers call recent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from digest.check.findings import Finding, warning
from digest.check.locating import Locator
from digest.config import Config
from digest.model.edition import Edition
from digest.selection import week_window
from digest.text.saying import say


def stale_findings(
    edition: Edition, config: Config, now: datetime, where: Locator
) -> Iterator[Finding]:
    """The finding about an edition whose week is long over."""
    days = (now - week_window(edition.id, config.zone).end).days
    if days > config.check.stale_days:
        yield warning(
            "edition-stale",
            edition.id,
            say(
                "its week ended {count} days ago, more than {limit}",
                count=days,
                limit=config.check.stale_days,
            ),
            say("Build a newer week with --week, or raise check.stale_days."),
            where.edition("id"),
        )
