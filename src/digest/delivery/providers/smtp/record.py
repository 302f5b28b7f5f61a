"""What a relay's answers say about the relay itself, and when nothing more is risked. Pure."""

from __future__ import annotations

from collections import Counter

from digest.delivery.providers.beginning import Beginning
from digest.delivery.providers.smtp.relay import Relay
from digest.errors import IncompleteError
from digest.model.sending import DeliveryState, Outcome

#: Unknown outcomes on a connection without an accepted one between, after which the run ends.
_MOST_DOUBTS = 2


class Record:
    """What a relay's answers so far say about the relay itself."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._beginning = Beginning()
        self._doubts: Counter[int] = Counter()

    @property
    def refuses_everybody(self) -> bool:
        """Whether a refusal says something about us, and costs no further reader the edition."""
        return self._beginning.is_hopeless

    def fault(self, outcome: Outcome, line: int) -> IncompleteError | None:
        """Why nothing more is risked after this outcome on a line; None to go on."""
        is_suspicious = self._beginning.is_suspicious(outcome.state)
        if outcome.state is DeliveryState.ACCEPTED:
            if self._doubts:
                self._doubts[line] = 0
            return None
        if outcome.state is DeliveryState.UNKNOWN:
            self._doubts[line] += 1
        if self._doubts[line] >= _MOST_DOUBTS:
            return IncompleteError(
                f"{self._relay.address}: {self._doubts[line]} letters in a row have an unknown "
                f"outcome, and nothing more is risked: {outcome.detail}",
                "See `digest status` and the relay's log; when the relay is well, run the command "
                "again: it goes on with those that are pending.",
            )
        if is_suspicious:
            return IncompleteError(
                f"{self._relay.address}: the relay refused the first {self._beginning.refused} "
                f"letters: {outcome.detail}",
                "Check [publication] sender and whether the relay lets this machine send; the "
                "others are pending.",
            )
        return None

    def clean(self, text: str) -> str:
        """The relay's words without addresses and secrets."""
        return self._relay.clean(text)
