"""The check's look at the network: every link of a letter is asked for an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from digest.check import RULES, Finding
from digest.check.asking import ask_links
from digest.check.links import (
    ALL_LINKS,
    Answer,
    asked_as,
    letter_links,
    link_findings,
    not_asked,
)
from digest.collection.report import Progress
from digest.pipeline.preparing import Prepared
from digest.publication import web_for
from digest.text.saying import say


def look_at_links(
    prepared: Prepared,
    *,
    now: datetime,
    progress: Progress,
    offline: bool = False,
    known: Mapping[str, Answer | None] | None = None,
) -> Prepared:
    """The same with what was found of its links.

    Args:
        now: tells which remembered answers are still believed.
        progress: told how many have answered.
        offline: nobody is asked, and a note says so.
        known: what pages answered that somebody else has just asked, by address; None: what
            there is to say of the page has been said.
    """
    publication, edition, known = prepared.publication, prepared.edition, known or {}
    links = letter_links(
        prepared.letter.html,
        edition,
        prepared.placements,
        prepared.where,
        itself=publication.config.edition.online_url.replace("{edition}", edition.id),
    )
    if offline:
        why = say("{count} links were not asked: this is offline", count=len(links))
        return _joined(prepared, [not_asked(why)])
    addresses = [asked_as(link.url) for link in links]
    answers = ask_links(
        [address for address in addresses if address not in known],
        web_for(publication.config, now),
        folder=publication.folder(edition.id),
        now=now,
        progress=progress,
    )
    answers |= {address: answer for address, answer in known.items() if answer is not None}
    return _joined(prepared, list(link_findings(links, answers)))


def _joined(prepared: Prepared, findings: list[Finding]) -> Prepared:
    """With these findings; where nobody could be asked, no rule about links has passed."""
    joined = prepared.joined("links", findings)
    if not any(finding.place == ALL_LINKS for finding in findings):
        return joined
    passed = tuple(rule for rule in joined.checked.passed if RULES[rule].part != "links")
    return replace(joined, checked=replace(joined.checked, passed=passed))
