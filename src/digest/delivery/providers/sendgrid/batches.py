"""Editions that leave later: their name at SendGrid, and how they are called back.

SendGrid takes requests up to 72 hours before they leave, and forgets those of a name that was
cancelled; less than ten minutes before, it promises nothing. Source: SendGrid's v3 API reference,
"Mail Send" (`send_at`, `batch_id`) and "Scheduled Sends", and its published OpenAPI
(`tsg_mail_v3`, `tsg_scheduled_sends_v3`).
"""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.delivery.holding import HeldError
from digest.delivery.ledger.departure import MOST_AHEAD, shown_in
from digest.delivery.ledger.records import Dispatch
from digest.delivery.providers.sendgrid.calling import Answer, Interface
from digest.errors import CredentialsError, DigestError, IncompleteError
from digest.store.database import Database
from digest.store.ledger import dispatches as queries

#: How long beforehand SendGrid promises to heed a cancellation.
NOTICE = timedelta(minutes=10)

_log = logging.getLogger("digest.delivery")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}")


def schedule(
    interface: Interface,
    database: Database | None,
    dispatch: Dispatch | None,
    now: datetime,
    zone: ZoneInfo,
) -> tuple[int | None, str]:
    """When a dispatch leaves, in seconds since 1970, and its name at SendGrid.

    (None, "") for one that leaves at once. The name is kept in the ledger before it is used. What
    is said of moments is in the publication's zone.

    Raises:
        CredentialsError: SendGrid refused the key.
        IncompleteError: SendGrid gives no name, or the moment is too far away.
    """
    if dispatch is None or database is None or dispatch.send_at is None or dispatch.send_at <= now:
        return None, ""
    if dispatch.send_at > now + MOST_AHEAD:
        raise IncompleteError(
            f"{dispatch.edition} leaves on {shown_in(zone, dispatch.send_at)}: SendGrid takes "
            "letters at most 72 hours before",
            f"Run the command again after {shown_in(zone, dispatch.send_at - MOST_AHEAD)}; "
            "everybody is pending.",
        )
    with database.read() as connection:
        batch: str = queries.get_dispatch(connection, dispatch.id).provider_batch
    if not batch:
        proposed = _new_name(interface)
        with database.write() as connection:
            batch = queries.set_batch(connection, dispatch.id, proposed)
    return int(dispatch.send_at.timestamp()), batch


def call_back(interface: Interface, batch: str) -> None:
    """Have SendGrid forget what it holds under a name. Asking again is no harm.

    Raises:
        CredentialsError: SendGrid refused the key, or it may not do this; what it holds leaves.
        HeldError: SendGrid refused; what it holds leaves.
        IncompleteError: SendGrid did not confirm it; what it holds may leave.
    """
    path = ("user", "scheduled_sends")
    answer = last = interface.post(*path, body={"batch_id": batch, "status": "cancel"})
    is_cancelled = answer.status == 201
    if answer.status == 400:
        # Refused too when it was paused or cancelled before.
        is_cancelled = _is_cancelled(interface.get(*path, batch), batch)
        if not is_cancelled:
            last = interface.patch(*path, batch, body={"status": "cancel"})
            is_cancelled = last.status in (200, 204)
    if is_cancelled:
        _log.info("batch cancelled", extra={"digest": {"batch": batch}})
        return
    error = _fault(interface, answer, "Scheduled Sends", "the edition may leave all the same")
    if 400 <= last.status < 500 and isinstance(error, IncompleteError):
        raise HeldError(error.message, error.hint)
    raise error


def _new_name(interface: Interface) -> str:
    answer = interface.post("mail", "batch")
    if answer.status == 201:
        try:
            name = json.loads(answer.content)["batch_id"]
        except (ValueError, KeyError, TypeError):
            name = None
        if isinstance(name, str) and _NAME.fullmatch(name):
            return name
    raise _fault(interface, answer, "Mail Send", "nothing was dispatched")


def _is_cancelled(answer: Answer, batch: str) -> bool:
    try:
        found = json.loads(answer.content)
        return any(one["batch_id"] == batch and one["status"] == "cancel" for one in found)
    except (ValueError, KeyError, TypeError):
        return False


def _fault(interface: Interface, answer: Answer, permission: str, meaning: str) -> DigestError:
    said = f"{interface.host}: {answer}; {meaning}"
    if answer.status in (401, 403):
        return CredentialsError(
            said,
            "Check the key in the variable named by [delivery.sendgrid] api_key_env and its "
            f"permission “{permission}”.",
        )
    return IncompleteError(
        said, "Check [delivery.sendgrid] api_url and the network, then run the command again."
    )
