"""The studio as a web application: the page, what it asks for, and its three acts.

Blocking work runs in the thread pool. Nothing is addressed by a path of the file system: faces,
pictures and files are looked up by name among what the view holds. Who may ask at all is decided
in `gate`, how the page keeps up in `live`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from digest.web.studio.answering import Answers, refused
from digest.web.studio.gate import Gate
from digest.web.studio.live import Live
from digest.web.studio.page import assets, page
from digest.web.studio.readers import Reader, shown
from digest.web.studio.session import Studio
from digest.web.studio.viewing import as_json

#: Bytes of a request's body, at most: an address or a hash.
MAX_BODY = 4_096


def create_studio(studio: Studio, *, port: int, token: str) -> tuple[FastAPI, Live]:
    """The application, and what keeps it up to date.

    Args:
        studio: the sitting.
        port: where it will listen on the loopback interface.
        token: lets a browser in.
    """
    live = Live(studio)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with live:
            yield

    app = FastAPI(
        title="digest", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan
    )
    app.add_middleware(Answers)
    app.add_middleware(Gate, port=port, token=token)
    app.exception_handler(HTTPException)(refused)
    _add_views(app, studio)
    _add_acts(app, studio, live)

    @app.get("/events")
    def events() -> StreamingResponse:
        return StreamingResponse(live.events(), media_type="text/event-stream")

    _add_page(app, studio)

    return app, live


def _add_page(app: FastAPI, studio: Studio) -> None:
    @app.get("/")
    def show() -> HTMLResponse:
        view = studio.view
        language = view.publication.config.publication.language
        return HTMLResponse(page(view.state(studio.clock()), language=language))

    # Last, since it is the widest: every other address has its own.
    @app.get("/{name}")
    def asset(name: str) -> Response:
        content_type, content = assets().get(name, ("", b""))
        if not content_type:
            raise HTTPException(404)
        return Response(content, media_type=content_type)


def _add_views(app: FastAPI, studio: Studio) -> None:
    def json_of(make: Callable[[], Any]) -> Response:
        content = as_json(make()).encode("utf-8", "replace")
        return Response(content, media_type="application/json")

    @app.get("/frames/{name}.html")
    def frame(name: str, reader: str = "") -> HTMLResponse:
        drawn = studio.view.frame(name, _reader(studio, reader), studio.clock())
        if drawn is None:
            raise HTTPException(404)
        return HTMLResponse(drawn)

    @app.get("/pictures/{name}")
    def picture(name: str) -> Response:
        found = studio.view.picture(name)
        if found is None:
            raise HTTPException(404)
        return Response(found.read(), media_type=found.content_type)

    routes: dict[str, Callable[[Reader], Any]] = {
        "state": lambda _: studio.view.state(studio.clock()),
        "text": lambda reader: studio.view.text(reader, studio.clock()),
        "text-unsponsored": lambda reader: studio.view.text(
            reader, studio.clock(), unsponsored=True
        ),
        "message": lambda reader: studio.view.message(reader, studio.clock()),
        "files": lambda _: studio.view.files(),
        "provenance": lambda _: studio.view.provenance(),
    }

    @app.get("/{name}.json")
    def companion(name: str, reader: str = "", q: str = "") -> Response:
        if name == "readers":
            publication = studio.publication
            found = [_reader(studio, reader)] if reader else studio.readers.search(publication, q)
            known = bool(found) or studio.readers.are_known(publication)
            return json_of(lambda: {"readers": [shown(one) for one in found], "known": known})
        if name not in routes:
            raise HTTPException(404)
        return json_of(lambda: routes[name](_reader(studio, reader)))


def _add_acts(app: FastAPI, studio: Studio, live: Live) -> None:
    @app.post("/test")
    async def test(request: Request) -> Response:
        address = await _field(request, "address")
        return JSONResponse(await run_in_threadpool(studio.send_test, address))

    @app.post("/approve")
    async def approve(request: Request) -> Response:
        shown_hash = await _field(request, "hash")
        try:
            await run_in_threadpool(studio.approve, shown_hash)
        finally:
            live.ring()
        return JSONResponse({"state": "approved"})

    @app.post("/reopen")
    async def reopen(request: Request) -> Response:
        edition = await _field(request, "edition")
        await run_in_threadpool(studio.reopen, edition)
        live.ring()
        return JSONResponse({"state": "built"})


def _reader(studio: Studio, reader_id: str) -> Reader:
    reader = studio.reader(reader_id)
    if reader is None:
        raise HTTPException(404, "There is no such reader.")
    return reader


async def _field(request: Request, name: str) -> str:
    """A text of the JSON object that a POST holds."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413)
    try:
        value = json.loads(body)[name]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(value, str) or not value.isprintable():
        raise HTTPException(400, "This is no text that can be written.")
    return value
