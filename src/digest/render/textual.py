"""Filters for the text part: lines of 72 characters, links numbered and kept for the end.

Tokens are measured by what they usually become, so that lines hold after personalisation too.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

#: Characters of a line, at most; links may be longer.
WIDTH: Final = 72

#: What tokens usually become, in characters.
_TOKEN_WIDTHS: Final[Mapping[str, int]] = {
    "name": 14,
    "address": 22,
    "since": 16,
    "dispatch_date": 28,
    "next_date": 22,
}
_TOKEN = re.compile(r"%%\{([a-z_]*)(.*?)\}%%", re.DOTALL)
_STAND_IN = re.compile("([\ue000-\uf8ff])\\1*")


@lru_cache(maxsize=1024)
def wrap(text: str, indent: str = "", width: int = WIDTH) -> str:
    """A text in lines of at most `width` characters; blank lines part paragraphs.

    `indent` begins every line but the first of each paragraph.
    """
    kept: dict[str, str] = {}

    def stand_in(match: re.Match[str]) -> str:
        mark = chr(0xE000 + len(kept))
        kept[mark] = match[0]
        around = match[2].rpartition("|")[2] if match[2].count("|") > 1 else "*"
        return mark * (_TOKEN_WIDTHS.get(match[1], 40) + len(around) - 1)

    paragraphs = _TOKEN.sub(stand_in, text).split("\n\n")
    lines = "\n\n".join(
        textwrap.fill(
            paragraph,
            width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for paragraph in paragraphs
    )
    return _STAND_IN.sub(lambda match: kept.get(match[1], match[0]), lines)


def beside(left: str, right: str, width: int = WIDTH) -> str:
    """Two texts at the ends of one line, or on two lines where one is too short."""
    if not right:
        return left
    gap = width - len(left) - len(right)
    return f"{left}{' ' * gap}{right}" if gap > 1 else f"{left}\n{right:>{width}}"


class NumberedLinks:
    """Numbers a letter's links through; each section ends with the list of its own."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: list[str] = []

    def add(self, url: str) -> str:
        """The mark for a link, `[3]`, which the next `flush` explains."""
        self._count += 1
        self._waiting.append(f"[{self._count}] {url}")
        return f"[{self._count}]"

    def flush(self) -> str:
        """The links since the last flush, one a line."""
        lines = "\n".join(self._waiting)
        self._waiting.clear()
        return lines
