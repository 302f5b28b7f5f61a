"""One copy for looking at: a test to one address, or the message as a file. No ledger knows it."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import Sequence
from datetime import datetime

from digest.config import Config
from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.envelope import envelope_for, values_for
from digest.delivery.providers import open_provider
from digest.errors import IncompleteError, UsageError
from digest.model.people import mask_address
from digest.model.sending import DeliveryState, Letter, Outcome, Recipient
from digest.store.ledger.dispatches import DeliveryRow
from digest.subscribers.addresses import normalise


def send_test(config: Config, letter: Letter, address: str, *, now: datetime) -> Outcome:
    """Send one copy, marked as a test, to one address; no ledger knows of it.

    Raises:
        UsageError: it is no address.
        IncompleteError: the provider did not accept it.
    """
    try:
        address = normalise(address)
    except ValueError as error:
        shown = mask_address(address)
        raise UsageError(f"“{shown}”: {error}", "Give one e-mail address.") from None
    marked = dataclasses.replace(letter, subject=f"[Test] {letter.subject}")
    recipient = sample_recipient(config, marked, now, address)

    async def run() -> list[Outcome]:
        provider = open_provider(config, marked, clock=lambda: now)
        try:
            return [outcome async for outcome in provider.submit([recipient], _at_once)]
        finally:
            await provider.close()

    *_before, outcome = asyncio.run(run())
    if outcome.state is not DeliveryState.ACCEPTED:
        raise IncompleteError(
            f"the test copy was not accepted: {outcome.state}: {outcome.detail}",
            "Run `digest doctor`.",
        )
    return outcome


def sample_message(config: Config, letter: Letter, now: datetime) -> bytes:
    """The message that one reader would receive, as RFC 5322 bytes."""
    recipient = sample_recipient(config, letter, now)
    envelope = envelope_for(config, letter, day=now.astimezone(config.zone).date())
    return MessageTemplate(letter, envelope).build(recipient, now)


def sample_recipient(
    config: Config, letter: Letter, now: datetime, address: str = "lectrice@example.org"
) -> Recipient:
    """A reader who does not exist, for whom a letter is shown or tried."""
    envelope = envelope_for(config, letter, day=now.astimezone(config.zone).date())
    row = DeliveryRow(secrets.token_hex(16), address, "", "", config.lists[0].name, "test", now)
    return Recipient(row.id, address, "", "", row.token, values_for(row, envelope))


async def _at_once(_ids: Sequence[str]) -> None:
    """A test copy has no ledger to note its start in."""
