"""Rules about the edition's own content: what an editor can mend in `edition.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from digest.check.findings import (
    Finding,
    error,
    of_brief,
    of_placement,
    of_story,
    warning,
)
from digest.model.edition import Edition, Story
from digest.model.sponsorship import Placement

#: Characters; beyond them a headline or subject is more than a reader takes in.
MAX_HEADLINE = 120
MAX_SUBJECT = 120
#: Characters of an alternative text, as in the letter's design.
MAX_ALT = 70

_SCHEMES = ("http", "https", "mailto")
_BAD_CHARACTER = re.compile(r"[\s<>\"\x00-\x1f\x7f]")


def edition_findings(edition: Edition, placements: list[Placement]) -> Iterator[Finding]:
    """The findings of an edition before it is looked at as a letter."""
    yield from _subject(edition)
    if not edition.stories:
        yield error(
            "stories-missing", edition.id, "there is no story", "Add one, or skip the week."
        )
    for story in edition.stories:
        yield from _story(story)
    for brief in edition.briefs:
        if not brief.text.strip():
            yield error("summary-empty", of_brief(brief), "has no text", "Write it in `text`.")
        yield from _link(of_brief(brief), brief.link, _link_hint(brief.link))
    for placement in placements:
        creative = placement.creative
        hint = f"Change the creative “{creative.id}” in the sponsor's file."
        yield from _link(of_placement(placement), placement.url, hint)
        if creative.picture and placement.slot.position == "main":
            yield from _alt(of_placement(placement), creative.alt, hint)


def _story(story: Story) -> Iterator[Finding]:
    place = of_story(story)
    if not story.summary.strip():
        yield error(
            "summary-empty", place, "has no summary", "Write one in edition.toml, `summary`."
        )
    if not story.title.strip():
        yield error(
            "headline-empty", place, "has no headline", "Write one in edition.toml, `title`."
        )
    if len(story.title) > MAX_HEADLINE:
        yield warning(
            "headline-long",
            place,
            f"the headline has {len(story.title)} characters, more than {MAX_HEADLINE}",
            "Shorten `title` in edition.toml; it is never cut.",
        )
    yield from _link(place, story.link, _link_hint(story.link))
    for other in story.also_in:
        yield from _link(place, other.link, "Mend or remove it under `also_in`.")
    if story.picture:
        yield from _alt(place, story.picture.alt, "Describe the picture in `alt`.")
        if story.picture.file.startswith(("http://", "https://")):
            yield warning(
                "picture-missing",
                place,
                "its picture was not fetched and is left out",
                "Put the file into the edition's `pictures` folder and name it in `file`.",
            )


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


def _link(place: str, url: str, hint: str) -> Iterator[Finding]:
    if fault := link_fault(url):
        yield error("link-scheme", place, fault, hint)


def _alt(place: str, alt: str, hint: str) -> Iterator[Finding]:
    if not alt.strip():
        yield error("picture-alt", place, "its picture has no alternative text", hint)
    elif len(alt) > MAX_ALT:
        yield warning(
            "picture-alt",
            place,
            f"the alternative text has {len(alt)} characters; {MAX_ALT} fit in its place",
            hint,
        )


def _subject(edition: Edition) -> Iterator[Finding]:
    if not edition.subject.strip():
        yield error("subject-empty", "subject", "is empty", "Write `subject` in edition.toml.")
    elif len(edition.subject) > MAX_SUBJECT:
        yield warning(
            "subject-long",
            "subject",
            f"has {len(edition.subject)} characters; phones show about 40, everybody cuts at "
            f"{MAX_SUBJECT}",
            "Shorten `subject` in edition.toml.",
        )
    if not edition.preheader.strip():
        yield warning(
            "preheader-missing",
            "preheader",
            "is empty: mail programs will show whatever comes first",
            "Write `preheader` in edition.toml: one sentence after the subject.",
        )
