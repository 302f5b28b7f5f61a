"""A rendered letter, the deliveries that carry it, and what is known about each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class DeliveryState(StrEnum):
    """`pending → submitting → accepted | refused | unknown`; `pending → excluded`.

    `submitting` is committed before a byte leaves that could make the provider accept. A process
    killed there leaves `unknown`, which is never sent again by itself.
    """

    PENDING = "pending"
    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class LetterPicture:
    """A picture that travels with the letter; `name` also begins its Content-ID."""

    name: str
    content_type: str
    content: bytes

    def content_id(self, edition: str) -> str:
        """Its Content-ID in an edition's letter, without angle brackets; `cid:` + this is its
        URL."""
        return f"{self.name}@{edition.lower()}.digest"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A picture that could not be made: its file, as it was named, what is wrong, what to do.

    `fault` goes on from the name of the file: “does not exist”.
    """

    file: str
    fault: str
    hint: str


@dataclass(frozen=True, slots=True)
class Letter:
    """An edition rendered once, for everybody: tokens `%%{name|fallback}%%` still stand in it.

    `pictures` is empty when pictures are linked rather than embedded. `left_out` is empty in a
    letter that leaves: the check stops what lacks a picture.
    """

    edition: str
    language: str
    subject: str
    preheader: str
    html: str
    text: str
    mjml: str
    pictures: tuple[LetterPicture, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """One delivery's personal part. `id` is opaque and random; `token` is the subscription's."""

    id: str
    email: str
    name: str
    language: str
    token: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of one delivery after a submission.

    `state` is `accepted`, `refused`, `unknown`, or `pending` when it was certainly not accepted
    and may be tried again. `detail` is the provider's own word, without addresses.
    """

    id: str
    state: DeliveryState
    detail: str = ""
    provider_id: str = ""


#: Awaited with the ids of deliveries before the bytes leave that could make them accepted.
Starting = Callable[[Sequence[str]], Awaitable[None]]


class Provider(Protocol):
    """Takes deliveries to the world. Built with all it needs, knows nothing of the ledger.

    It may have a `place`, which with its name says who can settle what it leaves unknown, and
    `requests_at_once`, when it takes a whole batch in each request.
    """

    name: str

    def submit(self, recipients: Sequence[Recipient], starting: Starting) -> AsyncIterator[Outcome]:
        """Submit, awaiting `starting` first for what is about to leave; one outcome each.

        A refusal of the whole call is raised (`CredentialsError`, `IncompleteError`).
        """
        ...

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """What became of these deliveries, as far as the provider can tell; may be empty."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
