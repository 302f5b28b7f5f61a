"""SendGrid's events, as its webhook posts them and its activity export lists them, as ours. Pure.

    SendGrid                                ours
    processed                               (the delivery was accepted; not kept)
    delivered, deferred, open, click        delivered, deferred, opened, clicked
    bounce                                  bounced; permanent unless its type is “blocked”
    dropped                                 what SendGrid had against it: bounced, complained or
                                            unsubscribed; about the letter or the account: bounced
    spamreport                              complained
    unsubscribe, group_unsubscribe          unsubscribed
    group_resubscribe, account events       nothing: consent is asked for by us

Whatever stands in a field, nothing here raises: what cannot be an event is None. Source: SendGrid,
“Event Webhook Reference” and “Email Activity Feed”.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from digest.events.failures import is_permanent
from digest.model.events import Event, EventKind, Report
from digest.model.sending import DeliveryState, Outcome

SOURCE = "sendgrid"

#: The custom argument that carries the delivery's id.
DELIVERY = "delivery"

_KINDS = {
    "delivered": EventKind.DELIVERED,
    "deferred": EventKind.DEFERRED,
    "bounce": EventKind.BOUNCED,
    "bounced": EventKind.BOUNCED,
    "blocked": EventKind.BOUNCED,
    "dropped": EventKind.BOUNCED,
    "open": EventKind.OPENED,
    "opened": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "clicked": EventKind.CLICKED,
    "spamreport": EventKind.COMPLAINED,
    "spam_report": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
}

#: Why SendGrid drops a letter that it holds against the address; for other reasons it is not at
#: fault.
_DROPPED = {
    "bounced address": (EventKind.BOUNCED, True),
    "invalid": (EventKind.BOUNCED, True),
    "spam reporting address": (EventKind.COMPLAINED, False),
    "unsubscribed address": (EventKind.UNSUBSCRIBED, False),
}

_ID = re.compile(r"[0-9a-f]{32}")
_EARLIEST = 946_684_800  # 2000
_LATEST = 4_102_444_800  # 2100
_LONGEST = 1000


def read_event(said: object, now: datetime) -> Report | None:
    """One event as SendGrid tells it, with our delivery id; None when it is none of that.

    Args:
        said: the decoded JSON.
        now: stands in for a time that cannot be.
    """
    if not isinstance(said, Mapping):
        return None
    word, delivery = _text(said, "event").lower(), _delivery(said)
    if not delivery:
        return None
    if word == "processed":
        return Outcome(delivery, DeliveryState.ACCEPTED, detail=f"{SOURCE}: processed")
    kind = _KINDS.get(word)
    if kind is None:
        return None
    permanent = False
    if word == "dropped":
        reason = _text(said, "reason").strip().lower()
        kind, permanent = _DROPPED.get(reason, (kind, False))
    elif kind is EventKind.BOUNCED:
        permanent = word != "blocked" and _is_permanent(said)
    return Event(
        source=SOURCE,
        id=_event_id(said, word, delivery),
        delivery=delivery,
        kind=kind,
        at=_moment(said.get("timestamp"), now),
        detail=_detail(said, word),
        url=_text(said, "url") if kind is EventKind.CLICKED else "",
        is_permanent=permanent,
    )


def _is_permanent(said: Mapping[Any, Any]) -> bool:
    """SendGrid's own judgement, by which it suppresses the address too; else the codes'."""
    judged = _text(said, "type").lower()
    if judged in ("bounce", "hard"):
        return True
    if judged in ("blocked", "soft"):
        return False
    return is_permanent(_text(said, "status"), _text(said, "reason"))


def _detail(said: Mapping[Any, Any], word: str) -> str:
    words = [word] if word == "dropped" else []
    status = _text(said, "status")
    reason = _text(said, "reason") or _text(said, "response")
    if status and status not in reason:
        words.append(status)
    words.append(reason)
    return " ".join(filter(None, words))


def _delivery(said: Mapping[Any, Any]) -> str:
    """Our id: beside the other fields in the webhook, within `unique_args` in an export."""
    found = said.get(DELIVERY)
    if found is None:
        args = said.get("unique_args") or said.get("custom_args")
        if isinstance(args, str):
            try:
                args = json.loads(args)
            except (ValueError, RecursionError):
                args = None
        found = args.get(DELIVERY) if isinstance(args, Mapping) else None
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def _event_id(said: Mapping[Any, Any], word: str, delivery: str) -> str:
    """A hash, since SendGrid's own id may name the message; what has none is known by its
    content."""
    own = said.get("sg_event_id")
    if not isinstance(own, str) or not own:
        own = "\0".join((word, delivery, _text(said, "timestamp"), _text(said, "url")))
    return hashlib.sha256(own.encode("utf-8", "replace")).hexdigest()


def _moment(said: object, now: datetime) -> datetime:
    if isinstance(said, str):
        try:
            moment = datetime.fromisoformat(said.strip().removesuffix(" UTC").replace(" +", "+"))
        except ValueError:
            said = int(said) if said.isascii() and said.isdigit() and len(said) < 12 else None
        else:
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment if _EARLIEST <= moment.timestamp() <= _LATEST else now
    # A comparison with NaN is false, and with any other number right.
    if isinstance(said, int | float) and _EARLIEST <= said <= _LATEST:
        return datetime.fromtimestamp(said, UTC)
    return now


def _text(said: Mapping[Any, Any], name: str) -> str:
    found = said.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found)[:_LONGEST]
