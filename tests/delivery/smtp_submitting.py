"""Hands readers to an SMTP provider with a small letter, and tells what became of each."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import Any

from tests.delivery.world import (
    ENVELOPE,
    NOW,
    address,
    make_letter,
)

from digest.delivery.message.building import MessageTemplate
from digest.delivery.providers.smtp.provider import Smtp
from digest.delivery.providers.smtp.relay import Relay as Where
from digest.model.sending import Outcome, Recipient


def open_smtp(
    port: int,
    *,
    connections: int = 1,
    security: str = "none",
    context: ssl.SSLContext | None = None,
    username: str = "",
    password: str = "",
    timeout: float = 5.0,
    kind: type[Smtp] = Smtp,
    **options: Any,
) -> Smtp:
    where = Where("127.0.0.1", port, security, timeout, context, username, password)
    return kind(
        where,
        MessageTemplate(make_letter(), ENVELOPE),
        "lettre@example.org",
        lambda: NOW,
        connections=connections,
        pauses=(0.0, 0.0),
        **options,
    )


def recipients(number: int) -> list[Recipient]:
    return [
        Recipient(f"{n:032x}", address(n), f"Lecteur {n}", "fr", "t", {}) for n in range(number)
    ]


def submit(
    provider: Smtp,
    to: Sequence[Recipient],
    start: Callable[[Sequence[str]], None] = lambda _ids: None,
) -> dict[int, Outcome]:
    """Number of the reader → outcome."""

    async def run() -> dict[int, Outcome]:
        async def starting(ids: Sequence[str]) -> None:
            start(ids)

        try:
            return {int(o.id, 16): o async for o in provider.submit(to, starting)}
        finally:
            await provider.close()

    return asyncio.run(run())
