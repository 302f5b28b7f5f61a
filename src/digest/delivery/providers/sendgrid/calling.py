"""Calls of SendGrid's v3 interface, through the `sendgrid` package: what was asked, what was said.

`connecting` holds the connection to its deadlines; what an answer means is decided in `judging`
and `batches`.
"""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import urllib.error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from digest.config import Config
from digest.config.secrets import read_secret
from digest.delivery.masking import without_addresses
from digest.delivery.providers.sendgrid.connecting import Body, CutShortError, Endpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a request. `status` is 0 when no answer came.

    `reached` is False when the request certainly did not arrive as a whole. `text` is SendGrid's
    own word without addresses and secrets, `fields` what its errors name, `headers` by lower-case
    name; `from_interface` says that the errors came in the interface's own form, not from something
    in between. `content` is the body as it came.
    """

    status: int
    text: str = ""
    fields: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    reached: bool = True
    from_interface: bool = False
    content: bytes = b""

    def __str__(self) -> str:
        return f"{self.status or ''} {self.text}".strip() or "no answer"


class Interface:
    """SendGrid's interface for one key. Calls block, and whatever happens, they do not raise.

    Args:
        api_url: the host that is asked, and no other.
        timeout: seconds for the connection, for the request, and for the whole answer.
    """

    def __init__(self, api_key: str, api_url: str, timeout: float) -> None:
        # The client logs whole headers, key included, at DEBUG.
        logging.getLogger("python_http_client").setLevel(logging.WARNING)
        self.host = api_url.rstrip("/")
        self._key = api_key
        self._timeout = timeout
        is_secure = self.host.lower().startswith("https:")
        self._context = ssl.create_default_context() if is_secure else None
        self._mail = self._endpoint("mail", "send")

    def send(self, body: bytes) -> Answer:
        """`POST /v3/mail/send` with a body as `Payload.request` makes it."""
        return self._answer(lambda: self._mail.post(request_body=Body(body)))

    def post(self, *path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """`POST` to another path."""
        return self._call("post", path, body or {})

    def get(self, *path: str) -> Answer:
        """`GET` of a path."""
        return self._call("get", path, None)

    def patch(self, *path: str, body: Mapping[str, Any]) -> Answer:
        """`PATCH` of a path."""
        return self._call("patch", path, body)

    def _call(self, method: str, path: tuple[str, ...], body: Mapping[str, Any] | None) -> Answer:
        endpoint = self._endpoint(*path)
        content = None if body is None else Body(json.dumps(body).encode())
        return self._answer(lambda: getattr(endpoint, method)(request_body=content))

    def _endpoint(self, *path: str) -> Endpoint:
        return Endpoint(self._key, self.host, path, self._timeout, self._context)

    def _answer(self, call: Callable[[], Any]) -> Answer:
        try:
            response = call()
        except urllib.error.URLError as error:
            # urllib wraps what happens until the last byte is sent, and nothing after it.
            reason = getattr(error.reason, "strerror", None) or error.reason
            return Answer(0, self._clean(str(reason)), reached=False)
        except CutShortError as error:
            return Answer(0, self._clean(str(error)), reached=False)
        except TimeoutError:
            return Answer(0, "no answer in time")
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, self._clean(str(error)) or "no answer")
        headers = {name.lower(): self._clean(value) for name, value in response.headers.items()}
        status, reached = response.status_code, "x-digest-early" not in headers
        if 300 <= status < 400:
            location = self._clean(_destination(response.headers.get("Location", "")))
            return Answer(status, location, headers=headers, reached=reached)
        text, fields, own = _errors(response.body)
        return Answer(status, self._clean(text), fields, headers, reached, own, response.body)

    def _clean(self, text: str) -> str:
        return without_addresses(text, [self._key])


def open_interface(config: Config) -> Interface:
    """The interface as `[delivery.sendgrid]` names it; nothing is asked yet.

    Raises:
        ConfigError: the key is missing.
    """
    settings = config.delivery.sendgrid
    key = read_secret(settings.api_key_env, "SendGrid's key")
    return Interface(key, settings.api_url, settings.timeout)


def _destination(location: str) -> str:
    """Where a redirect leads, without path and query."""
    try:
        parts = urlsplit(location)
        host = parts.hostname
    except ValueError:
        host = None
    return f"redirect to {parts.scheme or 'http'}://{host}" if host else "redirect"


def _errors(body: bytes) -> tuple[str, tuple[str, ...], bool]:
    """SendGrid's messages, the fields they name, and whether they came in its own form."""
    try:
        errors = json.loads(body)["errors"]
        messages = "; ".join(str(error["message"]) for error in errors)
        fields = tuple(str(error["field"]) for error in errors if error.get("field"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return body.decode("utf-8", "replace"), (), False
    return messages, fields, True
