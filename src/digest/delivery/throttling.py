"""How fast messages may leave: all together, and for the addresses of some domains.

Each rate is a bucket of a tenth of a second (one message at least), kept as the moment at which it
would be full again, in whole nanoseconds, so that no sum of roundings lets one more through.
Source of the reckoning: ITU-T I.371, the generic cell rate algorithm (virtual scheduling). Who
waits, and what is done meanwhile, is the providers' business.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

from digest.config import Config
from digest.delivery.message.encoding import ascii_domain, is_domain
from digest.errors import ConfigError

#: Seconds that a bucket can save up.
_SAVED = 0.1

#: Seconds below which nobody is asked to wait: timers are no finer.
_SHORTEST = 0.001

_SECOND = 1_000_000_000


def open_throttle(config: Config, clock: Callable[[], float] = time.monotonic) -> Throttle | None:
    """The throttle of `[delivery] rate` and `[[delivery.throttles]]`; None where there is none.

    Raises:
        ConfigError: a domain cannot exist, or stands twice.
    """
    delivery = config.delivery
    seen: set[str] = set()
    for index, entry in enumerate(delivery.throttles):
        place = f"{config.file}: delivery.throttles[{index}].domains"
        for domain in entry.domains:
            try:
                name = _known(domain)
            except ValueError as error:
                raise ConfigError(
                    f"{place}: “{domain}”: {error}", "Write a domain such as orange.fr."
                ) from None
            if name in seen:
                raise ConfigError(f"{place}: “{domain}” stands twice", "Name each domain once.")
            seen.add(name)
    if not delivery.rate and not seen:
        return None
    return Throttle(
        delivery.rate, [(entry.domains, entry.rate) for entry in delivery.throttles], clock
    )


class Throttle:
    """Says when a message may leave, and counts those that do.

    In no stretch of `seconds` do more than `rate × seconds` plus a tenth of a second's worth leave
    (one message at least). A clock that stands still or goes back makes nobody wait longer than
    the rate itself asks.

    Args:
        rate: messages a second, all together; 0: as fast as they go.
        domains: (domains, messages a second for their addresses together). A domain is exactly
            what stands after the @, not those below it.
        clock: seconds, on any scale.

    Raises:
        ValueError: a domain cannot be written in ASCII.
    """

    def __init__(
        self,
        rate: float,
        domains: Iterable[tuple[Iterable[str], float]] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._origin = clock()
        self._now = 0
        self._all = _Bucket(rate) if rate else None
        self._buckets: list[_Bucket] = []
        self._lanes: dict[str, int] = {}
        for names, its_rate in domains:
            self._buckets.append(_Bucket(its_rate))
            self._lanes.update((_plain(name), len(self._buckets)) for name in names)

    def lane(self, email: str) -> int:
        """Which addresses wait together: 0 for the rate of all, n for the nth of `domains`."""
        domain = email.rpartition("@")[2]
        if domain in self._lanes:
            return self._lanes[domain]
        try:
            return self._lanes.get(_plain(domain), 0)
        except ValueError:
            return 0

    def wait_for(self, email: str) -> float:
        """Seconds until a message to this address may leave.

        0.0: it may, and was counted; otherwise nothing was counted, and whoever waited asks again.
        """
        number = self.lane(email)
        buckets = [self._all] if self._all else []
        if number:
            buckets.append(self._buckets[number - 1])
        return self._take(buckets, 1)

    def wait_for_group(self, count: int) -> float:
        """As `wait_for`, for a request that takes `count` messages at once, whatever the domains.

        A request larger than the bucket leaves when the bucket is full, and those after it wait
        the longer.
        """
        return self._take([self._all] if self._all else [], count)

    def _take(self, buckets: list[_Bucket], count: int) -> float:
        self._look()
        wait = max((bucket.wait(self._now, count) for bucket in buckets), default=0)
        if wait > 0:
            return max(wait / _SECOND, _SHORTEST)
        for bucket in buckets:
            bucket.take(self._now, count)
        return 0.0

    def _look(self) -> None:
        """Go on by what the clock went on: a step back counts as standing still."""
        moment = self._clock()
        now = int((moment - self._origin) * _SECOND)
        if now < self._now:
            self._origin = moment - self._now / _SECOND
        else:
            self._now = now


class _Bucket:
    """One rate; all times in nanoseconds. `_full` is when it would be full again."""

    __slots__ = ("_full", "_interval", "_room")

    def __init__(self, rate: float) -> None:
        self._interval = math.ceil(_SECOND / rate)
        self._room = max(1, int(rate * _SAVED))
        self._full = 0

    def wait(self, now: int, count: int) -> int:
        """Nanoseconds until `count` may leave; 0 or less: now."""
        return self._full - now - max(0, self._room - count) * self._interval

    def take(self, now: int, count: int) -> None:
        """Count them."""
        self._full = max(self._full, now) + count * self._interval


def _known(domain: str) -> str:
    if not is_domain(name := _plain(domain)):
        raise ValueError("not a domain")
    return name


def _plain(domain: str) -> str:
    return ascii_domain(domain.strip().rstrip(".")).lower()
