"""What a relay's answers say about the relay itself, and when nothing more is risked. Pure."""

from __future__ import annotations

from collections import Counter

from digest.delivery.providers.smtp.relay import Relay
from digest.errors import IncompleteError
from digest.model.sending import DeliveryState, Outcome

#: Unknown outcomes on a connection without an accepted one between, after which the run ends.
_MOST_DOUBTS = 2

#: Refusals in a row, before anything was accepted, that say more about us than about readers.
_SUSPICIOUS = 10


class Record:
    """What a relay's answers so far say about the relay itself."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._refusals = 0
        self._accepted_any = False
        self._doubts: Counter[int] = Counter()

    def fault(self, outcome: Outcome, line: int) -> IncompleteError | None:
        """Why nothing more is risked after this outcome on a line; None to go on."""
        if outcome.state is DeliveryState.ACCEPTED:
            self._accepted_any = True
            if self._doubts:
                self._doubts[line] = 0
            return None
        if outcome.state is DeliveryState.REFUSED:
            self._refusals += 1
        elif outcome.state is DeliveryState.UNKNOWN:
            self._doubts[line] += 1
        if self._doubts[line] >= _MOST_DOUBTS:
            return IncompleteError(
                f"{self._relay.address}: {self._doubts[line]} letters in a row have an unknown "
                f"outcome, and nothing more is risked: {outcome.detail}",
                "See `digest status` and the relay's log; when the relay is well, run the command "
                "again: it goes on with those that are pending.",
            )
        if not self._accepted_any and self._refusals >= _SUSPICIOUS:
            return IncompleteError(
                f"{self._relay.address}: the relay refused the first {self._refusals} letters: "
                f"{outcome.detail}",
                "Check [publication] sender and whether the relay lets this machine send; the "
                "others are pending.",
            )
        return None

    def clean(self, text: str) -> str:
        """The relay's words without addresses and secrets."""
        return self._relay.clean(text)
