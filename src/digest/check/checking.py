"""Runs every rule over a letter; the one entrance of this room."""

from __future__ import annotations

from collections.abc import Sequence

from digest.check.content import edition_findings
from digest.check.document import Document, one_line
from digest.check.findings import Finding
from digest.check.rendered import letter_findings
from digest.check.sponsors import sponsor_findings
from digest.config import Config
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement


def check(
    letter: Letter,
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    built: Edition | None = None,
) -> list[Finding]:
    """What stops this letter, and what a person should look at: errors first.

    Args:
        letter: as rendered from the edition and the placements.
        edition: stories and briefs numbered from 1.
        placements: the sponsors' blocks that must appear.
        config: limits, and the publication's postal address.
        built: what the last build proposed, whose words are those of the articles.
    """
    document = Document(letter.html)
    links = [story.link for story in edition.stories]
    links += [other.link for story in edition.stories for other in story.also_in]
    links += [brief.link for brief in edition.briefs]
    links += [placement.url for placement in placements]
    findings = [
        *edition_findings(edition, list(placements)),
        *sponsor_findings(letter, document, edition, placements),
        *letter_findings(
            letter,
            document,
            config,
            known_links={one_line(link) for link in links},
            published=_published_words(built) if built else "",
        ),
    ]
    return sorted(findings, key=lambda finding: finding.severity != "error")


def _published_words(built: Edition) -> str:
    """What a draft took from articles, whoever wrote them."""
    words = [text for story in built.stories for text in (story.title, story.summary)]
    words += [other.publisher for story in built.stories for other in story.also_in]
    words += [text for story in built.stories for text in (story.region, story.desk)]
    words += [text for brief in built.briefs for text in (brief.place, brief.text)]
    quotation = built.quotation
    return "\n".join([*words, quotation.text, quotation.name, quotation.role])
