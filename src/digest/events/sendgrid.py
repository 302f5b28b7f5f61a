"""SendGrid's events, as its webhook posts them and its activity export lists them, as ours. Pure.

    SendGrid                                ours
    processed                               accepted
    delivered, deferred, open, click        delivered, deferred, opened, clicked
    bounce                                  bounced; permanent unless its type is “blocked”
    dropped                                 what SendGrid had against it: bounced, complained or
                                            unsubscribed; about the letter or the account: bounced
    spamreport                              complained
    unsubscribe, group_unsubscribe          unsubscribed
    group_resubscribe, account events       nothing: consent is asked for by us

Whatever stands in a field, nothing here raises: what cannot be an event is None. An event is known
by what it says: SendGrid's `sg_event_id` is missing from some, and was seen to change when a
request is repeated. Sources: SendGrid, “Event Webhook Reference” and “Email Activity Feed”;
sendgrid-nodejs issue 1435.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from digest.events.failures import is_permanent
from digest.model.events import Event, EventKind

SOURCE = "sendgrid"

#: The custom argument that carries the delivery's id.
DELIVERY = "delivery"

_KINDS = {
    "processed": EventKind.ACCEPTED,
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


def read_event(said: object, now: datetime) -> Event | None:
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
    kind = _KINDS.get(word)
    if kind is None:
        return None
    permanent = False
    if word == "dropped":
        reason = _text(said, "reason").strip().lower()
        kind, permanent = _DROPPED.get(reason, (kind, False))
    elif kind is EventKind.BOUNCED:
        permanent = word != "blocked" and _is_permanent(said)
    at = _moment(said.get("timestamp"))
    return Event(
        source=SOURCE,
        id=_event_id(said, kind, delivery, at),
        delivery=delivery,
        kind=kind,
        at=at or now,
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


def _event_id(said: Mapping[Any, Any], kind: EventKind, delivery: str, at: datetime | None) -> str:
    """What it says, hashed: what happened to which delivery in which second, and for a click, to
    which address. SendGrid's own id is asked only where the time cannot be."""
    if at is not None:
        parts = [str(int(at.timestamp()))]
    else:
        own = said.get("sg_event_id")
        parts = [_text(said, "timestamp"), own if isinstance(own, str) else ""]
    url = _text(said, "url") if kind is EventKind.CLICKED else ""
    whole = "\0".join((kind, delivery, *parts, url))
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()


def _moment(said: object) -> datetime | None:
    """When it happened; None for what cannot be."""
    if isinstance(said, str):
        try:
            moment = datetime.fromisoformat(said.strip().removesuffix(" UTC").replace(" +", "+"))
        except ValueError:
            said = int(said) if said.isascii() and said.isdigit() and len(said) < 12 else None
        else:
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment if _EARLIEST <= moment.timestamp() <= _LATEST else None
    # A comparison with NaN is false, and with any other number right.
    if isinstance(said, int | float) and _EARLIEST <= said <= _LATEST:
        return datetime.fromtimestamp(said, UTC)
    return None


def _text(said: Mapping[Any, Any], name: str) -> str:
    found = said.get(name)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found)[:_LONGEST]
