"""Rules about the edition's own content: what an editor can mend in `edition.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from digest.check.findings import (
    Finding,
    Location,
    error,
    of_brief,
    of_placement,
    of_story,
    warning,
)
from digest.check.locating import Locator
from digest.model.edition import Edition, Story
from digest.model.sponsorship import Placement

#: Characters; beyond them a headline is more than a reader takes in.
MAX_HEADLINE = 120
#: Characters of an alternative text, as in the letter's design.
MAX_ALT = 70

_SCHEMES = ("http", "https", "mailto")
_BAD_CHARACTER = re.compile(r"[\s<>\"\x00-\x1f\x7f]")


def edition_findings(
    edition: Edition, placements: Sequence[Placement], where: Locator
) -> Iterator[Finding]:
    """The findings of an edition before it is looked at as a letter."""
    if not edition.number:
        yield warning(
            "number-missing",
            edition.id,
            "has no N°: the store does not know this edition",
            f"Run `digest build --week {edition.id}`, which gives it one.",
            where.edition("id"),
        )
    if not edition.stories:
        yield error(
            "stories-missing",
            edition.id,
            "there is no story",
            "Add one, or skip the week.",
            where.edition(""),
        )
    for story in edition.stories:
        yield from _story(story, where)
    for brief in edition.briefs:
        place = of_brief(brief)
        if not brief.text.strip():
            yield error(
                "summary-empty",
                place,
                "has no text",
                "Write it in `text`.",
                where.brief(brief, "text"),
            )
        yield from _link(place, brief.link, _link_hint(brief.link), where.brief(brief, "link"))
    for placement in placements:
        creative = placement.creative
        hint = f"Change the creative “{creative.id}” in the sponsor's file."
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
            "has no summary",
            "Write one in edition.toml, `summary`.",
            where.story(story, "summary"),
        )
    if not story.title.strip():
        yield error(
            "headline-empty",
            place,
            "has no headline",
            "Write one in edition.toml, `title`.",
            where.story(story, "title"),
        )
    if len(story.title) > MAX_HEADLINE:
        yield warning(
            "headline-long",
            place,
            f"the headline has {len(story.title)} characters, more than {MAX_HEADLINE}",
            "Shorten `title` in edition.toml; it is never cut.",
            where.story(story, "title"),
        )
    yield from _link(place, story.link, _link_hint(story.link), where.story(story, "link"))
    for other in story.also_in:
        hint = "Mend or remove it under `also_in`."
        yield from _link(place, other.link, hint, where.story(story, "also_in"))
    if story.picture:
        hint = "Describe the picture in `alt`."
        yield from _alt(place, story.picture.alt, hint, where.story(story, "picture.alt"))


def link_fault(url: str) -> str:
    """What is wrong with a link, in words; empty when nothing is."""
    if not url.strip():
        return "a link is empty"
    if _BAD_CHARACTER.search(url):
        return f"the link “{url[:60]}” holds a space or a sign that links cannot hold"
    try:
        parts = urlsplit(url)
    except ValueError:
        return f"the link “{url[:60]}” cannot be read"
    if parts.scheme.lower() not in _SCHEMES:
        return f"the link “{url[:60]}” does not begin with http://, https:// or mailto:"
    if parts.scheme.lower() != "mailto" and not parts.hostname:
        return f"the link “{url[:60]}” names no host"
    return ""


def _link_hint(url: str) -> str:
    if url.startswith("file:"):
        return "Set `base_url` of the source in config.toml, or change `link` in edition.toml."
    return "Change `link` in edition.toml."


def _link(place: str, url: str, hint: str, at: Location) -> Iterator[Finding]:
    if fault := link_fault(url):
        yield error("link-scheme", place, fault, hint, at)


def _alt(place: str, alt: str, hint: str, at: Location) -> Iterator[Finding]:
    if not alt.strip():
        yield error("picture-alt", place, "its picture has no alternative text", hint, at)
    elif len(alt) > MAX_ALT:
        yield warning(
            "picture-alt-long",
            place,
            f"the alternative text has {len(alt)} characters; {MAX_ALT} fit in its place",
            hint,
            at,
        )
