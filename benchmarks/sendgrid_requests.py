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
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import scene
from sendgrid_fake import fake, taken

from digest.config.settings import DeliverySettings, SendgridSettings
from digest.delivery.message.headers import unsubscribe_headers
from digest.delivery.providers.sendgrid.calling import Interface
from digest.delivery.providers.sendgrid.payload import Payload
from digest.delivery.providers.sendgrid.provider import Sendgrid
from digest.delivery.running import run_dispatch
from digest.model.sending import DeliveryState, Recipient
from digest.render.tokens import split
from digest.store.database import Database, Durability

KEY = "SG.benchmark"
REQUEST = 1000
LETTER = scene.letter(30_000)
#: The package is slow; it gets a part of the readers.
SLOW_PART = 5

#: What is asked of digest: readers a second and core, alone and with the ledger.
ALONE, WITH_LEDGER = 100_000, 30_000


# ---- Contestants ----------------------------------------------------------------------------


def digest_alone(url: str, number: int) -> tuple[float, float]:
    """Our payloads and HTTP; nothing is written down."""
    everybody = [scene.recipient(nth) for nth in range(number)]

    async def send() -> int:
        provider = Sendgrid(Payload(LETTER, scene.ENVELOPE), Interface(KEY, url, 30), concurrency=4)
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
        settings = SendgridSettings(api_url=url)
        config = scene.configuration(
            folder, DeliverySettings(provider="sendgrid", batch=REQUEST, sendgrid=settings)
        )
        frozen = scene.freeze(database, LETTER, "sendgrid")
        with measured() as seconds:
            balance, _stopped = run_dispatch(
                database,
                config,
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
    everybody = [scene.recipient(nth) for nth in range(number)]
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
    everybody = [scene.recipient(nth) for nth in range(number)]
    parts, common = _common()
    with measured() as seconds:
        for start in range(0, number, REQUEST):
            message = mail.Mail(from_email=mail.From(scene.SENDER, scene.NAME))
            message.subject = mail.Subject(common["subject"])
            for content in common["content"]:
                message.add_content(mail.Content(content["type"], content["value"]))
            message.category = mail.Category(scene.EDITION)
            for one in everybody[start : start + REQUEST]:
                personal = mail.Personalization()
                personal.add_to(mail.To(one.email, one.name))
                for name, value in unsubscribe_headers(scene.ENVELOPE, one.token).items():
                    personal.add_header(mail.Header(name, value))
                for prefix, part in parts.items():
                    for key, value in part.substitutions(prefix, one.values).items():
                        personal.add_substitution(mail.Substitution(key, value))
                personal.add_custom_arg(mail.CustomArg("delivery", one.id))
                message.add_personalization(personal)
            client.send(message)
    return seconds[0], seconds[1]


def _common() -> tuple[dict[str, Any], dict[str, Any]]:
    parts = {"-t-": split(LETTER.text, "text"), "-h-": split(LETTER.html, "html")}
    text, html = (part.with_placeholders(prefix)[0] for prefix, part in parts.items())
    return parts, {
        "from": {"email": scene.SENDER, "name": scene.NAME},
        "subject": LETTER.subject,
        "content": [{"type": "text/plain", "value": text}, {"type": "text/html", "value": html}],
        "categories": [scene.EDITION],
    }


def _dict_of(one: Recipient, parts: dict[str, Any]) -> dict[str, Any]:
    substitutions: dict[str, str] = {}
    for prefix, part in parts.items():
        substitutions |= part.substitutions(prefix, one.values)
    return {
        "to": [{"email": one.email, "name": one.name}],
        "headers": unsubscribe_headers(scene.ENVELOPE, one.token),
        "custom_args": {"delivery": one.id},
        "substitutions": substitutions,
    }


# ---- The run --------------------------------------------------------------------------------


@contextmanager
def measured() -> Iterator[list[float]]:
    """Processor and wall seconds of the block, once it has ended."""
    seconds: list[float] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield seconds
    seconds += [time.process_time() - cpu, time.perf_counter() - wall]


def main() -> None:
    """Print what each does, and the ratios."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    os.environ.setdefault("SENDGRID_API_KEY", KEY)
    few = max(REQUEST, number // SLOW_PART)
    with tempfile.TemporaryDirectory() as name, fake() as url:
        store = Path(name) / "digest.db"
        scene.store(store, number)
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
    main()
