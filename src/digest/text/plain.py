"""Turns what comes from outside into plain text: one line, or paragraphs.

Control, bidirectional and zero-width characters can forge headers, reverse addresses and hide
words, so none survives; joiners stay where they shape emoji or script. Sources: Unicode UAX #9
(bidirectional controls), UAX #14 (line breaks), RFC 5322 (no bare CR or LF in a header).
HTML is read by `markup`; typography is left to `typography`.
"""

from __future__ import annotations

import re
import unicodedata

from digest.text.markup import visible_paragraphs

_JOINING = "\u0600-\u08ff\u0900-\u0dff\u2600-\u27bf\ufe0f\U0001f300-\U0001faff"
_JOINERS_IN_PLACE = rf"(?<=[{_JOINING}])[\u200c\u200d](?=[{_JOINING}])"
_UNSEEN = re.compile(
    rf"(?P<kept>{_JOINERS_IN_PLACE})"
    r"|[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0"
    r"\ufff0-\ufffc\ufffe\uffff\U000e0000-\U000e007f]"
)
_FILLERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\uffa0]")
#: What becomes one space: a run of blanks, or one that is neither a space nor a no-break space.
_BLANKS = re.compile(r"\s{2,}|[^\S \u00a0\u202f]")
_BEFORE_ELLIPSIS = " \u00a0\u202f,;:.!?…–—-«“‘([\"'/"


def html_to_text(html: str) -> str:
    """What a reader would see of some HTML, as one line of plain text."""
    return clean_line(" ".join(visible_paragraphs(html)))


def html_paragraphs(html: str) -> list[str]:
    """What a reader would see of some HTML: one clean line for each block that has text."""
    cleaned = (clean_line(paragraph) for paragraph in visible_paragraphs(html))
    return [paragraph for paragraph in cleaned if paragraph]


def clean_line(text: str) -> str:
    """`text` as one line: NFC, no control or invisible characters, blanks collapsed.

    Line breaks and tabs become a space. U+00A0 and U+202F stay where they stand alone; a run of
    blanks becomes one space. Idempotent.
    """
    text = text.strip()
    spaced = text.replace("\u00a0", " ").replace("\u202f", " ")
    # Python takes no blank but the space for printable: most lines are as they are to be.
    if spaced.isprintable() and "  " not in spaced and not _has_filler(text):
        return unicodedata.normalize("NFC", text)
    even = _with_even_blanks(text)
    if even.isascii() and even.isprintable() and "\x1f" not in text:
        return even
    # A unit separator is taken for a blank by Python, for nothing by us.
    if "\x1f" in text or not _is_printable(even) or _has_filler(even):
        even = _with_even_blanks(_UNSEEN.sub(_kept, text))
    return unicodedata.normalize("NFC", even)


def truncate(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut after a whole word and ended by “…”.

    A text that fits comes back as it is. A first word longer than the limit is cut inside.

    Raises:
        ValueError: `limit` is less than 1.

    >>> truncate("Sept récits, neuf minutes", 15)
    'Sept récits…'
    """
    if limit < 1:
        raise ValueError(f"a text cannot be cut to {limit} characters")
    if len(text) <= limit:
        return text
    room = limit - 1
    end = text.rfind(" ", 0, room + 1)
    kept = text[:end].rstrip(_BEFORE_ELLIPSIS) if end > 0 else ""
    if not kept:
        while room and _clings(text[room]):
            room -= 1
        kept = text[:room].rstrip(_BEFORE_ELLIPSIS)
    return kept + "…"


def _kept(match: re.Match[str]) -> str:
    return match["kept"] or ""


def _with_even_blanks(text: str) -> str:
    if "\u00a0" in text or "\u202f" in text:
        return _BLANKS.sub(" ", text).strip()
    return " ".join(text.split())


def _is_printable(text: str) -> bool:
    """Whether every character can be seen, or is one of the blanks that are kept."""
    return text.isprintable() or text.replace("\u00a0", "").replace("\u202f", "").isprintable()


def _has_filler(text: str) -> bool:
    """Whether there is a character that Python takes for printable and nobody sees."""
    return not text.isascii() and _FILLERS.search(text) is not None


def _clings(character: str) -> bool:
    """Whether a character cannot be separated from the one before it."""
    return unicodedata.combining(character) > 0 or character in "\u200c\u200d\ufe0f"
