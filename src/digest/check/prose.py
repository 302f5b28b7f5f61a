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
from digest.edition.titles import preheader_of, short_title, subject_of
from digest.model.edition import Edition, Story
from digest.model.sponsorship import Placement
from digest.text.enclosures import pair_marks
from digest.text.saying import say
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
    # Those that follow from the stories are judged there, where they can be mended.
    yield [
        Passage(place, str(place), text, where.edition(place))
        for place, text, drawn in (
            (say("subject"), edition.subject, subject_of(edition.stories)),
            (say("preheader"), edition.preheader, preheader_of(edition.stories)),
        )
        if text != drawn
    ]
    note, quotation = edition.note, edition.quotation
    yield [
        Passage(say("note"), key, text, where.edition(f"note.{key}"))
        for key, text in (("opening", note.opening), ("text", note.text))
    ]
    yield [Passage(say("quotation"), "text", quotation.text, where.edition("quotation.text"))]
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
    is_drawn = story.short_title in (story.title, short_title(story.title))
    for key, text in (
        ("title", story.title),
        ("short_title", "" if is_drawn else story.short_title),
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
    if not passages or expected not in FREQUENT:
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
                say(
                    "reads as {found}, the letter is in {expected}",
                    found=Locale(found),
                    expected=Locale(expected),
                ),
                say("Translate it, or take it out."),
                passage.at,
            )
            return


def _unpaired(passage: Passage) -> Iterator[Finding]:
    _, alone = pair_marks(passage.text)
    if not alone:
        return
    start = alone[0]
    text = passage.text
    around = " ".join(text[max(0, start - _AROUND) : start + _AROUND + 1].split())
    said = say(
        "{mark} stands without its partner in `{key}`: …{around}…",
        mark=text[start],
        key=passage.key,
        around=around,
    )
    if more := len(alone) - 1:
        said = say("{said}, and {count} more", said=said, count=more)
    yield warning(
        "quotes-unbalanced",
        passage.place,
        said,
        say("Add the other mark to `{key}`, or take this one out.", key=passage.key),
        passage.at,
    )
