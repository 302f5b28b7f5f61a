"""What `starting` may answer to a provider besides "go on".

A provider that meets one of these has not made anybody responsible for the deliveries it asked
for, and must see to it that it stays so: no byte that could make them accepted may leave.
"""

from __future__ import annotations

from collections.abc import Collection


class WithdrawnError(Exception):
    """Some of the deliveries may not leave any more (their reader left meanwhile).

    None of the call's deliveries has been started; the provider may ask again without `ids`.
    """

    def __init__(self, ids: Collection[str]) -> None:
        super().__init__(f"{len(ids)} deliveries were withdrawn")
        self.ids = frozenset(ids)


class StoppingError(Exception):
    """Nothing new may start. Finish what is in flight, then end without further outcomes."""
