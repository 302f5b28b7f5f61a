"""Messages a second into Postfix's `smtp-sink`, beside `smtp-source`, smtplib and aiosmtplib.

    python benchmarks/smtp.py [MESSAGES] [ROUNDS]

Personalised messages of 30 kB with one recipient each, on loopback, over 1 and over 20 sessions.
digest does the whole of `digest send` behind the frozen edition: claims, builds, commits every
start and outcome to its ledger (SQLite, `durability = "process"`), says the protocol. The others
keep no ledger: smtp-source repeats one message over the sessions it holds open (`-d`), the two
libraries get messages built by ours. Contestants take turns; printed are medians, and ratios to
smtp-source. Postfix's tools are taken from PATH or from where `make.components` unpacks them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiosmtplib
from sqlalchemy import insert

from digest.config import Config
from digest.config.settings import (
    DeliverySettings,
    EditionSettings,
    ListSettings,
    PublicationSettings,
    SmtpSettings,
    StoreSettings,
)
from digest.delivery import ledger
from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.envelope import envelope_for
from digest.delivery.running import run_dispatch
from digest.model.sending import Letter, Recipient
from digest.store.database import Database
from digest.store.tables import editions, subscribers, subscriptions

ROOT = Path(__file__).resolve().parents[1]
PREFIX = ROOT / ".components" / "postfix"
EDITION = "2026-W47"
MOMENT = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
SENTENCE = "Le détroit rouvre et les cargos repartent vers le nord, lentement. "
SESSIONS = (1, 20)
BYTES = 30_000
#: The two libraries are slow; they get a part of the messages.
SLOW_PART = 5


def letter() -> Letter:
    """A letter whose messages have about `BYTES` bytes."""
    page = f"<p>{SENTENCE}</p>\n" * 270
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


def configuration(folder: Path, port: int, sessions: int) -> Config:
    """A publication that sends through the sink."""
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
            provider="smtp",
            smtp=SmtpSettings(host="127.0.0.1", port=port, security="none", connections=sessions),
        ),
        root=folder,
    )


def readers(number: int) -> Iterator[tuple[str, str, str]]:
    """Address, name and token of each."""
    for nth in range(number):
        yield f"reader{nth}@readers{nth % 50}.example", f"Zoé {nth}", f"{nth:043d}"


def fill(file: Path, number: int) -> None:
    """A store with an approved edition and that many active readers."""
    database = Database(f"sqlite:///{file}", migrate=True)
    with database.write() as connection:
        connection.execute(insert(editions).values(id=EDITION, number=1, state="approved"))
        people = [
            {"id": nth, "email": email, "name": name, "language": "fr", "created_at": MOMENT}
            for nth, (email, name, _token) in enumerate(readers(number), 1)
        ]
        connection.execute(insert(subscribers), people)
        connection.execute(
            insert(subscriptions),
            [
                {
                    "subscriber_id": nth,
                    "list": "main",
                    "status": "active",
                    "token": token,
                    "consent_at": MOMENT,
                    "changed_at": MOMENT,
                }
                for nth, (_email, _name, token) in enumerate(readers(number), 1)
            ],
        )
    database.close()


def digest(store: Path, port: int, sessions: int, number: int) -> float:
    """Seconds that our own dispatch takes, from the frozen edition to the closed one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(store, folder / "digest.db")
        config = configuration(folder, port, sessions)
        database = Database(f"sqlite:///{folder / 'digest.db'}", durability="process")
        frozen = ledger.freeze(
            database,
            letter(),
            edition_id=EDITION,
            ledger="main",
            list_name="main",
            provider="smtp",
            stories=[],
            now=MOMENT,
        )
        start = time.perf_counter()
        balance, _stopped = run_dispatch(
            database,
            config,
            frozen,
            clock=lambda: datetime.now(UTC),
            progress=lambda _balance: None,
        )
        seconds = time.perf_counter() - start
        database.close()
    assert balance.accepted == number, balance
    return seconds


def smtp_source(port: int, sessions: int, number: int) -> float:
    """Postfix's own generator, which keeps its sessions open."""
    command = [tool("smtp-source"), "-d", "-s", str(sessions), "-m", str(number)]
    command += ["-l", str(BYTES), "-f", "lettre@example.org", "-t", "reader@readers.example"]
    start = time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True, env=environment())
    return time.perf_counter() - start


def library_messages(number: int) -> Iterator[tuple[str, bytes]]:
    """Address and message of each reader, built as digest does."""
    config = configuration(ROOT, 25, 1)
    template = MessageTemplate(letter(), envelope_for(config, letter(), day=MOMENT.date()))
    for nth, (email, name, token) in enumerate(readers(number)):
        values = {"name": name, "address": "r…@readers.example", "since": "", "list": "main"}
        one = Recipient(f"{nth:032x}", email, name, "fr", token, values)
        yield email, template.build(one, MOMENT)


def with_smtplib(port: int, sessions: int, number: int) -> float:
    """The standard library, a thread a session."""

    def one(session: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for email, content in library_messages(shares[session]):
                connection.sendmail("lettre@example.org", [email], content)

    shares = [len(range(nth, number, sessions)) for nth in range(sessions)]
    start = time.perf_counter()
    with ThreadPoolExecutor(sessions) as pool:
        list(pool.map(one, range(sessions)))
    return time.perf_counter() - start


def with_aiosmtplib(port: int, sessions: int, number: int) -> float:
    """aiosmtplib, a task a session, on uvloop."""

    async def one(share: int) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as connection:
            for email, content in library_messages(share):
                await connection.sendmail("lettre@example.org", [email], content)

    async def everything() -> None:
        shares = (len(range(nth, number, sessions)) for nth in range(sessions))
        await asyncio.gather(*(one(share) for share in shares))

    import uvloop

    start = time.perf_counter()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(everything())
    return time.perf_counter() - start


def tool(name: str) -> str:
    """Path of one of Postfix's programs."""
    found = shutil.which(name) or shutil.which(name, path=str(PREFIX / "usr" / "sbin"))
    if found is None:
        sys.exit(f"{name} is missing: run `make.components`, or install Debian's postfix")
    return found


def environment() -> dict[str, str]:
    """Where unpacked programs find their libraries."""
    libraries = [PREFIX / "usr" / "lib" / "postfix", *PREFIX.glob("usr/lib/*-linux-gnu")]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries))}


@contextmanager
def sink() -> Iterator[int]:
    """A running smtp-sink; gives its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [tool("smtp-sink"), *user, f"127.0.0.1:{port}", "1000"], env=environment()
    )
    try:
        for _attempt in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Print a table for each number of sessions."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    _email, sample = next(library_messages(1))
    print(f"{number} messages of {len(sample):,} bytes; median of {rounds} rounds")
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        store = Path(folder) / "digest.db"
        fill(store, number)
        few = number // SLOW_PART
        for sessions in SESSIONS:
            contestants: dict[str, tuple[int, Callable[[], float]]] = {
                "smtp-source": (number, partial(smtp_source, port, sessions, number)),
                "digest": (number, partial(digest, store, port, sessions, number)),
                "smtplib": (few, partial(with_smtplib, port, sessions, few)),
                "aiosmtplib": (few, partial(with_aiosmtplib, port, sessions, few)),
            }
            rates: dict[str, list[float]] = {name: [] for name in contestants}
            for _round in range(rounds):
                for name, (messages, run) in contestants.items():
                    rates[name].append(messages / run())
            print(f"\n{sessions} session{'s' * (sessions > 1)}      msg/s   ratio to smtp-source")
            peer = statistics.median(rates["smtp-source"])
            for name, found in rates.items():
                rate = statistics.median(found)
                spread = f"{min(found):,.0f} to {max(found):,.0f}"
                print(f"{name:12}{rate:10,.0f}{rate / peer:8.2f}   ({spread})")
    print(f"\nload of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
