"""The publication that the delivery benchmarks share: its letter, its readers, its store.

Everything is fictional and the same at every run, so that figures of different days compare.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from digest.config import Config
from digest.config.settings import (
    DeliverySettings,
    EditionSettings,
    ListSettings,
    PublicationSettings,
    StoreSettings,
)
from digest.delivery import ledger
from digest.delivery.message.envelope import Envelope
from digest.model.sending import Letter, Recipient
from digest.store.database import Database
from digest.store.tables import editions, subscribers, subscriptions

EDITION = "2026-W47"
MOMENT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
NAME = "Nouvelles des rives"
SENDER = "lettre@example.org"
PUBLIC_URL = "https://lettre.example.org"
ENVELOPE = Envelope(
    publication=NAME,
    sender=SENDER,
    sender_name=NAME,
    edition=EDITION,
    language="fr",
    day=date(2026, 11, 22),
    next_day=date(2026, 11, 29),
    timezone=ZoneInfo("Europe/Paris"),
    public_url=PUBLIC_URL,
)

_SENTENCE = "Le détroit rouvre et les cargos repartent vers le nord, lentement. "
_PARAGRAPH = f"<p>{_SENTENCE}</p>\n"
#: Readers written to the store at a time.
_PORTION = 10_000


def letter(html: int) -> Letter:
    """A letter with about so many bytes of HTML, and a quarter of it as text."""
    lines = html // len(_PARAGRAPH.encode())
    link = '<a href="%%{unsubscribe_url|#}%%">Se désabonner</a>'
    page = _PARAGRAPH * lines
    return Letter(
        edition=EDITION,
        language="fr",
        subject="La semaine du détroit",
        preheader="",
        html=f"<p>Bonjour %%{{name|à vous}}%%</p>{page}{link}<p>%%{{address|}}%%</p>",
        text=f"Bonjour %%{{name|à vous}}%%\n{_SENTENCE * (lines // 4)}\n%%{{since|}}%%",
        mjml="",
    )


def recipient(nth: int) -> Recipient:
    """The nth reader, as the ledger gives them to a provider."""
    email, name, token = _reader(nth)
    values = {
        "name": name,
        "address": f"r…@{email.partition('@')[2]}",
        "since": "1er mars 2026",
        "unsubscribe_url": ENVELOPE.unsubscribe_url(token),
        "dispatch_date": "Dimanche 22 novembre 2026",
        "next_date": "dimanche 29 novembre",
        "list": "main",
    }
    return Recipient(f"{nth:032x}", email, name, "fr", token, values)


def configuration(folder: Path, delivery: DeliverySettings) -> Config:
    """The publication's settings, with its store in the folder."""
    return Config(
        publication=PublicationSettings(
            name=NAME,
            sender=SENDER,
            public_url=PUBLIC_URL,
            postal_address="Éditions du Quai, 3, rue des Voiles, 29000 Quimper",
        ),
        lists=(ListSettings(name="main"),),
        edition=EditionSettings(images="embed"),
        store=StoreSettings(url="sqlite:///digest.db"),
        delivery=delivery,
        root=folder,
    )


def populate(connection: Connection, readers: int) -> None:
    """An approved edition, and so many active readers."""
    connection.execute(insert(editions).values(id=EDITION, number=1, state="approved"))
    for people, joined in _portions(readers):
        connection.execute(insert(subscribers), people)
        connection.execute(insert(subscriptions), joined)


def store(file: Path, readers: int) -> None:
    """A new SQLite store with them."""
    database = Database(f"sqlite:///{file}", migrate=True)
    with database.write() as connection:
        populate(connection, readers)
    database.close()


def freeze(
    database: Database, content: Letter, provider: str, now: datetime = MOMENT
) -> ledger.Dispatch:
    """The edition, ready to leave for everybody."""
    return ledger.freeze(
        database,
        content,
        edition_id=EDITION,
        ledger="main",
        list_name="main",
        provider=provider,
        stories=[],
        now=now,
    )


def _reader(nth: int) -> tuple[str, str, str]:
    """Address, name, token."""
    return f"reader{nth}@readers{nth % 50}.example", f"Zoé {nth}", f"{nth:043d}"


def _portions(
    readers: int,
) -> Iterator[tuple[list[dict[str, object]], list[dict[str, object]]]]:
    """Rows of subscribers and of their subscriptions."""
    for first in range(0, readers, _PORTION):
        people: list[dict[str, object]] = []
        joined: list[dict[str, object]] = []
        for nth in range(first, min(first + _PORTION, readers)):
            email, name, token = _reader(nth)
            people.append(
                {
                    "id": nth + 1,
                    "email": email,
                    "name": name,
                    "language": "fr",
                    "created_at": MOMENT,
                }
            )
            joined.append(
                {
                    "subscriber_id": nth + 1,
                    "list": "main",
                    "status": "active",
                    "token": token,
                    "consent_at": MOMENT,
                    "changed_at": MOMENT,
                }
            )
        yield people, joined
