"""Sends a letter with a picture to a real server, and compares what arrived byte for byte."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable, Sequence

from tests.delivery.world import ENVELOPE, NOW, make_letter
from tests.relays.unpacked import until

from digest.delivery.message.building import MessageTemplate
from digest.delivery.providers.smtp.provider import Smtp
from digest.delivery.providers.smtp.relay import Relay
from digest.model.sending import Outcome, Recipient

LETTER = make_letter(picture=b"\x89PNG" + bytes(range(256)) * 40)
TEMPLATE = MessageTemplate(LETTER, ENVELOPE)


def readers(number: int, domain: str = "readers.example") -> list[Recipient]:
    return [
        Recipient(
            f"{len(domain):016x}{n:016x}",
            f"l{n}@{domain}",
            f"Zoé n° {n}",
            "fr",
            f"t{n}",
            {"name": f"Zoé {n}"},
        )
        for n in range(number)
    ]


def send(
    port: int,
    to: Sequence[Recipient],
    *,
    connections: int = 5,
    security: str = "none",
    context: ssl.SSLContext | None = None,
    username: str = "",
    password: str = "",
) -> dict[str, Outcome]:
    """Address → outcome."""

    async def run() -> dict[str, Outcome]:
        relay = Relay("127.0.0.1", port, security, 20.0, context, username, password)
        provider = Smtp(
            relay,
            TEMPLATE,
            "lettre@example.org",
            lambda: NOW,
            connections=connections,
            pauses=(0.1, 0.5),
        )

        async def starting(_ids: Sequence[str]) -> None:
            return None

        addresses = {one.id: one.email for one in to}
        try:
            return {addresses[o.id]: o async for o in provider.submit(to, starting)}
        finally:
            await provider.close()

    return asyncio.run(run())


def arrived(found: Callable[[], list[bytes]], to: Sequence[Recipient]) -> None:
    """Wait for the messages, then hold each against what was built."""
    assert until(lambda: len(found()) >= len(to), 30), f"{len(found())} of {len(to)} arrived"
    first = TEMPLATE.build(to[0], NOW).partition(b"\r\n")[0]
    messages = Counter(
        one[one.index(b"\n" + first) + 1 :].rstrip(b"\n").replace(b"\r\n", b"\n") for one in found()
    )
    expected = {TEMPLATE.build(one, NOW).rstrip(b"\r\n").replace(b"\r\n", b"\n"): 1 for one in to}
    assert dict(messages) == expected
