"""Sets French spaces, quotation marks and apostrophes in a line of plain text.

For text fields, never for HTML. Addresses, times and `%%{name|fallback}%%` tokens are left as
they are; applying it twice changes nothing. Sources: Lexique des règles typographiques en usage
à l'Imprimerie nationale (U+00A0 before the colon and inside guillemets, U+202F before the other
high marks and between thousands); Unicode names of the spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.text.enclosures import pair_marks

NO_BREAK = "\u00a0"
NARROW = "\u202f"

# Stands for a stretch that is left alone; one in the text itself is left alone too.
_HELD = "\ufdd0"
_LEFT_ALONE = re.compile(
    rf"""{_HELD}
      | %%\{{[^{{}}]*\}}%%
      | (?:https?://|mailto:|www\.)[^\s<>«»“”"]*[^\s<>«»“”".,;:!?…)\]}}'’]
      | (?<![\w.+-])[\w.+-]{{1,64}}+@[\w-]++(?:\.[\w-]++)++
      | (?<![\d:])\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?!\d|:\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)

_BLANK = "[ \u00a0\u202f\u2009]"
_LETTER = r"[^\W\d_]"
_OPENING = r"\s(\[«“‘\"'"
_ENDS = r"(?=\s|\Z|[»”\")\]…,.*_—–])"
_UNITS = (
    "km/h|m/s|km²|km|m²|m³|cm|mm|ha|m|kg|mg|g|t|cl|ml|L|l|h|min|s|°C|kWh|MWh|GWh|TWh|kW|MW|GW|"
    "Hz|kHz|MHz|GHz|Ko|Mo|Go|To|dB|hPa|Md€|M€|millions?|milliards?|euros?|ans"
)
_MONTHS = (
    "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|"
    r"janv\.|févr\.|avr\.|juill?\.|sept\.|oct\.|nov\.|déc\."
)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\.)\.\.\.(?!\.)"), "…"),
    (re.compile(rf"(?<={_LETTER})'(?={_LETTER}|[«“\d])"), "’"),
    (re.compile(rf"«{_BLANK}*(?=\S)"), f"«{NO_BREAK}"),
    (re.compile(rf"(?<=[^\s«]){_BLANK}*»"), f"{NO_BREAK}»"),
    (re.compile(rf"(?<=[^{_OPENING}:]){_BLANK}*:(?=\s|\Z|[«“])"), f"{NO_BREAK}:"),
    (re.compile(rf"(?<=[^{_OPENING};:!?]){_BLANK}*([;!?]+){_ENDS}"), rf"{NARROW}\1"),
    (re.compile(r"(?<![\d.,])(\d{1,3})((?: \d{3})+)(?![\d])"), ""),
    (re.compile(rf"(?<=\d){_BLANK}*([%‰€])(?!%)"), rf"{NO_BREAK}\1"),
    (re.compile(rf"(?<=\d){_BLANK}({_UNITS})(?![\w'’²³/])"), rf"{NO_BREAK}\1"),
    (re.compile(rf"(?<=\d){_BLANK}h{_BLANK}(?=\d\d\b)"), f"{NO_BREAK}h{NO_BREAK}"),
    (re.compile(rf"\b(\d{{1,2}}|1er){_BLANK}(?=(?:{_MONTHS})(?!\w))", re.I), rf"\1{NO_BREAK}"),
    (re.compile(rf"\b([Nn]°){_BLANK}*(?=\d)"), rf"\1{NO_BREAK}"),
)
#: Words that lean on the next one: articles, pronouns, short prepositions, conjunctions, “a”.
_LEANING = re.compile(
    r"""(?:^|[\s’«(])
    (?:à|aux?|a|ces?|cet|de|des|du|en|et|il|la|les?|lui|ni|on|ou|où|pas|qu[ei]|sa|ses|si|son|une?|y)
    \Z""",
    re.VERBOSE | re.IGNORECASE,
)
_POSTCODE = re.compile(rf"(?<!\w)(\d{{5}}) (?={_LETTER})")
#: A last word up to this many characters is tied to the one before it …
SHORT_WORD = 6
#: … when the two together still fit a phone's line in the largest headline.
TIED_TOGETHER = 20
#: A leaning word is tied to the next one when they are up to this many characters together.
LEANING_TOGETHER = 16


def french(text: str) -> str:
    """`text` with French spaces, guillemets, apostrophes and ellipses.

    U+00A0 before `:`, inside « », before `%` and `€`, between a number and its unit, a day and
    its month, `N°` and its number; U+202F before `; ! ?` and between thousands; `l'eau` becomes
    `l’eau`, `"oui"` « oui » (“oui” inside other quotation marks), `...` becomes …

    >>> french('"Qui paie 12 %?"').replace(NO_BREAK, "~").replace(NARROW, "_")
    '«~Qui paie 12~%_?~»'
    """
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match[0])
        return _HELD

    text = _LEFT_ALONE.sub(hold, text)
    text = _set_quotes(text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement or _narrow_thousands, text)
    pieces: Iterator[str] = iter(held)
    return re.sub(_HELD, lambda _: next(pieces), text)


def tie_last_words(text: str) -> str:
    """`text` with U+00A0 before its last word when that is short, so that it never stands alone.

    >>> tie_last_words("Le train du mardi est là").replace(NO_BREAK, "~")
    'Le train du mardi est~là'
    """
    before, blank, last = text.rpartition(" ")
    together = len(before.rpartition(" ")[2]) + len(last)
    if blank and before and last and len(last) <= SHORT_WORD and together <= TIED_TOGETHER:
        return f"{before}{NO_BREAK}{last}"
    return text


def tie_leaning_words(text: str) -> str:
    """French `text` with U+00A0 after articles, pronouns and short prepositions, so that no line of
    a headline ends on one; never more than 20 characters hang together for it.

    >>> tie_leaning_words("Une tempête sur la côte").replace(NO_BREAK, "~")
    'Une~tempête sur la~côte'
    """
    *words, told = text.split(" ")
    for word in reversed(words):
        following = told.partition(" ")[0]
        reach = len(word) + 1 + len(following.partition(NO_BREAK)[0])
        leans = following and _LEANING.search(word) and reach <= LEANING_TOGETHER
        fits = len(word) + 1 + len(following) <= TIED_TOGETHER
        told = f"{word}{NO_BREAK if leans and fits else ' '}{told}"
    return told


def tie_postcode(text: str) -> str:
    """An address with U+00A0 between a postcode of five digits and its town.

    >>> tie_postcode("8, quai des Longitudes, 29200 Brest").replace(NO_BREAK, "~")
    '8, quai des Longitudes, 29200~Brest'
    """
    return _POSTCODE.sub(rf"\1{NO_BREAK}", text)


def wordmark_parts(text: str) -> list[tuple[str, bool]]:
    """The pieces of a wordmark and whether each is italic; `*…*` marks italics.

    >>> wordmark_parts("Nouvelles *des rives*")
    [('Nouvelles ', False), ('des rives', True)]
    """
    return [(part, bool(index % 2)) for index, part in enumerate(text.split("*")) if part]


def _narrow_thousands(match: re.Match[str]) -> str:
    return match[0].replace(" ", NARROW)


def _set_quotes(text: str) -> str:
    """Straight quotes as guillemets, only where every one of them has its partner."""
    if '"' not in text:
        return text
    return "\n".join(map(_set_quotes_of_line, text.split("\n")))


def _set_quotes_of_line(line: str) -> str:
    pairs, strays = pair_marks(line)
    if any(line[position] == '"' for position in strays):
        return line
    turns: list[tuple[int, bool, str]] = []
    for region in pairs:
        if region.mark in '«“"':
            turns += [(region.start, True, region.mark), (region.end - 1, False, region.mark)]
    set_line = list(line)
    depth = 0
    for position, opens, mark in sorted(turns):
        depth -= not opens
        if mark == '"':
            set_line[position] = ("“" if depth else "«") if opens else ("”" if depth else "»")
        depth += opens
    return "".join(set_line)
