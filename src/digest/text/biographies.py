"""Tells lines about the people who wrote a text: bylines, an author's bio.

A bio states in the present tense who somebody is and where; a sentence of the news says what
somebody did. Where that does not tell them apart the line is taken for news.
"""

from __future__ import annotations

import re

from digest.text.datelines import AGENCY, CORRESPONDENT

_NAME = (
    r"[A-ZÀ-ÖØ-Þ][\w’'.-]+"
    r"(?: (?:(?:de|du|des|la|le|van|von|di|da) (?:la )?|d['’])?[A-ZÀ-ÖØ-Þ][\w’'.-]*){1,3}"
)
_NAMES = rf"{_NAME}(?:(?:,| et| and| &|;| avec| with) {_NAME})*"
_ABOUT_AUTHOR = (
    r"(?:journaliste|correspond|envoyée?s? spécia|chroniqueu|rédact|grand reporter|chef|reporter"
    r"|staff|for |in |à |au |aux |en |avec |with |pour |publié|le |AFP|Reuters|\d)"
)
_BYLINE = re.compile(
    rf"(?:Propos recueillis par|Par|PAR|By|BY|(?:Interview|Entretien|Texte|Photos) :"
    rf"|(?:Écrit|Rédigé|Publié|Édité|Traduit|Texte|Photos?|Reportage) (?:et \w+ )?par"
    rf"|(?:Written|Reporting|(?:Additional )?reporting|Editing|Translated|Posted|Words|Photos?) by)"
    rf" {_NAMES}(?:(?:,|[ ]?[|–—·(;-]|) ?{_ABOUT_AUTHOR}[^.!?]{{0,80}})?"
    rf"|{_NAMES}(?:,? \(?(?:avec|with) {AGENCY}\)?|, (?:{CORRESPONDENT}|journaliste)"
    rf"(?: (?:à|au|aux|en|in) [^.!?,]{{2,40}})?)"
    rf"|{CORRESPONDENT} (?:à|au|aux|en|in) [A-ZÀ-ÖØ-Þ][^.!?,]{{1,40}}\.?"
)

_VOCATION = (
    r"(?:journaliste|rédact(?:eur|rice)|correspondante?|reporter|chroniqueu(?:r|se)|pigiste"
    r"|éditorialiste|professeure?|chercheu(?:r|se)|maître(?:sse)? de conférences|essayiste"
    r"|politologue|économiste|historienne?|sociologue|docteure?|direct(?:eur|rice) de recherche"
    r"|journalist|staff writer|freelance|correspondent|editor|professor|lecturer|researcher"
    r"|research fellow|senior fellow|columnist)"
)
_WHO_IS = re.compile(
    rf"(?P<name>{_NAME}),? (?:est|is)(?: une?| an?| la| le| the| l['’]| actuellement)?"
    rf"(?: \w+)? ?{_VOCATION}\b"
)
# Anything but a second deed: « est journaliste et siège au conseil ».
_GOES_ON = r"(?:(?! (?:et|and) (?!l['’]|the |an? |aut|co-|de |du |à |au |en |spéc))[^.!?;«»\"])"
_WHERE = re.compile(
    rf"{_WHO_IS.pattern}{_GOES_ON}{{0,60}}? (?:à|au|aux|chez|pour|en|at|for|in|of|with"
    rf"|spécialis\w+|specialis\w+|indépendante?|et (?:l['’])?aut(?:eur|rice|eure)"
    rf"|and (?:the )?author)\b{_GOES_ON}{{0,140}}\.?"
)
_AUTHOR_OF = re.compile(
    rf"(?:(?:Ancienne? |Former )?(?i:{_VOCATION})\b[^.!?«»\"]{{3,160}}, )?{_NAME} (?:est|is)"
    rf" (?:l['’]aut(?:eur|rice|eure) d|(?:the |an )?author of )"
)
_ITS_BOOK = re.compile(
    r"\([^()]*\b(?:\d{4}|éd\.|[ÉE]ditions|Press|Books)[^()]*\)|[«“\"]|\b(?:livre|roman|essai|book|novel)s?\b"
)
_DEED = re.compile(
    r"\b(?:a \w+[éiut]e?s?\b|ont|avait|avaient|aurait|sera|seront|va|vont|était|étaient|has been"
    r"|had|was|were|will|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"
)


def is_byline(paragraph: str) -> bool:
    """« Par Jean Dupont », « Jean Dupont (avec AFP) », « De notre correspondante à Karsa »."""
    return len(paragraph) <= 200 and _BYLINE.fullmatch(paragraph) is not None


def is_biography(paragraph: str) -> bool:
    """« Lina Orel est journaliste à Karsa », « Professeur à …, Lina Orel est l'auteure de … »."""
    if len(paragraph) > 400:
        return False
    author = _AUTHOR_OF.match(paragraph)
    if author and _ITS_BOOK.search(paragraph, author.end()):
        return not _DEED.search(paragraph)
    return _WHERE.fullmatch(paragraph) is not None and not _DEED.search(paragraph)


def introduced(paragraph: str) -> str:
    """Whom a paragraph introduces by name and calling; empty when nobody."""
    found = _WHO_IS.match(paragraph)
    return found["name"] if found else ""
