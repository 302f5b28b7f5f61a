"""Splits French (and English) prose into sentences, by rule.

A quotation and its attribution are one sentence; a line break ends one. Candidates are found by
one compiled expression, and a short decision is taken at each: what is enclosed
(`enclosures`), what the full stop belongs to (`full_stops`), what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.text.abbreviations import EXCLAIMED_NAMES
from digest.text.enclosures import OPENING_QUOTES, Region, regions
from digest.text.full_stops import (
    blank_was_forgotten,
    goes_on_small,
    pause_ends,
    stop_ends,
    token_before,
)

_LINES = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
# A terminator not preceded by another, the marks that close after it, and a blank with something
# behind it, or a capitalised word where the blank was forgotten.
_CANDIDATES = re.compile(
    r"""[.!?…](?<![.!?…][.!?…])[.!?…]*+
        (?:[ \u00a0\u202f]{0,2}[»”]|["'’)\]])*+
        (?=\s++\S|["«“]?[A-ZÀ-ÖØ-Þ][’'\sa-zß-öø-ÿ])""",
    re.VERBOSE,
)
_REPORTED = re.compile(
    r"(?:[A-Z][\w.’'-]*\s){1,4}(?:said|says|asked|told|added|replied|wrote|warned|explained)\b"
)
_WORD = re.compile(r"[^\W_]")
_SMALL_OPENING = re.compile(r"[a-z]{1,5}[A-Z]|[a-z]\)\s")  # iPhone, macOS, « b) »


def sentences(text: str) -> list[str]:
    """The sentences of a text, stripped, in order.

    >>> sentences("« Où allons-nous ? », demande Mme Lari. M. Hale se tait.")
    ['« Où allons-nous ? », demande Mme Lari.', 'M. Hale se tait.']
    """
    return [text[start:end] for start, end in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text stand: each is `text[start:end]`, stripped and not empty.

    What lies between two spans is blank. A line break always ends a sentence.
    """
    spans: list[tuple[int, int]] = []
    for line in _LINES.finditer(text):
        start, line_end = line.span()
        first_of_line = len(spans)
        for end, following in _boundaries(text, start, line_end):
            _add(spans, text, start, end, first_of_line)
            start = following
        _add(spans, text, start, line_end, first_of_line)
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int, first: int) -> None:
    """Append a piece; without a letter or digit (« … », « — ») it joins its neighbour."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end:
        return
    joins = len(spans) > first and (
        not _WORD.search(text, start, end)
        or (len(spans) == first + 1 and not _WORD.search(text, *spans[first]))
    )
    if joins:
        spans[-1] = (spans[-1][0], end)
    else:
        spans.append((start, end))


def _boundaries(text: str, start: int, line_end: int) -> Iterator[tuple[int, int]]:
    """Pairs (end of a sentence, start of the next) within one line."""
    enclosed = regions(text, start, line_end)
    upcoming = 0
    for match in _CANDIDATES.finditer(text, start, line_end):
        end = match.end()
        while upcoming < len(enclosed) and enclosed[upcoming].end < end:
            upcoming += 1
        closed: Region | None = None
        if upcoming < len(enclosed):
            region = enclosed[upcoming]
            if match.start() < region.start < end:
                end = region.start  # a quotation glued to the stop: « .“On part” »
            elif region.start < end < region.end:
                continue
            closed = region if region.end == end else None
        following = _skip_blanks(text, end, line_end)
        if following == end and not blank_was_forgotten(text, start, match.start(), end):
            continue
        after = _region_at(enclosed, upcoming, following)
        if after is not None and _is_source_note(text, after):
            beyond = _skip_blanks(text, after.end, line_end)
            if beyond == line_end or (text[match.start()] != "." and closed is None):
                continue
            if text[beyond] not in OPENING_QUOTES or not goes_on_small(text, beyond):
                end, following = after.end, beyond
        if _ends_sentence(text, start, match, following, closed):
            yield end, following
            start = following


def _skip_blanks(text: str, position: int, line_end: int) -> int:
    while position < line_end and text[position].isspace():
        position += 1
    return position


def _is_source_note(text: str, region: Region) -> bool:
    """« Il pleut. (Agence) »: a bracket that is no sentence belongs to the one before it."""
    return region.mark in "([" and text[region.end - 2] not in ".!?…"


def _region_at(enclosed: list[Region], index: int, position: int) -> Region | None:
    for region in enclosed[index : index + 3]:
        if region.start == position:
            return region
    return None


def _ends_sentence(
    text: str,
    start: int,
    match: re.Match[str],
    following: int,
    closed: Region | None,
) -> bool:
    mark = match.start()
    if not _can_begin(text, following, text[mark] == "."):
        return False
    if closed is not None:
        if closed.mark in "([":
            return _opens_sentence(text, start, closed.start)
        if text[following] in "—–-":
            beyond = _skip_blanks(text, following + 1, len(text))
            return text[beyond : beyond + 1] in OPENING_QUOTES
        return stop_ends(text, start, mark, following) and not _is_reported(text, mark, following)
    if text[mark] == "!":
        return token_before(text, start, mark) not in EXCLAIMED_NAMES
    if text[mark] == "…" or text.startswith("..", mark):
        return pause_ends(text, start, mark, following)
    if text[mark] == "?":
        return True
    return stop_ends(text, start, mark, following)


def _is_reported(text: str, mark: int, following: int) -> bool:
    """`"Is it over?" Smith asked.` is one sentence."""
    return text[mark] in "!?" and _REPORTED.match(text, following) is not None


def _can_begin(text: str, position: int, after_stop: bool) -> bool:
    """Whether a sentence can begin at `position`, judged by its first characters."""
    first = text[position]
    if first.isupper() or first.isdigit():
        return True
    if first.islower():
        return _SMALL_OPENING.match(text, position) is not None
    if first in ",;:.!?…%»”)]/&=":
        return False
    if first in "—–-" or (first in OPENING_QUOTES and not after_stop):
        return not goes_on_small(text, position)
    return True


def _opens_sentence(text: str, start: int, bracket: int) -> bool:
    """Whether a bracket stands where a sentence begins, so that its end can end one."""
    before = text[start:bracket].rstrip()
    return not before or before[-1] in '.!?…»”"'
