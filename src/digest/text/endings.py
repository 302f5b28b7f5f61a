"""How a text ends: whole, or cut off in the middle by whoever passed it on; with a mark or none.

The marks are those that feeds and blogs put where they cut, in French and English.
"""

from __future__ import annotations

import re

#: What may stand after the mark that ends a sentence.
CLOSING = "»”\"')]’ \u00a0\u202f"

_CUT_OFF = re.compile(
    r"(?:…|\.\.\.|lire (?:la suite|plus|l[’']article)|continuer la lecture|en savoir plus"
    r"|read more|continue reading(?:\s(?-i:[A-ZÀ-ÖØ-Þ«“\"]).*)?)[\s\])»›>→.]*\Z",
    re.IGNORECASE,
)


def is_cut_off(text: str) -> bool:
    """Whether a text ends in the middle.

    >>> is_cut_off("Le traité, qui […]"), is_cut_off("Le traité… tient. Lire la suite →")
    (True, True)
    >>> is_cut_off("Le traité tient.")
    False
    """
    return _CUT_OFF.search(text) is not None


def as_sentence(text: str) -> str:
    """A title or a line with a full stop, unless it is empty or ends in a mark of its own.

    >>> as_sentence("Le phare"), as_sentence("Et après ?")
    ('Le phare.', 'Et après ?')
    """
    return text if not text or text.endswith((".", "?", "!", "…")) else f"{text}."
