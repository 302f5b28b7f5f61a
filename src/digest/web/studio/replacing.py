"""Puts files into a folder of their own, in the place of those that were put there before.

Nothing else is ever overwritten: a folder that holds what nobody put there in this way is refused,
and no link is followed. The files are written beside the old ones first and then take their place,
one writer at a time, so that a folder never holds half of each.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from digest.errors import StoreError

#: Names the files of a folder; what stands in it may be replaced.
CONTENTS: Final = "export.json"
_BESIDE: Final = ".export-new"


def replace_files(
    folder: Path, files: Iterable[tuple[str, bytes]], *, is_own: bool = False
) -> None:
    """Write files into a folder and take away those that an earlier call wrote there.

    Args:
        folder: made when it is missing.
        files: relative names with `/`, and contents.
        is_own: whatever lies in the folder may be overwritten.

    Raises:
        StoreError: the folder cannot be written, or holds what is not of an earlier call.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone_in(folder):
            beside = folder / _BESIDE
            shutil.rmtree(beside, ignore_errors=True)
            if not is_own and (foreign := _foreign(folder)):
                raise StoreError(
                    f"{folder}: holds {foreign}, which is of no earlier export",
                    "Name a new or empty folder.",
                )
            _fill(folder, beside, files)
    except OSError as error:
        raise StoreError(
            f"{error.filename or folder}: cannot be written: {error.strerror}",
            "Name a folder that can be written.",
        ) from None


def _fill(folder: Path, beside: Path, files: Iterable[tuple[str, bytes]]) -> None:
    beside.mkdir()
    try:
        names = []
        for name, content in files:
            path = beside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            names.append(name)
        (beside / CONTENTS).write_text(json.dumps({"files": sorted(names)}), encoding="utf-8")
        # An export that is interrupted from here on can still be told from somebody else's files.
        known = sorted({*names, *_known(folder)})
        _put(folder / CONTENTS, json.dumps({"files": known}))
        before = {PurePosixPath(name).parts[0] for name in _known(folder)}
        for entry in sorted(before | {path.name for path in beside.iterdir()} - {CONTENTS}):
            _remove(folder / entry)
            if (beside / entry).exists():
                (beside / entry).rename(folder / entry)
        (beside / CONTENTS).replace(folder / CONTENTS)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _put(path: Path, text: str) -> None:
    _remove(path)
    path.write_text(text, encoding="utf-8")


def _remove(path: Path) -> None:
    """Take a file, link or folder away; what a link leads to stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _foreign(folder: Path) -> str:
    """A file, link or folder that no earlier call put there; “” when there is none."""
    known = _known(folder) | {CONTENTS} if _known(folder) else frozenset()
    for parent, folders, names in os.walk(folder):
        links = [name for name in folders if Path(parent, name).is_symlink()]
        for name in sorted([*names, *links]):
            found = Path(parent, name).relative_to(folder).as_posix()
            if found not in known:
                return found
    return ""


def _known(folder: Path) -> frozenset[str]:
    """The files that an earlier call put there."""
    contents = folder / CONTENTS
    if contents.is_symlink() or not contents.is_file():
        return frozenset()
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        named = json.loads(contents.read_bytes())["files"]
        return frozenset(name for name in named if _is_inside(PurePosixPath(name)))
    return frozenset()


def _is_inside(name: PurePosixPath) -> bool:
    return bool(name.parts) and not name.is_absolute() and ".." not in name.parts


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until nobody else writes into the folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
