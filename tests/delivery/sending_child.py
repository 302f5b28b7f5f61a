"""A process that dispatches into an outbox; the kill test starts it and kills it.

Usage: sending_child.py STORE_URL OUTBOX BATCH DURABILITY
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.delivery.world import EDITION, ENVELOPE

from digest.delivery import ledger
from digest.delivery.message.building import MessageTemplate
from digest.delivery.providers.outbox import Outbox
from digest.store.database import Database, Durability


def now() -> datetime:
    return datetime.now(UTC)


async def main(url: str, path: str, batch: str, durability: Durability) -> None:
    database = Database(url, durability=durability)
    dispatch = ledger.frozen(database, EDITION, "main")
    assert dispatch is not None
    outbox = Outbox(Path(path), MessageTemplate(dispatch.letter, ENVELOPE), now)
    print("ready", flush=True)
    await ledger.dispatch(
        database,
        dispatch,
        outbox,
        ENVELOPE,
        batch=int(batch),
        now=now,
        progress=lambda _balance: None,
        stop=asyncio.Event(),
    )
    await outbox.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))  # type: ignore[arg-type]
