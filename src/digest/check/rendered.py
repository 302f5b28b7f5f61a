"""Rules about the letter as rendered: links, ways out, address, tokens, leftovers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from digest.check.content import link_fault
from digest.check.document import Document
from digest.check.findings import Finding, Location, error, warning
from digest.check.locating import Locator
from digest.config import Config
from digest.model.sending import Letter
from digest.render.tokens import nearest_token, unknown_tokens
from digest.text.folding import fold_case
from digest.text.saying import Said, say

_UNSUBSCRIBE = "%%{unsubscribe_url"
#: Nobody means these for readers.
_LEFTOVER = re.compile(
    r"(?i:lorem ipsum)|\bFIXME\b|\bX{4,}\b|<mj-|\{%|\{\{|\\u\{"
    r"|\[(?i:titre|texte|résumé|nom|title|text|summary|name)\]"
)
#: These may be meant.
_DOUBTFUL = re.compile(r"\bTODO\b|\bTK\b|(?i:\bà compléter\b|\bà rédiger\b|\bto be written\b)")


def letter_findings(
    letter: Letter,
    document: Document,
    config: Config,
    where: Locator,
    *,
    known_links: Collection[str],
    published: str,
) -> Iterator[Finding]:
    """The findings of the rendered letter.

    Args:
        known_links: links that were judged at their story or slot already.
        published: the words of the articles as their publishers wrote them. What looks left over
            but stands there too stops no letter: nobody's title may.
    """
    yield from _ways_out(letter, document, config, where)
    yield from _address(letter, document, config, where)
    for place, text in _texts(letter):
        for name in unknown_tokens(text):
            yield error(
                "token-unknown",
                place,
                say("there is no token “{name}”", name=name),
                nearest_token(name),
                _part(where, place),
            )
    for link in document.links:
        if link.url in known_links or link.url.startswith("%%{"):
            continue
        if link.url.startswith("#"):
            if link.url[1:] not in document.ids:
                yield error(
                    "link-anchor",
                    say("HTML, “{words}”", words=link.text[:40]),
                    say("the link “{url}” finds no such place in the letter", url=link.url),
                    say(
                        'Give the element it leads to id="{name}" in the template.',
                        name=link.url[1:],
                    ),
                    where.link(link.url),
                )
            continue
        if fault := link_fault(link.url):
            yield error(
                "link-scheme",
                say("HTML, “{words}”", words=link.text[:40]),
                fault,
                say("Change the link or the setting."),
                where.link(link.url),
            )
    yield from _leftovers(letter, document, published, where)


def _texts(letter: Letter) -> list[tuple[Said, str]]:
    return [
        (say("subject"), letter.subject),
        (say("preheader"), letter.preheader),
        (say("HTML"), letter.html),
        (say("text"), letter.text),
    ]


def _part(where: Locator, place: str) -> Location:
    """Where a part of the letter is written: a key of the edition, or a template."""
    return where.template(place) if place in ("HTML", "text") else where.edition(place)


def _ways_out(
    letter: Letter, document: Document, config: Config, where: Locator
) -> Iterator[Finding]:
    if not config.publication.public_url:
        yield error(
            "unsubscribe",
            say("footer"),
            say("the unsubscribe link leads nowhere: publication.public_url is missing"),
            say("Set it in config.toml to the address where `digest serve` answers."),
            where.setting("publication.public_url"),
        )
    if not config.publication.sender:
        yield warning(
            "sender-missing",
            say("sender"),
            say("publication.sender is missing"),
            say("Set it in config.toml: the address that the letter comes from."),
            where.setting("publication.sender"),
        )
    links = any(link.url.startswith(_UNSUBSCRIBE) for link in document.links)
    for place, stands in ((say("HTML"), links), (say("text"), _UNSUBSCRIBE in letter.text)):
        if not stands:
            yield error(
                "unsubscribe",
                place,
                say("there is no unsubscribe link"),
                say("Put %%{unsubscribe_url}%% back into the template."),
                where.template(place),
            )


def _address(
    letter: Letter, document: Document, config: Config, where: Locator
) -> Iterator[Finding]:
    address = fold_case(config.publication.postal_address)
    if not address:
        yield error(
            "postal-address",
            say("footer"),
            say("the publisher's postal address is missing"),
            say("Set publication.postal_address in config.toml."),
            where.setting("publication.postal_address"),
        )
        return
    for place, text in ((say("HTML"), document.seen), (say("text"), fold_case(letter.text))):
        if address not in text:
            yield error(
                "postal-address",
                place,
                say("the postal address does not stand in it"),
                say("Put publication.postal_address back into the template."),
                where.template(place),
            )


def _leftovers(
    letter: Letter, document: Document, published: str, where: Locator
) -> Iterator[Finding]:
    places = [(say("subject"), letter.subject), (say("preheader"), letter.preheader)]
    places += [(say("HTML"), document.visible), (say("text"), letter.text)]
    for place, text in places:
        found = list(_LEFTOVER.finditer(text))
        ours = [match for match in found if match[0] not in published]
        at = _part(where, place)
        if ours:
            said = _around(text, ours[0])
            yield error("placeholder", place, said, say("Write what belongs there."), at)
        elif match := next(iter(found), None) or _DOUBTFUL.search(text):
            hint = say("If it is left over, write the rest.")
            yield warning("placeholder", place, _around(text, match), hint, at)


def _around(text: str, match: re.Match[str]) -> Said:
    around = " ".join(text[max(0, match.start() - 20) : match.end() + 20].split())
    return say("“{words}” looks left over: …{around}…", words=match[0], around=around)
