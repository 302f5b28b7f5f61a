"""Runs the studio on a port of the loopback interface until somebody ends it.

Ctrl-C ends it at once: streams are closed first, so that no browser keeps the server waiting.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from digest.errors import UsageError
from digest.web.studio.app import create_studio
from digest.web.studio.live import Live
from digest.web.studio.session import Studio

HOST = "127.0.0.1"


def serve(studio: Studio, *, port: int, ready: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or a signal to end.

    Args:
        studio: the sitting, rendered once.
        port: of the loopback interface; 0 takes a free one.
        ready: called once, listening, with the address that lets a browser in.

    Raises:
        UsageError: the port cannot be had.
    """
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise UsageError(
            f"--port {port}: cannot listen there: {error.strerror}",
            "Choose another --port, or leave it out for a free one.",
        ) from None
    with listener:
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        app, live = create_studio(studio, port=port, token=token)
        settings = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        address = f"http://{HOST}:{port}/?token={token}"
        server = _Server(settings, live, lambda: ready(address))
        # uvicorn has ended in good order by then, and raises the signal again.
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            return


class _Server(uvicorn.Server):
    """Says when it listens, and closes the streams before it waits for them."""

    def __init__(self, config: uvicorn.Config, live: Live, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._live = live
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._live.stop()
        super().handle_exit(sig, frame)
