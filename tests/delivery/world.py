"""A small publication for the delivery tests, and providers that do what a test tells them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, update

from digest.delivery import ledger
from digest.delivery.ledger.recovering import LEASE
from digest.delivery.message.envelope import Envelope
from digest.model.sending import (
    DeliveryState,
    Letter,
    LetterPicture,
    Outcome,
    Provider,
    Recipient,
    Starting,
)
from digest.store.database import Database, Durability
from digest.store.tables import deliveries, editions, subscribers, subscriptions, suppressions

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
EDITION = "2026-W47"

ENVELOPE = Envelope(
    publication="Actualités internationales",
    sender="lettre@example.org",
    sender_name="Actualités internationales",
    edition=EDITION,
    language="fr",
    day=date(2026, 11, 22),
    next_day=date(2026, 11, 29),
    timezone=ZoneInfo("Europe/Paris"),
    public_url="https://lettre.example.org",
)


def ticking(start: datetime = NOW) -> Callable[[], datetime]:
    """A clock that goes on a second at every look."""
    seconds = count()
    return lambda: start + timedelta(seconds=next(seconds))


def make_letter(subject: str = "La semaine du détroit", *, picture: bytes = b"") -> Letter:
    """A letter with tokens in every part."""
    pictures = (LetterPicture("une.png", "image/png", picture),) if picture else ()
    return Letter(
        edition=EDITION,
        language="fr",
        subject=subject,
        preheader="Sept histoires",
        html=(
            "<html lang='fr'><body><p>Bonjour %%{name|à vous}%%,</p>\n<p>Le détroit rouvre. "
            + "Les cargos repartent vers le nord, lentement. " * 20
            + '</p>\n.<p>.</p>\n<a href="%%{unsubscribe_url|#}%%">Se désabonner</a>'
            "<p>%%{dispatch_date|}%% – %%{address|vous}%%</p></body></html>"
        ),
        text=(
            "Bonjour %%{name|à vous}%%,\n\n.\nFrom here on: le détroit rouvre.\n\n"
            "Se désabonner : %%{unsubscribe_url|}%%\n%%{since|sans date}%%"
        ),
        mjml="<mjml></mjml>",
        pictures=pictures,
    )


def open_store(url: str, durability: Durability = "power") -> Database:
    """A migrated store with one approved edition."""
    database = Database(url, migrate=True, durability=durability)
    with database.write() as connection:
        connection.execute(insert(editions).values(id=EDITION, number=1, state="approved"))
    return database


def address(number: int) -> str:
    """The address of the nth reader."""
    return f"reader{number}@readers.example"


def add_readers(
    database: Database,
    numbers: Iterable[int],
    *,
    list_name: str = "main",
    status: str = "active",
) -> None:
    """Subscribe readers to a list."""
    with database.write() as connection:
        for number in numbers:
            email = address(number)
            query = select(subscribers.c.id).where(subscribers.c.email == email)
            reader = connection.scalar(query)
            if reader is None:
                reader = connection.execute(
                    insert(subscribers)
                    .values(email=email, name=f"Lecteur {number}", language="fr", created_at=NOW)
                    .returning(subscribers.c.id)
                ).scalar_one()
            connection.execute(
                insert(subscriptions).values(
                    subscriber_id=reader,
                    list=list_name,
                    status=status,
                    token=token(number, list_name),
                    consent_at=NOW - timedelta(days=number + 1),
                    changed_at=NOW,
                )
            )


def token(number: int, list_name: str = "main") -> str:
    """The unsubscribe token of the nth reader."""
    return hashlib.sha256(f"{list_name}/{number}".encode()).hexdigest()[:43]


def leave(database: Database, number: int, list_name: str = "main") -> None:
    """A reader unsubscribes."""
    with database.write() as connection:
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.token == token(number, list_name))
            .values(status="unsubscribed")
        )


def suppress(database: Database, number: int) -> None:
    """A reader's address must not be written to any more."""
    email = address(number)
    with database.write() as connection:
        connection.execute(
            insert(suppressions).values(
                address_hash=hashlib.sha256(email.encode()).hexdigest(),
                email=email,
                reason="bounce",
                added_at=NOW,
            )
        )


def freeze(
    database: Database,
    *,
    list_name: str = "main",
    ledger_name: ledger.LedgerName = "main",
    letter: Letter | None = None,
    provider: str = "scripted",
) -> ledger.Dispatch:
    """Freeze the edition with one story."""
    return ledger.freeze(
        database,
        letter or make_letter(),
        edition_id=EDITION,
        ledger=ledger_name,
        list_name=list_name,
        provider=provider,
        stories=[("https://example.org/detroit", "Le détroit rouvre")],
        now=NOW,
    )


def send(
    database: Database,
    dispatch: ledger.Dispatch,
    provider: Provider,
    *,
    batch: int = 100,
    stop: asyncio.Event | None = None,
    progress: Callable[[ledger.Balance], None] = lambda _balance: None,
    patience: Sequence[float] = (0.0, 0.0),
    now: Callable[[], datetime] | None = None,
    shard: tuple[int, int] | None = None,
    pauses: Sequence[float] = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0),
    lease: float = LEASE,
) -> ledger.Balance:
    """One run of the ledger."""

    async def run() -> ledger.Balance:
        try:
            return await ledger.dispatch(
                database,
                dispatch,
                provider,
                ENVELOPE,
                batch=batch,
                now=now or ticking(),
                progress=progress,
                stop=stop or asyncio.Event(),
                patience=patience,
                shard=shard,
                lease=lease,
                pauses=pauses,
            )
        finally:
            await provider.close()

    return asyncio.run(run())


def states(database: Database) -> dict[str, str]:
    """Address → state of every delivery."""
    with database.read() as connection:
        rows = connection.execute(select(deliveries.c.email, deliveries.c.state))
        return {row.email: row.state for row in rows}


class Scripted:
    """A provider that follows a script: address → outcomes, one for each attempt.

    `accepted` counts what was really taken, per address, as a reader's mailbox would.
    """

    name = "scripted"

    def __init__(self, script: dict[str, list[DeliveryState]] | None = None) -> None:
        self.script = script or {}
        self.accepted: dict[str, int] = {}
        self.before_start: Callable[[Recipient], object] = lambda _recipient: None
        self.after_start: Callable[[Recipient], object] = lambda _recipient: None
        self.fail_after: tuple[int, Exception] | None = None
        self.seen: list[Recipient] = []

    async def submit(
        self, recipients: Sequence[Recipient], starting: Starting
    ) -> AsyncIterator[Outcome]:
        """Start, take and report one delivery after the other."""
        for recipient in recipients:
            if self.fail_after and len(self.seen) >= self.fail_after[0]:
                raise self.fail_after[1]
            self.seen.append(recipient)
            self.before_start(recipient)
            await starting([recipient.id])
            self.after_start(recipient)
            script = self.script.get(recipient.email, [])
            state = script.pop(0) if script else DeliveryState.ACCEPTED
            if state is DeliveryState.ACCEPTED:
                self.accepted[recipient.email] = self.accepted.get(recipient.email, 0) + 1
            yield Outcome(recipient.id, state, detail=f"said {state}", provider_id="id")

    async def settle(self, ids: Iterable[str]) -> Sequence[Outcome]:
        """It cannot tell."""
        return []

    async def close(self) -> None:
        """Nothing to close."""
