"""Notices that a file was saved: templates, the edition, sponsors, settings, pictures.

Decides which files matter (`Watched.concerns`, pure) and hears of them through watchfiles. Several
saves of one moment are told once. A folder that was replaced by another of the same name is seen
by its number on the disk, which is looked at now and then. What is then done is `session`'s.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from watchfiles import Change, awatch

from digest.config import Config
from digest.edition.file import BUILT, FILE

#: Milliseconds: quiet that ends a burst of saves, and the longest burst.
STEP: Final = 10
DEBOUNCE: Final = 60
#: Seconds between looks at whether the folders are still the same.
LOOK: Final = 1.0

_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif"}
_LEFTOVERS = (".swp", ".swx", ".tmp", ".bak", "~")


@dataclass(frozen=True, slots=True)
class Watched:
    """The files that make a letter; all paths are absolute.

    `linked` are the files and folders that links in these folders lead to.
    """

    settings: Path
    edition: Path
    templates: Path
    sponsors: Path
    linked: frozenset[Path] = frozenset()

    @classmethod
    def of(cls, config: Config, edition_folder: Path) -> Watched:
        """What makes this edition's letter."""
        folders = (
            edition_folder.resolve(),
            config.path(config.edition.templates),
            config.path(config.sponsorship.directory),
        )
        linked = frozenset(path for folder in folders for path in _linked(folder))
        return cls(config.file.resolve(), *folders, linked)

    def concerns(self, path: Path) -> bool:
        """Whether a letter may look different when this file has changed."""
        name = path.name
        if path == self.settings:
            return True
        if name.endswith(_LEFTOVERS) or (name.startswith((".", "#")) and name != BUILT):
            return False
        if any(path.is_relative_to(target) for target in self.linked):
            return True
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
        own = (self.edition, self.templates, self.sponsors)
        return [f for f in (*own, *sorted(self.linked)) if f.is_dir()]

    def surroundings(self) -> list[Path]:
        """The folders of which single files matter."""
        files = (self.settings, *(path for path in self.linked if not path.is_dir()))
        return sorted({file.parent for file in files if file.parent.is_dir()})

    def standing(self) -> frozenset[tuple[Path, int, int]]:
        """What is watched, each with its device and number: another when it was replaced."""
        return frozenset(
            (folder, *number)
            for folder in (*self.folders(), *self.surroundings())
            if (number := _number(folder))
        )


def _linked(folder: Path) -> Iterator[Path]:
    """What the links in a folder lead to, outside of it."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            if path.is_symlink():
                target = Path(os.path.realpath(path))
                if not target.is_relative_to(folder):
                    yield target


def _number(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


async def changes(
    find: Callable[[], Watched], stop: asyncio.Event
) -> AsyncGenerator[frozenset[Path], None]:
    """The files that changed, burst by burst; the first burst is empty and says that from now on
    nothing is missed.

    Ends when `stop` is set, and when what is to be watched is something else: a folder appeared,
    went or was replaced, a link leads elsewhere. Then it has to be called again.

    Args:
        find: says what is to be watched now.

    Raises:
        OSError: a folder went before it could be watched; then it has to be called again as well.
    """

    def found() -> tuple[Watched, frozenset[tuple[Path, int, int]]]:
        watched = find()
        return watched, watched.standing()

    watched, standing = found()
    heard: asyncio.Queue[frozenset[Path]] = asyncio.Queue()
    # Their own: watchfiles sets the event when it is cancelled.
    ended = asyncio.Event()
    watchers = [
        asyncio.create_task(_listen(watched, watched.folders(), heard, ended, deep=True)),
        asyncio.create_task(_listen(watched, watched.surroundings(), heard, ended, deep=False)),
    ]
    stopped = asyncio.create_task(stop.wait())
    hearing = asyncio.create_task(heard.get())
    try:
        # Both begin to listen before they wait for the first time.
        await asyncio.sleep(0)
        yield frozenset()
        while not stop.is_set():
            await asyncio.wait(
                {hearing, stopped, *watchers}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED
            )
            if hearing.done():
                yield hearing.result()
                hearing = asyncio.create_task(heard.get())
            for watcher in watchers:
                if watcher.done():
                    watcher.result()
                    return
            if found() != (watched, standing):
                return
    finally:
        ended.set()
        for task in (hearing, *watchers, stopped):
            task.cancel()
        await asyncio.gather(hearing, *watchers, stopped, return_exceptions=True)


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
