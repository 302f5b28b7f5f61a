"""An HTTP provider as a third party would write it, for the invented service “Colombe”.

Colombe takes one message a request (`POST /v1/messages`, a key in `Authorization`) and answers 202
with its own id, 401 or 403, 422 for an address it will never serve, 429 or 503 for later. It knows
no idempotency key: a request without an answer is in doubt for ever.

    [delivery]
    provider = "tests.delivery.contract.colombe:open_colombe"
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import urllib3

from digest.config import Config
from digest.delivery.ledger.starting import WithdrawnError
from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.envelope import Envelope
from digest.errors import CredentialsError, DigestError, IncompleteError
from digest.model.sending import DeliveryState, Letter, Outcome, Recipient, Starting


def open_colombe(config: Config, letter: Letter, envelope: Envelope) -> Colombe:
    """What `delivery.provider` names; secrets and addresses come from the environment."""
    return Colombe(
        os.environ["COLOMBE_URL"],
        os.environ["COLOMBE_KEY"],
        MessageTemplate(letter, envelope),
        envelope.sender,
    )


class Colombe:
    """One request a reader, one after the other."""

    name = "colombe"

    def __init__(self, url: str, key: str, template: MessageTemplate, sender: str) -> None:
        self._url = url
        self._key = key
        self._template = template
        self._sender = sender
        self._http = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=5.0))

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Ask `starting`, then send: never the other way round."""
        for recipient in recipients:
            try:
                await starting([recipient.id])
            except WithdrawnError:
                continue
            outcome, fault = await asyncio.to_thread(self._post, recipient)
            yield outcome
            if fault:
                raise fault

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """Colombe cannot be asked what became of a message."""
        return []

    async def close(self) -> None:
        """Close the connections."""
        self._http.clear()

    def _post(self, recipient: Recipient) -> tuple[Outcome, DigestError | None]:
        """What became of one message, and why nothing more should be tried."""
        message = self._template.build(recipient, datetime.now(UTC))
        body = {
            "from": self._sender,
            "to": recipient.email,
            "message": base64.b64encode(message).decode("ascii"),
        }
        try:
            answer = self._http.request(
                "POST",
                f"{self._url}/v1/messages",
                body=json.dumps(body),
                headers={"Authorization": self._key, "Content-Type": "application/json"},
            )
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError):
            fault = IncompleteError("Colombe cannot be reached", "Run the command again later.")
            return Outcome(recipient.id, DeliveryState.PENDING, detail="no connection"), fault
        except urllib3.exceptions.HTTPError as error:
            return Outcome(recipient.id, DeliveryState.UNKNOWN, detail=type(error).__name__), None
        if answer.status in (401, 403):
            refused = CredentialsError("Colombe refused the key", "Put COLOMBE_KEY right.")
            return Outcome(recipient.id, DeliveryState.PENDING, detail="refused key"), refused
        state = _STATES.get(answer.status, DeliveryState.UNKNOWN)
        taken_as = ""
        if state is DeliveryState.ACCEPTED:
            # The status has decided; half a body takes nothing back.
            with suppress(ValueError, KeyError, TypeError):
                taken_as = str(json.loads(answer.data)["message_id"])
        return Outcome(recipient.id, state, str(answer.status), taken_as), None


#: What Colombe's manual says each answer means; any other leaves open what happened.
_STATES = {
    202: DeliveryState.ACCEPTED,
    422: DeliveryState.REFUSED,
    429: DeliveryState.PENDING,
    503: DeliveryState.PENDING,
}
