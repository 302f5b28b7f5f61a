"""What the ledger speaks of: a frozen dispatch, its balance, and how a letter is kept as bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from digest.errors import StoreError
from digest.model.sending import DeliveryState, Letter, LetterPicture

LedgerName = Literal["main", "rehearsal"]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A letter with its frozen audience. `letter` is what is sent, whatever was rendered since.

    `provider` is the name it was frozen for; `letter_hash` the SHA-256 of the serialised letter.
    """

    id: int
    edition: str
    ledger: LedgerName
    provider: str
    letter: Letter
    letter_hash: str
    frozen_at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """Where the deliveries of one dispatch stand.

    `audience` is what was noted when the lists were frozen, the rest is counted row by row;
    `excluded` maps a reason (unsubscribed, unconfirmed, suppressed, removed,
    forgotten) to a number.
    """

    audience: int = 0
    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    pending: int = 0
    submitting: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        """Whether every delivery of the audience is accounted for."""
        counted = self.accepted + self.refused + self.unknown + self.pending + self.submitting
        return self.audience == counted + sum(self.excluded.values())

    def moved(self, origin: DeliveryState, state: DeliveryState, number: int = 1) -> Balance:
        """The balance after deliveries changed from one state (not excluded) to another."""
        if origin is state:
            return self
        return replace(
            self,
            **{
                origin.value: getattr(self, origin.value) - number,
                state.value: getattr(self, state.value) + number,
            },
        )

    def left(self, reasons: Mapping[str, int]) -> Balance:
        """The balance after pending deliveries were excluded, by reason."""
        excluded = dict(self.excluded)
        for reason, number in reasons.items():
            excluded[reason] = excluded.get(reason, 0) + number
        return replace(self, pending=self.pending - sum(reasons.values()), excluded=excluded)


def pack_letter(letter: Letter) -> tuple[bytes, str]:
    """A letter as compressed JSON with its pictures, and the SHA-256 of the JSON."""
    fields = {
        name: getattr(letter, name)
        for name in ("edition", "language", "subject", "preheader", "html", "text", "mjml")
    }
    pictures = [
        {
            "name": picture.name,
            "content_type": picture.content_type,
            "content": base64.b64encode(picture.content).decode("ascii"),
        }
        for picture in letter.pictures
    ]
    serialised = json.dumps(
        {**fields, "pictures": pictures}, ensure_ascii=False, sort_keys=True
    ).encode("utf-8")
    return zlib.compress(serialised), hashlib.sha256(serialised).hexdigest()


def unpack_letter(packed: bytes, letter_hash: str) -> Letter:
    """The letter that `pack_letter` kept.

    Raises:
        StoreError: the bytes are not those that were frozen.
    """
    try:
        serialised = zlib.decompress(packed)
    except zlib.error:
        serialised = b""
    if hashlib.sha256(serialised).hexdigest() != letter_hash:
        raise StoreError(
            "the frozen letter in the store is damaged: it does not match its hash",
            "Restore a backup (`digest backup` makes them).",
        )
    fields = json.loads(serialised)
    pictures = tuple(
        LetterPicture(
            picture["name"], picture["content_type"], base64.b64decode(picture["content"])
        )
        for picture in fields.pop("pictures")
    )
    return Letter(**fields, pictures=pictures)
