"""Shares recipients out among requests: of one list, each address once, within the limits.

A request that was refused as a whole comes back here and is made smaller.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from digest.delivery.message.encoding import header_address
from digest.delivery.providers.sendgrid import payload as limits
from digest.delivery.providers.sendgrid.calling import Answer
from digest.delivery.providers.sendgrid.judging import named_readers
from digest.delivery.providers.sendgrid.payload import Payload
from digest.model.sending import DeliveryState, Outcome, Recipient


@dataclass(frozen=True, slots=True)
class Group:
    """Readers of one list for one request, and their parts of it, in the same order."""

    list_name: str
    recipients: Sequence[Recipient]
    personalizations: Sequence[str]

    def __len__(self) -> int:
        return len(self.recipients)

    def without(self, ids: Collection[str]) -> Group:
        """The group without some."""
        kept = [
            (recipient, part)
            for recipient, part in zip(self.recipients, self.personalizations, strict=True)
            if recipient.id not in ids
        ]
        return Group(self.list_name, [one for one, _ in kept], [part for _, part in kept])


class Grouping:
    """Recipients that are still to be grouped.

    True as long as some are left.

    Args:
        most: readers of a request; 0: as many as it holds.
    """

    def __init__(self, payload: Payload, recipients: Sequence[Recipient], most: int = 0) -> None:
        self._payload = payload
        self._most = min(most or limits.MOST_RECIPIENTS, limits.MOST_RECIPIENTS)
        self._refused: list[Outcome] = []
        piles: dict[str, deque[Recipient]] = {}
        for recipient in recipients:
            piles.setdefault(payload.list_of(recipient), deque()).append(recipient)
        self._piles = deque(piles.items())

    def __bool__(self) -> bool:
        return bool(self._piles)

    def next(self) -> Group | None:
        """The next group; None when none is left that can be written to."""
        while self._piles:
            list_name, pile = self._piles[0]
            group = self._take(list_name, pile)
            if not pile:
                self._piles.popleft()
            if group:
                return group
        return None

    def refused(self) -> list[Outcome]:
        """Those found since the last call who cannot be written to."""
        refused, self._refused = self._refused, []
        return refused

    def put_back(self, group: Group) -> None:
        """A group is to leave again, as it was."""
        self._piles.appendleft((group.list_name, deque(group.recipients)))

    def split(self, group: Group, answer: Answer) -> None:
        """A group of several was refused: those the answer names come again each alone and the
        rest together, or the two halves when it names none, or all."""
        readers = group.recipients
        named = named_readers(answer, len(readers))
        if named and len(named) < len(readers):
            alone = set(named)
            rest = [reader for place, reader in enumerate(readers) if place not in alone]
            parts = [rest, *([readers[place]] for place in named)]
        else:
            parts = [list(readers[: len(readers) // 2]), list(readers[len(readers) // 2 :])]
        self._piles.extendleft((group.list_name, deque(part)) for part in reversed(parts))

    def _take(self, list_name: str, pile: deque[Recipient]) -> Group:
        payload = self._payload
        size = payload.head_bytes(list_name)
        seen: set[str] = set()
        later: list[Recipient] = []
        recipients: list[Recipient] = []
        personalizations: list[str] = []
        while pile and len(recipients) < self._most:
            recipient = pile[0]
            try:
                part = payload.personalization(recipient, list_name)
            except ValueError as error:
                pile.popleft()
                self._refused.append(
                    Outcome(recipient.id, DeliveryState.REFUSED, detail=str(error))
                )
                continue
            size += len(part) + 1
            if recipients and size > limits.MOST_BYTES:
                break
            pile.popleft()
            # SendGrid refuses a request that holds an address twice, however it is written.
            email = recipient.email
            address = (email if email.isascii() else header_address(email)).lower()
            if address in seen:
                later.append(recipient)
                continue
            seen.add(address)
            recipients.append(recipient)
            personalizations.append(part)
        pile.extendleft(reversed(later))
        return Group(list_name, recipients, personalizations)
