"""Provider `sendgrid`: up to 1,000 readers a request, through the `sendgrid` package.

SendGrid has no idempotency key: a request whose answer did not come has an unknown outcome and is
never repeated; the delivery id in `custom_args` says at SendGrid which one it was. A refused
request (400) was refused as a whole and is split until the reader it is about stands alone. A
redirect is not followed: the key is for the host that was configured.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from digest.config import Config
from digest.config.secrets import read_secret
from digest.delivery.ledger.starting import WithdrawnError
from digest.delivery.message.building import address_fault
from digest.delivery.message.envelope import Envelope
from digest.delivery.providers.sendgrid.calling import Answer, caller
from digest.delivery.providers.sendgrid.payload import Payload
from digest.errors import ConfigError, CredentialsError, IncompleteError
from digest.model.sending import DeliveryState, Letter, Outcome, Recipient, Starting

#: Seconds to wait for a rate limit to end, at most.
_LONGEST_WAIT = 60.0

#: Refusals in a row, before anything was accepted, that say more about us than about readers.
_SUSPICIOUS = 10

_PERSONALIZATION = re.compile(r"personalizations\.(\d+)")


def open_sendgrid(config: Config, letter: Letter, envelope: Envelope) -> Sendgrid:
    """SendGrid as `[delivery.sendgrid]` describes it; nothing is sent yet.

    Raises:
        ConfigError: the key is missing, or the sender cannot stand in a request.
    """
    settings = config.delivery.sendgrid
    try:
        payload = Payload(letter, envelope, sandbox=settings.sandbox)
    except ValueError as error:
        raise ConfigError(
            f"{config.file}: publication.sender or publication.reply_to: {error}",
            "Write a plain address such as lettre@example.org.",
        ) from None
    return Sendgrid(
        payload,
        api_key=read_secret(settings.api_key_env, "SendGrid's key"),
        api_url=settings.api_url,
        timeout=settings.timeout,
        sandbox=settings.sandbox,
    )


class Sendgrid:
    """SendGrid's `mail/send`, one request after the other."""

    name = "sendgrid"

    def __init__(
        self, payload: Payload, *, api_key: str, api_url: str, timeout: float, sandbox: bool
    ) -> None:
        self._payload = payload
        self._post = caller(api_key, api_url.rstrip("/"), timeout)
        self._host = api_url
        self._expected = 200 if sandbox else 202
        self._accepted_any = False
        self._refusals = 0
        self._troubles = 0

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Send to every recipient.

        A reader of a request that is split or put off has a `pending` outcome first, so that never
        more than one request is in doubt.

        Raises:
            CredentialsError: SendGrid refused the key or the sender.
            IncompleteError: SendGrid cannot be reached, or refuses the letter itself.
        """
        sound: list[Recipient] = []
        for recipient in recipients:
            if fault := address_fault(recipient.email):
                yield Outcome(recipient.id, DeliveryState.REFUSED, detail=fault)
            else:
                sound.append(recipient)
        groups = [sound]
        while groups:
            group = groups.pop()
            size = self._payload.group_size(group)
            if size < len(group):
                groups.append(group[size:])
                group = group[:size]
            group = await _start(group, starting)
            if not group:
                continue
            answer = await asyncio.to_thread(self._post, self._payload.request(group))
            for recipient in group:
                yield self._outcome(recipient, answer, alone=len(group) == 1)
            self._raise_for(answer, alone=len(group) == 1)
            if answer.status in (400, 413):
                groups.extend(_split(group, answer))
            elif answer.status == 429:
                await asyncio.sleep(_wait(answer.headers, datetime.now(UTC)))

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """Nothing: SendGrid does not say afterwards."""
        return []

    async def close(self) -> None:
        """Nothing is open between requests."""

    def _outcome(self, recipient: Recipient, answer: Answer, *, alone: bool) -> Outcome:
        state, detail = DeliveryState.UNKNOWN, str(answer)
        if answer.status == self._expected:
            provider_id = answer.headers.get("x-message-id", "")
            return Outcome(recipient.id, DeliveryState.ACCEPTED, provider_id=provider_id)
        if answer.status == 400 and alone and _is_about_readers(answer):
            state = DeliveryState.REFUSED
        elif not answer.reached or 300 <= answer.status < 500:
            state = DeliveryState.PENDING
        return Outcome(recipient.id, state, detail=detail)

    def _raise_for(self, answer: Answer, *, alone: bool) -> None:
        status, said = answer.status, str(answer)
        if status == self._expected:
            self._accepted_any, self._troubles = True, 0
        elif status in (401, 403):
            raise CredentialsError(
                f"SendGrid: {said}",
                "Check the key in the variable named by [delivery.sendgrid] api_key_env, its "
                "permission “Mail Send”, and that the sender is verified.",
            )
        elif not answer.reached:
            raise IncompleteError(
                f"{self._host}: {said}",
                "Check [delivery.sendgrid] api_url and the network, then run the command again; "
                "it goes on.",
            )
        elif 300 <= status < 400:
            raise IncompleteError(
                f"{self._host}: {said}; it was not followed",
                "Set [delivery.sendgrid] api_url to the address of SendGrid itself, e.g. "
                "https://api.sendgrid.com, then run the command again; it goes on.",
            )
        elif status == 400 and not _is_about_readers(answer):
            raise IncompleteError(
                f"SendGrid refused the letter itself: {said}",
                "Correct what it names in [publication] or the letter, then run the command again.",
            )
        elif status == 413 and alone:
            raise IncompleteError(
                f"SendGrid finds the letter too large: {said}",
                'Make its pictures smaller, or set [edition] images = "link".',
            )
        elif status == 400 and alone:
            self._refusals += 1
            if not self._accepted_any and self._refusals >= _SUSPICIOUS:
                raise IncompleteError(
                    f"SendGrid refused the first {self._refusals} readers: {said}",
                    "Check [publication] and the letter; the others are pending.",
                )
        elif status not in (400, 413, 429):
            self._note_trouble(answer)

    def _note_trouble(self, answer: Answer) -> None:
        """One request in doubt may be chance; after the second in a row nothing more is risked."""
        self._troubles += 1
        if 400 <= answer.status < 500 or self._troubles > 1:
            raise IncompleteError(
                f"{self._host}: {answer}",
                "See `digest status`; check [delivery.sendgrid] api_url and SendGrid's status "
                "page, then run the command again.",
            )


async def _start(group: list[Recipient], starting: Starting) -> list[Recipient]:
    while group:
        try:
            await starting([recipient.id for recipient in group])
        except WithdrawnError as error:
            group = [recipient for recipient in group if recipient.id not in error.ids]
        else:
            break
    return group


def _split(group: list[Recipient], answer: Answer) -> list[list[Recipient]]:
    """Those the answer names each alone and the rest together; in halves when it names none."""
    if len(group) == 1:
        return []
    named = {
        int(match[1]) for name in answer.fields if (match := _PERSONALIZATION.match(name))
    } & set(range(len(group)))
    if named and len(named) < len(group):
        rest = [recipient for index, recipient in enumerate(group) if index not in named]
        return [rest, *([group[index]] for index in sorted(named))]
    return [group[: len(group) // 2], group[len(group) // 2 :]]


def _is_about_readers(answer: Answer) -> bool:
    """Whether a 400 may be about a reader; without a field it may."""
    return not answer.fields or any(_PERSONALIZATION.match(name) for name in answer.fields)


def _wait(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds until `X-RateLimit-Reset`, from 0 to 60; one when it does not say."""
    try:
        reset = float(headers.get("x-ratelimit-reset", ""))
    except ValueError:
        return 1.0
    return min(max(reset - now.timestamp(), 0.0), _LONGEST_WAIT)
