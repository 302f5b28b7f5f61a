"""Finds speech that runs over several sentences or paragraphs, so that no piece of it is taken.

Inside such a speech most sentences carry no quotation mark of their own and would read as the
paper's words. A mark without a partner in its paragraph says where it begins or ends; what is
paired within a paragraph is left to the sentence splitter, which keeps it whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.text.enclosures import pair_marks

#: Paragraphs of one speech, at most: a longer one is a mark that was forgotten.
LONGEST = 5

_OPENING, _CLOSING = "«“", "»”"


def speeches(paragraphs: Sequence[str]) -> list[tuple[int, int]]:
    """For each paragraph the stretch `[start, end)` of it that lies inside such a speech.

    A speech that is never closed lasts to the end of its paragraph, one that is never opened
    begins with its paragraph. `(0, 0)` where there is none.

    >>> speeches(["Elle répond : « Partons.", "Rien ne presse.", "Demain. » Il se tait."])
    [(14, 24), (0, 15), (0, 9)]
    """
    found = [(0, 0)] * len(paragraphs)
    begun: int | None = None
    for number, text in enumerate(paragraphs):
        opened, closed = _unpaired(text)
        if closed is not None:
            found[number] = (0, closed)
            if begun is not None and number - begun < LONGEST:
                for between in range(begun + 1, number):
                    found[between] = (0, len(paragraphs[between]))
            begun = None
        if opened is not None:
            found[number] = (0 if closed is not None else opened, len(text))
            begun = number if begun is None else begun
    return found


def _unpaired(text: str) -> tuple[int | None, int | None]:
    """Where a speech begins that is not closed, and behind which mark one ends that was open."""
    opened = closed = None
    for position in pair_marks(text)[1]:
        mark = text[position]
        at_start = position == 0 or text[position - 1].isspace()
        if mark in _OPENING or (mark == '"' and at_start):
            opened = position if opened is None else opened
        elif mark in _CLOSING or mark == '"':
            closed = position + 1
    return opened, closed
