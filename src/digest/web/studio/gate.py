"""Lets in the one browser that was given the address, and nobody else on this machine or the web.

The token of the printed address becomes a cookie that scripts cannot read and other sites cannot
send. A `Host` that is not this machine's (DNS rebinding), a POST from another origin and a request
that another site caused are refused before anything is looked at. Sources: OWASP Cross-Site
Request Forgery Prevention and HTTP Headers Cheat Sheets; Content Security Policy Level 3; Fetch
Metadata Request Headers.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: What the page may load and do: what the studio serves, and nothing inline.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: A letter in its frame: its own style and pictures, no script.
FRAME_POLICY: Final = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin"
)
FRAMES: Final = "/frames/"
#: Named by what they show: one that was fetched never changes.
PICTURES: Final = "/pictures/"

_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Gate:
    """ASGI middleware before the studio.

    Args:
        app: what is behind it.
        port: where the server listens on the loopback interface.
        token: stands in the printed address.
    """

    def __init__(self, app: ASGIApp, *, port: int, token: str) -> None:
        self._app = app
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._token = token
        self._cookie = f"digest-studio-{port}"
        self._pass = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on what may pass."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        answer = self._refusal(scope)
        policy = FRAME_POLICY if scope["path"].startswith(FRAMES) else PAGE_POLICY
        framing = "SAMEORIGIN" if scope["path"].startswith(FRAMES) else "DENY"

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["Content-Security-Policy"] = policy
                headers["X-Frame-Options"] = framing
                if scope["path"].startswith(PICTURES) and message["status"] == 200:
                    headers["Cache-Control"] = "private, max-age=86400, immutable"
            await send(message)

        await (answer or self._app)(scope, receive, send_strictly)

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that does not pass; None for one that does."""
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self._hosts or len(headers.getlist("host")) != 1:
            return PlainTextResponse("Not this host.", 421)
        method = scope["method"]
        if method not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Not allowed.", 405, headers={"Allow": "GET, HEAD, POST"})
        if method != "POST" and scope["path"] == "/" and (entered := self._entry(scope)):
            return entered
        if not self._knows(headers):
            return PlainTextResponse(
                "This page opens with the address that `digest preview` printed.", 403
            )
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("Another site asked for this.", 403)
        if method == "POST" and headers.get("origin", "") != f"http://{headers['host']}":
            return PlainTextResponse("Another site asked for this.", 403)
        return None

    def _entry(self, scope: Scope) -> Response | None:
        """The way in, with the token; the address without it is what the browser keeps."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        if given is None:
            return None
        if not _same(given[0], self._token):
            return PlainTextResponse("This address is of another session.", 403)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, self._pass, httponly=True, samesite="strict", path="/")
        return answer

    def _knows(self, headers: Headers) -> bool:
        given = cookie_parser(headers.get("cookie", "")).get(self._cookie, "")
        return _same(given, self._pass)


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode(), expected.encode())
