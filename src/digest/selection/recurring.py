"""Which titles are those of a column that comes back with other content: weather, press review, …

Such columns would be told apart by their date alone, and a weekly edition has no use for them.
The expressions stand in `recurring.toml`; an editor's pin takes an article in all the same, which
is for `digest.selection.screening` to decide.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files

from digest.text.folding import without_accents

_DAY = (
    r"(?:(?:du |de |des |de ce |ce |pour |of |for |on )?(?:le )?(?:lundi|mardi|mercredi|jeudi"
    r"|vendredi|samedi|dimanche|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|week-end|weekend|aujourd'hui|today|tonight|demain|tomorrow"
    r"|(?:1er|\d{1,2})(?:[ /.-](?:\d|janv|fevr|mars|avril|mai|juin|juil|aout|sept|oct|nov|dec))"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r" \d{1,2}))\b"
)
_SEPARATOR = r"(?: ?[:|.](?= |$)| [-–—] | ?$)"
_ARTICLE = r"^(?:[«\"“\[] ?)?(?:(?:la|le|les|the|votre|your|notre|our) )?"


def recurring_words(title: str) -> str:
    """The words of a title, as printed, by which it is a recurring column's; "" if it is none.

    >>> recurring_words("Météo du jeudi 12 : le retour des brumes")
    'Météo du jeudi'
    """
    simple = _simple(title)
    found = _expression().search(simple)
    if found is None:
        return ""
    printed = " ".join(title.split())
    # Plain letters stand where the printed ones do, unless a ligature was undone.
    words = printed if len(printed) == len(simple) else simple
    return words[found.start() : found.end()].strip(' :|.–—-[]«"“')


def _simple(title: str) -> str:
    return without_accents(" ".join(title.split())).lower().replace("’", "'")


@lru_cache(maxsize=1)
def _expression() -> re.Pattern[str]:
    text = files("digest.selection").joinpath("recurring.toml").read_text(encoding="utf-8")
    listed = tomllib.loads(
        text.replace("{sep}", _escaped(_SEPARATOR)).replace("{day}", _escaped(_DAY))
    )
    heads, anywhere = "|".join(listed["head"]), "|".join(listed["anywhere"])
    return re.compile(f"{_ARTICLE}(?:{heads})|{anywhere}")


def _escaped(expression: str) -> str:
    return expression.replace("\\", "\\\\").replace('"', '\\"')
