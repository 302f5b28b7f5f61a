"""The few words that letters, edition files and reader-facing pages print of themselves.

One readable TOML file a language, with the same keys; `{name}` marks what the caller fills in.
Sentences that belong to a design stand in its template, errors for operators stay in English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

#: Languages that have a file here.
LANGUAGES = ("fr", "en")


def wording(language: str) -> Mapping[str, str]:
    """The words in `language` (`fr-CA` is read as `fr`); English where there is no file.

    >>> wording("fr")["number"].format(number=47)
    'N° 47'
    """
    short = language.lower()[:2]
    return _read(short if short in LANGUAGES else "en")


@cache
def _read(language: str) -> Mapping[str, str]:
    text = files(__name__).joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))
