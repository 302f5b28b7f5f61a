"""Personalisation after rendering: a letter is split at its tokens once and joined per reader.

`%%{name|fallback}%%` stands for a reader's value, or the fallback where there is none. A third
part is written instead of the bare value, `*` standing for it: `%%{since|| depuis le *}%%`.
Values are escaped for where the token stands. Who the readers are, and their values, is
`digest.delivery`'s business.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from digest.errors import TemplateError
from digest.text.nearest import nearest_word
from digest.text.saying import Said, say

Context = Literal["html", "url", "text", "header"]

#: Every token a letter may hold, and what it stands for.
TOKENS: Final[Mapping[str, str]] = {
    "name": "The reader's name, as subscribed; often empty, so give a fallback.",
    "address": "The reader's address, masked: c…@example.org.",
    "since": "The day of the subscription: 1er mars 2026.",
    "unsubscribe_url": "The reader's own link to leave the list.",
    "dispatch_date": "The day of dispatch: Dimanche 22 novembre 2026. The same for everybody.",
    "next_date": "The day of the next number: dimanche 29 novembre. The same for everybody.",
}

#: Tokens whose value is a whole URL made by digest itself.
URL_TOKENS: Final = frozenset({"unsubscribe_url"})

_URL_ATTRIBUTE = re.compile(r"(?:href|src|action|background)\s*=\s*\Z", re.IGNORECASE)
_HTML_SPECIAL = re.compile(r"[&<>\"']")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Token:
    """One token as written: all three texts plain, `context` where its value will stand."""

    name: str
    fallback: str
    around: str
    context: Context

    def text(self, values: Mapping[str, str]) -> str:
        """What a reader with these values sees, escaped for the token's context."""
        value = values.get(self.name, "")
        if not value:
            value = self.fallback
        elif self.around:
            value = self.around.replace("*", value)
        return escape(value, self.context, is_url=self.name in URL_TOKENS)


class Parts:
    """A text cut at its tokens; made by `split`, joined once per reader."""

    __slots__ = ("_pieces", "_tokens")

    def __init__(self, pieces: list[str], tokens: dict[int, Token]) -> None:
        self._pieces = pieces
        self._tokens = tokens

    @property
    def tokens(self) -> list[Token]:
        """The tokens in the order of the text."""
        return list(self._tokens.values())

    def pieces(self) -> list[str | Token]:
        """Literal texts and tokens in order, for those who encode the literals beforehand."""
        return [self._tokens.get(index, piece) for index, piece in enumerate(self._pieces)]

    def join(self, values: Mapping[str, str]) -> str:
        """The text for one reader; a missing or empty value gives the token's fallback."""
        pieces = self._pieces.copy()
        for index, token in self._tokens.items():
            pieces[index] = token.text(values)
        return "".join(pieces)

    def with_placeholders(self, prefix: str) -> tuple[str, dict[str, tuple[str, str, str]]]:
        """The text with each distinct token replaced by `prefix` + number + `-`.

        Returns the text and, per placeholder, (token, plain fallback, context); use
        `substitutions` for a reader's values, which also knows the token's third part.
        """
        named = self._placeholders(prefix)
        pieces = self._pieces.copy()
        for index, token in self._tokens.items():
            pieces[index] = named[token]
        known = {
            key: (token.name, token.fallback, str(token.context)) for token, key in named.items()
        }
        return "".join(pieces), known

    def substitutions(self, prefix: str, values: Mapping[str, str]) -> dict[str, str]:
        """One reader's escaped text for each placeholder of `with_placeholders(prefix)`."""
        return {key: token.text(values) for token, key in self._placeholders(prefix).items()}

    def _placeholders(self, prefix: str) -> dict[Token, str]:
        distinct = dict.fromkeys(self._tokens.values())
        return {token: f"{prefix}{number}-" for number, token in enumerate(distinct)}


def split(text: str, context: Context) -> Parts:
    """Cut a text at its tokens.

    Args:
        text: HTML for `html` and `url` (a URL inside an HTML attribute), else plain text. In
            HTML, a token inside a link's attribute is escaped as part of a URL by itself.
        context: how values are escaped.

    Raises:
        TemplateError: a token is unknown or not closed; the message names the nearest one.
    """
    pieces: list[str] = []
    tokens: dict[int, Token] = {}
    end = 0
    for start, inside, following in _written(text):
        pieces.append(text[end:start])
        here: Context = context
        if context == "html" and _in_url(text, start):
            here = "url"
        tokens[len(pieces)] = _read(inside, here)
        pieces.append("")
        end = following
    left = text.find("%%{", end)
    if left >= 0:
        found = text[left:][:40].splitlines()[0]
        raise TemplateError(f"a token is not closed: “{found}”", "Write it as %%{name|fallback}%%.")
    pieces.append(text[end:])
    return Parts(pieces, tokens)


def escape(value: str, context: Context, *, is_url: bool = False) -> str:
    """A value made safe for where it will stand.

    `html`: entities; `url`: percent-encoded, or entities only when `is_url`; `text` and
    `header`: as it is. Control characters and line breaks become one space everywhere.
    """
    if not value.isprintable():
        value = _CONTROL.sub(" ", value)
    if context == "url" and not is_url:
        return quote(value, safe="")
    if context in ("html", "url") and _HTML_SPECIAL.search(value):
        return html.escape(value, quote=True)
    return value


def unknown_tokens(text: str) -> list[str]:
    """The names of tokens that do not exist, each once, in the order of the text."""
    names = (inside.partition("|")[0] for _start, inside, _end in _written(text))
    return list(dict.fromkeys(name for name in names if name not in TOKENS))


def nearest_token(name: str) -> Said:
    """The hint for an unknown token: the nearest known one, or all of them."""
    if word := nearest_word(name, TOKENS):
        return say("Did you mean %%{{{name}}}%%?", name=word)
    return say("Known tokens: {names}.", names=", ".join(TOKENS))


def _written(text: str) -> Iterator[tuple[int, str, int]]:
    """Each token: where it begins, what stands inside, where it ends."""
    start = text.find("%%{")
    while start >= 0:
        closing = text.find("}%%", start + 3)
        if closing < 0:
            return
        yield start, text[start + 3 : closing], closing + 3
        start = text.find("%%{", closing + 3)


def _in_url(text: str, at: int) -> bool:
    """Whether a place in HTML is inside the double-quoted value of a link's attribute."""
    quote = text.rfind('"', 0, at)
    if quote < 0 or text.find("<", quote, at) >= 0 or text.find(">", quote, at) >= 0:
        return False
    return _URL_ATTRIBUTE.search(text, max(0, quote - 40), quote) is not None


def _read(inside: str, context: Context) -> Token:
    if context in ("html", "url"):
        inside = html.unescape(inside)
    name, _, rest = inside.partition("|")
    fallback, _, around = rest.partition("|")
    if name not in TOKENS:
        raise TemplateError(f"there is no token “{name}”", nearest_token(name))
    if around and "*" not in around:
        raise TemplateError(
            f"the third part of the token “{name}” has no *: “{around}”",
            "Write * where the value is to stand.",
        )
    return Token(name, fallback, around, context)
