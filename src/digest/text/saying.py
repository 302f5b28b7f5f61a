"""Texts that can be told again in another language: English, with what it was made of.

For what people read about a letter, such as findings. `say` fills an English template, and the
result is an ordinary `str`; a `Catalogue` fills its own template with the same words. Which
languages there are is the caller's matter. Plural forms are those of Unicode's CLDR.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from string import Formatter
from typing import Any

from babel import Locale
from babel.numbers import get_decimal_symbol

#: What fills a place of a template; a `Said` and a language's name are told again, numbers set.
Word = str | int | float | Locale


class Said(str):
    """An English text that knows its template and the words that fill it.

    Without words the template is a text as it stands, braces and all.
    """

    template: str
    words: Mapping[str, Word]

    def __new__(
        cls, text: str, template: str = "", words: Mapping[str, Word] | None = None
    ) -> Said:
        said = super().__new__(cls, text)
        said.template = template or text
        said.words = words or {}
        return said


def say(template: str, /, **words: Word) -> Said:
    """The template filled as `str.format` does, or as it stands where there are no words.

    A word called `count` chooses between a catalogue's plural forms.

    >>> say("has {count} characters, {place}", count=12, place=say("story 3"))
    'has 12 characters, story 3'
    """
    if not words:
        return Said(template)
    return Said(template.format(**{k: _in_english(w) for k, w in words.items()}), template, words)


def say_all(template: str, parts: Iterable[str], /) -> Said:
    """The parts (at least one) joined by a template of `{one}` and `{other}`, from the left.

    >>> say_all("{one} and {other}", ["lang", "dir"])
    'lang and dir'
    """
    said = (part if isinstance(part, Said) else Said(part) for part in parts)
    return reduce(lambda one, other: say(template, one=one, other=other), said)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """English templates and their own in one language: a text, or one for each plural form."""

    language: Locale
    templates: Mapping[str, str | Mapping[str, str]]

    def tell(self, text: str) -> str | None:
        """The text in this language; None where it was not made by `say`, or is not known."""
        if not isinstance(text, Said) or text.template not in self.templates:
            return None
        template = self.templates[text.template]
        if not isinstance(template, str):
            count = text.words["count"]
            form = self.language.plural_form(float(str(count)))
            template = template.get(form, template["other"])
        return _Telling(self).vformat(template, (), text.words) if text.words else template


class _Telling(Formatter):
    """Fills a template with words as a language writes them."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def format_field(self, value: Any, format_spec: str) -> str:
        language = self._catalogue.language
        if isinstance(value, Locale):
            return str(value.get_display_name(language))
        if isinstance(value, str):
            return self._catalogue.tell(value) or value
        text = format(value, format_spec)
        return text.replace(".", get_decimal_symbol(language))


def _in_english(word: Word) -> Word:
    return str(word.get_display_name("en")) if isinstance(word, Locale) else word
