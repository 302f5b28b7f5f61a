"""What surrounds every letter of a dispatch, and what is personal in each.

The envelope says who writes, for whom to answer, and where the way out is; it comes from the
settings and the day of dispatch. A reader's values fill the letter's tokens
(`digest.render.tokens.TOKENS`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from digest.config import Config
from digest.delivery.message.encoding import ascii_domain
from digest.errors import ConfigError
from digest.model.people import mask_address
from digest.model.sending import Letter
from digest.store.ledger.dispatches import DeliveryRow
from digest.text.dates import long_date
from digest.text.typography import NO_BREAK

#: Key of `Recipient.values` that is not a token: the list a delivery came from.
LIST = "list"

_PLAIN_TOKEN = re.compile(r"[A-Za-z0-9_.~-]+")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything around the letter that is the same for all its readers.

    `list_id` is the `List-ID` of every list, or empty: then it is made from the list's name and
    `host`. `unsubscribe_mailto` is an address that takes unsubscriptions by mail, or empty.
    `next_day` is the day of the next number.
    """

    publication: str
    sender: str
    sender_name: str
    edition: str
    language: str
    day: date
    next_day: date
    timezone: ZoneInfo
    list_name: str = "main"
    list_id: str = ""
    public_url: str = ""
    reply_to: str = ""
    unsubscribe_mailto: str = ""

    @property
    def host(self) -> str:
        """Host of `public_url`, or else the sender's domain, as A-labels.

        Raises:
            ValueError: the domain cannot be written so.
        """
        return urlsplit(self.public_url).hostname or ascii_domain(self.sender.rpartition("@")[2])

    def unsubscribe_url(self, token: str) -> str:
        """A reader's way out; empty when the publication has no public address."""
        if not self.public_url or not token:
            return ""
        return f"{self.public_url.rstrip('/')}/u/{quoted_token(token)}"


def quoted_token(token: str) -> str:
    """A token as part of a URL; ours need no quoting."""
    return token if _PLAIN_TOKEN.fullmatch(token) else quote(token, safe="")


def envelope_for(config: Config, letter: Letter, *, day: date) -> Envelope:
    """The envelope of a letter dispatched on `day`; the next number comes a week later."""
    publication = config.publication
    host = urlsplit(publication.public_url).hostname or "digest.invalid"
    return Envelope(
        publication=publication.name,
        sender=publication.sender or f"letter@{host}",
        sender_name=publication.sender_name or publication.name,
        edition=letter.edition,
        language=letter.language,
        day=day,
        next_day=day + timedelta(days=7),
        timezone=config.zone,
        list_name=config.lists[0].name,
        list_id=publication.list_id,
        public_url=_ascii_url(publication.public_url),
        reply_to=publication.reply_to,
        unsubscribe_mailto=publication.unsubscribe_mailto,
    )


def values_for(row: DeliveryRow, envelope: Envelope) -> dict[str, str]:
    """A reader's value for every token, and under `LIST` the list the delivery came from."""
    return next(values_for_each([row], envelope))


def values_for_each(rows: Iterable[DeliveryRow], envelope: Envelope) -> Iterator[dict[str, str]]:
    """`values_for` many rows; what they share is made once."""
    shared, zone, language = shared_values(envelope), envelope.timezone, envelope.language
    for row in rows:
        since = ""
        if row.subscribed_at is not None:
            since = _long(row.subscribed_at.astimezone(zone).date(), language)
        yield {
            "name": row.name,
            "address": mask_address(row.email),
            "since": since,
            "unsubscribe_url": envelope.unsubscribe_url(row.token),
            **shared,
            LIST: row.list,
        }


def shared_values(envelope: Envelope) -> dict[str, str]:
    """The values of the tokens that are the same for every reader of a dispatch."""
    today, following = _days(envelope)
    return {"dispatch_date": today, "next_date": following}


def require_sending_settings(config: Config, provider: str) -> None:
    """Refuse to leave this machine without what law and large providers ask of every letter.

    Raises:
        ConfigError: settings are missing; the message names their keys.
    """
    missing = [
        f"publication.{key}"
        for key in ("sender", "public_url", "postal_address")
        if not getattr(config.publication, key).strip()
    ]
    if missing:
        raise ConfigError(
            f"{config.file}: {', '.join(missing)}: missing; provider “{provider}” does not send "
            "without",
            "Set them in [publication], or use the outbox to look at the letter first.",
        )


def _ascii_url(url: str) -> str:
    parts = urlsplit(url)
    if url.isascii() or not parts.hostname:
        return url
    host = parts.netloc.encode("idna").decode("ascii")
    return parts._replace(netloc=host, path=quote(parts.path, safe="/%")).geturl()


@lru_cache(maxsize=4096)
def _long(day: date, language: str, *, weekday: bool = False) -> str:
    """A date that no line break parts."""
    return long_date(day, language, weekday=weekday).replace(" ", NO_BREAK)


@lru_cache(maxsize=8)
def _days(envelope: Envelope) -> tuple[str, str]:
    today = _long(envelope.day, envelope.language, weekday=True)
    following = _long(envelope.next_day, envelope.language, weekday=True)
    year = re.compile(rf"[\s,]*{envelope.next_day.year}$")
    return today[:1].upper() + today[1:], year.sub("", following)
