"""Notices that a file was saved: templates, the edition, sponsors, settings, pictures.

Decides which files matter (`Watched.concerns`, pure) and hears of them through watchfiles. Several
saves of one moment are told once. What is then done is `session`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from watchfiles import Change, awatch

from digest.config import Config
from digest.edition.file import BUILT, FILE

#: Milliseconds: quiet that ends a burst of saves, and the longest burst.
STEP: Final = 10
DEBOUNCE: Final = 60

_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}
_LEFTOVERS = (".swp", ".swx", ".tmp", ".bak", "~")


@dataclass(frozen=True, slots=True)
class Watched:
    """The files that make a letter; all paths are absolute."""

    settings: Path
    edition: Path
    templates: Path
    sponsors: Path

    @classmethod
    def of(cls, config: Config, edition_folder: Path) -> Watched:
        """What makes this edition's letter."""
        return cls(
            config.file.resolve(),
            edition_folder.resolve(),
            config.path(config.edition.templates),
            config.path(config.sponsorship.directory),
        )

    def concerns(self, path: Path) -> bool:
        """Whether a letter may look different when this file has changed."""
        name = path.name
        if path == self.settings:
            return True
        if name.endswith(_LEFTOVERS) or (name.startswith((".", "#")) and name != BUILT):
            return False
        if path.is_relative_to(self.edition):
            inside = path.relative_to(self.edition).parts
            if inside[:1] == ("pictures",):
                return path.suffix.lower() in _PICTURES
            return inside in ((FILE,), (BUILT,))
        if path.is_relative_to(self.sponsors):
            return path.suffix.lower() in {".toml", *_PICTURES}
        return path.is_relative_to(self.templates)

    def folders(self) -> list[Path]:
        """The folders to watch with all that is in them; those that exist."""
        return [f for f in (self.edition, self.templates, self.sponsors) if f.is_dir()]


async def changes(watched: Watched, stop: asyncio.Event) -> AsyncGenerator[frozenset[Path], None]:
    """The files that changed, burst by burst; the first burst is empty and says that from now on
    nothing is missed.

    Ends when `stop` is set, and when a folder appeared or went: then it has to be called again.

    Raises:
        OSError: a folder went before it could be watched; then it has to be called again as well.
    """
    folders = watched.folders()
    heard: asyncio.Queue[frozenset[Path]] = asyncio.Queue()
    # Their own: watchfiles sets the event when it is cancelled.
    ended = asyncio.Event()
    watchers = [
        asyncio.create_task(_listen(watched, folders, heard, ended, deep=True)),
        asyncio.create_task(_listen(watched, [watched.settings.parent], heard, ended, deep=False)),
    ]
    stopped = asyncio.create_task(stop.wait())
    try:
        # Both begin to listen before they wait for the first time.
        await asyncio.sleep(0)
        yield frozenset()
        while not stop.is_set():
            hearing = asyncio.create_task(heard.get())
            await asyncio.wait({hearing, stopped, *watchers}, return_when=asyncio.FIRST_COMPLETED)
            if not hearing.done():
                hearing.cancel()
                for watcher in watchers:
                    if watcher.done():
                        watcher.result()
                return
            yield hearing.result()
            if watched.folders() != folders:
                return
    finally:
        ended.set()
        for task in (*watchers, stopped):
            task.cancel()
        await asyncio.gather(*watchers, stopped, return_exceptions=True)


async def _listen(
    watched: Watched,
    folders: list[Path],
    heard: asyncio.Queue[frozenset[Path]],
    ended: asyncio.Event,
    *,
    deep: bool,
) -> None:
    def concerns(_change: Change, path: str) -> bool:
        return watched.concerns(Path(path))

    for polling in (None, True):
        try:
            async for burst in awatch(
                *folders,
                watch_filter=concerns,
                debounce=DEBOUNCE,
                step=STEP,
                stop_event=ended,
                force_polling=polling,
                recursive=deep,
            ):
                heard.put_nowait(frozenset(Path(path) for _, path in burst))
            return
        except OSError:
            # The system watches no more folders for us: looking again and again does as well.
            if polling:
                raise
