"""Writes a file whole or not at all: to another name first, which then takes the file's place.

A full disk or a killed program loses nothing that was there, and nobody reads half a file.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from digest.errors import StoreError


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk.

    Raises:
        OSError: it cannot be opened, or the disk refuses.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, and the folders above it; one that holds just this is left as it is.

    Raises:
        StoreError: it cannot be written; an earlier file is as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        if _holds(path, content):
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise StoreError(
            f"{path}: cannot be written: {error.strerror}",
            "Free some space or make the folder writable; an earlier file is as it was.",
        ) from None


def _holds(path: Path, content: bytes) -> bool:
    """Whether it is there already; one that may not be read may still be replaced."""
    try:
        return path.is_file() and path.read_bytes() == content
    except PermissionError:
        return False
