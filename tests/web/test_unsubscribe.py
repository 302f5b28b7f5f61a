"""A reader leaves with one click; a machine that follows links makes nobody leave."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn

from digest.config.settings import Config, PublicationSettings
from digest.model.people import SubscriptionStatus
from digest.store.database import Database
from digest.subscribers import membership
from digest.web.app import MAX_BODY, create_app
from digest.web.leaving import LeavingPages

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PUBLICATION = PublicationSettings(
    name="Actualités <internationales>",
    wordmark="Actualités *internationales*",
    sender="lettre@example.org",
    postal_address="1 rue de l’Exemple, 00000 Ville-Exemple",
)
CONFIG = Config(publication=PUBLICATION)
UNKNOWN = "x" * 43


class _Server(uvicorn.Server):
    """Says when it listens."""

    ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@pytest.fixture
def database(store_url: str) -> Iterator[Database]:
    database = Database(store_url, migrate=True)
    yield database
    database.close()


@pytest.fixture
def token(database: Database) -> str:
    membership.add(database, "monthly", "marie@example.org", now=NOW)
    return membership.add(database, "main", "marie@example.org", now=NOW).subscription.token


@pytest.fixture
def client(database: Database) -> Iterator[httpx.Client]:
    """A browser without cookies before the real server."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = create_app(database, CONFIG, clock=lambda: NOW)
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


def status(database: Database, list_name: str = "main") -> SubscriptionStatus:
    (subscription,) = membership.listing(database, list_name)
    return subscription.status


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_the_link_changes_nothing(
    client: httpx.Client, database: Database, token: str, method: str
) -> None:
    for _ in range(3):
        answer = client.request(method, f"/u/{token}")
        assert answer.status_code == 200
    assert status(database) is SubscriptionStatus.ACTIVE
    assert bool(answer.text) == (method == "GET")
    if answer.text:
        assert '<form method="post"><button' in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {},
        {"content": b"\xff\x00 nonsense", "headers": {"Content-Type": "application/json"}},
    ],
    ids=["urlencoded", "multipart", "empty", "nonsense"],
)
def test_one_click_leaves_this_list_at_once(
    client: httpx.Client, database: Database, token: str, body: dict[str, object]
) -> None:
    for _ in range(2):
        answer = client.post(f"/u/{token}", **body)  # type: ignore[arg-type]
        assert answer.status_code == 200
        assert not answer.history
        assert "set-cookie" not in answer.headers
        assert status(database) is SubscriptionStatus.UNSUBSCRIBED
        assert status(database, "monthly") is SubscriptionStatus.ACTIVE
        assert "<form" not in answer.text
    assert "<form" not in client.get(f"/u/{token}").text


def test_page_says_which_letter_and_hides_the_address(client: httpx.Client, token: str) -> None:
    for answer in (client.get(f"/u/{token}"), client.post(f"/u/{token}")):
        assert "marie" not in answer.text
        assert "m…@example.org" in answer.text
        assert token not in answer.text
        assert "Actualités &lt;internationales&gt;" in answer.text
        assert "<internationales>" not in answer.text
        assert "Actualités <i>internationales</i>" in answer.text
        assert '<html lang="fr"' in answer.text
        assert "1 rue de l’Exemple" in answer.text


@pytest.mark.parametrize("path", [f"/u/{UNKNOWN}", "/u/x", "/u/%00", "/u/a/b", "/", "/docs"])
def test_link_that_leads_nowhere_says_what_to_do(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "mailto:lettre@example.org" in answer.text
    assert "<form" not in answer.text
    if path.startswith("/u/") and path != "/u/a/b":
        assert client.post(path).status_code == 404


def test_nothing_is_kept_run_framed_or_told_on(client: httpx.Client, token: str) -> None:
    answers = [
        client.get(f"/u/{token}"),
        client.get(f"/u/{UNKNOWN}"),
        client.put(f"/u/{token}"),
        client.get("/healthz"),
        client.post(f"/u/{token}"),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
    assert [answer.status_code for answer in answers] == [200, 404, 405, 200, 200]


def test_page_loads_nothing(client: httpx.Client, token: str) -> None:
    page = client.get(f"/u/{token}").text
    assert not re.findall(r"<(?:script|link|img|iframe|object)\b", page)
    assert not re.findall(r"""(?:src|href|action)=|url\(|@import""", page)


def test_its_own_style_is_the_only_one_allowed(client: httpx.Client, token: str) -> None:
    answer = client.get(f"/u/{token}")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in answer.headers["content-security-policy"]


def test_endless_body_is_refused(client: httpx.Client, database: Database, token: str) -> None:
    assert client.post(f"/u/{token}", content=b"x" * (MAX_BODY + 1)).status_code == 413
    assert status(database) is SubscriptionStatus.ACTIVE
    assert client.post(f"/u/{token}", content=b"x" * MAX_BODY).status_code == 200
    assert status(database) is SubscriptionStatus.UNSUBSCRIBED


def test_who_hangs_up_early_has_left_all_the_same(
    client: httpx.Client, database: Database, token: str
) -> None:
    with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as line:
        line.sendall(
            f"POST /u/{token} HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\nList-".encode()
        )
        line.shutdown(socket.SHUT_WR)
        while line.recv(4096):
            pass
    # The same connection's end was seen by the server; the next answer comes after its work.
    for _ in range(200):
        if status(database) is SubscriptionStatus.UNSUBSCRIBED:
            break
        client.get("/healthz")
    assert status(database) is SubscriptionStatus.UNSUBSCRIBED


def test_many_at_once_all_leave(client: httpx.Client, database: Database) -> None:
    tokens = [
        membership.add(database, "main", f"r{n}@example.org", now=NOW).subscription.token
        for n in range(20)
    ]
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda t=t: answers.append(client.post(f"/u/{t}").status_code))
        for t in tokens
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * len(tokens)
    assert membership.stats(database, "main").unsubscribed == len(tokens)


def test_health_is_the_stores(client: httpx.Client, tmp_path: Path) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")
    store = tmp_path / "digest.db"
    if not store.exists():
        return
    for file in tmp_path.glob("digest.db*"):
        file.unlink()
    store.write_bytes(b"no database at all" * 100)
    for answer in (client.get("/healthz"), client.post(f"/u/{UNKNOWN}")):
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert "digest.db" not in answer.text


@pytest.mark.parametrize(("language", "word"), [("fr", "désabonner"), ("en", "Unsubscribe")])
def test_pages_speak_the_publications_language(language: str, word: str) -> None:
    pages = LeavingPages(Config(publication=replace(PUBLICATION, language=language)))
    assert f'<html lang="{language}"' in pages.ask("marie@example.org")
    assert word in pages.ask("marie@example.org")
    for page in (pages.left("marie@example.org"), pages.unknown_link(), pages.unavailable()):
        assert not re.search(r"\{\w*\}", re.sub(r"<style>.*</style>", "", page, flags=re.DOTALL))


def test_without_an_address_to_write_to_no_empty_link_is_shown() -> None:
    pages = LeavingPages(Config(publication=replace(PUBLICATION, sender="")))
    assert "mailto:" not in pages.unknown_link()
