"""The one guarded fetch: everything that comes from the web comes through here.

Only http and https; at most five redirects, each judged anew; limits on time and on the bytes
after decompression, kept while they arrive; connections are used again. What the bytes mean is
left to the caller, which addresses are refused to `guard` and `addresses`, politeness to `web`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3 import exceptions
from urllib3.response import BaseHTTPResponse
from urllib3.util import Timeout, Url, make_headers, parse_url

from digest.errors import FetchCause, FetchError
from digest.net.addresses import is_allowed
from digest.net.guard import POOLS, Alarm, RefusalError, Watch
from digest.text.masking import mask_url

MOST_REDIRECTS = 5
_CHUNK = 65_536
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_CONDITIONS = frozenset({"If-None-Match", "If-Modified-Since"})
#: Hosts whose connections are kept, and connections kept of each; others are closed after use.
_HOSTS, _CONNECTIONS = 64, 16
#: What a validator may be made of (RFC 9110): it is sent back as it came.
_VALIDATOR = re.compile(r"[\x20-\x7e\x80-\xff]{1,500}")


class FetchLimits(Protocol):
    """What `Fetcher` needs of the settings; `[fetch]` of `config.toml` has it."""

    @property
    def allow(self) -> tuple[str, ...]:
        """Hosts that may be private addresses."""
        ...

    @property
    def contact(self) -> str:
        """Address or URL for the `User-Agent`."""
        ...

    @property
    def proxy(self) -> str:
        """`refuse` or `environment`."""
        ...

    @property
    def timeout(self) -> float:
        """Seconds for one address in all."""
        ...

    @property
    def max_bytes(self) -> int:
        """Bytes of one answer, decompressed."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer. `url` is the last one after redirects; `charset` may be empty.

    `etag` and `last_modified` are its validators (RFC 9110, section 8.8), "" where it has none.
    `seconds` is how long it took.
    """

    url: str
    status: int
    content_type: str
    charset: str
    body: bytes
    etag: str = ""
    last_modified: str = ""
    seconds: float = 0.0


class Fetcher:
    """Fetches addresses within limits; safe to use from several threads.

    Args:
        settings: the limits.
        version: the program's version, for the `User-Agent`.
    """

    def __init__(self, settings: FetchLimits, *, version: str) -> None:
        self.settings = settings
        contact = settings.contact.strip()
        self.user_agent = f"digest/{version} (+{contact})" if contact else f"digest/{version}"
        self._alarm = Alarm()
        # Reading the whole environment for each address takes as long as a quarter of its fetch.
        self._proxies = urllib.request.getproxies_environment()
        self._managers: dict[tuple[bool, str], urllib3.PoolManager] = {}
        self._lock = threading.Lock()

    def fetch(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        redirecting: Callable[[str], object] | None = None,
        body: bool = True,
    ) -> Fetched:
        """Fetch `url`; with validators, a 304 (“not modified”) is an answer with an empty body.

        Args:
            url: an http or https address.
            etag: the validator of the answer that is known.
            last_modified: the same, as a date.
            redirecting: called with each address before a redirect is followed; may raise.
            body: False leaves the answer's body on the server; who asks as a reader's program does
                gets a reader's answer, which many servers deny to HEAD.

        Raises:
            FetchError: there is no complete answer with a status of 200 to 299; the message
                shows the URL without its password.
        """
        first = current = url.strip()
        redirects, start = 0, time.monotonic()
        asked = {"User-Agent": self.user_agent, "Accept-Encoding": "gzip, deflate"}
        if etag:
            asked["If-None-Match"] = etag
        if last_modified:
            asked["If-Modified-Since"] = last_modified
        with Watch(self.settings.timeout, self._alarm) as watch:
            while True:
                try:
                    answer = self._one(current, first, asked, watch, body)
                    if isinstance(answer, Fetched):
                        return dataclasses.replace(answer, seconds=time.monotonic() - start)
                    if redirects == MOST_REDIRECTS:
                        raise RefusalError(
                            f"it redirects more than {MOST_REDIRECTS} times",
                            "Open the address in a browser and use the one it ends at.",
                            cause="redirects",
                        )
                except RefusalError as refusal:
                    raise _failure(first, current, refusal) from refusal
                except (exceptions.HTTPError, OSError, ValueError) as error:
                    what, hint, cause = self._explain(error, watch)
                    reason = RefusalError(what, hint, cause=cause)
                    raise _failure(first, current, reason) from error
                current = answer
                redirects += 1
                if redirecting is not None:
                    redirecting(current)

    def _one(
        self, url: str, first: str, asked: dict[str, str], watch: Watch, body: bool
    ) -> Fetched | str:
        """The answer, or the URL it redirects to."""
        target = _checked(url)
        host, port = target.host or "", target.port or (443 if target.scheme == "https" else 80)
        watch.only_public = not is_allowed(host, port, self.settings.allow)
        manager = self._manager(target, host, port, watch)
        headers = asked
        if target.auth and _origin(url) == _origin(first):
            headers = asked | make_headers(basic_auth=target.auth)
        response = _request(manager, target._replace(auth=None, fragment=None).url, headers, watch)
        try:
            if response.status in (301, 302, 303, 307, 308):
                return _redirected(url, response.headers.get("Location"))
            if not (response.status == 304 and asked.keys() & _CONDITIONS):
                _check_status(response)
            content = self._body(response) if body else b""
        finally:
            response.close()
        if watch.expired:
            raise TimeoutError
        content_type, charset = _content_type(response.headers.get("Content-Type", ""))
        return Fetched(
            url,
            response.status,
            content_type,
            charset,
            content,
            _validator(response.headers.get("ETag", "")),
            _validator(response.headers.get("Last-Modified", "")),
        )

    def _manager(self, target: Url, host: str, port: int, watch: Watch) -> urllib3.PoolManager:
        """The pools that lead to a host: directly, or through the environment's proxy."""
        proxy = _environment_proxy(self._proxies, target.scheme or "", host, port)
        if proxy and self.settings.proxy != "environment":
            raise RefusalError(
                f"the environment names a proxy for it ({mask_url(proxy)}), and the guard "
                "against private addresses cannot see through a proxy",
                'Set proxy = "environment" in [fetch] to use it, or add the host to NO_PROXY.',
            )
        if proxy:
            watch.only_public = False
        key = target.scheme == "https", proxy
        with self._lock:
            if key not in self._managers:
                self._managers[key] = self._new_manager(*key)
            return self._managers[key]

    def _new_manager(self, protected: bool, proxy: str) -> urllib3.PoolManager:
        options: Any = {"num_pools": _HOSTS, "maxsize": _CONNECTIONS}
        if protected:
            # Reading the certificates of all authorities takes as long as many a fetch.
            options["ssl_context"] = ssl.create_default_context()
        manager: urllib3.PoolManager
        if proxy:
            headers = _proxy_headers(proxy)
            manager = urllib3.ProxyManager(proxy, proxy_headers=headers, **options)
        else:
            manager = urllib3.PoolManager(**options)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def _body(self, response: BaseHTTPResponse) -> bytes:
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            raise RefusalError(
                f"the answer is compressed as “{encoding}”, which was not asked for",
                "Tell those who run the server; nothing can be changed here.",
            )
        limit = self.settings.max_bytes
        body = bytearray()
        for chunk in response.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > limit:
                raise RefusalError(
                    f"the answer is larger than {limit:,} bytes",
                    "If that is meant, raise max_bytes in [fetch] of config.toml.",
                )
        return bytes(body)

    def _explain(self, error: Exception, watch: Watch) -> tuple[str, str, FetchCause]:
        """What happened, what to do, and the cause."""
        if watch.expired or isinstance(error, TimeoutError | exceptions.TimeoutError):
            return (
                f"no complete answer within {self.settings.timeout:g} seconds",
                "Try again later, or raise timeout in [fetch] of config.toml.",
                "time",
            )
        if isinstance(error, exceptions.ProxyError):
            return "the proxy does not answer", "Check HTTPS_PROXY and HTTP_PROXY.", ""
        if isinstance(error, exceptions.SSLError):
            return (
                f"no protected connection ({error})",
                "Check the certificate of the server and the clock of this machine.",
                "protection",
            )
        if isinstance(error, exceptions.LocationValueError | ValueError):
            return "this is not a web address", "Write it as https://example.org/rss.xml.", ""
        if isinstance(error, exceptions.DecodeError):
            return "the answer says it is compressed but is not", "Try again later.", ""
        broken = "the connection broke off before the answer was complete"
        return broken, "Try again later.", "connection"


def _request(
    manager: urllib3.PoolManager, url: str, headers: dict[str, str], watch: Watch
) -> BaseHTTPResponse:
    """The answer's head; a kept connection that the server has given up is replaced."""
    while True:
        watch.reused = False
        try:
            return manager.request(
                "GET",
                url,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=Timeout(connect=watch.remaining, read=watch.remaining),
            )
        except (exceptions.ProtocolError, exceptions.SSLError):
            if not watch.reused or watch.expired:
                raise


def _failure(first: str, current: str, reason: RefusalError) -> FetchError:
    shown = mask_url(first)
    if current != first:
        shown += f" (redirected to {mask_url(current)})"
    return FetchError(
        f"{shown}: {reason.what}",
        reason.hint,
        status=reason.status,
        retry_after=reason.retry_after,
        cause=reason.cause,
    )


def _checked(url: str) -> Url:
    if any(ord(character) <= 32 or ord(character) == 127 for character in url):
        raise RefusalError("the address holds a blank or control character", "Write it without.")
    scheme = urlsplit(url).scheme.lower()
    if scheme not in ("http", "https"):
        raise RefusalError(
            f"only http and https are fetched, not “{scheme or 'an address without https://'}”",
            "Write it as https://example.org/rss.xml.",
        )
    target = parse_url(url)
    if not target.host:
        raise RefusalError("the address names no host", "Write it as https://example.org/rss.xml.")
    return target


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.hostname, parts.port


def _redirected(url: str, location: str | None) -> str:
    if not location:
        raise RefusalError("it redirects without saying where", "Check the address in a browser.")
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    return urljoin(url, location.strip().replace(" ", "%20"))


def _check_status(response: BaseHTTPResponse) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    retry_after = _validator(response.headers.get("Retry-After", "").strip())
    if status in (404, 410):
        hint = "The address has changed or is misspelt; look it up on the site."
    elif status in (401, 403):
        hint = "The server wants a login or refuses programs; ask those who run it."
    elif status == 429:
        hint = f"Too many requests; try again {_when(retry_after)}."
    elif status == 503 and retry_after:
        hint = f"The server has no time; try again {_when(retry_after)}."
    elif status >= 500:
        hint = "The server has a fault; try again later."
    else:
        hint = "Open the address in a browser to see what it answers."
    raise RefusalError(
        f"the server answered {status} {response.reason or ''}".rstrip(),
        hint,
        status=status,
        retry_after=retry_after,
    )


def _when(retry_after: str) -> str:
    """A `Retry-After` in words."""
    if retry_after.isdecimal():
        return f"in {retry_after} seconds"
    return f"after {retry_after}" if retry_after else "later"


def _validator(value: str) -> str:
    """A header as it can be kept and sent back; "" for what is none."""
    return value if _VALIDATOR.fullmatch(value) else ""


def _content_type(header: str) -> tuple[str, str]:
    message = Message()
    message["Content-Type"] = header or "application/octet-stream"
    charset = message.get_content_charset() or ""
    return message.get_content_type() if header else "", charset


def _environment_proxy(proxies: dict[str, str], scheme: str, host: str, port: int) -> str:
    proxy = proxies.get(scheme) or proxies.get("all", "")
    if not proxy or urllib.request.proxy_bypass(f"{host}:{port}"):
        return ""
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if not proxy.startswith(("http://", "https://")):
        raise RefusalError(
            f"the environment names a proxy that is neither http nor https ({mask_url(proxy)})",
            "Name an http proxy, or add the host to NO_PROXY.",
        )
    return proxy


def _proxy_headers(proxy: str) -> dict[str, str]:
    auth = parse_url(proxy).auth
    return make_headers(proxy_basic_auth=auth) if auth else {}
