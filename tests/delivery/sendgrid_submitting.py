"""Readers, and one `submit` of the SendGrid provider to a server of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from tests.delivery.sendgrid_server import KEY
from tests.delivery.world import ENVELOPE, address, make_letter, token

from digest.delivery.message.envelope import Envelope
from digest.delivery.providers.sendgrid.calling import Interface
from digest.delivery.providers.sendgrid.payload import Options, Payload
from digest.delivery.providers.sendgrid.provider import Sendgrid as Provider
from digest.model.sending import DeliveryState, Letter, Outcome, Recipient


def open_sendgrid(
    url: str,
    *,
    letter: Letter | None = None,
    envelope: Envelope = ENVELOPE,
    key: str = KEY,
    timeout: float = 5.0,
    options: Options | None = None,
    **settings: Any,
) -> Provider:
    payload = Payload(letter or make_letter(), envelope, options)
    if options and options.sandbox:
        settings["is_sandbox"] = True
    return Provider(payload, Interface(key, url, timeout), **settings)


def recipients(number: int) -> list[Recipient]:
    return [
        Recipient(f"{n:032x}", address(n), f"Lecteur {n}", "fr", token(n), {"name": f"L {n}"})
        for n in range(number)
    ]


def submit(
    provider: Provider,
    to: Sequence[Recipient],
    start: Callable[[Sequence[str]], None] = lambda _ids: None,
) -> dict[int, list[Outcome]]:
    """Number of the reader → outcomes in their order."""

    async def run() -> dict[int, list[Outcome]]:
        async def starting(ids: Sequence[str]) -> None:
            start(ids)

        found: dict[int, list[Outcome]] = {}
        async for outcome in provider.submit(to, starting):
            found.setdefault(int(outcome.id, 16), []).append(outcome)
        await provider.close()
        return found

    return asyncio.run(run())


def last(outcomes: dict[int, list[Outcome]]) -> list[DeliveryState]:
    return [outcomes[n][-1].state for n in sorted(outcomes)]
