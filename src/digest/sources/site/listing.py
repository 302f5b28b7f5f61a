"""What sources that begin with a list of pages have in common."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from digest.config import SourceSettings
from digest.errors import SourceError
from digest.model.content import Window
from digest.net import Web


@contextlib.contextmanager
def named(source: str) -> Iterator[None]:
    """Let an error of the web say which source it belongs to.

    The error stays the same object's class, so that its status can still be asked for.
    """
    try:
        yield
    except SourceError as error:
        error.message = f"source “{source}”: {error.message}"
        error.args = (error.message,)
        raise


def for_window(web: Web, settings: SourceSettings, window: Window) -> Web:
    """The web as a list is read by: the same list read for other days leads to other pages."""
    days = f"{window.edition} {window.start:%Y-%m-%d} {window.end:%Y-%m-%d}"
    said = f"{settings.kind} {settings.name} {settings.only} {settings.most} {days}"
    return web.made_for(f"{web.purpose} {said}".strip())
