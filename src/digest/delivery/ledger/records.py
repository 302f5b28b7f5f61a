"""What the ledger speaks of: a frozen dispatch, its balance, and how a letter is kept as bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections import Counter
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
    `send_at` is when it may leave at the earliest, None for at once. `provider_batch` is the
    provider's own name for what is handed over, by which it can be called back; `called_back` are
    the names it was asked to forget, under which it may still hold some. `cancelled_at` is when
    the edition was called back.
    """

    id: int
    edition: str
    ledger: LedgerName
    provider: str
    letter: Letter
    letter_hash: str
    frozen_at: datetime
    send_at: datetime | None = None
    provider_batch: str = ""
    cancelled_at: datetime | None = None
    called_back: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name under which a provider may hold letters of it."""
        return (*self.called_back, *filter(None, [self.provider_batch]))


@dataclass(frozen=True, slots=True)
class Balance:
    """Where the deliveries of one dispatch stand.

    `audience` is what was noted when the lists were frozen, the rest is counted row by row;
    `excluded` maps a reason (unsubscribed, unconfirmed, suppressed, removed, forgotten, cancelled)
    to a number. `put_off` tells how often this run was told to try later; the deliveries
    themselves are among the pending.
    """

    audience: int = 0
    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    pending: int = 0
    submitting: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    put_off: int = field(default=0, compare=False)

    @property
    def left(self) -> int:
        """How many have no end yet: pending, or being submitted."""
        return self.pending + self.submitting

    @property
    def concluded(self) -> int:
        """How many have an outcome, were it that nobody knows it."""
        return self.accepted + self.refused + self.unknown

    @property
    def missing(self) -> int:
        """How many of the audience are not accounted for; negative: there are more."""
        return self.audience - self.concluded - self.left - sum(self.excluded.values())

    @property
    def adds_up(self) -> bool:
        """Whether every delivery of the audience is accounted for."""
        return not self.missing


class Tally:
    """A balance while deliveries move; counting on is cheap, looking costs a little.

    `taken` counts what went from submitting to accepted, the way that nearly all go.
    """

    def __init__(self, start: Balance) -> None:
        self.taken = 0
        self._start = start
        self._moved: Counter[str] = Counter()
        self._excluded = Counter(start.excluded)
        self._put_off = 0

    def move(self, origin: DeliveryState, state: DeliveryState, number: int = 1) -> None:
        """So many deliveries went from one state to another, neither of them excluded."""
        self._moved[origin] -= number
        self._moved[state] += number

    def put_off(self) -> None:
        """One was given back to be tried later."""
        self._put_off += 1

    def exclude(self, reasons: Mapping[str, int]) -> None:
        """Pending deliveries were excluded, so many for each reason."""
        self._excluded.update(reasons)
        self._moved[DeliveryState.PENDING] -= sum(reasons.values())

    def balance(self) -> Balance:
        """Where the deliveries stand now."""
        taken, self.taken = self.taken, 0
        self.move(DeliveryState.SUBMITTING, DeliveryState.ACCEPTED, taken)
        return replace(
            self._start,
            excluded=dict(self._excluded),
            put_off=self._put_off,
            **{state: getattr(self._start, state) + by for state, by in self._moved.items()},
        )


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
    except (zlib.error, TypeError):
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
