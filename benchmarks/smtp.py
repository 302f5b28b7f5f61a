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
import scene

from digest.config.settings import DeliverySettings, SmtpSettings
from digest.delivery.message.building import MessageTemplate
from digest.delivery.running import run_dispatch
from digest.store.database import Database

ROOT = Path(__file__).resolve().parents[1]
PREFIX = ROOT / ".components" / "postfix"
SESSIONS = (1, 20)
#: Of a message; of its HTML.
BYTES, HTML = 30_000, 21_400
#: The two libraries are slow; they get a part of the messages.
SLOW_PART = 5


def digest(store: Path, port: int, sessions: int, number: int) -> float:
    """Seconds that our own dispatch takes, from the frozen edition to the closed one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(store, folder / "digest.db")
        smtp = SmtpSettings(host="127.0.0.1", port=port, security="none", connections=sessions)
        config = scene.configuration(folder, DeliverySettings(provider="smtp", smtp=smtp))
        database = Database(f"sqlite:///{folder / 'digest.db'}", durability="process")
        frozen = scene.freeze(database, scene.letter(HTML), "smtp")
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
    command += ["-l", str(BYTES), "-f", scene.SENDER, "-t", "reader@readers.example"]
    start = time.perf_counter()
    subprocess.run([*command, f"127.0.0.1:{port}"], check=True, env=environment())
    return time.perf_counter() - start


def library_messages(number: int) -> Iterator[tuple[str, bytes]]:
    """Address and message of each reader, built as digest does."""
    template = MessageTemplate(scene.letter(HTML), scene.ENVELOPE)
    for one in map(scene.recipient, range(number)):
        yield one.email, template.build(one, scene.MOMENT)


def with_smtplib(port: int, sessions: int, number: int) -> float:
    """The standard library, a thread a session."""

    def one(session: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as connection:
            for email, content in library_messages(shares[session]):
                connection.sendmail(scene.SENDER, [email], content)

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
                await connection.sendmail(scene.SENDER, [email], content)

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
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    _email, sample = next(library_messages(1))
    print(f"{number} messages of {len(sample):,} bytes; median of {rounds} rounds")
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        store = Path(folder) / "digest.db"
        scene.store(store, number)
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
