"""Rules about the row that an inbox shows: subject and preheader, their lengths and their manners.

Lengths: an iPhone held upright shows about 41 characters of a subject and two lines of 42 of what
follows; desktop programs give subject and preheader one line of about 90 together. Which forms
filters count against a letter stands in `spam.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from digest.check.findings import Finding, error, note, warning
from digest.check.locating import Locator
from digest.model.edition import Edition
from digest.text.folding import fold
from digest.text.saying import Said, say, say_all

#: Characters of a subject that a phone shows, and that a desktop program shows at most.
SUBJECT_PHONE: Final = 41
SUBJECT_DESKTOP: Final = 90
#: Characters of a preheader that a phone shows in two lines; fewer than one line look unfinished.
PREHEADER_PHONE: Final = 84
PREHEADER_SHORTEST: Final = 40

_SEPARATORS = re.compile(r"[\W_]+")
_TOKEN = re.compile(r"%%\{[^|}]*(?:\|([^|}]*))?[^}]*\}%%")


def inbox_findings(edition: Edition, where: Locator) -> Iterator[Finding]:
    """The findings about an edition's subject and preheader."""
    subject, preheader = _filled(edition.subject), _filled(edition.preheader)
    yield from _subject(subject, where)
    yield from _preheader(preheader, subject, where)
    for place, text in ((say("subject"), subject), (say("preheader"), preheader)):
        yield from _manners(place, text, where)


def _filled(text: str) -> str:
    """The text as a reader about whom nothing is known sees it."""
    return " ".join(_TOKEN.sub(lambda token: token[1] or "", text).split())


def _subject(subject: str, where: Locator) -> Iterator[Finding]:
    at = where.edition("subject")
    if not subject:
        yield error(
            "subject-empty",
            say("subject"),
            say("is empty"),
            say("Write `subject` in edition.toml."),
            at,
        )
    elif len(subject) > SUBJECT_PHONE:
        kind = warning if len(subject) > SUBJECT_DESKTOP else note
        yield kind(
            "subject-long",
            say("subject"),
            _too_long(subject, SUBJECT_PHONE),
            say(
                "Let its first {phone} characters tell the news; {desktop} are shown at most.",
                phone=SUBJECT_PHONE,
                desktop=SUBJECT_DESKTOP,
            ),
            at,
        )


def _preheader(preheader: str, subject: str, where: Locator) -> Iterator[Finding]:
    at = where.edition("preheader")
    if not preheader:
        yield warning(
            "preheader-missing",
            say("preheader"),
            say("is empty: mail programs will show whatever comes first"),
            say("Write `preheader` in edition.toml: one sentence after the subject."),
            at,
        )
        return
    if subject and fold(preheader).startswith(fold(subject)):
        yield warning(
            "preheader-repeats",
            say("preheader"),
            say("begins with the words of the subject, which stand right before it"),
            say("Say in `preheader` what else the letter brings."),
            at,
        )
    if len(preheader) < PREHEADER_SHORTEST:
        yield note(
            "preheader-short",
            say("preheader"),
            say(
                "has {count} characters; a phone has room for {room}",
                count=len(preheader),
                room=PREHEADER_PHONE,
            ),
            say("Name another story in `preheader`."),
            at,
        )
    elif len(preheader) > PREHEADER_PHONE:
        yield note(
            "preheader-long",
            say("preheader"),
            _too_long(preheader, PREHEADER_PHONE),
            say(
                "Say what matters in the first {phone} characters of `preheader`.",
                phone=PREHEADER_PHONE,
            ),
            at,
        )


def _too_long(text: str, length: int) -> Said:
    return say(
        "has {number} characters; a phone shows “{shown}”",
        number=len(text),
        shown=f"{text[: length - 1].rstrip()}…",
    )


def _manners(place: Said, text: str, where: Locator) -> Iterator[Finding]:
    found: dict[str, dict[str, str]] = {}
    for form in _forms():
        if form.only in ("", place):
            for words in form.in_text(text):
                found.setdefault(form.rule, {}).setdefault(words, form.why)
    for rule, forms in found.items():
        # One such word may be the news itself; two are the tone of an advertisement.
        kind = note if rule == "spam-words" and len(forms) == 1 else warning
        said = [say("“{words}” {why}", words=words, why=Said(why)) for words, why in forms.items()]
        yield kind(
            rule,
            place,
            say_all("{one}; {other}", said),
            say("Reword `{key}` in edition.toml.", key=str(place)),
            where.edition(place),
        )


@dataclass(frozen=True, slots=True)
class _Form:
    """One form: its rule, why it is distrusted, and what finds it; `only` in one place."""

    rule: str
    why: str
    pattern: re.Pattern[str] | None
    words: tuple[tuple[str, str], ...]
    only: str

    def in_text(self, text: str) -> Iterator[str]:
        """The words of the text, as written or as listed, that have this form."""
        if self.pattern:
            yield from (match[0].strip() for match in self.pattern.finditer(text))
        said = f" {_plain(text)} "
        yield from (word for word, plain in self.words if f" {plain} " in said)


@cache
def _forms() -> tuple[_Form, ...]:
    text = files("digest.check").joinpath("spam.toml").read_text(encoding="utf-8")
    return tuple(
        _Form(
            form["rule"],
            form["why"],
            re.compile(form["pattern"]) if "pattern" in form else None,
            tuple((word, _plain(word)) for word in form.get("words", ())),
            form.get("only", ""),
        )
        for form in tomllib.loads(text)["forms"]
    )


def _plain(text: str) -> str:
    """Small letters with their accents, one blank each: “gratuité” is no “gratuite”."""
    return _SEPARATORS.sub(" ", text.casefold()).strip()
