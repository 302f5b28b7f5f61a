"""`POST /events/sendgrid`: SendGrid's signed event webhook.

SendGrid posts again for 24 hours until it is answered with 2xx: that is said only when everything
is committed. Nothing is looked at before the signature fits. Judging and applying are left to
`digest.events`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from digest.errors import StoreError
from digest.events.applying import Applied, apply
from digest.events.sendgrid import read_event
from digest.events.signature import SIGNATURE, TIMESTAMP, Signatures
from digest.model.events import Report
from digest.store.database import Database

#: Bytes of a request that are read before it is refused. SendGrid posts at 768 kB at the latest.
MAX_BODY = 4_000_000

_log = logging.getLogger("digest.events")


def add_sendgrid_events(
    app: FastAPI, database: Database, signatures: Signatures, *, clock: Callable[[], datetime]
) -> None:
    """Let the application take SendGrid's events."""

    @app.post("/events/sendgrid")
    async def take(request: Request) -> PlainTextResponse:
        body = await _read(request)
        if body is None:
            return _refused(413, "it is too large")
        signature, timestamp = (request.headers.get(name, "") for name in (SIGNATURE, TIMESTAMP))
        return await run_in_threadpool(_answer, signature, timestamp, body)

    def _answer(signature: str, timestamp: str, body: bytes) -> PlainTextResponse:
        now = clock()
        if fault := signatures.fault(signature, timestamp, body, now):
            return _refused(403, fault)
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            return _refused(400, "it is not JSON")
        if not isinstance(said, list):
            return _refused(400, "it is not a list of events")
        found = (read_event(one, now) for one in said)
        reports: list[Report] = [report for report in found if report is not None]
        try:
            applied = apply(database, reports, now=now)
        except StoreError as error:
            _log.warning("webhook put off", extra={"digest": {"reason": error.message}})
            return PlainTextResponse("the store is busy", 503, headers={"Retry-After": "60"})
        _tell(reports, applied, len(said))
        return PlainTextResponse("ok")


async def _read(request: Request) -> bytes | None:
    """The body; None when it is too large. Who hangs up has posted nothing that is signed."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)


def _refused(status: int, why: str) -> PlainTextResponse:
    """Say no without saying what would have been right; the log knows why."""
    _log.warning("webhook refused", extra={"digest": {"status": status, "reason": why}})
    return PlainTextResponse("refused", status)


def _tell(reports: list[Report], applied: Applied, posted: int) -> None:
    fields = {
        "events": posted,
        "kept": applied.kept.total(),
        "duplicates": applied.repeated,
        "ignored": posted - len(reports) + applied.foreign,
    }
    _log.info("webhook received", extra={"digest": fields})
