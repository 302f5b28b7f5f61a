"""SendGrid's signed events are taken once, and nobody else's."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.delivery.world import address, open_store
from tests.events.world import FOREIGN, LATER, dispatched, kept, posted, state_of, suppressed

from digest.config.settings import Config, PublicationSettings
from digest.config.settings.delivery import DeliverySettings, SendgridSettings
from digest.errors import ConfigError, StoreError
from digest.events.signature import SIGNATURE, TIMESTAMP
from digest.store.database import Database
from digest.web.app import create_app
from digest.web.events import MAX_BODY

KEY = ec.generate_private_key(ec.SECP256R1())
NOW = LATER
Post = Callable[..., httpx.Response]


def public(key: Any) -> str:
    """A public key as SendGrid shows it."""
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def config(key: str = "", minutes: int = 10) -> Config:
    """A publication that takes events signed with a key."""
    sendgrid = SendgridSettings(webhook_key=key, webhook_minutes=minutes)
    return Config(
        file=Path("config.toml"),
        publication=PublicationSettings(name="Lettre", sender="lettre@example.org"),
        delivery=DeliverySettings(provider="sendgrid", sendgrid=sendgrid),
    )


class _Server(uvicorn.Server):
    """Says when it listens."""

    ready: threading.Event

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A store on SQLite, or on both where a test asks for it."""
    on_postgres = getattr(request, "param", "sqlite") == "postgresql"
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    database = open_store(request.getfixturevalue("postgres_url") if on_postgres else url)
    yield database
    database.close()


on_both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def client(database: Database) -> Iterator[httpx.Client]:
    """A line to the real server."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = create_app(database, config(public(KEY)), clock=lambda: NOW)
        server = _Server(uvicorn.Config(app, log_level="error"))
        server.ready = threading.Event()
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            assert server.ready.wait(30)
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def post(client: httpx.Client) -> Post:
    """Post events as SendGrid does; what is given apart is a forger's."""

    def posting(
        said: Any = None,
        *,
        body: bytes | None = None,
        signed: bytes | None = None,
        at: str | None = None,
        key: ec.EllipticCurvePrivateKey = KEY,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        content = json.dumps(said).encode() + b"\r\n" if body is None else body
        stamp = str(int(NOW.timestamp())) if at is None else at
        signature = key.sign(
            stamp.encode() + (content if signed is None else signed), ec.ECDSA(SHA256())
        )
        sent = {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: stamp}
        sent |= headers or {}
        return client.post("/events/sendgrid", content=content, headers=sent)

    return posting


@on_both
def test_signed_events_are_applied_once(post: Post, database: Database) -> None:
    ids = dispatched(database, 4, unknown=[1], provider="sendgrid")
    said = [
        posted(ids[0], "bounce", type="bounce", status="5.1.1", reason="550 5.1.1 no"),
        posted(ids[1], "delivered"),
        posted(ids[2], "spamreport"),
        posted(ids[3], "open"),
        posted(FOREIGN, "bounce", type="bounce"),
        {"event": "delivered", "email": "someone@else.example"},
        "nonsense",
    ]
    for _ in range(2):
        answer = post(said)
        assert (answer.status_code, answer.text) == (200, "ok")
    assert len(kept(database)) == 4
    assert suppressed(database) == {address(0): "bounce", address(2): "complaint"}
    assert state_of(database, ids[1]) == "accepted"


def test_bytes_are_judged_as_they_came(post: Post, database: Database) -> None:
    """Another order of keys, other escapes, a space: another body, although the same JSON."""
    ids = dispatched(database, 1)
    said = posted(ids[0], "delivered", response="reçu à l’heure")
    body = json.dumps([said], ensure_ascii=False, indent=1).encode() + b"\r\n"
    assert post(body=body, signed=body.strip()).status_code == 403
    assert post(body=body, signed=json.dumps([said]).encode()).status_code == 403
    assert not kept(database)
    assert post(body=body).status_code == 200
    assert len(kept(database)) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {SIGNATURE: ""},
        {SIGNATURE: "AAAA"},
        {SIGNATURE: "not base64"},
        {SIGNATURE: "é".encode("latin-1").decode("latin-1")},
        {SIGNATURE: "A" * 5000},
        {TIMESTAMP: ""},
        {TIMESTAMP: "1"},
        {TIMESTAMP: "9" * 5000},
        {TIMESTAMP: "²"},
    ],
)
def test_wrong_signature_is_refused_and_changes_nothing(
    post: Post, database: Database, headers: dict[str, str]
) -> None:
    ids = dispatched(database, 1)
    said = [posted(ids[0], "spamreport")]
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = post(said, headers=raw)
    assert (answer.status_code, answer.text) == (403, "refused")
    assert not kept(database)


def test_another_key_and_no_headers_are_refused(
    post: Post, client: httpx.Client, database: Database
) -> None:
    ids = dispatched(database, 1)
    said = [posted(ids[0], "spamreport")]
    assert post(said, key=ec.generate_private_key(ec.SECP256R1())).status_code == 403
    assert client.post("/events/sendgrid", json=said).status_code == 403
    assert client.get("/events/sendgrid").status_code == 405
    assert not suppressed(database)


@pytest.mark.parametrize(
    ("minutes", "status"), [(-10, 200), (-10.1, 403), (10, 200), (10.1, 403), (-1e6, 403)]
)
def test_request_is_not_played_again_later(
    post: Post, database: Database, minutes: float, status: int
) -> None:
    dispatched(database, 1)
    at = NOW + timedelta(minutes=minutes)
    assert post([], at=str(int(at.timestamp()))).status_code == status


def test_time_that_is_no_number_is_refused_though_signed(post: Post) -> None:
    assert post([], at="now").status_code == 403
    assert post([], at="-5").status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[",
        b"\xff\xfe",
        b'{"event": "delivered"}',
        b'"delivered"',
        b"[" * 200_000,
        b'[{"a":' * 50_000,
        b"[" + b"9" * 100_000 + b"]",
    ],
    ids=["empty", "open", "list", "bytes", "object", "text", "deep", "deep objects", "number"],
)
def test_body_that_is_no_list_of_events_is_refused(
    post: Post, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "digest.events"):
        answer = post(body=body)
    assert (answer.status_code, answer.text) == (400, "refused")
    (line,) = [record for record in caplog.records if record.name == "digest.events"]
    assert line.getMessage() == "webhook refused"


def test_log_of_a_request_names_nobody(
    post: Post, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    ids = dispatched(database, 1)
    said = posted(ids[0], "bounce", type="bounce", email=address(0), reason=f"<{address(0)}> no")
    with caplog.at_level(logging.INFO, "digest.events"):
        post([said, 1, None])
        post(body=json.dumps(said).encode())
        post([said], headers={SIGNATURE: "AAAA"})
    told = [f"{record.getMessage()} {vars(record)}" for record in caplog.records]
    assert len([line for line in told if "webhook" in line]) == 3
    assert not [line for line in told if "reader0" in line]


@on_both
def test_hostile_fields_of_a_signed_request_are_passed_over(post: Post, database: Database) -> None:
    ids = dispatched(database, 1)
    body = json.dumps(
        [
            posted(ids[0], "bounce", timestamp=10**300, reason={"a": [1]}, type=["bounce"]),
            posted(ids[0], "click", url="https://example.org/\ud800", timestamp="\x00"),
            posted(ids[0], "deferred", response="\ud83d \x00 \u2028", sg_event_id="\ud800\x00"),
            [[[[]]]],
            None,
        ]
    ).replace('"sg_event_id"', '"n": NaN, "m": 1e999, "sg_event_id"')
    assert post(body=body.encode()).status_code == 200
    assert len(kept(database)) == 3
    assert not suppressed(database)


def test_body_without_end_is_refused(post: Post, database: Database) -> None:
    assert post(body=b"[" + b" " * MAX_BODY).status_code == 413
    assert post(body=b"[" + b" " * (MAX_BODY - 2) + b"]").status_code == 200


def test_packed_body_is_not_unpacked(post: Post) -> None:
    body = gzip.compress(b"[]")
    assert post(body=body, headers={"Content-Encoding": "gzip"}).status_code == 400


@on_both
def test_busy_store_lets_sendgrid_try_again(
    post: Post, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = dispatched(database, 1)
    said = [posted(ids[0], "spamreport")]
    if database.is_sqlite:
        monkeypatch.setattr(database, "busy_seconds", 0)
        with database.write():
            answer = post(said)
    else:

        def busy(*_arguments: object, **_options: object) -> None:
            raise StoreError("the server does not answer", "")

        with monkeypatch.context() as patch:
            patch.setattr("digest.web.events.apply", busy)
            answer = post(said)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert post(said).status_code == 200
    assert suppressed(database) == {address(0): "complaint"}


def test_who_hangs_up_has_said_nothing(client: httpx.Client, database: Database) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as line:
        line.sendall(b"POST /events/sendgrid HTTP/1.1\r\nHost: x\r\nContent-Length: 260\r\n\r\n[{")
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass
    assert client.get("/healthz").status_code == 200
    assert not kept(database)


def test_without_a_key_no_event_is_taken(database: Database) -> None:
    app = create_app(database, config(), clock=lambda: NOW)
    assert "/events/sendgrid" not in {getattr(route, "path", "") for route in app.routes}


@pytest.mark.parametrize(
    "key",
    ["A" * 40, "A" * 41, public(rsa.generate_private_key(65537, 2048)), "é" * 40],
    ids=["no key", "no base64", "RSA", "no ASCII"],
)
def test_key_that_cannot_judge_is_told_at_the_start(database: Database, key: str) -> None:
    settings = config()
    sendgrid = replace(settings.delivery.sendgrid, webhook_key=key)
    wrong = replace(settings, delivery=replace(settings.delivery, sendgrid=sendgrid))
    with pytest.raises(ConfigError, match=r"delivery\.sendgrid\.webhook_key"):
        create_app(database, wrong)
