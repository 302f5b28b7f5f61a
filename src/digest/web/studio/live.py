"""Keeps the page up to date: files that were saved become events in the browser.

A save is told as it is seen, its letter when it is rendered, its check a moment later. Between
saves the store is asked now and then whether the edition was approved or sent elsewhere. Events
are server-sent (HTML Living Standard, 9.2); at the end every stream closes at once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from types import TracebackType
from typing import Final, Self

from digest.web.studio.session import Studio
from digest.web.studio.watching import Watched, changes

#: Seconds between signs of life, and between looks at the store.
PING: Final = 15.0
LOOK: Final = 2.0
#: Seconds until folders are watched again that could not be.
AGAIN: Final = 0.5
#: Seconds in which browsers fetch a new letter before its check takes the processor.
HEAD_START: Final = 0.05


class Live:
    """Entered with the server, left with it."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._stop = asyncio.Event()
        self._changed = asyncio.Event()
        self._replaced = -1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._tasks = [
            asyncio.create_task(self._follow_files()),
            asyncio.create_task(self._follow_store()),
        ]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)

    def stop(self) -> None:
        """End every stream and all watching; may be called from a signal handler."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end)

    def ring(self) -> None:
        """Tell every browser that there is a new version."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def events(self) -> AsyncIterator[str]:
        """The stream of one browser: the version now, that it is being replaced, each new one."""
        told = announced = -1
        while not self._stop.is_set():
            changed = self._changed
            if told != (version := self._studio.view.version):
                told = version
                yield f"event: state\ndata: {json.dumps({'version': version})}\n\n"
                continue
            if announced != told == self._replaced:
                announced = told
                yield "event: busy\ndata: {}\n\n"
            try:
                await asyncio.wait_for(changed.wait(), PING)
            except TimeoutError:
                yield "event: ping\ndata: {}\n\n"

    def _end(self) -> None:
        self._stop.set()
        self.ring()

    async def _follow_files(self) -> None:
        while not self._stop.is_set():
            try:
                async with aclosing(changes(self._watched, self._stop)) as bursts:
                    async for changed in bursts:
                        settings = self._studio.publication.config.file.resolve()
                        await self._update(settings=not changed or settings in changed)
            except OSError:
                await asyncio.sleep(AGAIN)

    def _watched(self) -> Watched:
        publication = self._studio.publication
        return Watched.of(publication.config, publication.folder(self._studio.edition_id))

    async def _update(self, *, settings: bool) -> None:
        self._replaced = self._studio.view.version
        self.ring()
        await asyncio.to_thread(self._studio.render, settings=settings)
        self.ring()
        await asyncio.sleep(HEAD_START)
        await self._examine()

    async def _examine(self) -> None:
        if await asyncio.to_thread(self._studio.examine):
            self.ring()

    async def _follow_store(self) -> None:
        while not self._stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), LOOK)
                return
            if await asyncio.to_thread(self._studio.has_moved):
                self.ring()
                await self._examine()
