"""The message that a reader would receive, for reading: headers and source, nothing personal.

It is built for a stand-in whose address is then masked, and its way out ends in “…”; pictures are
shortened. Building is `digest.delivery.message.building`'s.
"""

from __future__ import annotations

import re
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any

from digest.config import Config
from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.envelope import envelope_for
from digest.model.people import mask_address
from digest.model.sending import Letter, Recipient
from digest.web.studio.readers import Reader, values_of

#: Stand for a reader's address, token and message id, and are replaced before anything is shown.
_LOCAL, _TOKEN, _ID = "studio-reader", "studio-token", "studio-message"
_PICTURE = re.compile(r"((?:[A-Za-z0-9+/=]{60,80}\n){2})(?:[A-Za-z0-9+/=]{1,80}\n){2,}")


def message_of(letter: Letter, config: Config, reader: Reader, now: datetime) -> dict[str, Any]:
    """Headers in order, unfolded and decoded; the source as text; its size in bytes.

    Args:
        reader: whose values fill the letter.
        now: the moment of dispatch.
    """
    domain = reader.email.rpartition("@")[2] or "example.org"
    recipient = Recipient(
        _ID,
        f"{_LOCAL}@{domain}",
        reader.name,
        "",
        _TOKEN,
        values_of(reader, config, letter, now),
    )
    envelope = envelope_for(config, letter, day=now.astimezone(config.zone).date())
    local = now.astimezone(config.zone)
    content = MessageTemplate(letter, envelope).build(recipient, local)
    masked = mask_address(reader.email or "claude@example.org").partition("@")[0]

    def shown(text: str) -> str:
        return text.replace(_LOCAL, masked).replace(_TOKEN, "…").replace(_ID, "…")

    parsed = message_from_bytes(content, policy=policy.default)
    headers = [[name, shown(str(value))] for name, value in parsed.items()]
    raw = content.decode("ascii", "replace").replace("\r\n", "\n")
    return {
        "headers": headers,
        "raw": shown(_PICTURE.sub(r"\1[…]\n", raw)),
        "bytes": len(content),
    }
