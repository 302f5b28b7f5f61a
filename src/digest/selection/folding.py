"""Texts made comparable: without accents, case, ligatures and punctuation."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "Œ": "oe", "Æ": "ae", "ß": "ss"})
#: Combining marks of Latin, Greek and Cyrillic letters.
_MARKS = re.compile("[\u0300-\u036f]")
_SEPARATORS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """`“Économie & Société”` → `economie societe`; words are joined by one space."""
    plain = text.translate(_LIGATURES)
    if not plain.isascii():
        plain = _MARKS.sub("", unicodedata.normalize("NFKD", plain))
    return _SEPARATORS.sub(" ", plain.casefold()).strip()
