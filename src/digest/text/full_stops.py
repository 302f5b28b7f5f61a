"""Whether a full stop or an ellipsis ends a sentence, or only a word, an initial, a breath.

Looks at the word before the stop (`abbreviations`) and at the first words after it; quotations
and brackets are the business of `segmentation`, which calls this at each candidate.
"""

from __future__ import annotations

import re

from digest.text.abbreviations import (
    AFTER_CLOCK,
    AFTER_NAMES,
    BEFORE_LABEL,
    BEFORE_NAMES,
    BEFORE_NUMBER,
    CLOCK,
    FUNCTION_WORDS,
    LEADING_ACRONYMS,
    NEVER_LAST,
    OPENERS,
    PARTICLES,
)
from digest.text.enclosures import OPENING_QUOTES

#: Longest token looked at before a full stop.
_TOKEN = 24
_LAST_WORD = re.compile(r"[^\s«»“”‘\"()\[\],;:/]*\Z")
_ELISION = re.compile(r"\A[^\W\d_]{1,2}['’]")
_FIRST_WORD = re.compile(r"(?:[^\W\d_]{1,12}['’])?([^\W\d_]+)?")
_WORD = re.compile(r"[^\W_]")
_DOTTED = re.compile(r"(?:(?:[^\W\d_]|[A-Z][a-z])\.-?)+[^\W\d_]{1,2}\Z")
_INITIAL = re.compile(r"(?:[^\W\d_]+-)?[A-ZÀ-ÖØ-Þ]\Z")  # J, J-P, Jean-P
_ENUMERATOR = re.compile(r"[(\[]?(?:\d{1,3}|[ivxIVX]{1,5}|[a-zA-Z])\Z")
_ARTICLE_BEFORE = re.compile(r"(?:\b(?:les|aux|des|du)\s|\b[dl]['’])\Z", re.IGNORECASE)
_LABEL_BEFORE = re.compile(r"([^\W\d_]+)\.?\s\Z")
_FIRST_NAME_BEFORE = re.compile(r"\b[A-ZÀ-ÖØ-Þ][^\W\d_]{2,}\s\Z")
_ERA_BEFORE = re.compile(r"\b(?:av\.|ap\.|apr\.|avant|après)\s\Z")
# What « art. », « chap. », « nov. » announce: 7, IX, L. 121-3, – (a dateline's dash).
_NUMBERED = re.compile(r"\d|[IVXLC]{1,6}\b(?!['’.])|[LRDA]\.\s?\d|[–—-]")
_CLOSING = frozenset(')]»”"')
_MINUTES = re.compile(r"[0-5]\d\b")
_GLUED = re.compile(r"""["«“]?([A-ZÀ-ÖØ-Þ][^\W\d_A-Z]*['’]?)(?=['’\s]|(?<=['’]))""")


def stop_ends(text: str, start: int, stop: int, following: int) -> bool:
    """Whether the full stop at `stop` ends a sentence.

    `start` is where the sentence begins, `following` where the next one would.
    """
    token = _token(text, start, stop)
    if token.islower() and token.isalpha() and len(token) > 6:
        return True
    bare = _bare(token)
    if not bare:
        return True
    token_start = stop - len(bare)
    if bare in NEVER_LAST or _is_enumerator(text, start, token_start, bare, following):
        return False
    if bare in BEFORE_NUMBER and _NUMBERED.match(text, following):
        return False
    if bare in CLOCK:
        word = _FIRST_WORD.match(text, following)
        return word is None or word[0].lower() not in AFTER_CLOCK
    if bare in BEFORE_NAMES:
        return not text[following].isdigit() and opens(text, following, names_too=True)
    if bare in AFTER_NAMES:
        return opens(text, following)
    if _INITIAL.match(bare):
        return _initial_ends(text, start, token_start, following)
    if _DOTTED.match(bare):
        return _acronym_ends(text, start, token_start, bare, following)
    if bare[-1].isdigit():
        return not text.startswith("000", following)  # « 100. 000 habitants »
    return bare != "h" or _MINUTES.match(text, following) is None


def pause_ends(text: str, start: int, mark: int, following: int) -> bool:
    """Whether the ellipsis at `mark` ends a sentence: « il a vu... Puis », not « de... 8 ans »."""
    word = token_before(text, start, mark).lower()
    return word not in FUNCTION_WORDS or opens(text, following)


def blank_was_forgotten(text: str, start: int, mark: int, end: int) -> bool:
    """« … a parlé.Il a ri »: whether a sentence ends at `end`, and no address or name goes on."""
    opening = _GLUED.match(text, end)
    if opening is None:
        return False
    if text[end - 1] in _CLOSING or text[max(start, mark - 1)] in _CLOSING:
        return True
    bare = _bare(_token(text, start, mark))
    if bare.isalpha() and bare.islower() and len(bare) > 2:
        return True
    word = opening[1].lower().replace("’", "'")
    known = word in OPENERS or word in PARTICLES
    return known and len(bare) > 1 and (bare[-1].islower() or bare[-1].isdigit())


def opens(text: str, position: int, *, names_too: bool = False) -> bool:
    """Whether the word at `position` opens a sentence rather than goes on with a name.

    With `names_too`, an article that may be part of a surname counts only before lower case.
    """
    if text[position] in OPENING_QUOTES:
        return not goes_on_small(text, position)
    match = _FIRST_WORD.match(text, position)
    if match is None or not match[0]:
        return False
    word = match[0].lower().replace("’", "'")
    elided = word[: word.index("'") + 1] if "'" in word else ""
    if names_too and (elided or word) in PARTICLES:
        rest = text[position + len(elided or word) :][:2].lstrip()
        return rest[:1].islower() or rest[:1].isdigit()
    if word in OPENERS or elided in OPENERS or word in PARTICLES:
        return True
    return len(word) > 8 and word.endswith("ment")  # Finalement, Rapidement


def goes_on_small(text: str, position: int) -> bool:
    """Whether the first letter within a few characters is a small one."""
    letter = _WORD.search(text, position, position + 6)
    return letter is not None and letter[0].islower()


def token_before(text: str, start: int, stop: int) -> str:
    """The word that ends just before `stop`."""
    return _bare(_token(text, start, stop))


def _token(text: str, start: int, stop: int) -> str:
    low = max(start, stop - _TOKEN)
    blank = text.rfind(" ", low, stop)
    return text[max(blank + 1, low) : stop]


def _bare(token: str) -> str:
    """A token without what clings to its front: marks, an elision."""
    word = _LAST_WORD.search(token)
    token = word[0] if word else token
    elision = _ELISION.match(token)
    return token[elision.end() :] if elision else token


def _is_enumerator(text: str, start: int, token_start: int, bare: str, following: int) -> bool:
    if not _ENUMERATOR.match(bare):
        return False
    before = text[max(start, token_start - 3) : token_start].rstrip()[-1:]
    if before in ("", ";", ":", "•"):
        return True
    if not bare.isdigit():
        return False
    if before == "," and not opens(text, following):
        return True
    # « 1. Ana Roth 2. Mia Lund »: the number before it stands in the same sentence.
    ahead = rf"(?<!\w){int(bare) - 1}\.\s"
    return re.search(ahead, text[max(start, token_start - 200) : token_start]) is not None


def _initial_ends(text: str, start: int, token_start: int, following: int) -> bool:
    low = max(start, token_start - _TOKEN)
    label = _LABEL_BEFORE.search(text, low, token_start)
    if label and label[1].lower() in BEFORE_LABEL:
        return True
    if text.startswith("M. ", following) and _FIRST_NAME_BEFORE.search(text, low, token_start):
        return True  # « Julien C. M. Hale a … »
    return opens(text, following, names_too=True)


def _acronym_ends(text: str, start: int, token_start: int, token: str, following: int) -> bool:
    """« l'O.N.U. Paris » ends a sentence, « D.H. Lawrence » and « le P.-D.G. Anton » do not."""
    low = max(start, token_start - 8)
    letters = token.replace(".", "").replace("-", "")
    if letters == "JC":
        if _ERA_BEFORE.search(text, low, token_start):
            return True
    elif letters not in LEADING_ACRONYMS and (
        len(letters) > 3 or _ARTICLE_BEFORE.search(text, low, token_start)
    ):
        return True
    return opens(text, following, names_too=True)
