"""The whole way out of the house: a relay, SendGrid, and the page where readers leave."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from tests.cli.conftest import NOW, WEEK, Digest
from tests.delivery.sendgrid_server import KEY, Sendgrid, serving
from tests.delivery.smtp_servers import Mailroom, Script, relay, scripted

Settings = Callable[[str, str], None]


@pytest.fixture
def through(settings: Settings) -> Callable[[str, str], None]:
    """Send through a provider, with its table; pictures travel with the letter."""

    def use(provider: str, table: str) -> None:
        settings('provider = "outbox"', f'provider = "{provider}"')
        settings("[edition]\n", '[edition]\nimages = "embed"\n')
        settings("", f"\n[delivery.{provider}]\n{table}\n")

    return use


def test_relay_receives_one_message_for_each_reader(
    digest: Digest, through: Callable[[str, str], None]
) -> None:
    mailroom = Mailroom()
    with relay(mailroom) as port:
        through("smtp", f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"')
        sent = digest("send", "--yes", "--json")
        assert sent.code == 0, sent.err
        again = digest("send", "--yes")
    assert sent.json["accepted"] == 10
    assert "nobody gets a second copy" in again.out
    assert len({address for address, _ in mailroom.taken}) == len(mailroom.taken) == 10


def test_relay_that_is_away_leaves_everybody_pending(
    digest: Digest, through: Callable[[str, str], None]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    through("smtp", f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"')
    refused = digest("send", "--yes")
    assert refused.code == 6, refused.err
    assert "Traceback" not in refused.err
    assert digest("status", "--json").json["pending"] == 10


def test_connection_lost_after_the_last_byte_is_unknown_and_never_sent_again(
    digest: Digest, through: Callable[[str, str], None]
) -> None:
    script = Script(dot=[None])
    with scripted(script) as port:
        through("smtp", f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\nconnections = 1')
        first = digest("send", "--yes", "--json")
        again = digest("send", "--yes", "--json")
    assert first.code == again.code == 7, first.err
    assert first.json == again.json
    assert (first.json["accepted"], first.json["unknown"]) == (9, 1)
    assert script.bodies == 10


def test_sendgrid_receives_every_reader_once(
    digest: Digest, through: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", KEY)
    sendgrid = Sendgrid()
    with serving(sendgrid) as url:
        through("sendgrid", f'api_url = "{url}"')
        sent = digest("send", "--yes", "--json")
        assert sent.code == 0, sent.err
        assert digest("send", "--test", "odile@example.org").code == 0
    assert sent.json["accepted"] == 10
    assert len(sendgrid.emails) == len(set(sendgrid.emails)) == 11


def test_sandbox_says_that_nobody_gets_anything(
    digest: Digest, through: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", KEY)
    sendgrid = Sendgrid()
    with serving(sendgrid) as url:
        through("sendgrid", f'api_url = "{url}"\nsandbox = true')
        tried = digest("send", "--test", "odile@example.org")
        assert "in the sandbox: requests are checked, nobody gets anything" in tried.out
    assert len(sendgrid.requests) == 1
    assert sendgrid.emails == []


def test_wrong_key_ends_with_4_and_everybody_pending(
    digest: Digest, through: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENDGRID_API_KEY", "SG.wrong-and-secret")
    sendgrid = Sendgrid()
    with serving(sendgrid) as url:
        through("sendgrid", f'api_url = "{url}"')
        refused = digest("send", "--yes")
    assert refused.code == 4
    assert "SG.wrong-and-secret" not in refused.out + refused.err
    assert digest("status", "--json").json["pending"] == 10
    assert sendgrid.emails == []


def test_linked_pictures_need_an_address(digest: Digest, settings: Settings, lettre: Path) -> None:
    settings("[edition]\n", '[edition]\nimages = "link"\n')
    refused = digest("build")
    assert refused.code == 2
    assert "image_base_url" in refused.err
    settings("[edition]\n", '[edition]\nimage_base_url = "https://pictures.example.org/"\n')
    assert digest("preview", "--export", lettre / "letter").code == 0
    message = message_from_bytes(
        (lettre / "letter" / "edition.eml").read_bytes(), policy=policy.default
    )
    body = message.get_body(("html",))
    assert body is not None
    html = body.get_content()
    linked = re.findall(rf'src="https://pictures\.example\.org/({WEEK}/[^"]+)"', html)
    assert linked
    assert all((lettre / "editions" / name).is_file() for name in linked)


def test_reader_leaves_through_the_served_page(digest: Digest, lettre: Path) -> None:
    digest("send", "--yes")
    message = message_from_bytes(
        next((lettre / "outbox" / "new").iterdir()).read_bytes(), policy=policy.default
    )
    (path,) = re.findall(r"<https://[^/>]+(/u/[^>]+)>", str(message["List-Unsubscribe"]))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "digest", "serve", "--port", str(port)],
        cwd=lettre,
        env={**os.environ, "DIGEST_NOW": NOW},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
                break
            except (OSError, http.client.HTTPException):
                assert server.poll() is None
        urllib.request.urlopen(address + path, timeout=10).close()
        assert digest("subscribers", "stats", "--json").json[0]["unsubscribed"] == 1
        one_click = urllib.request.Request(address + path, data=b"List-Unsubscribe=One-Click")
        urllib.request.urlopen(one_click, timeout=10).close()
        assert digest("subscribers", "stats", "--json").json[0]["unsubscribed"] == 2
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=30)
