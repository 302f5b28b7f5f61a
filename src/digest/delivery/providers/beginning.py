"""When refusals at the start of a run say more about us than about readers. Pure.

One rule for every provider: so many refused before anybody was accepted, and the rest is kept.
"""

from __future__ import annotations

from digest.model.sending import DeliveryState

#: Refusals, before anything was accepted, that are suspicious.
MOST_REFUSED = 10


class Beginning:
    """What became of the first deliveries; `refused` of them were turned down."""

    def __init__(self) -> None:
        self.refused = 0
        self._accepted_any = False

    @property
    def is_hopeless(self) -> bool:
        """Whether nobody else should be risked, nor be taken for refused."""
        return not self._accepted_any and self.refused >= MOST_REFUSED

    def is_suspicious(self, state: DeliveryState) -> bool:
        """Take in what became of one more; whether nobody else should be risked."""
        if state is DeliveryState.ACCEPTED:
            self._accepted_any = True
        elif state is DeliveryState.REFUSED:
            self.refused += 1
            return self.is_hopeless
        return False
