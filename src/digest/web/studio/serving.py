"""Runs the studio on a port of the loopback interface until somebody ends it.

Ctrl-C ends it at once: streams are closed first, so that no browser keeps the server waiting. A
rendering that does not end cannot be ended in good order: after a few seconds, or when Ctrl-C is
pressed again, the process is left as it is.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn

from digest.errors import StoppedError, UsageError
from digest.web.studio.app import create_studio
from digest.web.studio.live import Live
from digest.web.studio.session import Studio

HOST = "127.0.0.1"
#: Seconds that open answers are given to end, and that the whole is.
GRACE: Final = 2
LAST: Final = 4.0


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
            timeout_graceful_shutdown=GRACE,
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
        self._is_ending = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._is_ending:
            _leave("Stopped at once.")
        self._is_ending = True
        watch = threading.Timer(LAST, _leave, ["Stopped while a letter was being rendered."])
        watch.daemon = True
        watch.start()
        self._live.stop()
        super().handle_exit(sig, frame)


def _leave(message: str) -> None:
    """End the process whatever its threads are doing; what the store holds stays whole."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
    os._exit(StoppedError.exit_code)
