"""When the next request may leave: SendGrid's rate limit, obeyed before and after it is met.

`X-RateLimit-Reset` is compared with the answer's own `Date`, so that a clock of this machine that
is wrong changes nothing. Source: SendGrid's v3 API reference, "Rate limits" (the reset in seconds
since 1970); RFC 9110 §10.2.3 (`Retry-After`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from digest.delivery.providers.sendgrid.calling import Answer

#: Seconds to wait for a rate limit to end, at most; then the limit is tried again.
LONGEST_WAIT = 60.0

#: Requests in a row that were put off, after which the run ends.
MOST_IN_A_ROW = 8

#: Below this a reset is no time of day but seconds from now, as gateways in between write it.
_SECONDS = 100_000_000


class RateLimit:
    """Keeps the moment before which no request leaves.

    Args:
        clock: seconds, on any scale that does not jump.
        today: the time of day, where an answer has no `Date`.
    """

    def __init__(
        self, clock: Callable[[], float], today: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._clock = clock
        self._today = today
        self._until = clock()
        self._in_a_row = 0

    @property
    def is_hopeless(self) -> bool:
        """Whether so many requests in a row were put off that a person should look."""
        return self._in_a_row >= MOST_IN_A_ROW

    def wait(self) -> float:
        """Seconds until the next request may leave; 0.0: now."""
        return max(0.0, self._until - self._clock())

    def note(self, answer: Answer, *, put_off: bool) -> None:
        """Take in what an answer says about the rate.

        Args:
            put_off: the request was not taken and is to be repeated.
        """
        told = seconds_to_wait(answer.headers, self._today())
        if put_off:
            self._in_a_row += 1
            backed_off = 0.25 * 2**self._in_a_row
            # A limit that has ended by its own word, and still holds, is not asked at once.
            takes_word = told is not None and self._in_a_row <= 2
            self._hold(max(told or 0.0, 0.0 if takes_word else backed_off))
            return
        if answer.status:
            self._in_a_row = 0
        if told is not None and answer.headers.get("x-ratelimit-remaining", "").strip() == "0":
            self._hold(told)

    def _hold(self, seconds: float) -> None:
        self._until = max(self._until, self._clock() + min(seconds, LONGEST_WAIT))


def seconds_to_wait(headers: Mapping[str, str], today: datetime) -> float | None:
    """Seconds until `X-RateLimit-Reset` or after `Retry-After`; None when neither says."""
    try:
        moment = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        moment = today.timestamp()
    for name in ("x-ratelimit-reset", "retry-after"):
        try:
            value = float(headers.get(name, ""))
        except ValueError:
            continue
        if 0 <= value < float("inf"):
            return value if value < _SECONDS else max(0.0, value - moment)
    return None
