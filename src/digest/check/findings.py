"""What a check finds, and how the places of a letter are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from digest.model.edition import Brief, Story
from digest.model.sponsorship import Placement
from digest.text.saying import Said, say

#: An error stops the letter, a warning wants a look, a note is good to know.
Severity = Literal["error", "warning", "note"]

#: The gravest first, as findings are shown.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Location(NamedTuple):
    """Where something can be mended: a path relative to the publication's folder, and a line.

    Line 0 is the file as a whole, an empty file is unknown.
    """

    file: str = ""
    line: int = 0


#: Where nobody knows.
NOWHERE = Location()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: the rule's id, how grave, where, what, what to do.

    `file` and `line` say where it can be mended, as `Location` does. Place, message and hint are
    English; made by `say`, they can be told in another language (`digest.check.french`).
    """

    rule: str
    severity: Severity
    place: str
    message: str
    hint: str
    file: str = ""
    line: int = 0


def error(rule: str, place: str, message: Said, hint: Said, at: Location = NOWHERE) -> Finding:
    """A finding that stops the letter."""
    return Finding(rule, "error", place, message, hint, *at)


def warning(rule: str, place: str, message: Said, hint: Said, at: Location = NOWHERE) -> Finding:
    """A finding that a person should look at."""
    return Finding(rule, "warning", place, message, hint, *at)


def note(rule: str, place: str, message: Said, hint: Said, at: Location = NOWHERE) -> Finding:
    """A finding that is good to know."""
    return Finding(rule, "note", place, message, hint, *at)


def gravest_first(findings: list[Finding]) -> tuple[Finding, ...]:
    """Errors, then warnings, then notes; otherwise in the order of the letter."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


def of_story(story: Story) -> Said:
    """How a story is called: by number and title."""
    if not story.title.strip():
        return say("story {number} “”", number=story.order)
    title = story.title if len(story.title) <= 60 else story.title[:59].rstrip() + "…"
    return say("story {number} “{title}”", number=story.order, title=title)


def of_brief(brief: Brief) -> Said:
    """How a sentence of “En bref” is called."""
    if brief.place:
        return say("brief {number} “{place}”", number=brief.order, place=brief.place)
    return say("brief {number}", number=brief.order)


def of_placement(placement: Placement) -> Said:
    """How a sponsor's block is called: by slot and sponsor."""
    return say("slot “{slot}”, {sponsor}", slot=placement.slot.name, sponsor=placement.sponsor)
