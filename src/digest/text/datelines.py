"""Finds where the prose begins after a dateline or a label: « PARIS (AFP) – », « VIDÉO. ».

Only the beginning of a text is looked at. Names of agencies are those that French and English
papers print; the customs are those of the agencies' stylebooks.
"""

from __future__ import annotations

import re

#: A press agency as it is printed, without the brackets around it.
AGENCY = (
    r"(?:l['’])?(?:AFP|Reuters|REUTERS|AP|ATS|Belga|EFE|ANSA|dpa|DPA|Xinhua|UPI|TASS|Agences?"
    r"|agences|Agency|Associated Press|Agence France[- ]Presse)"
)
#: A month, whole or shortened, French or English.
MONTH = (
    r"(?:janv(?:ier|\.)?|févr?(?:ier|\.)?|mars|avr(?:il|\.)?|mai|juin|juil(?:let|\.)?|août"
    r"|sept(?:embre|ember|\.)?|oct(?:obre|ober|\.)?|nov(?:embre|ember|\.)?|déc(?:embre|\.)?"
    r"|Jan(?:uary|\.)?|Feb(?:ruary|\.)?|March|April|May|June|July|Aug(?:ust|\.)?"
    r"|Sept(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
#: The paper's own correspondent, without a place.
CORRESPONDENT = (
    r"(?:(?:[Dd]e (?:notre|nos) |[Ff]rom our |[Nn]otre |[Oo]ur )?(?:[Cc]orrespondante?s?"
    r"|[Cc]orrespondance|[Cc]orrespondent|[Ee]nvoyée?s?|(?:[Ss]pecial )[Ee]nvoy)"
    r"(?: spécia(?:le?s?|ux)| permanente?s?| particulière?s?)?)"
)

_DAY = rf"(?:(?:le )?\d{{1,2}}(?:er)? {MONTH}|{MONTH} \d{{1,2}})(?:,? \d{{4}})?"
_PLACE = r"[A-ZÀ-ÖØ-Þ][\w’'.-]*(?:[ /][\w’'.-]+){0,3}?"
_DASH = r"\s?[-–—]{1,2}\s+"
_CAPITALS = (
    r"(?!QUESTION|R[EÉ]PONSE)(?=[A-ZÀ-ÖØ-Þ '’-]{4})[A-ZÀ-ÖØ-Þ]{2,}(?:[ '’-][A-ZÀ-ÖØ-Þ]+){0,4}"
)
# A sentence begins in small letters after its first word.
_SENTENCE = r"(?=[«“\"]?\s?[A-ZÀ-ÖØ-Þ][\w’']*\s[(«“\"\da-zß-öø-ÿ])"
_FORMS = (
    rf"(?:{_PLACE},? )?(?:{_DAY},? )?\({AGENCY}(?:/[\w ]+)?\)(?:{_DASH}|[.:,]\s+)",
    rf"{AGENCY}{_DASH}",
    rf"{_PLACE}, {_DAY}{_DASH}",
    rf"{_CAPITALS}(?:, [A-Z][a-z]+\.?)?(?:, {_DAY})?(?:\s?[—–]\s?|\s-\s){_SENTENCE}",
    rf"{_CAPITALS}(?:-\d{{4}})?\.\s+(?=\S[^\W\d_]*[\s’'][^.]{{8}})",
    rf"(?:{_PLACE}(?:, | \(|\. ))?{CORRESPONDENT}(?: (?:à|au|en|in) {_PLACE})?[.)]?{_DASH}",
)
_DATELINE = re.compile(rf"""(?:{"|".join(_FORMS)})\s*(?=[«“"'‘(\[]?\s?[A-ZÀ-ÖØ-ÞŒ\d])""")


def without_dateline(text: str) -> int:
    """Where the prose begins: after a dateline or a label in capitals; 0 when there is none.

    >>> without_dateline("PARIS (AFP) – Le barrage tient.")
    14
    """
    found = _DATELINE.match(text)
    return found.end() if found else 0
