"""Rules about the edition's own content: what an editor can mend in `edition.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from digest.check.findings import (
    Finding,
    Location,
    error,
    note,
    of_brief,
    of_placement,
    of_story,
    warning,
)
from digest.check.locating import Locator
from digest.edition.titles import SHORT_TITLE
from digest.model.edition import Brief, Edition, Story
from digest.model.sponsorship import Placement
from digest.text.folding import fold
from digest.text.saying import Said, say

#: Characters; beyond them a headline is more than a reader takes in.
MAX_HEADLINE = 120
#: Characters of an alternative text, as in the letter's design.
MAX_ALT = 70
#: Characters of a sentence that are read together with the place before it.
_BEGINNING = 30

_SCHEMES = ("http", "https", "mailto")
_BAD_CHARACTER = re.compile(r"[\s<>\"\x00-\x1f\x7f]")


def edition_findings(
    edition: Edition,
    placements: Sequence[Placement],
    where: Locator,
    *,
    has_contents: bool,
) -> Iterator[Finding]:
    """The findings of an edition before it is looked at as a letter.

    Args:
        has_contents: whether the letter lists its stories' short titles.
    """
    if not edition.number:
        yield warning(
            "number-missing",
            edition.id,
            say("has no N°: the store does not know this edition"),
            say("Run `digest build --week {edition}`, which gives it one.", edition=edition.id),
            where.edition("id"),
        )
    if not edition.stories:
        yield error(
            "stories-missing",
            edition.id,
            say("there is no story"),
            say("Add one, or skip the week."),
            where.edition(""),
        )
    for story in edition.stories:
        yield from _story(story, where)
        if has_contents and len(story.short_title) > SHORT_TITLE:
            yield note(
                "short-title-long",
                of_story(story),
                say(
                    "the short title has {number} characters; a line of the contents list holds "
                    "{limit}",
                    number=len(story.short_title),
                    limit=SHORT_TITLE,
                ),
                say("Write a shorter one in `short_title`."),
                where.story(story, "short_title"),
            )
    for brief in edition.briefs:
        place = of_brief(brief)
        if not brief.text.strip():
            yield error(
                "summary-empty",
                place,
                say("has no text"),
                say("Write it in `text`."),
                where.brief(brief, "text"),
            )
        if _echoes(brief):
            yield note(
                "brief-echo",
                place,
                say("says “{words}” again, right after its place", words=brief.place),
                say("Begin `text` another way, or empty `place`."),
                where.brief(brief, "text"),
            )
        yield from _link(place, brief.link, _link_hint(brief.link), where.brief(brief, "link"))
    for placement in placements:
        creative = placement.creative
        hint = say("Change the creative “{creative}” in the sponsor's file.", creative=creative.id)
        place = of_placement(placement)
        yield from _link(place, placement.url, hint, where.creative(placement, "url"))
        if creative.picture and placement.slot.position == "main":
            yield from _alt(place, creative.alt, hint, where.creative(placement, "alt"))


def _story(story: Story, where: Locator) -> Iterator[Finding]:
    place = of_story(story)
    if not story.summary.strip():
        yield error(
            "summary-empty",
            place,
            say("has no summary"),
            say("Write one in edition.toml, `summary`."),
            where.story(story, "summary"),
        )
    if not story.title.strip():
        yield error(
            "headline-empty",
            place,
            say("has no headline"),
            say("Write one in edition.toml, `title`."),
            where.story(story, "title"),
        )
    if len(story.title) > MAX_HEADLINE:
        yield warning(
            "headline-long",
            place,
            say(
                "the headline has {number} characters, more than {limit}",
                number=len(story.title),
                limit=MAX_HEADLINE,
            ),
            say("Shorten `title` in edition.toml; it is never cut."),
            where.story(story, "title"),
        )
    yield from _link(place, story.link, _link_hint(story.link), where.story(story, "link"))
    for other in story.also_in:
        hint = say("Mend or remove it under `also_in`.")
        yield from _link(place, other.link, hint, where.story(story, "also_in"))
    if story.picture:
        hint = say("Describe the picture in `alt`.")
        yield from _alt(place, story.picture.alt, hint, where.story(story, "picture.alt"))


def _echoes(brief: Brief) -> bool:
    """Whether a sentence names its place again where it begins."""
    place = fold(brief.place)
    return bool(place) and -1 < f" {fold(brief.text)} ".find(f" {place} ") < _BEGINNING


def link_fault(url: str) -> Said | None:
    """What is wrong with a link, in words; None when nothing is."""
    shown = url[:60]
    if not url.strip():
        return say("a link is empty")
    if _BAD_CHARACTER.search(url):
        return say("the link “{url}” holds a space or a sign that links cannot hold", url=shown)
    try:
        parts = urlsplit(url)
    except ValueError:
        return say("the link “{url}” cannot be read", url=shown)
    if parts.scheme.lower() not in _SCHEMES:
        return say("the link “{url}” does not begin with http://, https:// or mailto:", url=shown)
    if parts.scheme.lower() != "mailto" and not parts.hostname:
        return say("the link “{url}” names no host", url=shown)
    return None


def _link_hint(url: str) -> Said:
    if url.startswith("file:"):
        return say("Set `base_url` of the source in config.toml, or change `link` in edition.toml.")
    return say("Change `link` in edition.toml.")


def _link(place: str, url: str, hint: Said, at: Location) -> Iterator[Finding]:
    if fault := link_fault(url):
        yield error("link-scheme", place, fault, hint, at)


def _alt(place: str, alt: str, hint: Said, at: Location) -> Iterator[Finding]:
    if not alt.strip():
        yield error("picture-alt", place, say("its picture has no alternative text"), hint, at)
    elif len(alt) > MAX_ALT:
        yield warning(
            "picture-alt-long",
            place,
            say(
                "the alternative text has {number} characters; {limit} fit in its place",
                number=len(alt),
                limit=MAX_ALT,
            ),
            hint,
            at,
        )
