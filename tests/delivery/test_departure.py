"""When an edition may leave: the moment asked for, and the age at which it no longer does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.delivery.ledger.departure import parse_departure, require_possible
from digest.errors import UsageError

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T07:00", datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("2026-07-23 07:00:30", datetime(2026, 7, 23, 5, 0, 30, tzinfo=UTC)),
        ("2026-11-23T07:00+02:00", datetime(2026, 11, 23, 5, tzinfo=UTC)),
        ("2026-11-23T07:00Z", datetime(2026, 11, 23, 7, tzinfo=UTC)),
    ],
)
def test_moment_is_read_in_the_publications_zone_or_with_its_offset(
    text: str, moment: datetime
) -> None:
    assert parse_departure(text, PARIS) == moment


@pytest.mark.parametrize("text", ["", "demain", "07:00", "2026-11-23", "2026-11-31T07:00"])
def test_what_is_no_moment_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="--at") as refused:
        parse_departure(text, PARIS)
    assert "2026-11-23T07:00" in refused.value.hint


@pytest.mark.parametrize("text", ["2026-03-29T02:30", "2026-10-25T02:30"])
def test_time_that_the_clock_skips_or_shows_twice_has_to_be_said_exactly(text: str) -> None:
    with pytest.raises(UsageError, match="twice") as refused:
        parse_departure(text, PARIS)
    assert refused.value.hint.count("+00:00") == 2


def test_past_is_refused_and_sendgrid_plans_three_days_ahead() -> None:
    for provider in ("smtp", "sendgrid"):
        require_possible(NOW + timedelta(hours=72), NOW, provider)
        with pytest.raises(UsageError, match="has passed"):
            require_possible(NOW, NOW, provider)
    require_possible(NOW + timedelta(hours=73), NOW, "smtp")
    with pytest.raises(UsageError, match="72 hours"):
        require_possible(NOW + timedelta(hours=73), NOW, "sendgrid")
