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
    letter: Letter, edition: Edition, placements: Sequence[Placement], config: Config
) -> list[Finding]:
    """What stops this letter, and what a person should look at: errors first.

    Args:
        letter: as rendered from the edition and the placements.
        edition: stories and briefs numbered from 1.
        placements: the sponsors' blocks that must appear.
        config: limits, and the publication's postal address.
    """
    document = Document(letter.html)
    links = [story.link for story in edition.stories]
    links += [brief.link for brief in edition.briefs]
    links += [placement.url for placement in placements]
    findings = [
        *edition_findings(edition, list(placements)),
        *sponsor_findings(letter, document, edition, placements),
        *letter_findings(letter, document, config, {one_line(link) for link in links}),
    ]
    return sorted(findings, key=lambda finding: finding.severity != "error")
