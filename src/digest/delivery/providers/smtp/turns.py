"""Whose turn it is: recipients of a batch in the order in which they may leave.

Without a throttle that is the order they came in. With one, those that wait together stand in one
lane, and the other lanes go past them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable

from digest.delivery.throttling import Throttle
from digest.model.sending import Recipient


class Turns:
    """Recipients that no connection has.

    Args:
        throttle: asked right before a recipient is handed out; None: nobody ever waits.
        clock: seconds, on any scale that does not go back.
    """

    def __init__(
        self,
        recipients: Iterable[Recipient],
        throttle: Throttle | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._throttle = throttle
        self._clock = clock
        #: Lane → who stands in it. Slow lanes are looked at before the one of all the others.
        self._lanes: dict[int, deque[Recipient]] = {}
        self._until: dict[int, float] = {}
        #: Seconds after which it makes sense to ask again when `next` had nobody.
        self.wait = 0.0
        if throttle is None:
            self._lanes[0] = deque(recipients)
            return
        for recipient in recipients:
            self._lanes.setdefault(throttle.lane(recipient.email), deque()).append(recipient)
        self._lanes = dict(sorted(self._lanes.items(), reverse=True))

    def __bool__(self) -> bool:
        return any(self._lanes.values())

    def __len__(self) -> int:
        return sum(map(len, self._lanes.values()))

    def next(self) -> Recipient | None:
        """Who may leave now; None: nobody, for `wait` seconds or because nobody is left."""
        if self._throttle is None:
            queue = self._lanes[0]
            return queue.popleft() if queue else None
        now = self._clock()
        waits: list[float] = []
        for lane, queue in self._lanes.items():
            if not queue:
                continue
            wait = self._until.get(lane, 0.0) - now
            if wait <= 0:
                wait = self._throttle.wait_for(queue[0].email)
                if wait <= 0:
                    return queue.popleft()
                self._until[lane] = now + wait
            waits.append(wait)
        self.wait = min(waits, default=0.0)
        return None

    def put_back(self, recipient: Recipient) -> None:
        """It is their turn again, before all others of their lane."""
        lane = self._throttle.lane(recipient.email) if self._throttle else 0
        self._lanes.setdefault(lane, deque()).appendleft(recipient)
