"""Takes the mails that came back out of a Maildir, and applies what they say.

A mail counts as evidence when it came to a return path that we signed (`delivery.message.verp`),
or quotes one. The message-id of the letter within names its delivery as well, but everybody who
saw the letter knows it: such a mail is counted, suppresses nobody and settles nothing. A mail is
marked only when what it says is committed; killed in between, it is read again and counts once.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from digest.delivery.message.verp import delivery_of, return_path_key
from digest.events import bounce_mail
from digest.events.applying import Applied, apply_batch, attempted
from digest.events.bounce_mail import ReturnedMail
from digest.events.maildir import FLAGGED, SEEN, Maildir, read_start
from digest.model.events import Event, EventKind
from digest.sources.isolation import Isolated, IsolatedError
from digest.store.database import Database

SOURCE = "mail"

#: Bytes of a mail that are read. What says why comes before the letter that came back.
MOST_BYTES = 1_000_000

#: Mails in one transaction.
BATCH = 100

#: Seconds and megabytes that one mail may take.
_SECONDS = 20.0
_MEMORY_MB = 1024

_UNREADABLE = "unreadable"
_NO_DELIVERY = "about no delivery of ours"

_KINDS = {
    bounce_mail.FAILED: EventKind.BOUNCED,
    bounce_mail.DELAYED: EventKind.DEFERRED,
    bounce_mail.DELIVERED: EventKind.DELIVERED,
    bounce_mail.COMPLAINT: EventKind.COMPLAINED,
    bounce_mail.OPT_OUT: EventKind.UNSUBSCRIBED,
}

#: What stays unseen, with a flag.
_FOR_A_PERSON = (bounce_mail.OTHER, _UNREADABLE)

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC).timestamp()


@dataclass(slots=True)
class BouncesRead:
    """What was in a mailbox.

    Attributes:
        mails: how many were read.
        found: how many of each kind, by a word for people.
        unsigned: events without a return path that we signed.
        applied: what became of the events.
    """

    mails: int = 0
    found: Counter[str] = field(default_factory=Counter)
    unsigned: int = 0
    applied: Applied = field(default_factory=Applied)


def read_bounces(
    database: Database,
    folder: Path,
    *,
    now: datetime,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> BouncesRead:
    """Read the unseen mails of a Maildir and do what follows from them.

    Args:
        database: the store.
        folder: the Maildir.
        now: the moment.
        dry_run: tell the same, change nothing and mark no mail.
        progress: called with how many of how many mails were read.

    Raises:
        InputError: it is no Maildir, or may not be read.
        StoreError: the store refused; mails of whole batches before are marked.
    """
    maildir = Maildir(folder)
    mails, key, read = maildir.unseen(), return_path_key(database), BouncesRead()
    isolated = Isolated(
        "digest.events.bounce_mail:read_mail", seconds=_SECONDS, memory_mb=_MEMORY_MB
    )
    with contextlib.closing(isolated), attempted(database, dry_run=dry_run) as attempt:
        for start in range(0, len(mails), BATCH):
            events: list[Event] = []
            marks: list[tuple[Path, str]] = []
            for mail in mails[start : start + BATCH]:
                content = read_start(mail, MOST_BYTES)
                if content is None:
                    continue
                read.mails += 1
                event, word = _understood(isolated, content, key, now)
                read.found[word] += 1
                marks.append((mail, FLAGGED if word in _FOR_A_PERSON else SEEN))
                if event is not None:
                    read.unsigned += not event.is_proven
                    events.append(event)
            if events:
                apply_batch(database, events, now=now, applied=read.applied, connection=attempt)
            if not dry_run:
                for mail, flag in marks:
                    maildir.mark(mail, flag)
            progress(min(start + BATCH, len(mails)), len(mails))
    return read


def _understood(
    isolated: Isolated, content: bytes, key: bytes, now: datetime
) -> tuple[Event | None, str]:
    """The event a mail makes, if any, and the word it is counted under."""
    try:
        answer = isolated.call(base64.b64encode(content).decode("ascii"))
    except IsolatedError:
        return None, _UNREADABLE
    mail = ReturnedMail(**answer)
    kind = _KINDS.get(mail.what)
    if kind is None:
        return None, mail.what
    signed = (delivery_of(part, key) for address in mail.addresses for part in address.split(","))
    proven = next(filter(None, signed), None)
    delivery, is_proven = proven or next(iter(mail.ids), ""), proven is not None
    if not delivery:
        return None, _NO_DELIVERY
    # What anybody may write does not take the place of evidence that comes after it.
    name = f"{delivery} {kind} {mail.permanent} {is_proven}"
    return Event(
        source=SOURCE,
        id=hashlib.sha256(name.encode()).hexdigest(),
        delivery=delivery,
        kind=kind,
        at=datetime.fromtimestamp(mail.sent, UTC)
        if _EARLIEST < mail.sent < now.timestamp()
        else now,
        detail=mail.detail,
        is_permanent=mail.permanent,
        is_proven=is_proven,
    ), _word(mail)


def _word(mail: ReturnedMail) -> str:
    if mail.what == bounce_mail.FAILED:
        return "failed for good" if mail.permanent else "failed, not for good"
    return mail.what
