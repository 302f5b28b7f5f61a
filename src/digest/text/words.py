"""Words, their stems, and the language they are in.

The stemming is light: plural, feminine and a few verbal endings, so that two newsrooms' words
for one event meet; it is no dictionary. Source of the French rules: J. Savoy, "Light Stemming
Approaches for the French, Portuguese, German and Hungarian Languages" (2006). What is similar
to what is decided in `digest.selection`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from digest.text.folding import without_accents
from digest.text.stopwords import FREQUENT, WITHOUT_SUBJECT

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
#: Characters that are enough to tell a language.
_ENOUGH = 3000

# Spellings that hardly occur in the other six languages.
_SPELLINGS = {
    "fr": re.compile(
        r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu)['’](?=[aeiouyhéèêàâîôœ])|[êçœû]|é(?:e|es|s|)\b"
        r"|(?:eux|aux|eau|ère|ique|euse|oir|ais|ait|tte|ille|eur|eurs)\b|(?<=\w) [:?!](?: |\Z)"
    ),
    "en": re.compile(r"\b(?:th|wh|sh)\w|(?:ing|ed|ly|['’]s|ght|ck)\b"),
    "es": re.compile(r"[ñ¿¡]|(?:ción|dad|ado|ada|ados|ía|ió)\b"),
    "de": re.compile(r"[äöüß]|sch|(?:ung|ungen|keit|heit|lich|isch|cht)\b"),
    "it": re.compile(r"(?:zione|zioni|ità|tto|tti|cchi|ggi|glia|ò)\b|\b(?:dell|nell|all|un)['’]"),
    "pt": re.compile(r"[ãõ]|(?:dade|inho|agem)\b|lh|nh"),
    "nl": re.compile(r"ij|aa|uu|(?:eerd|cht|lijk|heid)\b|sch(?!\w*(?:ung|en)\b)|\bge\w+d\b"),
}
_SPELLING_WEIGHT = 0.4
#: A language is sure with this score, and this many times the score of the next one.
_SURE, _AHEAD = 0.3, 1.2

_FRENCH_ENDINGS = (
    ("issements", "i"),
    ("issement", "i"),
    ("atrices", "at"),
    ("atrice", "at"),
    ("ateurs", "at"),
    ("ateur", "at"),
    ("ations", "at"),
    ("ation", "at"),
    ("ements", "e"),
    ("ement", "e"),
    ("ienne", "ien"),
    ("iennes", "ien"),
    ("euses", "eu"),
    ("euse", "eu"),
    ("eurs", "eu"),
    ("eur", "eu"),
    ("trices", "teu"),
    ("trice", "teu"),
    ("ives", "if"),
    ("ive", "if"),
    ("elles", "el"),
    ("elle", "el"),
    ("eaux", "eau"),
    ("aux", "al"),
    ("ites", "it"),
    ("aient", ""),
    ("erent", ""),
    ("erait", ""),
    ("eront", ""),
    ("ait", ""),
    ("ant", ""),
    ("ees", ""),
    ("es", ""),
    ("ee", ""),
    ("er", ""),
    ("ent", ""),
    ("ies", "i"),
    ("ie", "i"),
    ("e", ""),
    ("s", ""),
    ("x", ""),
)
_ENGLISH_ENDINGS = (
    ("ations", "at"),
    ("ation", "at"),
    ("ements", ""),
    ("ement", ""),
    ("ments", ""),
    ("ment", ""),
    ("ingly", ""),
    ("ings", ""),
    ("ing", ""),
    ("ness", ""),
    ("edly", ""),
    ("ies", "y"),
    ("ers", ""),
    ("er", ""),
    ("ed", ""),
    ("ly", ""),
    ("es", ""),
    ("'s", ""),
    ("s", ""),
    ("e", ""),
)
_ENDINGS = {"fr": _FRENCH_ENDINGS, "en": _ENGLISH_ENDINGS}
#: What a reader takes in (French adults, silent reading: about 220 to 260 words a minute).
WORDS_A_MINUTE = 220

#: Letters that an ending leaves standing, at least.
_SHORTEST_STEM = 3


def words(text: str) -> list[str]:
    """The words of `text` in order, in lower case; `l'eau` is two words, `1,5` is one."""
    return _WORD.findall(text.lower())


def content_stems(text: str, language: str = "fr") -> list[str]:
    """The stems of the words of `text` that carry its subject, in order, without accents.

    `language` is `fr` or `en` (`fr-CA` counts as `fr`); others are treated as English.

    >>> content_stems("Les ministres japonais et la ministre japonaise")
    ['ministr', 'japonai', 'ministr', 'japonai']
    """
    rules = "fr" if language.lower()[:2] == "fr" else "en"
    return [stem for word in words(text) if (stem := _content_stem(word, rules))]


def detect_language(text: str) -> str:
    """The language of `text` among fr, en, es, de, it, pt and nl; "" when it is not sure.

    Counts function words and spellings; those of one language alone count most.
    """
    scores = dict.fromkeys(FREQUENT, 0.0)
    telling = _telling()
    lowered = text[:_ENOUGH].lower()
    for word in _WORD.findall(lowered):
        for language, weight in telling.get(word, ()):
            scores[language] += weight
    for language, spelling in _SPELLINGS.items():
        scores[language] += _SPELLING_WEIGHT * len(spelling.findall(lowered))
    best, second = sorted(scores, key=lambda language: -scores[language])[:2]
    return best if scores[best] >= _SURE and scores[best] >= _AHEAD * scores[second] else ""


@cache
def _telling() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each function word with the languages it is of and what it counts for them."""
    languages: dict[str, list[str]] = {}
    for language, frequent in FREQUENT.items():
        for word in frequent:
            languages.setdefault(word, []).append(language)
    return {
        word: tuple((language, 1 / len(found)) for language in found)
        for word, found in languages.items()
    }


@lru_cache(maxsize=65_536)
def _content_stem(word: str, rules: str) -> str:
    """The stem of a word; "" of one that carries no subject."""
    if word in WITHOUT_SUBJECT[rules] or (len(word) == 1 and not word.isdigit()):
        return ""
    return _stem(word, rules)


def _stem(word: str, rules: str) -> str:
    plain = without_accents(word)
    if not plain.isalpha():
        return plain
    for ending, replacement in _ENDINGS[rules]:
        if plain.endswith(ending) and len(plain) - len(ending) >= _SHORTEST_STEM:
            plain = plain[: -len(ending)] + replacement
            break
    return _without_double_end(plain)


def _without_double_end(stem: str) -> str:
    """`nationall` → `national`: the feminine doubles a consonant."""
    if len(stem) > _SHORTEST_STEM and stem[-1] == stem[-2]:
        return stem[:-1]
    return stem
