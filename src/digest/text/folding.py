"""Texts made comparable: what a reader takes for the same becomes the same.

`fold` for words, `fold_together` where blanks do not count either, `without_accents` for what is
read on letter by letter, `fold_case` where accents and punctuation matter. The forms are for
comparing and never shown. Source: Unicode UAX #15 (compatibility forms).
"""

from __future__ import annotations

import re
import unicodedata

#: Combining marks of Latin, Greek and Cyrillic letters.
_MARKS = re.compile("[\u0300-\u036f]")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "OE", "Æ": "AE", "ß": "ss"})
_SEPARATORS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """`“Économie & Société”` → `economie societe`; words are joined by one space."""
    return _SEPARATORS.sub(" ", without_accents(text).casefold()).strip()


def fold_together(text: str) -> str:
    """Letters and digits alone, as names of columns are compared: `É-mail ` → `email`."""
    return _SEPARATORS.sub("", without_accents(text).casefold())


def without_accents(text: str) -> str:
    """Plain letters in their case, ligatures undone: `Œuvré, 1er août` → `OEuvre, 1er aout`."""
    if text.isascii():
        return text
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return plain.translate(_LIGATURES)


def fold_case(text: str) -> str:
    """Small letters and one plain space each; accents and punctuation stay: `À  B !` → `à b !`."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
