"""What an answer to `mail/send` means for the readers of its request, and for the run. Pure.

202 takes a request, whatever else refuses it as a whole. A 5xx is SendGrid's or a gateway's own
failure while it worked on a request (its reference: “a valid request, but an error occurred when
SendGrid attempted to process it”), and promises nothing about what was queued before: the outcome
is unknown. Only its own “the v3 Web API is not available” (503) says that nothing was looked at.
Source: SendGrid's v3 API reference, "Errors" and "Rate limits".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from digest.delivery.providers.sendgrid.calling import Answer
from digest.errors import CredentialsError, DigestError, IncompleteError
from digest.model.sending import DeliveryState

_PERSONALIZATION = re.compile(r"personalizations\.(\d+)")
_PERSONALIZATIONS = re.compile(r"personalizations\b")

#: `repeat` those readers later, `split` them into smaller requests, or `go` on without them.
Then = Literal["go", "repeat", "split"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`state` of all readers of the request; what to do with them; why the run ends, if it does."""

    state: DeliveryState
    then: Then = "go"
    error: DigestError | None = None


def judge(answer: Answer, *, host: str, is_sandbox: bool, alone: bool) -> Judgement:
    """What an answer means.

    Args:
        is_sandbox: the request is only to be checked; it is taken with a 200, too.
        alone: the request was for one reader.
    """
    status = answer.status
    if answer.reached and (status == 202 or (status == 200 and is_sandbox)):
        return Judgement(DeliveryState.ACCEPTED)
    is_lost = status == 0 or (status >= 500 and not (status == 503 and answer.from_interface))
    if 100 <= status < 300 or (answer.reached and is_lost):
        return Judgement(DeliveryState.UNKNOWN)
    if status in (429, 503):
        return Judgement(DeliveryState.PENDING, "repeat")
    about_readers = status == 400 and is_about_readers(answer)
    if not alone and (status == 413 or about_readers):
        return Judgement(DeliveryState.PENDING, "split")
    if about_readers:
        # What stands in between may answer so as well, and knows nothing of readers.
        is_own_word = answer.from_interface
        return Judgement(DeliveryState.REFUSED if is_own_word else DeliveryState.PENDING)
    return Judgement(DeliveryState.PENDING, error=_why(answer, host))


def is_about_readers(answer: Answer) -> bool:
    """Whether a 400 may be about a reader; without a field it may."""
    return not answer.fields or any(_PERSONALIZATIONS.match(name) for name in answer.fields)


def named_readers(answer: Answer, number: int) -> list[int]:
    """Which of a request's readers an answer names, by their place."""
    named = {
        int(match[1]) for name in answer.fields if (match := _PERSONALIZATION.match(name))
    } & set(range(number))
    return sorted(named)


def _why(answer: Answer, host: str) -> DigestError:
    """Why nothing more can leave; nobody of the request was taken."""
    status, said = answer.status, str(answer)
    if status in (401, 403):
        return CredentialsError(
            f"SendGrid: {said}",
            "Check the key in the variable named by [delivery.sendgrid] api_key_env, its "
            "permission “Mail Send”, and that the sender is verified.",
        )
    if 300 <= status < 400:
        return IncompleteError(
            f"{host}: {said}; it was not followed",
            "Set [delivery.sendgrid] api_url to the address of SendGrid itself, e.g. "
            "https://api.sendgrid.com, then run the command again; it goes on.",
        )
    if status == 400:
        return IncompleteError(
            f"SendGrid refused the letter itself: {said}",
            "Correct what it names in [publication] or the letter, then run the command again.",
        )
    if status == 413:
        return IncompleteError(
            f"SendGrid finds the letter too large: {said}",
            'Make its pictures smaller, or set [edition] images = "link".',
        )
    if status == 0:
        return IncompleteError(
            f"{host}: {said}",
            "Check [delivery.sendgrid] api_url and the network, then run the command again; "
            "it goes on.",
        )
    return IncompleteError(
        f"{host}: {said}",
        "See `digest status`; check [delivery.sendgrid] api_url and SendGrid's status page, then "
        "run the command again.",
    )
