"""`digest serve` takes what SendGrid posts, and what it said is there for the command line."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select
from tests.cli.conftest import NOW, Digest
from tests.events.world import posted

from digest.config import load_config
from digest.events.signature import SIGNATURE, TIMESTAMP
from digest.publication import Publication
from digest.store.tables import deliveries


def test_events_come_in_while_the_publication_is_served(
    digest: Digest, lettre: Path, settings: Callable[[str, str], None]
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    settings("", f'\n[delivery.sendgrid]\nwebhook_key = "{base64.b64encode(der).decode()}"\n')
    assert digest("send", "--yes").code == 0
    database = Publication.open(load_config(Path("config.toml"))).database
    with database.read() as connection:
        query = select(deliveries.c.id, deliveries.c.email).where(deliveries.c.state == "accepted")
        rows = connection.execute(query).all()
    database.close()
    stamp = str(int(datetime.fromisoformat(NOW).timestamp()))
    body = json.dumps([posted(rows[0].id, "spamreport"), posted(rows[1].id, "delivered")]).encode()
    signature = base64.b64encode(key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))).decode()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "digest", "serve", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as server:
        try:
            assert server.stdout
            assert "Listening" in server.stdout.readline()
            answer = httpx.post(
                f"http://127.0.0.1:{port}/events/sendgrid",
                content=body,
                headers={SIGNATURE: signature, TIMESTAMP: stamp},
                timeout=60,
                trust_env=False,
            )
        finally:
            server.terminate()
    assert (answer.status_code, answer.text) == (200, "ok")
    (gone,) = digest("suppress", "list", "--json").json
    assert (gone["email"], gone["reason"]) == (rows[0].email, "complaint")


def test_key_that_is_none_is_told_before_anything_is_served(
    digest: Digest, settings: Callable[[str, str], None]
) -> None:
    settings("", f'\n[delivery.sendgrid]\nwebhook_key = "{"A" * 44}"\n')
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ran = digest("serve", "--port", port)
    assert ran.code == 2
    assert "delivery.sendgrid.webhook_key" in ran.err
