"""One call of SendGrid's `mail/send`, through the `sendgrid` package.

Its client follows redirects, key and all, and reads whatever comes for as long as it comes; here
it is given an opener that does neither.
"""

from __future__ import annotations

import http.client
import io
import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from python_http_client import Client
from sendgrid import SendGridAPIClient

from digest.delivery.masking import without_addresses
from digest.delivery.providers.deadline import DeadlineReader

#: What is read of an answer, at most.
_MOST_BYTES = 1_000_000

#: Seconds for an answer when the socket does not say.
_USUAL_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request. `status` is 0 when no answer came.

    `reached` is False when the request certainly did not arrive as a whole.
    """

    status: int
    text: str = ""
    fields: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    reached: bool = True

    def __str__(self) -> str:
        return f"{self.status or ''} {self.text}".strip() or "no answer"


def caller(api_key: str, api_url: str, timeout: float) -> Callable[[dict[str, Any]], Answer]:
    """What posts a request and gives the answer; whatever happens, it does not raise.

    Args:
        timeout: seconds for the connection, and for the whole answer.
    """
    # The client logs whole requests, key and addresses included, at DEBUG.
    logging.getLogger("python_http_client").setLevel(logging.WARNING)
    endpoint = _Endpoint(
        host=api_url,
        request_headers=SendGridAPIClient(api_key, host=api_url).client.request_headers,
        version=3,
        url_path=["mail", "send"],
        timeout=timeout,
    )

    def clean(text: str) -> str:
        return without_addresses(text, [api_key])

    def post(body: dict[str, Any]) -> Answer:
        try:
            response = endpoint.post(request_body=body)
        except urllib.error.URLError as error:
            # urllib wraps what happens until the last byte is sent, and nothing after it.
            reason = getattr(error.reason, "strerror", None) or error.reason
            return Answer(0, clean(str(reason)), reached=False)
        except TimeoutError:
            return Answer(0, "no answer in time")
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, clean(str(error)) or "no answer")
        headers = {name.lower(): clean(value) for name, value in response.headers.items()}
        status = response.status_code
        if 300 <= status < 400:
            return Answer(status, clean(_destination(response.headers.get("Location", ""))))
        text, fields = _errors(response.body)
        return Answer(status, clean(text), fields, headers)

    return post


class _Response(http.client.HTTPResponse):
    """An answer that has to be complete within the connection's time-out."""

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        seconds = sock.gettimeout() or _USUAL_WAIT
        self.fp = io.BufferedReader(DeadlineReader(sock, seconds))


class _Connection(http.client.HTTPConnection):
    response_class = _Response


class _SecureConnection(http.client.HTTPSConnection):
    response_class = _Response


class _PlainHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureConnection, req)


class _Endpoint(Client):  # type: ignore[misc]
    """The package's client, whose hook for opening a request is replaced."""

    def _make_request(
        self, opener: object, request: urllib.request.Request, timeout: float | None = None
    ) -> _Taken:
        """Any answer at all, whatever its status, from the host that was asked and no other."""
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.UnknownHandler(),
            _PlainHandler(),
            _SecureHandler(),
        ):
            opener.add_handler(handler)
        return _Taken(opener.open(request, timeout=timeout or self.timeout))


class _Taken:
    """An answer, read as far as `_MOST_BYTES` and the deadline allow, with the client's names.

    The status decides; a body that breaks off takes nothing back.
    """

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._status = response.status
        self._headers = response.headers
        self._body = bytearray()
        try:
            while piece := response.read1(_MOST_BYTES - len(self._body)):
                self._body += piece
        except (OSError, http.client.HTTPException):
            pass
        finally:
            response.close()

    def getcode(self) -> int:
        return self._status

    def read(self) -> bytes:
        return bytes(self._body)

    def info(self) -> http.client.HTTPMessage:
        return self._headers


def _destination(location: str) -> str:
    """Where a redirect leads, without path and query."""
    try:
        parts = urlsplit(location)
        host = parts.hostname
    except ValueError:
        host = None
    return f"redirect to {parts.scheme or 'http'}://{host}" if host else "redirect"


def _errors(body: bytes) -> tuple[str, tuple[str, ...]]:
    """SendGrid's messages, and the fields they name."""
    try:
        errors = json.loads(body)["errors"]
        messages = "; ".join(str(error["message"]) for error in errors)
        fields = tuple(str(error["field"]) for error in errors if error.get("field"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return body.decode("utf-8", "replace"), ()
    return messages, fields
