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
    for place, text in (("subject", subject), ("preheader", preheader)):
        yield from _manners(place, text, where)


def _filled(text: str) -> str:
    """The text as a reader about whom nothing is known sees it."""
    return " ".join(_TOKEN.sub(lambda token: token[1] or "", text).split())


def _subject(subject: str, where: Locator) -> Iterator[Finding]:
    at = where.edition("subject")
    if not subject:
        yield error("subject-empty", "subject", "is empty", "Write `subject` in edition.toml.", at)
    elif len(subject) > SUBJECT_PHONE:
        kind = warning if len(subject) > SUBJECT_DESKTOP else note
        yield kind(
            "subject-long",
            "subject",
            f"has {len(subject)} characters; a phone shows “{_cut(subject, SUBJECT_PHONE)}”",
            f"Let its first {SUBJECT_PHONE} characters tell the news; {SUBJECT_DESKTOP} are shown "
            "at most.",
            at,
        )


def _preheader(preheader: str, subject: str, where: Locator) -> Iterator[Finding]:
    at = where.edition("preheader")
    if not preheader:
        yield warning(
            "preheader-missing",
            "preheader",
            "is empty: mail programs will show whatever comes first",
            "Write `preheader` in edition.toml: one sentence after the subject.",
            at,
        )
        return
    if subject and fold(preheader).startswith(fold(subject)):
        yield warning(
            "preheader-repeats",
            "preheader",
            "begins with the words of the subject, which stand right before it",
            "Say in `preheader` what else the letter brings.",
            at,
        )
    if len(preheader) < PREHEADER_SHORTEST:
        yield note(
            "preheader-short",
            "preheader",
            f"has {len(preheader)} characters; a phone has room for {PREHEADER_PHONE}",
            "Name another story in `preheader`.",
            at,
        )
    elif len(preheader) > PREHEADER_PHONE:
        yield note(
            "preheader-long",
            "preheader",
            f"has {len(preheader)} characters; a phone shows “{_cut(preheader, PREHEADER_PHONE)}”",
            f"Say what matters in the first {PREHEADER_PHONE} characters of `preheader`.",
            at,
        )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _manners(place: str, text: str, where: Locator) -> Iterator[Finding]:
    found: dict[str, dict[str, str]] = {}
    for form in _forms():
        if form.only in ("", place):
            for words in form.in_text(text):
                found.setdefault(form.rule, {}).setdefault(words, form.why)
    for rule, forms in found.items():
        # One such word may be the news itself; two are the tone of an advertisement.
        kind = note if rule == "spam-words" and len(forms) == 1 else warning
        said = "; ".join(f"“{words}” {why}" for words, why in forms.items())
        yield kind(rule, place, said, f"Reword `{place}` in edition.toml.", where.edition(place))


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
