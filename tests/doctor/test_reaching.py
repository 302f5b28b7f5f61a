"""Whether the relay is reached safely, and readers reach the way out."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvicorn
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from digest.config import Config
from digest.config.settings.delivery import DeliverySettings, SendgridSettings, SmtpSettings
from digest.config.settings.publication import PublicationSettings
from digest.doctor.deliverability.leaving import Answered, ask, judge_click, judge_page
from digest.doctor.deliverability.relay import RelayLook, judge_relay, look_at_relay
from digest.doctor.examined import Examined
from digest.store.database import Database
from digest.subscribers.proof import find_proof, make_proof, new_question
from digest.web.app import create_app

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """An authority that this machine trusts."""
    made = trustme.CA()
    file = tmp_path / "ca.pem"
    made.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return made


def protected(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


# ---- The relay ------------------------------------------------------------------------------


@contextmanager
def relay(context: ssl.SSLContext | None = None, *, from_the_start: bool = False) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options: dict[str, Any] = (
        {"ssl_context": context} if from_the_start else {"tls_context": context}
    )
    controller = Controller(Sink(), hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def looked(
    port: int, security: str, host: str = "localhost", ca_file: str = "", user: str = ""
) -> Examined:
    smtp = SmtpSettings(host, port, security, username_env=user, ca_file=ca_file)
    config = Config(
        publication=PublicationSettings(name="Lettre"),
        delivery=DeliverySettings(provider="smtp", smtp=smtp),
    )
    look = look_at_relay(config)
    return judge_relay(look, security=security, provider="smtp", wants_login=bool(user))


def test_starttls_with_a_trusted_certificate_is_well(authority: trustme.CA) -> None:
    with relay(protected(authority)) as port:
        found = looked(port, "starttls")
    assert found.state == "ok", found
    assert "TLSv1.3, certificate verified" in found.found


def test_tls_from_the_start_is_well(authority: trustme.CA) -> None:
    with relay(protected(authority), from_the_start=True) as port:
        assert looked(port, "tls").state == "ok"


def test_certificate_of_another_name_is_told(authority: trustme.CA) -> None:
    with relay(protected(authority, "other.example")) as port:
        found = looked(port, "starttls")
    assert found.state == "error"
    assert "not trusted" in found.found


def test_plain_port_that_is_taken_for_tls_is_told_so() -> None:
    with relay() as port:
        assert "it speaks no TLS on this port" in looked(port, "tls").found


def test_authority_of_ones_own_is_trusted_when_it_is_named(tmp_path: Path) -> None:
    own = trustme.CA()
    own.cert_pem.write_to_path(str(tmp_path / "own.pem"))
    with relay(protected(own)) as port:
        assert looked(port, "starttls").state == "error"
        assert looked(port, "starttls", ca_file=str(tmp_path / "own.pem")).state == "ok"
    assert "ca_file" in looked(port, "starttls", ca_file=str(tmp_path / "none.pem")).found


def test_relay_without_starttls_is_told() -> None:
    with relay() as port:
        assert "does not offer STARTTLS" in looked(port, "starttls").found
        assert looked(port, "none").state == "ok"


def test_relay_that_knows_no_login_is_told_when_the_settings_name_a_user() -> None:
    with relay() as port:
        found = looked(port, "none", user="SMTP_USERNAME")
    assert (found.state, "offers no login" in found.found) == ("error", True), found


def test_relay_that_is_not_there_or_speaks_nonsense_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "refused" in looked(port, "starttls", "127.0.0.1").found
    with answering(b"554 marie@example.org is not welcome\r\n") as port:
        found = looked(port, "none", "127.0.0.1").found
        assert "554" in found
        assert "marie" not in found
    with answering(b"SSH-2.0-OpenSSH\r\n") as port:
        assert looked(port, "none", "127.0.0.1").state == "error"


@contextmanager
def answering(greeting: bytes) -> Iterator[int]:
    """A server that says one thing and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            line, _ = listening.accept()
            with line:
                line.sendall(greeting)

        threading.Thread(target=greet, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.mark.parametrize(
    ("look", "security", "word"),
    [
        (RelayLook("here:25", is_local=True), "none", "offers no login"),
        (RelayLook("here:25", is_local=True, offers_starttls=True), "none", "offers STARTTLS"),
        (RelayLook("relay.example:25"), "starttls", "does not offer STARTTLS"),
        (RelayLook("relay.example:25", "TLSv1.3", extensions=("SIZE",)), "tls", "offers no login"),
        (RelayLook("relay.example:25", "TLSv1.3", extensions=("AUTH",)), "tls", "verified, AUTH"),
    ],
)
def test_what_keeps_us_out_is_told_by_its_cause(look: RelayLook, security: str, word: str) -> None:
    found = judge_relay(look, security=security, provider="smtp", wants_login=True)
    assert word in found.found


@pytest.mark.parametrize(
    ("look", "state"),
    [
        (RelayLook("relay.example:25"), "error"),
        (RelayLook("relay.example:25", offers_starttls=True), "error"),
        (RelayLook("relay.example:25", version="TLSv1.2"), "ok"),
        (RelayLook("relay.example:25", untrusted="certificate has expired"), "error"),
        (None, "unknown"),
    ],
)
def test_unprotected_way_over_the_network_is_an_error(look: RelayLook | None, state: str) -> None:
    assert judge_relay(look, security="none", provider="outbox").state == state


def test_interface_is_looked_at_over_https(authority: trustme.CA) -> None:
    def judged(url: str) -> Examined:
        delivery = DeliverySettings(provider="sendgrid", sendgrid=SendgridSettings(api_url=url))
        config = Config(publication=PublicationSettings(name="Lettre"), delivery=delivery)
        return judge_relay(look_at_relay(config), security="starttls", provider="sendgrid")

    with web(lambda _path: (404, {}), protected(authority)) as url:
        assert judged(url).state == "ok"
        assert "not trusted" in judged(url.replace("localhost", "127.0.0.1")).found
    assert judged(url).state == "error"
    assert judged("http://127.0.0.1:9").state == "error"


# ---- The way out ----------------------------------------------------------------------------

Answering = Callable[[str], tuple[int, dict[str, str]]]


@contextmanager
def web(answer: Answering, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A web server that answers `METHOD path` with a status and headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers = answer(f"{self.command} {self.path}")
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        scheme = "http" if context is None else "https"
        try:
            yield f"{scheme}://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()


class _Uvicorn(uvicorn.Server):
    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@pytest.fixture
def ours(store_url: str, authority: trustme.CA, tmp_path: Path) -> Iterator[tuple[str, Database]]:
    """`digest serve` over https."""
    database = Database(store_url, migrate=True)
    pem = tmp_path / "server.pem"
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(pem))
    app = create_app(database, Config(publication=PublicationSettings(name="Lettre")))
    settings = uvicorn.Config(app, log_level="warning", ssl_certfile=str(pem))
    server = _Uvicorn(settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        assert server.ready.wait(20)
        yield f"https://localhost:{listener.getsockname()[1]}", database
        server.should_exit = True
        thread.join(20)


def test_our_own_server_proves_itself_and_nobody_is_unsubscribed(
    ours: tuple[str, Database],
) -> None:
    url, database = ours
    question = new_question()
    proof = make_proof(database, question)
    page, click = ask(url, question, "GET"), ask(url, question, "POST")
    assert (page.status, click.status) == (404, 404)
    assert judge_page(url, page, proof).state == "ok"
    assert judge_click(url, click, proof).state == "ok"


def test_ordinary_unknown_link_is_answered_without_a_proof(ours: tuple[str, Database]) -> None:
    url, database = ours
    make_proof(database, new_question())
    assert ask(url, "x" * 43, "GET") == Answered(404)
    assert find_proof(database, "x" * 43) == ""


def test_store_that_was_never_asked_has_no_proof(store_url: str) -> None:
    assert find_proof(Database(store_url, migrate=True), new_question()) == ""


def test_another_publications_server_does_not_pass_for_ours(
    ours: tuple[str, Database], tmp_path: Path
) -> None:
    url, database = ours
    question = new_question()
    make_proof(database, question)
    other = Database(f"sqlite:///{tmp_path}/other.db")
    found = judge_page(url, ask(url, question, "GET"), make_proof(other, question))
    assert found.state == "error"
    assert "not `digest serve` with this store" in found.found


@pytest.mark.parametrize(
    ("status", "headers", "word"),
    [
        (404, {}, "not `digest serve` with this store"),
        (301, {"Location": "https://www.example.org/u/"}, "redirects to https://www.example.org"),
        (200, {}, "answered 200"),
        (503, {}, "answered 503"),
        (405, {}, "one click cannot arrive"),
    ],
)
def test_whatever_else_answers_a_click_is_told(
    authority: trustme.CA, status: int, headers: dict[str, str], word: str
) -> None:
    with web(lambda _path: (status, headers), protected(authority)) as url:
        found = judge_click(url, ask(url, new_question(), "POST"), "proof")
    assert (found.state, word in found.found) == ("error", True), found


def test_click_needs_https() -> None:
    answered = Answered(404, proof="proof")
    assert judge_click("http://example.org", answered, "proof").state == "error"
    assert judge_page("http://example.org", answered, "proof").state == "ok"


def test_way_out_that_is_not_there_is_told(authority: trustme.CA) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "refused" in ask(f"http://127.0.0.1:{port}", "x", "GET").problem
    with web(lambda _path: (404, {}), protected(authority, "other.example")) as url:
        assert "not trusted" in ask(url, "x", "GET").problem
    with answering(b"nonsense\r\n") as port:
        assert ask(f"http://127.0.0.1:{port}", "x", "GET").problem
    assert judge_page("https://x", Answered(problem="no"), "").state == "error"
    assert judge_page("", None, "").state == "error"


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        OSError(errno.ENETUNREACH, "Network is unreachable"),
    ],
)
def test_machine_without_a_network_blames_nobody(
    monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert looked(25, "starttls").state == "unknown"
    answered = ask("https://lettre.example.org", "x", "GET")
    assert judge_page("https://lettre.example.org", answered, "").state == "unknown"
