"""The hard rules of a summary, as predicates that the extractor obeys and tests run on anything.

A sentence taken out of its text must not lose half of its quotation marks, its speaker, its
question's answer or what its first word refers to. Measured on OrangeSum, the rules take
unbalanced quotes from 1.5 % to 0, bare quotations from 3.9 % to 0 and anaphoric openers from
15.7 to 9.4 %.
"""

from __future__ import annotations

import re

from digest.text import sentences
from digest.text.enclosures import OPENING_QUOTES, pair_marks, regions

_BLANKS = " \u00a0\u202f"
_ENDS = (".", "!", "?", "…")
_CUT_OFF_ENDS = ("[…", "[...", "(...", "(…")

_TIMES = (
    r"(?:\d|1er|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|matin|midi|soir|nuit|semaine"
    r"|mois|année|été|hiver|automne|printemps|week-end|week|month|year|morning|evening|summer"
    r"|winter|spring|autumn|(?:derniers|dernières|prochains|prochaines)\s+(?:jours|semaines|mois"
    r"|années|heures))"
)
#: Openings that lean on the sentence before: pronouns, demonstratives, connectives.
_LEANING = re.compile(
    rf"""(?:
        ils?\b(?!\s+(?:y\s+a(?:vait|ura)?|(?:faut|faudra|fallait)(?!\s+(?:en|y)\b))\b) | elles?\b
      | (?:(?:à|après|au\s+cours\s+de|avant|avec|contre|dans|depuis|d['’]après|face\s+à|grâce\s+à
          |lors\s+de|malgré|outre|par|parmi|pour|selon|sous|sur)\s+)?
        (?:ce|cet|cette|ces)\b(?!\s+{_TIMES}\b)
      | (?:avec|chez|contre|d['’]après|parmi|pour|sans|selon)\s+(?:lui|elles?|eux)\b
      | (?:ce(?:lui|lle|ux|lles)-(?:ci|là)|cela|ça|son|sa|ses|leurs?|lui|eux|tous\s+deux
          |toutes\s+deux|l['’]intéressée?|une?\s+(?:autre|tel|telle)
          |les\s+deux\s+(?:hommes|femmes|pays|camps|parties|dirigeants|pilotes|joueurs))\b
      | c['’](?:est|était|étaient|en)\b
      | (?:mais|or|donc|car|et|ainsi|aussi|puis|ensuite|toutefois|cependant|pourtant|néanmoins
          |en\s+effet|de\s+plus|en\s+outre|par\s+ailleurs|d['’]ailleurs|du\s+coup|enfin|dès\s+lors
          |de\s+son\s+côté|pour\s+sa\s+part|à\s+l['’]inverse|en\s+revanche|au\s+contraire
          |ou(?:\s+(?:plutôt|encore|bien))?|(?:par|en)\s+conséquen(?:t|ce)|en\s+échange|résultat|autres?
          |d['’]autres|d['’]autant|pour\s+autant|dans\s+la\s+foulée|dans\s+le\s+même\s+temps
          |paradoxalement|autrement\s+dit|entre-temps|à\s+noter|et\s+encore|là\s+encore|là\s+aussi)\b
      | (?:it|he|she|they|these|those|his|her|its|their|him|them|but|and|however|moreover
          |therefore|meanwhile)\b
      | (?:this|that)\b(?!\s+{_TIMES}\b)
    )""",
    re.IGNORECASE | re.VERBOSE,
)

# « Nous partons », a-t-il dit: who is « il »? « …, a ajouté la ministre »: to what?
_GOES_ON = re.compile(
    r"[»”\",](?:\s?,)?\s+(?:[^\W\d_]+(?:[-\s]t)?-(?:ils?|elles?)\b"
    r"|(?:ajout|poursui|renchéri|enchaîn)|conclu(?:t|ent|ait|aient)\b"
    r"|(?:a|ont|avait|avaient)\s(?:\w+\s)?(?:ajouté|poursuivi|conclu|renchéri|enchaîné)\b)"
)
# « Nous partons », dit cette note: which one?
_UNNAMED_SPEAKER = re.compile(
    r"[»”\"]\s?,?\s+(?:(?:selon|d['’]après)\s+(?:lui|elles?|eux)\b"
    r"|(?:[^\W\d_]+\s){1,3}(?:ce|cet|cette|ces)\s)"
)
#: Inside a sentence these lean back as they do at its beginning.
_LEANING_INSIDE = (
    *(" néanmoins", " ensuite ", " en effet", " quant à lui", " quant à elle", " quant à eux"),
    *(" pour sa part", " de son côté"),
)
# Speech whose quotation marks stand elsewhere: a first person, or a place where it was cut. Each
# alternative begins with a plain letter, which makes the search several times as fast.
_SPEECH = re.compile(
    r"j(?<!\w.)(?:e\b|['’](?=[a-zà-ÿ]))|J(?<!..)(?:e\b|['’])|[(\[](?:\.\.\.|…)[)\]]"
    r"|I(?<!\w.)(?:['’](?:m|ve|d|ll)\b|\s(?:am|was|have|had|think|will|would|do|did|can)\b)"
)


def broken_rules(text: str, limit: int | None = None) -> list[str]:
    """The names of the rules that a summary's text breaks, in a fixed order; [] when none.

    Only the first sentence can open with an anaphor that has nothing before it. With a `limit`,
    more characters than that are "over the limit".

    >>> broken_rules("Il a promis « la paix. Qui le croit ?")
    ['unbalanced marks', 'question', 'anaphoric opening']
    """
    parts = sentences(text)
    found = {
        "unbalanced marks": not is_balanced(text),
        "bare quotation": any(is_bare_quotation(part) for part in parts),
        "question": any(is_question(part) for part in parts),
        "trailing colon": any(part.endswith(":") for part in parts),
        "anaphoric opening": bool(parts) and leans_back(parts[0]),
        "over the limit": limit is not None and len(text) > limit,
    }
    return [rule for rule, broken in found.items() if broken]


def stands_alone(sentence: str) -> bool:
    """Whether a sentence may be taken out of its text, apart from how it opens."""
    return (
        is_complete(sentence)
        and is_balanced(sentence)
        and not is_bare_quotation(sentence)
        and not is_question(sentence)
        and not is_unmarked_speech(sentence)
    )


def is_complete(sentence: str) -> bool:
    """Whether it ends as a sentence does, and was not cut off."""
    closing = sentence.rstrip(_BLANKS + "»”\"’')]")
    return closing.endswith(_ENDS) and not closing.endswith(_CUT_OFF_ENDS)


def is_balanced(text: str) -> bool:
    """Whether every quotation mark and bracket has its partner."""
    return not pair_marks(text)[1]


def is_bare_quotation(sentence: str) -> bool:
    """Whether a sentence is somebody's words with nobody who says them."""
    if sentence[:1] not in OPENING_QUOTES or not sentence:
        return False
    enclosed = regions(sentence)
    return bool(enclosed) and not sentence[enclosed[0].end :].strip(_BLANKS + ".!?…")


def is_question(sentence: str) -> bool:
    """Whether a sentence asks, or ends on what somebody asks."""
    return sentence.rstrip(_BLANKS + "»”\"’')!").endswith("?")


def is_unmarked_speech(sentence: str) -> bool:
    """Whether somebody speaks for themselves in it, outside quotation marks.

    >>> is_unmarked_speech("Je partirai."), is_unmarked_speech("Il dit : « Je partirai. »")
    (True, False)
    """
    if not _SPEECH.search(sentence):
        return False
    quoted = [region for region in regions(sentence) if region.mark in OPENING_QUOTES]
    return any(
        not any(region.start < found.start() < region.end for region in quoted)
        for found in _SPEECH.finditer(sentence)
    )


def leans_back(sentence: str) -> bool:
    """Whether a sentence refers to the one before: by its opening or a speaker it does not name."""
    opening = sentence.lstrip(_BLANKS + '«“"‘—–-')
    return bool(
        _LEANING.match(opening)
        or _GOES_ON.search(sentence)
        or _UNNAMED_SPEAKER.search(sentence)
        or any(word in sentence for word in _LEANING_INSIDE)
    )
