"""Rules about where the letter's links really lead: what a reader would find there today.

What each address answered is given, lines are looked up by a `Locator`. Asking is `asking`'s
business, with every courtesy to the servers; what keeps programs out but may well let readers in is
a note, not a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urldefrag, urlsplit

from digest.check.document import Document, one_line, text_of
from digest.check.findings import (
    Finding,
    Location,
    Severity,
    error,
    note,
    of_brief,
    of_placement,
    of_story,
    warning,
)
from digest.check.locating import Locator
from digest.errors import FetchCause
from digest.model.edition import Edition
from digest.model.sponsorship import Placement
from digest.text.saying import Said, say

#: The place of a finding about all links at once.
ALL_LINKS: Final = say("links")
#: Seconds; a reader on a telephone has left before.
SLOW: Final = 5.0

_GONE = (404, 410)
#: So many hosts without a single answer: it is this machine that reaches nobody.
_MANY_HOSTS = 3
_REMOVE: Final = say("Change or remove the link.")
_WAIT: Final = say("Open it in a browser. Wait with the letter, or change the link.")
_DEAD: Final[Mapping[FetchCause, Said]] = {
    "private": say("it leads to a private address, which readers cannot reach"),
    "protection": say("its certificate is refused: browsers will warn or stop"),
    "redirects": say("it redirects without end"),
}
_DOWN: Final[Mapping[FetchCause, Said]] = {
    "time": say("it did not answer in time"),
    "connection": say("nobody answers there"),
}


@dataclass(frozen=True, slots=True)
class LetterLink:
    """A link of the letter, where it is first: its address, how its place is called, where it can
    be changed, whether somebody paid for it."""

    url: str
    place: str
    at: Location
    sponsored: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered: where it ended after redirects, its status and how long it took.

    `status` is 0 when nobody answered, with the `cause` where that is known.
    """

    url: str = ""
    status: int = 0
    cause: FetchCause = ""
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether a reader finds a page."""
        return 200 <= self.status < 300


def letter_links(
    html: str,
    edition: Edition,
    placements: Sequence[Placement],
    where: Locator,
    *,
    itself: str = "",
) -> list[LetterLink]:
    """Every distinct web address that the letter links to, in its order.

    Links that are made for each reader, to mail addresses and inside the letter are left out, and
    the one to the letter itself on the web, where it may not stand yet.

    Args:
        html: the letter's, with its tokens.
        edition: stories and briefs numbered from 1.
        placements: the sponsors' blocks.
        where: finds the lines.
        itself: the letter's own address.
    """
    known = {link.url: link for link in _known(edition, placements, where)}
    document = Document(html)
    found: dict[str, LetterLink] = {}
    for node in document.root.iter("a"):
        url = one_line(node.get("href", ""))
        if "%%{" in url or url == itself or not url.lower().startswith(("http://", "https://")):
            continue
        address = asked_as(url)
        if address not in found:
            part, words = document.place_of(node), text_of(node)[:40]
            place = say("{part}, “{words}”", part=part, words=words)
            found[address] = known.get(url) or LetterLink(url, place, where.link(url))
    return list(found.values())


def asked_as(url: str) -> str:
    """An address as a server is asked for it: without what follows `#`."""
    return urldefrag(url).url


def link_findings(links: Sequence[LetterLink], answers: Mapping[str, Answer]) -> Iterator[Finding]:
    """The findings of the links that were asked.

    Args:
        links: those of `letter_links`.
        answers: what each address (`asked_as`) answered; those that were not asked are missing.
    """
    asked = [(link, answers[asked_as(link.url)]) for link in links if asked_as(link.url) in answers]
    hosts = {urlsplit(link.url).hostname for link, _ in asked}
    if len(hosts) >= _MANY_HOSTS and not any(answer.status for _, answer in asked):
        yield not_asked(
            say(
                "not one of {number} links answered: this machine reaches nobody", number=len(asked)
            )
        )
        return
    for link, answer in asked:
        yield from _judged(link, answer)


def not_asked(why: Said) -> Finding:
    """The finding that stands for all links when they could not be asked."""
    hint = say("Check the links again when the network is there.")
    return note("link-unsure", ALL_LINKS, why, hint)


def _known(
    edition: Edition, placements: Sequence[Placement], where: Locator
) -> Iterator[LetterLink]:
    for brief in edition.briefs:
        yield LetterLink(one_line(brief.link), of_brief(brief), where.brief(brief, "link"))
    for story in edition.stories:
        for other in story.also_in:
            at = where.story(story, "also_in")
            yield LetterLink(one_line(other.link), of_story(story), at)
        yield LetterLink(one_line(story.link), of_story(story), where.story(story, "link"))
    for placement in placements:
        place, at = of_placement(placement), where.creative(placement, "url")
        yield LetterLink(one_line(placement.url), place, at, sponsored=True)


def _judged(link: LetterLink, answer: Answer) -> Iterator[Finding]:
    shown = link.url if len(link.url) <= 80 else f"{link.url[:79]}…"
    if answer.is_good:
        yield from _followed(link, shown, answer)
    elif answer.status in _GONE:
        found = say("{url}: the page is not there ({status})", url=shown, status=answer.status)
        yield error("link-dead", link.place, found, _REMOVE, link.at)
    elif answer.status >= 500 and answer.status != 503:
        found = say("{url}: the server has a fault ({status})", url=shown, status=answer.status)
        yield warning("link-down", link.place, found, _WAIT, link.at)
    elif answer.cause == "name":
        host = urlsplit(answer.url or link.url).hostname or ""
        found = say("{url}: the host “{host}” does not exist", url=shown, host=host)
        yield error("link-dead", link.place, found, _REMOVE, link.at)
    elif said := _DEAD.get(answer.cause):
        found = say("{url}: {said}", url=shown, said=said)
        yield error("link-dead", link.place, found, _REMOVE, link.at)
    elif said := _DOWN.get(answer.cause):
        found = say("{url}: {said}", url=shown, said=said)
        yield warning("link-down", link.place, found, _WAIT, link.at)
    else:
        reason = _reason(answer)
        found = say("{url}: could not be looked at ({reason})", url=shown, reason=reason)
        hint = say("Open it in a browser. It may well be there for readers.")
        yield note("link-unsure", link.place, found, hint, link.at)


def _reason(answer: Answer) -> Said:
    if answer.cause == "robots":
        return say("the site asks programs to stay away")
    if answer.status:
        return say("the server answered {status}", status=answer.status)
    return say("no answer of use")


def _followed(link: LetterLink, shown: str, answer: Answer) -> Iterator[Finding]:
    before, after = urlsplit(link.url), urlsplit(answer.url or link.url)
    if after.path.strip("/") == "" and not after.query and before.path.strip("/"):
        found = say("{url}: leads to a front page: {end}", url=shown, end=answer.url)
        hint = say("The page may be gone: look for its new address.")
        yield warning("link-moved", link.place, found, hint, link.at)
    elif not _same_site(before.hostname or "", after.hostname or ""):
        # Whoever pays for a link may well have its clicks counted by somebody else.
        severity: Severity = "note" if link.sponsored else "warning"
        host = after.hostname or ""
        found = say("{url}: leads on to another site: {host}", url=shown, host=host)
        hint = say("If that is meant, link to it directly; else look what became of the page.")
        yield Finding("link-moved", severity, link.place, found, hint, *link.at)
    if answer.seconds > SLOW:
        found = say(
            "{url}: took {seconds:.0f} seconds to answer", url=shown, seconds=answer.seconds
        )
        yield warning("link-slow", link.place, found, say("Tell those who run the site."), link.at)


def _same_site(one: str, other: str) -> bool:
    """Whether two hosts are one site: the same, or one a part of the other."""
    one, other = (host.lower().rstrip(".").removeprefix("www.") for host in (one, other))
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
