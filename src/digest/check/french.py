"""Findings and rules in French, for those who read them in the studio.

The words stand in `french.toml`, by the English that the rules say. What was not said here, such
as another room's error, is not in it and stays English.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from babel import Locale

from digest.text.saying import Catalogue
from digest.text.typography import NARROW, NO_BREAK

#: The spaces that French sets before and after its marks, and before units.
_SPACES: Final = (
    (re.compile(r"« | (?=[»:])"), lambda match: match[0].replace(" ", NO_BREAK)),
    (re.compile(r" (?=[;?!])"), lambda match: NARROW),
    (re.compile(r"(?<=[\d}]) (?=(?:ko|px|s)\b)"), lambda match: NO_BREAK),
)


def in_french(text: str) -> str | None:
    """A finding's place, message or hint in French; None where there is no French for it."""
    return _catalogue().tell(text)


def about_in_french(rule: str) -> str:
    """What the rule of this id is for, in French.

    Raises:
        KeyError: there is no such rule.
    """
    return _set(str(french_words()["rules"][rule]))


@cache
def french_words() -> Mapping[str, Mapping[str, Any]]:
    """`french.toml`: `rules` by their ids, `said` by the English templates."""
    return tomllib.loads(files("digest.check").joinpath("french.toml").read_text(encoding="utf-8"))


@cache
def _catalogue() -> Catalogue:
    return Catalogue(
        Locale("fr"),
        {
            english: _set(french)
            if isinstance(french, str)
            else {form: _set(text) for form, text in french.items()}
            for english, french in french_words()["said"].items()
        },
    )


def _set(text: str) -> str:
    for space, put in _SPACES:
        text = space.sub(put, text)
    return text
