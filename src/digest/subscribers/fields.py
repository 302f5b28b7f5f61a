"""What a subscriber's fields may hold, from a file's row or from the command line alike.

Addresses are left to `addresses`. Every reader gives the value as it is stored, or a reason for
people that names the field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import lru_cache

from digest.model.people import SubscriptionStatus
from digest.store.tables import moment_text
from digest.text.folding import fold_together
from digest.text.plain import clean_line

MAX_NAME = 200
MAX_CONSENT_SOURCE = 500

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
_STATUS_WORDS: Mapping[str, SubscriptionStatus] = {
    "": SubscriptionStatus.ACTIVE,
    "active": SubscriptionStatus.ACTIVE,
    "actif": SubscriptionStatus.ACTIVE,
    "pending": SubscriptionStatus.PENDING,
    "enattente": SubscriptionStatus.PENDING,
    "unsubscribed": SubscriptionStatus.UNSUBSCRIBED,
    "desabonne": SubscriptionStatus.UNSUBSCRIBED,
    "desabonnee": SubscriptionStatus.UNSUBSCRIBED,
}


class FieldError(ValueError):
    """A field that cannot be used; the text says which and why."""


def read_name(name: str, first_name: str = "") -> str:
    """A name on one line; a first name goes before it, unless it is there already."""
    name = _line(name)
    if first_name:
        first_name = _line(first_name)
        if not name.casefold().startswith(first_name.casefold()):
            name = f"{first_name} {name}".strip()
    if len(name) > MAX_NAME:
        raise FieldError(f"name: {len(name)} characters, {MAX_NAME} at most")
    return name


def _line(text: str) -> str:
    # Nearly every name is clean already, and a million of them are read.
    if (
        text.isprintable()
        and "  " not in text
        and text == text.strip()
        and unicodedata.is_normalized("NFC", text)
    ):
        return text
    return clean_line(text)


@lru_cache(maxsize=1024)
def read_language(text: str) -> str:
    """A language code in lower case, or nothing."""
    language = text.strip().lower().replace("_", "-")
    if language and not _LANGUAGE.fullmatch(language):
        raise FieldError(f"language: “{clean_line(text)[:20]}” is not a code such as fr")
    return language


@lru_cache(maxsize=1024)
def read_status(text: str) -> str:
    """The value of a `SubscriptionStatus` from its English or French word; nothing: active."""
    status = _STATUS_WORDS.get(fold_together(text))
    if status is None:
        raise FieldError(
            f"status: “{clean_line(text)[:20]}” is not active, pending or unsubscribed"
        )
    return status.value


def read_moment(text: str, latest: datetime, zone: tzinfo) -> str | None:
    """A moment of consent as the store keeps it; without an offset it is in `zone`."""
    if not text.strip():
        return None
    shown = clean_line(text)[:40]
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        stored = moment_text(moment)
    except (ValueError, OverflowError):
        raise FieldError(f"consent_at: “{shown}” is not a date such as 2025-03-12") from None
    if moment > latest:
        raise FieldError(f"consent_at: {shown} is in the future")
    return stored


@lru_cache(maxsize=4096)
def read_consent_source(text: str) -> str:
    """The evidence of consent on one line."""
    source = _line(text)
    if len(source) > MAX_CONSENT_SOURCE:
        raise FieldError(f"consent_source: {len(source)} characters, {MAX_CONSENT_SOURCE} at most")
    return source
