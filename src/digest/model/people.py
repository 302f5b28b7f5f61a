"""Subscribers, what they consented to, and addresses that must not be written to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SubscriptionStatus(StrEnum):
    """A subscriber's state on one list. Only `active` receives an edition."""

    PENDING = "pending"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"


class SuppressionReason(StrEnum):
    """Why an address must not be written to."""

    MANUAL = "manual"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscriber's place on a list with the evidence of consent."""

    email: str
    name: str
    language: str
    list: str
    status: SubscriptionStatus
    token: str
    consent_at: datetime | None = None
    consent_source: str = ""
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be written to. `email` is empty once it was forgotten."""

    email: str
    reason: SuppressionReason
    added_at: datetime
    note: str = ""


def mask_address(email: str) -> str:
    """`marie@example.org` → `m…@example.org`: how logs and errors show an address."""
    local, at, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}" if at else "…"
