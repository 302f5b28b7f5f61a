"""Splits French (and English) prose into sentences, by rule.

A quotation and its attribution are one sentence; a line break ends one. Candidates are found by
one compiled expression, and a short decision is taken at each: what is enclosed
(`enclosures`), what the full stop belongs to (`abbreviations`), what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.text.abbreviations import (
    BEFORE_LABEL,
    BEFORE_NUMBER,
    EXCLAIMED_NAMES,
    INSIDE_NAMES,
    NEVER_LAST,
    OPENERS,
    PARTICLES,
)
from digest.text.enclosures import OPENING_QUOTES, Region, regions

_LINES = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
# A terminator not preceded by another, the marks that close after it, a blank, something more.
_CANDIDATES = re.compile(
    r"""[.!?…](?<![.!?…][.!?…])[.!?…]*+
        (?:[ \u00a0\u202f]{0,2}[»”]|["'’)\]])*+
        (?=\s++\S)""",
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"[^\s«»“”‘\"()\[\],;:/]*\Z")
_DOTTED = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]{1,2}\Z")
_ELISION = re.compile(r"\A[^\W\d_]{1,2}['’]")
_FIRST_WORD = re.compile(r"(?:[^\W\d_]{1,12}['’])?([^\W\d_]+)?")
_ENUMERATOR = re.compile(r"[(\[]?(?:\d{1,3}|[ivxIVX]{1,5}|[a-zA-Z])\Z")
_ARTICLE_BEFORE = re.compile(r"(?:\b(?:les|aux|des|du)\s|\b[dl]['’])\Z", re.IGNORECASE)
_LABEL_BEFORE = re.compile(r"([^\W\d_]+)\.?\s\Z")
_ERA_BEFORE = re.compile(r"\b(?:av\.|ap\.|apr\.|avant|après)\s\Z")
_REPORTED = re.compile(
    r"(?:[A-Z][\w.’'-]*\s){1,4}(?:said|says|asked|told|added|replied|wrote|warned|explained)\b"
)
_WORD = re.compile(r"[^\W_]")
_CAMEL = re.compile(r"[a-z]{1,2}[A-Z]")  # iPhone, eBay
#: Longest token looked at before a full stop.
_TOKEN = 24


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
            if region.start < end < region.end:
                continue
            closed = region if region.end == end else None
        following = _skip_blanks(text, end, line_end)
        after = _region_at(enclosed, upcoming, following)
        if after is not None and _is_source_note(text, after):
            if text[match.start()] != "." and closed is None:
                continue
            end, following = after.end, _skip_blanks(text, after.end, line_end)
            if following >= line_end:
                return
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
            return False
        return _stop_ends(text, start, mark, following) and not _is_reported(text, mark, following)
    if text[mark] != ".":
        return text[mark] != "!" or _token(text, start, mark) not in EXCLAIMED_NAMES
    if match.end() > mark + 1 and text[mark + 1] in ".!?…":
        return True
    return _stop_ends(text, start, mark, following)


def _is_reported(text: str, mark: int, following: int) -> bool:
    """`"Is it over?" Smith asked.` is one sentence."""
    return text[mark] in "!?" and _REPORTED.match(text, following) is not None


def _can_begin(text: str, position: int, after_stop: bool) -> bool:
    """Whether a sentence can begin at `position`, judged by its first characters."""
    first = text[position]
    if first.isupper() or first.isdigit():
        return True
    if first.islower():
        return _CAMEL.match(text, position) is not None
    if first in ",;:.!?…%»”)]/&=":
        return False
    if first in "—–-" or (first in OPENING_QUOTES and not after_stop):
        return not _goes_on_small(text, position)
    return True


def _goes_on_small(text: str, position: int) -> bool:
    """Whether the first letter within a few characters is a small one."""
    letter = _WORD.search(text, position, position + 6)
    return letter is not None and letter[0].islower()


def _opens_sentence(text: str, start: int, bracket: int) -> bool:
    """Whether a bracket stands where a sentence begins, so that its end can end one."""
    before = text[start:bracket].rstrip()
    return not before or before[-1] in '.!?…»”"'


def _token(text: str, start: int, stop: int) -> str:
    """The word that ends just before `stop`."""
    low = max(start, stop - _TOKEN)
    blank = text.rfind(" ", low, stop)
    return text[max(blank + 1, low) : stop]


def _stop_ends(text: str, start: int, stop: int, following: int) -> bool:
    """Whether the full stop at `stop` ends a sentence and not just a word."""
    token = _token(text, start, stop)
    if token.islower() and token.isalpha() and len(token) > 6:
        return True
    word = _LAST_WORD.search(token)
    token = word[0] if word else token
    elision = _ELISION.match(token)
    bare = token[elision.end() :] if elision else token
    if not bare:
        return True
    token_start = stop - len(bare)
    if bare in NEVER_LAST:
        return False
    if _ENUMERATOR.match(bare) and text[start:token_start].rstrip()[-1:] in ("", ";", ":", "•"):
        return False
    if bare in BEFORE_NUMBER and text[following].isdigit():
        return False
    if bare in INSIDE_NAMES:
        return _opens(text, following, names_too=False)
    if len(bare) == 1 and bare.isupper():
        return _initial_ends(text, start, token_start, following)
    if _DOTTED.match(bare):
        return _acronym_ends(text, start, token_start, bare, following)
    return True


def _initial_ends(text: str, start: int, token_start: int, following: int) -> bool:
    label = _LABEL_BEFORE.search(text, max(start, token_start - _TOKEN), token_start)
    if label and label[1].lower() in BEFORE_LABEL:
        return True
    return _opens(text, following, names_too=True)


def _acronym_ends(text: str, start: int, token_start: int, token: str, following: int) -> bool:
    """« l'O.N.U. Paris » ends a sentence, « D.H. Lawrence » does not."""
    low = max(start, token_start - 8)
    if token.replace(".", "").replace("-", "") == "JC":
        if _ERA_BEFORE.search(text, low, token_start):
            return True
    elif token.count(".") > 1 or _ARTICLE_BEFORE.search(text, low, token_start):
        return True
    return _opens(text, following, names_too=True)


def _opens(text: str, position: int, *, names_too: bool) -> bool:
    """Whether the word at `position` opens a sentence rather than goes on with a name.

    With `names_too`, an article that may be part of a surname counts only before lower case.
    """
    first = text[position]
    if first in OPENING_QUOTES:
        return not _goes_on_small(text, position)
    match = _FIRST_WORD.match(text, position)
    if match is None or not match[0]:
        return False
    word = match[0].lower().replace("’", "'")
    elided = word[: word.index("'") + 1] if "'" in word else ""
    if (elided or word) in PARTICLES:
        if not names_too:
            return True
        rest = text[position + len(elided or word) :][:2].lstrip()
        return rest[:1].islower() or rest[:1].isdigit()
    return word in OPENERS or elided in OPENERS
