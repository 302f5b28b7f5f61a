"""SMTP servers on loopback: aiosmtpd as a real relay, and a scripted one that breaks off."""

from __future__ import annotations

import asyncio
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Mailroom:
    """Keeps what a relay accepted; refuses what a test tells it to.

    `replies` maps an address to the replies at RCPT, one for each attempt.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.replies: dict[str, list[str]] = {}
        self.data_replies: list[str] = []
        self.mail_replies: list[str] = []
        self.sessions: set[object] = set()
        self.senders: list[str] = []
        self.names: list[str] = []
        self.options: list[list[str]] = []

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer MAIL."""
        self.sessions.add(session.peer)
        if self.mail_replies:
            return self.mail_replies.pop(0)
        self.senders.append(address)
        self.names.append(str(session.host_name))
        self.options.append(options)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer RCPT."""
        replies = self.replies.get(address)
        if replies:
            return replies.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answer the final dot."""
        if self.data_replies:
            return self.data_replies.pop(0)
        assert isinstance(envelope.content, bytes)
        self.taken.extend((address, envelope.content) for address in envelope.rcpt_tos)
        return f"250 queued as {len(self.taken)} for {envelope.rcpt_tos[0]}"


def only(user: bytes, password: bytes) -> object:
    """An authenticator that knows one login."""

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == (user, password)
        return AuthResult(success=known, handled=False)

    return authenticate


class _Relay:
    """aiosmtpd on a listening socket. When `serve` returns, nothing of it is left."""

    def __init__(
        self,
        mailroom: Mailroom,
        listener: socket.socket,
        tls: ssl.SSLContext | None,
        **options: Any,
    ) -> None:
        self._mailroom = mailroom
        self._listener = listener
        self._tls = tls
        self._options = {"enable_SMTPUTF8": True, "hostname": "relay.example.org", **options}
        self._transports: list[asyncio.Transport] = []
        self._stopping: Callable[[], object] = lambda: None
        self._runs = threading.Event()

    async def serve(self) -> None:
        """Answer until `stop` is called, then cut every connection."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        self._stopping = partial(loop.call_soon_threadsafe, over.set)
        server = await loop.create_server(self._session, sock=self._listener, ssl=self._tls)
        self._runs.set()
        await over.wait()
        # A server that is closed drops whoever it let in last without closing their socket. They
        # have a transport some turns of the loop later, which needs one more turn to close.
        loop.remove_reader(self._listener)
        for _turn in range(10):
            for transport in self._transports:
                transport.abort()
            await asyncio.sleep(0)
        server.close()

    def stop(self) -> None:
        """From another thread."""
        assert self._runs.wait(30)
        self._stopping()

    def _session(self) -> SMTP:
        transports = self._transports

        class Noting(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                transports.append(cast(asyncio.Transport, transport))
                super().connection_made(transport)

        return Noting(self._mailroom, **self._options)


@contextmanager
def relay(
    mailroom: Mailroom,
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    **options: Any,
) -> Iterator[int]:
    """A running relay; gives its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = _Relay(mailroom, listener, tls, tls_context=starttls, **options)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.stop()
        thread.join()


@dataclass
class Script:
    """What the scripted server says. `None` closes the connection instead of a reply.

    `drop_in_body` closes after that many bytes of a message. Lists are used up one by one over
    all connections; what is not listed goes well. `hung_up` is set when a connection was closed.
    """

    banner: list[str | None] = field(default_factory=list)
    greeting: list[str | None] = field(default_factory=list)
    auth: list[str | None] = field(default_factory=list)
    mail: list[str | None] = field(default_factory=list)
    data: list[str | None] = field(default_factory=list)
    drop_in_body: list[int | None] = field(default_factory=list)
    dot: list[str | None] = field(default_factory=list)
    bodies: int = 0
    connections: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    hung_up: threading.Event = field(default_factory=threading.Event)

    def next(self, name: str, usual: str | None) -> str | None:
        """The next reply of that kind."""
        with self.lock:
            replies = getattr(self, name)
            return replies.pop(0) if replies else usual


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        """One connection."""
        script = self.server.script
        with script.lock:
            script.connections += 1
        if not self._say(script.next("banner", "220 ready")):
            return
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            reply: str | None = "250 OK"
            if verb in (b"EHLO", b"HELO"):
                reply = script.next("greeting", "250 hello")
            elif verb == b"AUTH":
                reply = script.next("auth", "235 welcome")
            elif verb == b"MAIL":
                reply = script.next("mail", "250 OK")
            elif verb == b"DATA":
                reply = script.next("data", "354 go on")
            elif verb == b"QUIT":
                reply = "221 bye"
            if not self._say(reply):
                return
            if verb == b"DATA" and str(reply).startswith("354") and not self._body(script):
                return

    def _body(self, script: Script) -> bool:
        limit = script.next("drop_in_body", None)
        if limit is not None:
            self.rfile.read(int(limit))
            return False
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
        with script.lock:
            script.bodies += 1
        return self._say(script.next("dot", "250 taken"))

    def _say(self, reply: str | None) -> bool:
        if reply is None:
            return False
        self.wfile.write(reply.encode() + b"\r\n")
        return True


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 100

    def __init__(self, script: Script) -> None:
        self.script = script
        super().__init__(("127.0.0.1", 0), _Session)

    def shutdown_request(self, request: Any) -> None:
        """The end of a connection, whoever made it."""
        super().shutdown_request(request)
        self.script.hung_up.set()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is part of the game."""


@contextmanager
def scripted(script: Script) -> Iterator[int]:
    """A running scripted server; gives its port."""
    with _Server(script) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def talking(talk: Callable[[BinaryIO, Callable[[bytes], object]], None]) -> Iterator[int]:
    """A server that does with every connection what `talk(incoming, say)` does; gives its port."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            talk(cast(BinaryIO, self.rfile), self.wfile.write)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that has heard enough goes away."""

    with Server(("127.0.0.1", 0), Talk) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
