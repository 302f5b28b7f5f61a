"""HTTP for the `sendgrid` package's client: one deadline for each step, no redirect, one answer.

The package's client opens its requests with urllib, which follows redirects, key and all, reads
whatever comes for as long as it comes, and writes bodies into debugging logs. Here it is given an
opener that does none of it. Each request has a connection of its own: one that is kept could be
closed by the server just as a request leaves, and its outcome would be unknown for nothing.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

from python_http_client import Client
from sendgrid import SendGridAPIClient

from digest.delivery.providers.deadline import DeadlineReader

#: What is read of an answer, at most.
_MOST_BYTES = 1_000_000

#: Seconds for an answer when the socket does not say.
_USUAL_WAIT = 30.0

#: Seconds for the answer of a server that stopped reading in the middle of the request.
_EARLY_WAIT = 2.0

#: Anything but `application/json`: of such a body the client makes no JSON of its own.
_READY = "application/json; charset=utf-8"


class CutShortError(Exception):
    """The connection ended before the whole request had left; nothing can have come of it."""


class Body(bytes):
    """A request's JSON as it leaves. The client encodes it as if it were a text, and logs it."""

    def encode(self, _encoding: str) -> Body:
        """Itself."""
        return self

    def __format__(self, _specification: str) -> str:
        return f"{len(self)} bytes"


class Endpoint(Client):  # type: ignore[misc]
    """The package's client for one path of the interface.

    Args:
        path: such as ("mail", "send").
        timeout: seconds for the connection, for the request, and for the whole answer.
        context: whom to trust; None when the address is a test's, without TLS.
    """

    def __init__(
        self, api_key: str, api_url: str, path: tuple[str, ...], timeout: float,
        context: ssl.SSLContext | None,
    ) -> None:  # fmt: skip
        headers: Mapping[str, str] = SendGridAPIClient(api_key, host=api_url).client.request_headers
        super().__init__(
            host=api_url,
            request_headers={**headers, "Content-Type": _READY},
            version=3,
            url_path=list(path),
            timeout=timeout,
        )
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.UnknownHandler(),
            _PlainHandler() if context is None else _SecureHandler(context=context),
        ):
            self._opener.add_handler(handler)

    def _make_request(
        self, opener: object, request: urllib.request.Request, timeout: float | None = None
    ) -> Taken:
        """Any answer at all, whatever its status, from the host that was asked and no other."""
        request.add_header("Content-Type", "application/json")
        return Taken(self._opener.open(request, timeout=timeout or self.timeout))


class Taken:
    """An answer, read as far as `_MOST_BYTES` and the deadline allow, with the client's names.

    The status decides; a body that breaks off takes nothing back.
    """

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._status = response.status
        self._headers = response.headers
        if isinstance(response, _Response) and response.is_early:
            self._headers["X-Digest-Early"] = "yes"
        self._body = bytearray()
        try:
            while piece := response.read1(_MOST_BYTES - len(self._body)):
                self._body += piece
        except (OSError, http.client.HTTPException):
            pass
        finally:
            response.close()

    def getcode(self) -> int:
        """The status."""
        return self._status

    def read(self) -> bytes:
        """What was read."""
        return bytes(self._body)

    def info(self) -> http.client.HTTPMessage:
        """The headers; `X-Digest-Early` stands there when the request had not left as a whole."""
        return self._headers


class _Response(http.client.HTTPResponse):
    """An answer that has to be complete within the connection's time-out."""

    is_early = False

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        seconds = sock.gettimeout() or _USUAL_WAIT
        self.fp = io.BufferedReader(DeadlineReader(sock, seconds))


class _Whole(http.client.HTTPConnection):
    """Sends within its time-out, and knows whether everything had left when it broke."""

    response_class = _Response
    _cut = ""

    def request(self, *arguments: Any, **options: Any) -> None:
        """Send; a connection that breaks meanwhile may still have said why."""
        try:
            super().request(*arguments, **options)
        except (BrokenPipeError, ConnectionResetError) as error:
            if self.sock is None:
                raise
            self._cut = error.strerror or "the connection was lost"
            self.sock.settimeout(min(_EARLY_WAIT, self.sock.gettimeout() or _USUAL_WAIT))

    def getresponse(self) -> http.client.HTTPResponse:
        """The answer.

        Raises:
            CutShortError: there is none, and the request had not left as a whole.
        """
        try:
            response = super().getresponse()
        except (OSError, http.client.HTTPException):
            if self._cut:
                raise CutShortError(self._cut) from None
            raise
        if isinstance(response, _Response):
            response.is_early = bool(self._cut)
        return response

    def send(self, data: Any) -> None:
        """All of it, or TimeoutError: a server that reads slowly has no more time than another."""
        if self.sock is None:
            self.connect()
        usual = self.sock.gettimeout()
        end = time.monotonic() + (usual or _USUAL_WAIT)
        rest = memoryview(data)
        try:
            while rest:
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError("timed out")
                self.sock.settimeout(left)
                rest = rest[self.sock.send(rest) :]
        finally:
            self.sock.settimeout(usual)


class _SecureWhole(_Whole, http.client.HTTPSConnection):
    """The same with TLS."""


class _PlainHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Whole, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def __init__(self, *, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._trusted = context

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureWhole, req, context=self._trusted)
