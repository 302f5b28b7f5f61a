"""What the studio answers when something fails: words in every case.

What a person can mend is said as the errors say it. What is a fault of the program is said to be
one and noted in a line of the log; neither a traceback nor a closed connection reaches anybody.
"""

from __future__ import annotations

import logging
from html import escape

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.errors import ApprovalError, ContentError, DigestError, StoreError
from digest.web.studio.gate import FRAMES

_log = logging.getLogger(__name__)


class Answers:
    """ASGI middleware around the application: whatever it raises becomes an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on; answer when that fails before anything was sent."""
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:  # a fault of ours must not end the sitting
            if not isinstance(error, DigestError):
                said = str(error).encode("utf-8", "backslashreplace").decode()
                _log.error("%s: %s: %s", scope.get("path"), type(error).__name__, said)
            if begun or scope["type"] != "http":
                return
            await answer_to(error, scope["path"])(scope, receive, send)


def answer_to(error: Exception, path: str) -> Response:
    """An error as the page, or a frame in it, tells it.

    Args:
        path: what was asked for.
    """
    message, hint = _words(error)
    status = _status(error)
    if path.startswith(FRAMES):
        text = f"<p>{escape(message)}</p><p>{escape(hint)}</p>"
        return HTMLResponse(f"<!doctype html><title>digest</title>{text}", status)
    return JSONResponse({"message": message, "hint": hint}, status)


async def refused(_request: Request, error: HTTPException) -> Response:
    """What was asked for wrongly, in the same form as all other answers."""
    return JSONResponse({"message": str(error.detail), "hint": ""}, error.status_code)


def _words(error: Exception) -> tuple[str, str]:
    if isinstance(error, DigestError):
        return _written(error.message), _written(error.hint)
    if isinstance(error, RecursionError):
        return "the templates ask for each other without end", "Look for one that includes itself."
    name = f"{type(error).__name__}: {error}"
    return _written(name), "This is a fault of digest itself; please report it."


def _written(text: str) -> str:
    """A text that can leave as UTF-8, whatever file names or requests brought into it."""
    return text.encode("utf-8", "replace").decode()


def _status(error: Exception) -> int:
    if isinstance(error, ApprovalError | ContentError | RecursionError):
        return 409
    if isinstance(error, StoreError):
        return 503
    return 400 if isinstance(error, DigestError) else 500
