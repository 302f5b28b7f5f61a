"""What an article says, as a short mark: two articles with one mark say the same.

Blanks, quotation marks, apostrophes, dashes, full stops and capitals do not count, for retouched
typography is no news; a changed word, number, unit, sign or question mark does. Source: Unicode
UAX #15 (compatibility forms, in which a no-break space is a space and ﬁ is fi).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

from digest.model.content import Article

#: Plain replacements, each a scan at memory speed: thousands of articles are marked in one build.
_SAME = (("œ", "oe"), ("æ", "ae"), ("−", "-"), ("\u00ad", ""))
_SILENT = "‐‑’'‘“”„«»‹›\"`´.,;:!…()[]{}–—-_/|*•·"
_TELLING = "?%‰€$£¥°&@#+=<>×÷±§"

_NUMBER = re.compile(r"\d+(?:[ .,]\d+)*")
_THOUSANDS = re.compile(r"(?<!\d)(\d{1,3})((?: \d{3})+)(?!\d)")
#: What stands for the marks inside numbers while the others go.
_COMMA, _POINT, _MINUS = "\x01", "\x02", "\x03"


def fingerprint(article: Article) -> str:
    """64 hexadecimal digits over title, chapô, description and body."""
    fields = (article.title, article.chapo, article.description, article.text)
    folded = "\n".join(map(_fold, fields))
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()


def _fold(text: str) -> str:
    """Words, numbers and signs in order, one blank between them."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold()
    for old, new in _SAME:
        text = text.replace(old, new)
    text = _NUMBER.sub(_number, text)
    for mark in _SILENT:
        text = text.replace(mark, " ")
    for sign in _TELLING:
        if sign in text:
            text = text.replace(sign, f" {sign} ")
    return " ".join(text.split())


def _number(match: re.Match[str]) -> str:
    run, start = match[0], match.start()
    if " " in run:
        run = _THOUSANDS.sub(lambda found: found[0].replace(" ", ""), run)
    before = match.string[max(0, start - 2) : start]
    is_negative = before.endswith("-") and not before[:-1].isalnum() and before != "--"
    sign = _MINUS if is_negative else ""
    return f" {sign}{run.replace(',', _COMMA).replace('.', _POINT)} "
