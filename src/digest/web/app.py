"""What is reached from outside: readers' way out, providers' events, and whether all is well.

`GET /u/{token}` shows a button and changes nothing, since link scanners follow links; `POST`
unsubscribes at once, without cookies or redirect and whatever the body says (RFC 8058).
Unsubscribing itself is left to `digest.subscribers`, words and looks to `leaving`, events of a
provider to `events`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from digest.config.settings import Config
from digest.errors import StoreError
from digest.events.signature import signatures_for
from digest.model.people import SubscriptionStatus
from digest.store.database import Database
from digest.subscribers.membership import find_by_token, unsubscribe_by_token
from digest.subscribers.proof import HEADER, find_proof
from digest.web.events import add_sendgrid_events
from digest.web.headers import StrictHeaders
from digest.web.leaving import LeavingPages

#: Bytes of a body that are read before the request is refused; a one-click body has 26.
MAX_BODY = 65_536


def _utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(
    database: Database, config: Config, *, clock: Callable[[], datetime] = _utc_now
) -> FastAPI:
    """The application that `digest serve` runs.

    Args:
        database: the store; blocking calls on it run in the thread pool.
        config: the publication's settings.
        clock: gives the present moment, aware.

    Raises:
        ConfigError: the key of SendGrid's events cannot be used.
    """
    pages = LeavingPages(config)
    signatures = signatures_for(config)
    app = FastAPI(title=config.publication.name, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(StrictHeaders, style=pages.style)

    def unknown(token: str) -> HTMLResponse:
        proof = find_proof(database, token)
        headers = {HEADER: proof} if proof else None
        return HTMLResponse(pages.unknown_link(), status_code=404, headers=headers)

    @app.api_route("/u/{token}", methods=["GET", "HEAD"])
    def ask(token: str) -> HTMLResponse:
        subscription = find_by_token(database, token)
        if subscription is None:
            return unknown(token)
        if subscription.status is SubscriptionStatus.UNSUBSCRIBED:
            return HTMLResponse(pages.left(subscription.email))
        return HTMLResponse(pages.ask(subscription.email))

    @app.post("/u/{token}")
    async def leave(token: str, request: Request) -> HTMLResponse:
        await _read_away(request)
        subscription = await run_in_threadpool(unsubscribe_by_token, database, token, now=clock())
        if subscription is None:
            return await run_in_threadpool(unknown, token)
        return HTMLResponse(pages.left(subscription.email))

    @app.api_route("/healthz", methods=["GET", "HEAD"])
    def healthz() -> PlainTextResponse:
        with database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
        return PlainTextResponse("ok")

    if signatures is not None:
        add_sendgrid_events(app, database, signatures, clock=clock)

    @app.exception_handler(StoreError)
    async def unavailable(_request: Request, _error: StoreError) -> Response:
        return HTMLResponse(pages.unavailable(), status_code=503, headers={"Retry-After": "120"})

    @app.exception_handler(HTTPException)
    async def refused(_request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return HTMLResponse(pages.unknown_link(), status_code=404)
        return PlainTextResponse(error.detail, error.status_code, headers=dict(error.headers or {}))

    return app


async def _read_away(request: Request) -> None:
    size = 0
    # The address alone says what is wanted: also who hangs up early has said it.
    with suppress(ClientDisconnect):
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_BODY:
                raise HTTPException(413)
