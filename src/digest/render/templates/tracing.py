"""Which line of which template an element of the rendered letter comes from.

A trace numbers the lines that hold tags and rewrites templates as they are loaded, so that every
tag carries its line's number in `data-at`. A traced letter is for looking at, never for sending.
What `data-at` becomes on MJML's own components is `digest.render.mjml`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

from digest.render.mjml.rules import JINJA, TAG, UNKNOWN

#: The attribute that carries a place's number.
ATTRIBUTE: Final = "data-at"

_SIGN = re.compile(r"[^\n]")


class Trace:
    """The numbered places of a publication's templates; numbers stay when a file is read again.

    Args:
        folder: the publication's; files are named relative to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: list[tuple[str, int]] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self._sources: dict[str, str] = {}
        self._lock = Lock()

    def place(self, number: int) -> tuple[str, int] | None:
        """The file and the line, from 1, that a number stands for; None for no number of ours."""
        return self._places[number - 1] if 0 < number <= len(self._places) else None

    def find(self, words: str, files: Collection[str]) -> tuple[str, int] | None:
        """Where these words stand first in the templates: file and line.

        Args:
            words: as written, in one line; for what carries no number, as style sheets.
            files: looked through first, in this order; then the others of their folders.
        """
        folders = {file.rpartition("/")[0] for file in files}
        others = (file for file in sorted(self._sources) if file.rpartition("/")[0] in folders)
        for file in dict.fromkeys((*files, *others)):
            source = self._sources.get(file, "")
            if (start := source.find(words)) >= 0:
                return file, source.count("\n", 0, start) + 1
        return None

    def rewrite(self, source: str, path: Path, root: Path) -> str:
        """A template's source with the place written into every tag; lines stay where they are.

        Args:
            source: Jinja over MJML or HTML. Tags inside Jinja's own strings are left alone: their
                element is found by the one around it.
            path: the file, under `root`, the folder of all templates.
        """
        file = self._shown(path, root)
        self._sources[file] = source
        blanked = JINJA.sub(_blank, source)
        pieces: list[str] = []
        line, counted, copied = 1, 0, 0
        for tag in TAG.finditer(blanked):
            if not tag["name"] or tag["slash"]:
                continue
            line += blanked.count("\n", counted, tag.start())
            counted, end = tag.start(), tag.end("name")
            pieces += (source[copied:end], f' {ATTRIBUTE}="{self._number(file, line)}"')
            copied = end
        return "".join((*pieces, source[copied:]))

    def _number(self, file: str, line: int) -> int:
        with self._lock:
            known = self._numbers.get((file, line))
            if known is None:
                self._places.append((file, line))
                known = self._numbers[file, line] = len(self._places)
            return known

    def _shown(self, path: Path, root: Path) -> str:
        base = self._folder if path.is_relative_to(self._folder) else root.parent
        return path.relative_to(base).as_posix()


@lru_cache(maxsize=8)
def open_trace(folder: Path) -> Trace:
    """The trace of a publication's folder, kept between letters like its templates."""
    return Trace(folder)


def _blank(match: re.Match[str]) -> str:
    """Jinja's part as signs of the same length, so that tags are found where they stand."""
    return _SIGN.sub(UNKNOWN if match[0].startswith("{{") else " ", match[0])
