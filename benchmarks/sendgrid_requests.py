"""Readers a second and core into SendGrid's `mail/send`, beside the helpers of its own package.

    python benchmarks/sendgrid_requests.py [READERS] [ROUNDS]

A letter of 30 kB, 1,000 readers a request, over HTTP to a fake on loopback that takes and counts
all (a process of its own). Counted is the processor time of the sending process, all its threads
together; wall time stands beside it. digest goes alone (payloads and HTTP), and with its whole
ledger (SQLite; claims, starts and outcomes committed) in both of its durabilities. The `sendgrid`
package goes with plain dicts and with its helper classes, both without a ledger. Contestants take
turns; printed are medians, and ratios to the helper classes.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from digest.config import Config
from digest.config.settings import (
    DeliverySettings,
    EditionSettings,
    ListSettings,
    PublicationSettings,
    SendgridSettings,
    StoreSettings,
)
from digest.delivery import ledger
from digest.delivery.message.envelope import Envelope
from digest.delivery.message.headers import unsubscribe_headers
from digest.delivery.providers.sendgrid.calling import Interface
from digest.delivery.providers.sendgrid.payload import Payload
from digest.delivery.providers.sendgrid.provider import Sendgrid
from digest.delivery.running import run_dispatch
from digest.model.sending import DeliveryState, Letter, Recipient
from digest.render.tokens import split
from digest.store.database import Database, Durability
from digest.store.tables import editions, subscribers, subscriptions

EDITION = "2026-W47"
MOMENT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
SENTENCE = "Le détroit rouvre et les cargos repartent vers le nord, lentement. "
KEY = "SG.benchmark"
REQUEST = 1000
#: The package is slow; it gets a part of the readers.
SLOW_PART = 5

#: What is asked of digest: readers a second and core, alone and with the ledger.
ALONE, WITH_LEDGER = 100_000, 30_000

ENVELOPE = Envelope(
    publication="Nouvelles des rives",
    sender="lettre@example.org",
    sender_name="Nouvelles des rives",
    edition=EDITION,
    language="fr",
    day=date(2026, 11, 22),
    next_day=date(2026, 11, 29),
    timezone=ZoneInfo("Europe/Paris"),
    public_url="https://lettre.example.org",
)


def letter() -> Letter:
    """A letter with 30 kB of HTML."""
    page = f"<p>{SENTENCE}</p>\n" * 380
    link = '<a href="%%{unsubscribe_url|#}%%">Se désabonner</a>'
    return Letter(
        edition=EDITION,
        language="fr",
        subject="La semaine du détroit",
        preheader="",
        html=f"<p>Bonjour %%{{name|à vous}}%%</p>{page}{link}<p>%%{{address|}}%%</p>",
        text=f"Bonjour %%{{name|à vous}}%%\n{SENTENCE * 70}\n%%{{since|}}%%",
        mjml="",
    )


def readers(number: int) -> Iterator[tuple[str, str, str]]:
    """Address, name and token of each."""
    for nth in range(number):
        yield f"reader{nth}@readers{nth % 50}.example", f"Zoé {nth}", f"{nth:043d}"


def recipients(number: int) -> list[Recipient]:
    """The same as the ledger gives them to a provider."""
    return [
        Recipient(
            f"{nth:032x}",
            email,
            name,
            "fr",
            token,
            {
                "name": name,
                "address": f"r…@{email.partition('@')[2]}",
                "since": "1er mars 2026",
                "unsubscribe_url": ENVELOPE.unsubscribe_url(token),
                "dispatch_date": "Dimanche 22 novembre 2026",
                "next_date": "dimanche 29 novembre",
                "list": "main",
            },
        )
        for nth, (email, name, token) in enumerate(readers(number))
    ]


# ---- Contestants ----------------------------------------------------------------------------


def digest_alone(url: str, number: int) -> tuple[float, float]:
    """Our payloads and HTTP; nothing is written down."""
    everybody = recipients(number)

    async def send() -> int:
        provider = Sendgrid(Payload(letter(), ENVELOPE), Interface(KEY, url, 30), concurrency=4)
        accepted = 0
        for start in range(0, number, 4 * REQUEST):
            async for outcome in provider.submit(everybody[start : start + 4 * REQUEST], nothing):
                accepted += outcome.state is DeliveryState.ACCEPTED
        await provider.close()
        return accepted

    async def nothing(_ids: Sequence[str]) -> None:
        """No ledger."""

    with measured() as seconds:
        assert asyncio.run(send()) == number
    return seconds[0], seconds[1]


def digest_with_ledger(
    url: str, number: int, store: Path, durability: Durability
) -> tuple[float, float]:
    """Our own dispatch, from the frozen edition to the closed one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(store, folder / "digest.db")
        database = Database(f"sqlite:///{folder / 'digest.db'}", durability=durability)
        frozen = ledger.freeze(
            database,
            letter(),
            edition_id=EDITION,
            ledger="main",
            list_name="main",
            provider="sendgrid",
            stories=[],
            now=MOMENT,
        )
        with measured() as seconds:
            balance, _stopped = run_dispatch(
                database,
                configuration(folder, url),
                frozen,
                clock=lambda: datetime.now(UTC),
                progress=lambda _balance: None,
            )
        database.close()
    assert balance.accepted == number, balance
    return seconds[0], seconds[1]


def plain_dicts(url: str, number: int) -> tuple[float, float]:
    """The package's client with plain dicts."""
    from sendgrid import SendGridAPIClient

    client = SendGridAPIClient(KEY, host=url)
    everybody = recipients(number)
    parts, common = _common()
    with measured() as seconds:
        for start in range(0, number, REQUEST):
            group = everybody[start : start + REQUEST]
            body = {**common, "personalizations": [_dict_of(one, parts) for one in group]}
            client.client.mail.send.post(request_body=body)
    return seconds[0], seconds[1]


def helper_classes(url: str, number: int) -> tuple[float, float]:
    """The package as its own examples use it."""
    import sendgrid as mail

    client = mail.SendGridAPIClient(KEY, host=url)
    everybody = recipients(number)
    parts, common = _common()
    with measured() as seconds:
        for start in range(0, number, REQUEST):
            message = mail.Mail(from_email=mail.From(ENVELOPE.sender, ENVELOPE.sender_name))
            message.subject = mail.Subject(common["subject"])
            for content in common["content"]:
                message.add_content(mail.Content(content["type"], content["value"]))
            message.category = mail.Category(EDITION)
            for one in everybody[start : start + REQUEST]:
                personal = mail.Personalization()
                personal.add_to(mail.To(one.email, one.name))
                for name, value in unsubscribe_headers(ENVELOPE, one.token).items():
                    personal.add_header(mail.Header(name, value))
                for prefix, part in parts.items():
                    for key, value in part.substitutions(prefix, one.values).items():
                        personal.add_substitution(mail.Substitution(key, value))
                personal.add_custom_arg(mail.CustomArg("delivery", one.id))
                message.add_personalization(personal)
            client.send(message)
    return seconds[0], seconds[1]


def _common() -> tuple[dict[str, Any], dict[str, Any]]:
    parts = {"-t-": split(letter().text, "text"), "-h-": split(letter().html, "html")}
    text, html = (part.with_placeholders(prefix)[0] for prefix, part in parts.items())
    return parts, {
        "from": {"email": ENVELOPE.sender, "name": ENVELOPE.sender_name},
        "subject": letter().subject,
        "content": [{"type": "text/plain", "value": text}, {"type": "text/html", "value": html}],
        "categories": [EDITION],
    }


def _dict_of(one: Recipient, parts: dict[str, Any]) -> dict[str, Any]:
    substitutions: dict[str, str] = {}
    for prefix, part in parts.items():
        substitutions |= part.substitutions(prefix, one.values)
    return {
        "to": [{"email": one.email, "name": one.name}],
        "headers": unsubscribe_headers(ENVELOPE, one.token),
        "custom_args": {"delivery": one.id},
        "substitutions": substitutions,
    }


# ---- The run --------------------------------------------------------------------------------


def configuration(folder: Path, url: str) -> Config:
    """A publication that sends into the fake."""
    return Config(
        publication=PublicationSettings(
            name="Nouvelles des rives",
            sender="lettre@example.org",
            public_url="https://lettre.example.org",
            postal_address="Éditions du Quai, 3, rue des Voiles, 29000 Quimper",
        ),
        lists=(ListSettings(name="main"),),
        edition=EditionSettings(images="embed"),
        store=StoreSettings(url="sqlite:///digest.db"),
        delivery=DeliverySettings(
            provider="sendgrid", batch=REQUEST, sendgrid=SendgridSettings(api_url=url)
        ),
        root=folder,
    )


def fill(file: Path, number: int) -> None:
    """A store with an approved edition and that many active readers."""
    database = Database(f"sqlite:///{file}", migrate=True)
    people, joined = [], []
    for nth, (email, name, token) in enumerate(readers(number), 1):
        people.append(
            {"id": nth, "email": email, "name": name, "language": "fr", "created_at": MOMENT}
        )
        joined.append(
            {
                "subscriber_id": nth,
                "list": "main",
                "status": "active",
                "token": token,
                "consent_at": MOMENT,
                "changed_at": MOMENT,
            }
        )
    with database.write() as connection:
        connection.execute(insert(editions).values(id=EDITION, number=1, state="approved"))
        connection.execute(insert(subscribers), people)
        connection.execute(insert(subscriptions), joined)
    database.close()


@contextmanager
def measured() -> Iterator[list[float]]:
    """Processor and wall seconds of the block, once it has ended."""
    seconds: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield seconds
    seconds += [time.process_time() - cpu, time.perf_counter() - wall]


class Fake(asyncio.Protocol):
    """Takes a request, counts its readers and answers 202; GET tells how many there were."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.pieces: list[bytes] = []
        self.missing = -1

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        if self.missing < 0:
            head, blank, body = b"".join(self.pieces).partition(b"\r\n\r\n")
            if not blank:
                return
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
            self.missing = int(length or 0) - len(body)
        else:
            self.missing -= len(data)
        if self.missing > 0:
            return
        request = b"".join(self.pieces)
        content = b""
        if request.startswith(b"GET"):
            content = str(Fake.taken).encode()
        else:
            Fake.taken += request.count(b'"delivery"')
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.write(
            b"HTTP/1.1 202 Accepted\r\nX-Message-Id: x\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
        )
        self.transport.close()


@contextmanager
def fake() -> Iterator[str]:
    """The fake in a process of its own; its address."""
    with subprocess.Popen(
        [sys.executable, __file__, "--fake"], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        try:
            yield f"http://127.0.0.1:{running.stdout.readline().strip()}"
        finally:
            running.terminate()


async def serve() -> None:
    """Be the fake, until terminated."""
    server = await asyncio.get_running_loop().create_server(Fake, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def taken(url: str) -> int:
    """How many readers the fake has counted."""
    with urllib.request.urlopen(url) as answer:
        return int(answer.read())


def main() -> None:
    """Print what each does, and the ratios."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    os.environ.setdefault("SENDGRID_API_KEY", KEY)
    few = max(REQUEST, number // SLOW_PART)
    with tempfile.TemporaryDirectory() as name, fake() as url:
        store = Path(name) / "digest.db"
        fill(store, number)
        contestants: dict[str, tuple[Callable[[], tuple[float, float]], int]] = {
            "helper classes": (lambda: helper_classes(url, few), few),
            "plain dicts": (lambda: plain_dicts(url, few), few),
            "digest": (lambda: digest_alone(url, number), number),
            "digest, process": (
                lambda: digest_with_ledger(url, number, store, "process"),
                number,
            ),
            "digest, power": (lambda: digest_with_ledger(url, number, store, "power"), number),
        }
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
        for _round in range(rounds):
            for name, (run, size) in contestants.items():
                before = taken(url)
                cpu, wall = run()
                assert taken(url) - before == size, name
                results[name].append((size / cpu, size / wall))
    rates = {
        name: tuple(statistics.median(column) for column in zip(*found, strict=True))
        for name, found in results.items()
    }
    base = rates["helper classes"][0]
    print(f"{number} readers, {REQUEST} a request; medians of {rounds}")
    for name, (per_core, per_second) in rates.items():
        print(
            f"{name:<15} {per_core:>9,.0f} readers/s and core {per_core / base:>7.1f} × helpers"
            f"   {per_second:>9,.0f} readers/s"
        )
    for name, wanted in (
        ("digest", ALONE),
        ("digest, process", WITH_LEDGER),
        ("digest, power", WITH_LEDGER),
    ):
        print(f"{name}: {rates[name][0] / wanted:.2f} × the {wanted:,} asked for")


if __name__ == "__main__":
    if sys.argv[1:] == ["--fake"]:
        asyncio.run(serve())
    else:
        main()
