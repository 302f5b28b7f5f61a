"""Finds what quotation marks and brackets enclose, without trusting them to be paired.

A mark that is never closed, or never opened, encloses nothing: one stray guillemet must not
swallow the rest of a paragraph. Straight quotes are told apart by the blanks around them.
Serves the sentence splitter and the rules of summaries; judges nothing itself.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Region(NamedTuple):
    """An enclosed stretch `text[start:end]`, both marks included; `mark` is the opening one."""

    start: int
    end: int
    mark: str


#: Opening quotation marks; an apostrophe can be one.
OPENING_QUOTES = frozenset("«“‘\"'")

_OPENING = frozenset("«“‘([")
_OPENER_OF = {"»": "«", "”": "“", ")": "(", "]": "[", "’": "‘"}
# An apostrophe counts only where no word goes on after it, or none came before it.
_MARKS = re.compile(r"""[«»“”"()\[\]‘’'](?:(?<!['’])|(?!\w)|(?<!\S.))""")
_BEFORE_A_STRAIGHT_OPENER = frozenset("([«“'’—–-/+")
_NOTHING = "-"


def regions(text: str, start: int = 0, end: int | None = None) -> list[Region]:
    """The outermost enclosed stretches of `text[start:end]`, in order.

    >>> regions("Il a dit « oui (enfin) » hier.")
    [Region(start=9, end=24, mark='«')]
    """
    found, _ = pair_marks(text, start, len(text) if end is None else end)
    outer: list[Region] = []
    for region in sorted(found):
        if not outer or region.start >= outer[-1].end:
            outer.append(region)
    return outer


def pair_marks(text: str, start: int = 0, end: int | None = None) -> tuple[list[Region], list[int]]:
    """All enclosed stretches of `text[start:end]`, nested ones too, and the marks left over.

    The second list holds the positions of marks without a partner, in order; apostrophes, which
    are no marks most of the time, are never among them.

    >>> pair_marks("Il a dit « oui (enfin).")
    ([], [9, 15])
    """
    end = len(text) if end is None else end
    found: list[Region] = []
    stray: list[int] = []
    stack: list[tuple[str, int]] = []
    depth: dict[str, int] = {}
    for match in _MARKS.finditer(text, start, end):
        mark, position = match[0], match.start()
        opener = _opener_closed_by(mark, text, position, start, end, depth)
        if not opener:
            stack.append((mark, position))
            depth[mark] = depth.get(mark, 0) + 1
        elif depth.get(opener):
            while True:
                kind, opened = stack.pop()
                depth[kind] -= 1
                if kind == opener:
                    break
                stray.append(opened)
            found.append(Region(opened, position + 1, kind))
        else:
            stray.append(position)
    stray.extend(position for _, position in stack)
    return found, sorted(p for p in stray if text[p] not in "'’‘")


def _opener_closed_by(
    mark: str, text: str, position: int, start: int, end: int, depth: dict[str, int]
) -> str:
    """The opening mark that `mark` closes here; empty when it opens something itself."""
    if mark in _OPENING:
        return ""
    if mark == "'":
        return _apostrophe_role(text, position, start, depth)
    if mark != '"':
        return _OPENER_OF[mark]
    before = text[position - 1] if position > start else " "
    can_open = before.isspace() or before in _BEFORE_A_STRAIGHT_OPENER
    after = text[position + 1] if position + 1 < end else " "
    can_close = after.isspace() or after in ",;:.!?…)]»”"
    if can_open == can_close and (can_open or before in ".!?…"):  # blanks do not tell
        return '"' if depth.get('"') else ""
    return "" if can_open else '"'


def _apostrophe_role(text: str, position: int, start: int, depth: dict[str, int]) -> str:
    before = text[position - 1] if position > start else " "
    if before.isspace() and text[position + 1 : position + 2].isalnum():
        return ""
    # Only after punctuation does it close: `the boys' club` closes nothing.
    return "'" if depth.get("'") and before in ",.!?…" else _NOTHING
