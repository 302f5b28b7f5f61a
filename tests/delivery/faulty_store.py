"""A provider whose messages leave together, and faults at one of its turns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from tests.delivery.world import (
    Scripted,
    send,
    states,
)

from digest.delivery import ledger
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting
from digest.store.database import Database

READERS = 40


class Together(Scripted):
    """Starts several deliveries at a time, as several connections do, and hears of all later."""

    group = 4
    detail = "250 taken"

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Group by group."""
        for first in range(0, len(recipients), self.group):
            group = recipients[first : first + self.group]
            self.seen += group
            self.before_start(group[0])
            await starting([recipient.id for recipient in group])
            self.after_start(group[0])
            for recipient in group:
                self.accepted[recipient.email] = self.accepted.get(recipient.email, 0) + 1
                yield Outcome(recipient.id, DeliveryState.ACCEPTED, self.detail)


def at_turn(provider: Scripted, turn: int, act: Callable[[], object]) -> Callable[[object], None]:
    """Act when the provider has seen so many readers, once."""
    done: list[int] = []

    def hook(_recipient: object) -> None:
        if len(provider.seen) >= turn and not done:
            done.append(turn)
            act()

    return hook


def go_on(database: Database, dispatch: ledger.Dispatch, before: Scripted, *, doubts: int) -> None:
    """The next run finishes the dispatch; nobody had two copies and few are in doubt."""
    after = Scripted()
    balance = send(database, dispatch, after)
    assert balance.adds_up
    assert not balance.left
    assert set(after.accepted).isdisjoint(before.accepted)
    assert all(copies == 1 for copies in (before.accepted | after.accepted).values())
    assert balance.accepted + balance.unknown == READERS
    assert balance.unknown <= doubts
    unsure = {email for email, state in states(database).items() if state == "unknown"}
    assert unsure <= set(before.accepted)
