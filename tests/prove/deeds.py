"""A provider that does with each delivery what it was told, dying and hanging included.

What it takes it writes into a notebook, as a mailbox would.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable, Sequence
from pathlib import Path

from tests.prove.witnesses.notebook import Notebook

from digest.errors import IncompleteError
from digest.model.sending import DeliveryState, Outcome, Recipient, Starting

#: What a provider may do with a delivery. Those in capitals end the run there.
DEEDS = (
    "accept", "accept", "accept", "refuse", "defer", "unknown", "unknown-accepted", "silent",
    "silent-accepted", "DIE-before", "DIE-started", "DIE-accepted", "DIE-told", "RAISE", "STOP",
)  # fmt: skip
_WELL = "accept"


class Provider:
    """Does with one delivery after the other what it was told, then is away; None: takes all."""

    name = "scripted"

    def __init__(self, deeds: Sequence[str] | None, notebook: Path, stop: asyncio.Event) -> None:
        self._deeds = None if deeds is None else list(deeds)
        self._notebook = Notebook(notebook)
        self._stop = stop

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """One delivery after the other; some without a word."""
        for recipient in recipients:
            deed = _WELL if self._deeds is None else self._deeds.pop(0) if self._deeds else "RAISE"
            if deed == "RAISE":
                raise IncompleteError("the relay is away")
            if deed == "STOP":
                self._stop.set()
            _die(deed, "DIE-before")
            await starting([recipient.id])
            _die(deed, "DIE-started")
            if deed == "HANG":
                os.kill(os.getpid(), signal.SIGSTOP)
            if deed in ("accept", "STOP", "HANG") or deed.endswith(("accepted", "told")):
                self._notebook.note([recipient.id])
            _die(deed, "DIE-accepted")
            if deed.startswith("silent"):
                continue
            state = {
                "refuse": DeliveryState.REFUSED,
                "defer": DeliveryState.PENDING,
            }.get(deed, DeliveryState.ACCEPTED)
            if deed.startswith("unknown"):
                state = DeliveryState.UNKNOWN
            yield Outcome(recipient.id, state, detail=f"it said {deed}")
            _die(deed, "DIE-told")

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """It cannot tell."""
        return []

    async def close(self) -> None:
        """Nothing is open."""


def _die(deed: str, here: str) -> None:
    if deed == here:
        os.kill(os.getpid(), signal.SIGKILL)
