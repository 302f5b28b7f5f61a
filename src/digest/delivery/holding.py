"""What a provider holds until an edition's moment, and asking for it back.

SendGrid alone takes letters ahead and knows them by a name; the others are waited for here. How it
is asked is `providers.sendgrid.batches`' business, and what follows `pipeline.cancelling`'s.
"""

from __future__ import annotations

from datetime import datetime

from digest.config import Config
from digest.delivery.ledger.records import Dispatch
from digest.errors import IncompleteError


class HeldError(IncompleteError):
    """The provider refused to forget what it holds: it leaves."""


def held_until(frozen: Dispatch, now: datetime) -> datetime | None:
    """Until when a provider holds the edition; None when it does not, or not any more."""
    is_held = frozen.names and frozen.send_at and now < frozen.send_at
    return frozen.send_at if is_held else None


def is_heeded(held: datetime, now: datetime) -> bool:
    """Whether the provider still promises to heed what it is told about an edition it holds."""
    from digest.delivery.providers.sendgrid.batches import NOTICE

    return now <= held - NOTICE


def call_back(config: Config, name: str) -> None:
    """Have the provider forget what it holds under a name of its own. Asking again is no harm.

    Raises:
        ConfigError: its key is missing.
        CredentialsError, HeldError: it refused; what it holds leaves.
        IncompleteError: it did not confirm; what it holds may leave.
    """
    from digest.delivery.providers.sendgrid import batches
    from digest.delivery.providers.sendgrid.calling import open_interface

    batches.call_back(open_interface(config), name)
