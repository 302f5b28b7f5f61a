"""Whether the text part and the HTML tell the same: titles, sentences, links, sponsors, footer.

What stands in one of them stands in the other. Neither case, accents, punctuation nor the marks of
links (`[3]`) count; captions and alternative texts belong to pictures, which a text has none of.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from digest.check.content import link_fault
from digest.check.document import Document
from digest.check.findings import (
    Finding,
    Location,
    of_brief,
    of_placement,
    of_story,
    warning,
)
from digest.check.locating import Locator
from digest.config import Config
from digest.edition.body import read_body
from digest.model.edition import Edition, Story
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.templates.family import template_of
from digest.text.folding import fold
from digest.text.saying import Said, say
from digest.text.segmentation import sentences
from digest.text.wording import wording

#: What stands beside the words: tokens, the marks of links, and addresses.
_UNSAID = re.compile(r"%%\{.*?\}%%|\[\d+\]|(?:https?://|mailto:)\S+", re.DOTALL)
_URL = re.compile(r"(?:https?://|mailto:)\S+")
#: A picture within a body.
_PICTURE_LINE = re.compile(r"^\s*!\[.*$", re.MULTILINE)
_SENTENCE = say("the sentence")
#: How the letter's parts are called within a sentence.
_NAMED = {"HTML": say("the HTML"), "text": say("the text part")}
_SHOWN = 60
_MOST_WORDS = 8


class Told(NamedTuple):
    """Something both parts have to tell: whose it is, what it is, its words."""

    place: Said
    what: Said
    words: str


def sameness_findings(
    letter: Letter,
    document: Document,
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    where: Locator,
) -> Iterator[Finding]:
    """The findings about what only one part of the letter tells."""
    links = [link.url for link in document.links]
    links += [story.link for story in edition.stories]
    links += [brief.link for brief in edition.briefs]
    html, text = (_words_of(part, links) for part in (document.visible, letter.text))
    # What other rules look for, and say more exactly.
    judged = [config.publication.postal_address]
    judged += [words for placement in placements for words in (placement.label, placement.sponsor)]
    told_once = fold(" ".join(judged)).split()
    for told in _to_tell(edition, placements, config):
        folded = _words_of(told.words, links)
        if (in_html := f" {folded} " in f" {html} ") == (f" {folded} " in f" {text} "):
            continue
        told_once += folded.split()
        part = "text" if in_html else "HTML"
        message = say(
            "{what} “{words}” does not stand in {part}",
            what=told.what,
            words=_short(told.words),
            part=_NAMED[part],
        )
        yield _lacking(part, told.place, message, where.template(part))
    pictured = fold(" ".join(_of_pictures(edition, letter.language))).split()
    yield from _words("text", html, {*text.split(), *told_once, *pictured}, where)
    yield from _words("HTML", text, {*html.split(), *told_once}, where)
    yield from _links(letter, document, where)


def _words_of(text: str, urls: Sequence[str]) -> str:
    """A text's folded words, without its addresses, whatever they look like."""
    for url in sorted(filter(None, urls), key=len, reverse=True):
        text = text.replace(url, " ")
    return fold(_UNSAID.sub(" ", text))


def _words(part: str, other: str, known: Collection[str], where: Locator) -> Iterator[Finding]:
    """One finding for all other words that a part lacks."""
    lacking = [word for word in dict.fromkeys(other.split()) if word not in known]
    if lacking:
        words = " ".join(lacking[:_MOST_WORDS]) + ("…" if len(lacking) > _MOST_WORDS else "")
        said = say("the words “{words}” do not stand in {part}", words=words, part=_NAMED[part])
        place = say("HTML") if part == "text" else say("text")
        yield _lacking(part, place, said, where.template(part))


def _of_pictures(edition: Edition, language: str) -> Iterator[str]:
    """What stands under pictures, and what the letter itself writes there."""
    for story in edition.stories:
        yield story.picture.caption
        yield story.picture.credit
        yield from _PICTURE_LINE.findall(story.body)
    yield wording(language)["credit"]


def _lacking(part: str, place: str, message: Said, at: Location) -> Finding:
    if part == "text":
        hint = say("Print it in the text part's template too.")
        return warning("text-lacks", place, message, hint, at)
    return warning("html-lacks", place, message, say("Print it in the HTML's template too."), at)


def _to_tell(edition: Edition, placements: Sequence[Placement], config: Config) -> Iterator[Told]:
    note, quotation = edition.note, edition.quotation
    printed_whole = template_of(edition, config).bodies
    for words in (note.opening, *sentences(note.text), note.name, note.role):
        yield Told(say("note"), say("the words"), words)
    for story in edition.stories:
        place = of_story(story)
        yield Told(place, say("the headline"), story.title)
        for sentence in sentences(story.summary):
            yield Told(place, _SENTENCE, sentence)
        for sentence in _of_body(story) if printed_whole else ():
            yield Told(place, _SENTENCE, sentence)
    for brief in edition.briefs:
        for sentence in sentences(brief.text):
            yield Told(of_brief(brief), _SENTENCE, sentence)
    for words in (*sentences(quotation.text), quotation.name, quotation.role):
        yield Told(say("quotation"), say("the words"), words)
    for placement in placements:
        creative, place = placement.creative, of_placement(placement)
        words_of = (creative.headline, *sentences(creative.body), creative.call_to_action)
        if placement.slot.position == "presenting":
            words_of = ()
        for words in words_of:
            yield Told(place, say("the sponsor's words"), words)
    yield Told(say("footer"), say("the notice"), config.edition.notice)


def _of_body(story: Story) -> Iterator[str]:
    for part in read_body(story):
        if part.kind != "picture":
            yield from sentences(part.text)


def _links(letter: Letter, document: Document, where: Locator) -> Iterator[Finding]:
    links = {link.url: link.text for link in document.links}
    faulty = tuple(url for url in links if link_fault(url))
    for url, words in links.items():
        if not url.startswith(("%%{", "#")) and url not in faulty and url not in letter.text:
            place = say("HTML, “{words}”", words=words[:40])
            yield _lacking("text", place, _no_link(url, "text"), where.template("text"))
    for url in dict.fromkeys(_URL.findall(letter.text)):
        stands = url in links or url.rstrip(".,;:!?)]»”") in links or url in document.visible
        if not stands and not any(broken.startswith(url) for broken in faulty):
            yield _lacking("HTML", say("text"), _no_link(url, "HTML"), where.template())


def _no_link(url: str, part: str) -> Said:
    return say("the link {url} does not stand in {part}", url=_short(url), part=_NAMED[part])


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1].rstrip()}…"
