"""A real Postfix: its log settles what nobody knew, and its bounces silence the right reader."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

import pytest
from sqlalchemy import select, update
from tests.delivery.world import ENVELOPE, NOW, add_readers, address, freeze, make_letter, ticking
from tests.events.world import LATER, kept, state_of, suppressed
from tests.relays.postfix import Postfix, postfix
from tests.relays.unpacked import until

from digest.delivery import ledger
from digest.delivery.message.building import MessageTemplate
from digest.delivery.message.verp import return_path, return_path_key
from digest.delivery.providers.smtp.provider import Smtp
from digest.delivery.providers.smtp.relay import Relay
from digest.events.bounces import read_bounces
from digest.events.log_files import read_logs
from digest.events.postfix_log import read_log
from digest.events.reconciling import Reconciled, reconcile
from digest.store.database import Database
from digest.store.tables import deliveries, subscribers

READERS = 12
GONE, BLOCKED, NEVER, CUT, TAKEN = range(5)
#: Domains whose letters Postfix takes, and then cannot bring anywhere.
ROUTES = "inline:{ {gone.example = error:5.1.1 nobody here}, {blocked.example = error:5.7.1 spam} }"
SETTINGS = {
    "relay_domains": "gone.example, blocked.example",
    "transport_maps": ROUTES,
    "smtpd_reject_unlisted_recipient": "no",
}


def dispatched(database: Database, relay: Postfix) -> list[str]:
    """Send the edition through the relay; returns the delivery ids by reader."""
    add_readers(database, range(READERS))
    with database.write() as connection:
        for number, domain in ((GONE, "gone.example"), (BLOCKED, "blocked.example")):
            connection.execute(
                update(subscribers)
                .where(subscribers.c.email == address(number))
                .values(email=f"reader{number}@{domain}")
            )
    frozen = freeze(database, provider="smtp")
    provider = Smtp(
        Relay("127.0.0.1", relay.port, "none", 20.0),
        MessageTemplate(make_letter(), ENVELOPE),
        "lettre@example.org",
        lambda: NOW,
        # Postfix's own bounces come into the mailbox that takes everything.
        return_path=return_path("rebonds@readers.example", return_path_key(database)),
    )

    async def run() -> None:
        try:
            await ledger.dispatch(
                database,
                frozen,
                provider,
                ENVELOPE,
                batch=100,
                now=ticking(),
                progress=lambda _balance: None,
                stop=asyncio.Event(),
            )
        finally:
            await provider.close()

    asyncio.run(run())
    with database.read() as connection:
        rows = connection.execute(select(deliveries.c.email, deliveries.c.id))
        ids = {int(row.email.partition("@")[0].removeprefix("reader")): row.id for row in rows}
    return [ids[number] for number in range(READERS)]


def forget_outcome(database: Database, *ids: str) -> None:
    """As if the run had been killed before it was told."""
    with database.write() as connection:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_(ids))
            .values(state="unknown", provider_id="smtp")
        )


def cut_off(port: int, delivery: str) -> None:
    """The connection is lost in the middle of a letter."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        file = line.makefile("rwb")
        file.readline()
        for command in ("EHLO x", "MAIL FROM:<a@readers.example>", "RCPT TO:<b@readers.example>"):
            file.write(f"{command}\r\n".encode())
            file.flush()
            while file.readline()[3:4] == b"-":
                pass
        file.write(b"DATA\r\n")
        file.flush()
        file.readline()
        head = f"Message-ID: <{delivery}@lettre.example.org>\r\n\r\n"
        file.write(head.encode() + b"x" * 70 + b"\r\n")
        file.flush()


def settled(database: Database, *logs: Path) -> Reconciled:
    """`digest reconcile --postfix-log … --log-is-complete`, a day later."""
    zone = ENVELOPE.timezone
    lines = read_logs([str(log) for log in logs], now=LATER, zone=zone)
    reports = read_log(lines, now=LATER, zone=zone)
    ((found,), _applied) = reconcile(database, reports, log_is_complete=True, now=LATER)
    return found


@pytest.mark.parametrize("form", ["whole", "rotated"])
def test_log_and_bounces_of_postfix_tell_what_became_of_every_letter(
    database: Database, form: str
) -> None:
    with postfix(**SETTINGS) as relay:
        ids = dispatched(database, relay)
        assert until(lambda: relay.log.read_text().count("status=sent") >= READERS, 30)
        assert until(lambda: relay.log.read_text().count("status=bounced") == 2, 30)
        before = relay.log.read_text()
        # One letter never reached the relay, one was cut off, one was taken and nobody told.
        cut_off(relay.port, ids[CUT])
        assert until(lambda: "lost connection after DATA" in relay.log.read_text(), 30)
        lines = relay.log.read_text().splitlines(keepends=True)
        lines = [line for line in lines if not _is_of(line, ids[NEVER], before)]
        lines = [line for line in lines if not _is_of(line, ids[CUT], before)]
        forget_outcome(database, ids[TAKEN], ids[NEVER], ids[CUT])
        half = len(lines) // 2 if form == "rotated" else 0
        older, newer = (relay.log.with_name(name) for name in ("old.log", "new.log"))
        older.write_text(_at("Nov 22 08:31:00", lines[:half]))
        newer.write_text(_at("Nov 22 09:31:00", lines[half:]))
        found = settled(database, newer, older)
        assert (found.before, found.accepted, found.pending, found.unknown) == (3, 1, 2, 0)
        assert state_of(database, ids[TAKEN]) == "accepted"
        assert state_of(database, ids[NEVER]) == state_of(database, ids[CUT]) == "pending"
        assert suppressed(database) == {"reader0@gone.example": "bounce"}

        read = read_bounces(database, relay.mail, now=LATER)
        assert (read.found["failed for good"], read.found["failed, not for good"]) == (1, 1)
        assert read.found["something else"] == READERS - 2
        assert read.unsigned == 0
        assert suppressed(database) == {"reader0@gone.example": "bounce"}
        about = {row.delivery_id for row in kept(database) if row.source == "mail"}
        assert about == {ids[GONE], ids[BLOCKED]}


def _at(time: str, lines: list[str]) -> str:
    return "".join(re.sub(r"^\w{3} [ \d]\d \d\d:\d\d:\d\d", time, line) for line in lines)


def _is_of(line: str, delivery: str, log: str) -> bool:
    """Whether a line of the log is about a delivery."""
    found = re.search(rf"cleanup\[\d+\]: (\w+): message-id=<{delivery}@", log)
    assert found
    return f" {found[1]}: " in line
