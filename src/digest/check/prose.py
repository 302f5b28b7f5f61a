"""Rules about an edition's words as a proof-reader sees them: their language, and whether what
opens is closed.

A language is told only from texts that are long enough to be sure of. What counts as a pair is
`digest.text.enclosures`' matter, how a language is told `digest.text.words`'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from babel import Locale

from digest.check.findings import (
    Finding,
    Location,
    of_brief,
    of_placement,
    of_story,
    warning,
)
from digest.check.locating import Locator
from digest.model.edition import Edition, Story
from digest.model.sponsorship import Placement
from digest.text.enclosures import pair_marks
from digest.text.stopwords import FREQUENT
from digest.text.words import detect_language

#: Words from which a language can be told, at least; a name or a title alone says nothing.
_TELLING = 12
#: Characters shown around a mark that is alone.
_AROUND = 18


class Passage(NamedTuple):
    """One text of an edition: how its place is called, the key it stands under, the text."""

    place: str
    key: str
    text: str
    at: Location


def prose_findings(
    edition: Edition, placements: Sequence[Placement], language: str, where: Locator
) -> Iterator[Finding]:
    """The findings about the words of an edition and its sponsors.

    Args:
        language: the letter's: `fr`, `en`, `fr-CA`.
    """
    for passages in _grouped(edition, placements, where):
        yield from _language(passages, language)
        for passage in passages:
            yield from _unpaired(passage)


def _grouped(
    edition: Edition, placements: Sequence[Placement], where: Locator
) -> Iterator[list[Passage]]:
    """The texts of an edition, those together that one hand wrote."""
    head = {"subject": edition.subject, "preheader": edition.preheader}
    yield [Passage(key, key, text, where.edition(key)) for key, text in head.items()]
    note, quotation = edition.note, edition.quotation
    yield [
        Passage("note", key, text, where.edition(f"note.{key}"))
        for key, text in (("opening", note.opening), ("text", note.text))
    ]
    yield [Passage("quotation", "text", quotation.text, where.edition("quotation.text"))]
    for story in edition.stories:
        yield list(_story(story, where))
    for brief in edition.briefs:
        yield [Passage(of_brief(brief), "text", brief.text, where.brief(brief, "text"))]
    for placement in placements:
        creative = placement.creative
        yield [
            Passage(of_placement(placement), key, text, where.creative(placement, key))
            for key, text in (
                ("headline", creative.headline),
                ("body", creative.body),
                ("call_to_action", creative.call_to_action),
            )
        ]


def _story(story: Story, where: Locator) -> Iterator[Passage]:
    for key, text in (
        ("title", story.title),
        ("summary", story.summary),
        ("body", story.body),
        ("picture.caption", story.picture.caption),
        ("picture.alt", story.picture.alt),
    ):
        yield Passage(of_story(story), key, text, where.story(story, key))


def _language(passages: Sequence[Passage], language: str) -> Iterator[Finding]:
    """One finding for a hand's texts together, else for the first text that differs.

    Nothing is said of a letter in a language that is not told apart: its neighbours would be named.
    """
    expected = language[:2].lower()
    if expected not in FREQUENT:
        return
    together = ". ".join(passage.text for passage in passages)
    for text, passage in ((together, passages[0]), *((p.text, p) for p in passages)):
        if len(text.split()) < _TELLING:
            continue
        found = detect_language(text)
        if found and found != expected:
            yield warning(
                "language-mixed",
                passage.place,
                f"reads as {_name(found)}, the letter is in {_name(expected)}",
                "Translate it, or take it out.",
                passage.at,
            )
            return


def _name(language: str) -> str:
    return str(Locale.parse(language).get_display_name("en"))


def _unpaired(passage: Passage) -> Iterator[Finding]:
    _, alone = pair_marks(passage.text)
    if not alone:
        return
    start = alone[0]
    text = passage.text
    around = " ".join(text[max(0, start - _AROUND) : start + _AROUND + 1].split())
    mark = text[start]
    more = f", and {len(alone) - 1} more" if len(alone) > 1 else ""
    yield warning(
        "quotes-unbalanced",
        passage.place,
        f"{mark} stands without its partner in `{passage.key}`: …{around}…{more}",
        f"Add the other mark to `{passage.key}`, or take this one out.",
        passage.at,
    )
