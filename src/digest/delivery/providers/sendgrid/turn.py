"""One `submit` of SendGrid's: requests under way, those that wait, and why nothing more may begin.

A request begins when its deliveries are committed as submitting, and ends with an answer, or with
none in time; `Sendgrid` says what that means. What is refused as a whole, or put off, begins anew.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from digest.delivery.ledger.starting import StoppingError, WithdrawnError
from digest.delivery.providers.sendgrid.calling import Answer
from digest.delivery.providers.sendgrid.grouping import Group, Grouping
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting

if TYPE_CHECKING:
    from digest.delivery.providers.sendgrid.provider import Sendgrid

#: Seconds between looks at whether the run is to end, while nothing may leave.
_LOOK = 0.2


class Turn:
    """One `submit`: requests under way, those that wait, and why nothing more may begin."""

    def __init__(
        self, provider: Sendgrid, recipients: Sequence[Recipient], starting: Starting
    ) -> None:
        self._provider = provider
        self._starting = starting
        self._grouping = Grouping(provider.payload, recipients, provider.most)
        self._ready: deque[Group] = deque()
        self._under_way: dict[asyncio.Future[Answer], Group] = {}
        self._is_over = False
        self._failure: Exception | None = None

    async def step(self) -> list[Outcome] | None:
        """Begin what may begin and wait for an answer; tells what became known, None at the end.

        Raises:
            CredentialsError, IncompleteError: nothing more may leave, and nothing is under way.
        """
        wait = 0.0
        while self._may_begin() and not (wait := self._wait()):
            await self._begin()
        outcomes = self._grouping.refused()
        if self._under_way:
            outcomes += await self._answers(wait)
        elif wait:
            await asyncio.sleep(min(wait, _LOOK))
        elif not outcomes:
            if self._failure is not None:
                raise self._failure
            return None
        if wait:
            await self._ask(())
        return outcomes

    async def end(self) -> None:
        """Wait for what is under way: nothing leaves any more when `submit` has ended."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    # ---- Beginning --------------------------------------------------------------------------

    def _may_begin(self) -> bool:
        at_once = 1 if self._provider.is_in_doubt else self._provider.requests_at_once
        room = len(self._under_way) < at_once
        return room and not self._is_over and bool(self._ready or self._grouping)

    def _wait(self) -> float:
        """Seconds until the next request may leave; it is ready and counted when there are none."""
        if wait := self._provider.pace.wait():
            return wait
        if not self._ready and (group := self._grouping.next()):
            self._ready.append(group)
        throttle = self._provider.throttle
        if throttle is None or not self._ready:
            return 0.0
        return throttle.wait_for_group(len(self._ready[0]))

    async def _begin(self) -> None:
        group = self._ready.popleft() if self._ready else None
        while group:
            gone = await self._ask([recipient.id for recipient in group.recipients])
            if gone is None:
                return
            if not gone:
                self._under_way[self._provider.post(group)] = group
                return
            group = group.without(gone)

    async def _ask(self, ids: Sequence[str]) -> frozenset[str] | None:
        """Tell that these start; returns those who may not, or None when nothing may."""
        try:
            await self._starting(ids)
        except WithdrawnError as error:
            return error.ids
        except StoppingError:
            self._is_over = True
            return None
        except Exception as error:
            self._fail(error)
            return None
        return frozenset()

    def _fail(self, error: Exception) -> None:
        self._is_over = True
        self._failure = self._failure or error

    # ---- Ending -----------------------------------------------------------------------------

    async def _answers(self, wait: float) -> list[Outcome]:
        """What became of the requests that were answered; waits for one, or as long as `wait`."""
        done, _ = await asyncio.wait(
            self._under_way,
            timeout=min(wait, _LOOK) if wait else None,
            return_when=asyncio.FIRST_COMPLETED,
        )
        outcomes: list[Outcome] = []
        for future in done:
            group, answer = self._under_way.pop(future), future.result()
            found = self._provider.judge(answer, group)
            if found.error is not None:
                self._fail(found.error)
            if found.then == "repeat":
                self._grouping.put_back(group)
            elif found.then == "split":
                self._grouping.split(group, answer)
            is_accepted = found.state is DeliveryState.ACCEPTED
            detail = "" if is_accepted else str(answer)
            provider_id = self._name_of(answer) if is_accepted else ""
            outcomes += [
                Outcome(recipient.id, found.state, detail, provider_id)
                for recipient in group.recipients
            ]
        return outcomes

    def _name_of(self, answer: Answer) -> str:
        """SendGrid's own name of a message, after that of the edition when it leaves later."""
        return f"{self._provider.place} {answer.headers.get('x-message-id', '')}".strip()
