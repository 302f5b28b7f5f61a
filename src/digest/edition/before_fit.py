"""What `digest build --fit` leaves beside `edition.toml`: the file as it was, and what moved.

The copies (`edition.before-fit.toml`, `edition.before-fit-2.toml`, …) are an editor's, who takes
words back from them; no command changes or removes one. `.fitted.toml` names the articles that
moved, so that a later build does not take a move for an editor's change.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import tomlkit

from digest.edition.file import FILE
from digest.errors import StoreError
from digest.store.files import write_whole

FITTED = ".fitted.toml"


def keep_before(folder: Path) -> Path:
    """Copy `edition.toml` to a name of its own; one that holds just this already is enough.

    Raises:
        StoreError: it cannot be written.
    """
    content = (folder / FILE).read_bytes()
    names = (f"edition.before-fit{f'-{n}' if n > 1 else ''}.toml" for n in count(1))
    copies = (folder / name for name in names)
    free = next(copy for copy in copies if not copy.exists() or copy.read_bytes() == content)
    write_whole(free, content)
    return free


def read_fitted(folder: Path) -> frozenset[str]:
    """The URLs of the articles that were moved; none where that is unknown."""
    try:
        tree = tomllib.loads((folder / FITTED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return frozenset()
    moved = tree.get("moved")
    return frozenset(map(str, moved)) if isinstance(moved, list) else frozenset()


def write_fitted(folder: Path, urls: Iterable[str]) -> None:
    """Keep the URLs of what moved; without any, no file.

    Raises:
        StoreError: it cannot be written.
    """
    if moved := sorted(set(urls)):
        write_whole(folder / FITTED, tomlkit.dumps({"moved": moved}).encode())
        return
    try:
        (folder / FITTED).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{folder / FITTED}: cannot be removed: {error.strerror}", "Make the folder writable."
        ) from None
