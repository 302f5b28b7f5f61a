"""Runs every rule over a letter; the one entrance of this room."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from digest.check.accessibility import accessibility_findings
from digest.check.clients import client_findings, require_clients
from digest.check.content import edition_findings
from digest.check.destinations import destination_findings
from digest.check.document import Document, one_line
from digest.check.findings import Finding, gravest_first
from digest.check.grounds import ground_findings
from digest.check.inbox import inbox_findings
from digest.check.locating import Locator, Traced
from digest.check.pictures import picture_findings
from digest.check.prose import prose_findings
from digest.check.rendered import letter_findings
from digest.check.rules import RULES, RulePart
from digest.check.sameness import sameness_findings
from digest.check.silencing import Silenced, require_silenceable, set_aside, unused_findings
from digest.check.sponsors import sponsor_findings
from digest.check.staleness import stale_findings
from digest.check.weight import size_findings
from digest.config import Config, setting_place
from digest.config.settings import SponsorshipSettings
from digest.errors import ConfigError, UsageError
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.plan import MOST_WITHOUT_CONTENTS
from digest.render.templates.family import template_of


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: errors first, then warnings, then notes.

    `silenced` was set aside with its reason; `passed` are the ids of the rules that ran and
    found nothing.
    """

    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    passed: tuple[str, ...] = ()

    def joined(self, part: RulePart, findings: Iterable[Finding], config: Config) -> Checked:
        """With what another part of the check found, silenced where the settings say so."""
        kept, silenced = set_aside(findings, config.check.silenced)
        everything = (*self.silenced, *silenced)
        found = {f.rule for f in (*self.findings, *kept, *(s.finding for s in everything))}
        ran = {*self.passed, *(rule.id for rule in RULES.values() if rule.part == part)}
        return Checked(
            gravest_first([*self.findings, *kept]),
            everything,
            tuple(rule for rule in RULES if rule in ran - found),
        )


def check(
    letter: Letter,
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    built: Edition | None = None,
    *,
    now: datetime,
    folder: Path,
    traced: Traced | None = None,
) -> Checked:
    """What stops this letter, and what a person should look at.

    Args:
        letter: as rendered from the edition and the placements.
        edition: stories and briefs numbered from 1.
        placements: the sponsors' blocks that must appear.
        config: limits, the publication's postal address, and which rules are silenced.
        built: what the last build proposed, whose words are those of the articles.
        now: tells whether the edition is stale.
        folder: the edition's, with its file and pictures.
        traced: the letter with its templates' lines; None: templates are named as files.

    Raises:
        ConfigError: `check.clients` names a mail program that nobody knows, or
            `[[check.silenced]]` no rule, or one that cannot be silenced.
    """
    where = Locator(edition, config, folder, traced)
    settings = config.check.silenced
    entries = [where.setting(f"check.silenced[{n}].rule") for n in range(len(settings))]
    require_silenceable(settings, entries)
    document = Document(letter.html)
    looks = where.traced or document
    width = config.theme.width
    content = list(
        _letter(letter, document, edition, placements, config, built, now, folder, where)
    )
    content += ground_findings(looks, placements, width, where)
    access = _not_told_yet(accessibility_findings(looks, width), content)
    checked = Checked().joined("letter", content, config)
    checked = checked.joined("accessibility", _with_file(access, where), config)
    parts: set[RulePart] = {"letter", "accessibility"}
    if config.check.clients:
        _require_clients(config)
        clients = client_findings(looks, config.check.clients)
        checked = checked.joined("clients", _with_file(clients, where), config)
        parts.add("clients")
    return checked.joined(
        "letter", unused_findings(settings, checked.silenced, parts, entries), config
    )


def _require_clients(config: Config) -> None:
    """Stop at a mail program that nobody knows, at its line of `config.toml`."""
    try:
        require_clients(config.check.clients)
    except UsageError as error:
        place = setting_place(config, "check.clients")
        raise ConfigError(f"{place}: {error.message}", error.hint) from None


def _not_told_yet(findings: Iterable[Finding], told: Sequence[Finding]) -> Iterator[Finding]:
    """Without the pictures whose missing words were found where an editor can write them."""
    places = [finding.place for finding in told if finding.rule == "picture-alt"]
    for finding in findings:
        here = re.compile(re.escape(finding.place) + r"(?!\w)")
        if finding.rule != "a11y-alt" or not any(here.match(place) for place in places):
            yield finding


def _with_file(findings: Iterable[Finding], where: Locator) -> Iterator[Finding]:
    """What comes from no line of a template, at the template as a whole."""
    for finding in findings:
        yield finding if finding.file else replace(finding, file=where.template().file)


def _letter(
    letter: Letter,
    document: Document,
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    built: Edition | None,
    now: datetime,
    folder: Path,
    where: Locator,
) -> Iterator[Finding]:
    plan = template_of(edition, config).plan
    has_contents = plan == "weekly" and len(edition.stories) > MOST_WITHOUT_CONTENTS
    yield from edition_findings(edition, placements, where, has_contents=has_contents)
    yield from inbox_findings(edition, where)
    yield from stale_findings(edition, config, now, where)
    yield from prose_findings(edition, placements, letter.language, where)
    yield from destination_findings(document, edition, placements, config, where)
    yield from picture_findings(letter, document, edition, placements, config, folder, where)
    yield from sponsor_findings(
        letter,
        document,
        edition,
        placements,
        where,
        plan,
        _tracking(config.sponsorship),
    )
    yield from size_findings(letter, edition, placements, config, folder, where, built)
    yield from letter_findings(
        letter,
        document,
        config,
        where,
        known_links=_known_links(edition, placements),
        published=_published_words(built) if built else "",
    )
    yield from sameness_findings(letter, document, edition, placements, config, where)


def _tracking(rule: SponsorshipSettings) -> list[str]:
    """The parameters that the settings add to sponsors' links."""
    names = ("utm_source", "utm_medium", "utm_campaign", "utm_content")
    return [name for name in names if rule.utm and getattr(rule, name)]


def _known_links(edition: Edition, placements: Sequence[Placement]) -> set[str]:
    """The links that are judged at their story or slot."""
    links = [story.link for story in edition.stories]
    links += [other.link for story in edition.stories for other in story.also_in]
    links += [brief.link for brief in edition.briefs]
    links += [placement.url for placement in placements]
    return {one_line(link) for link in links}


def _published_words(built: Edition) -> str:
    """What a draft took from articles, whoever wrote them."""
    words = [text for story in built.stories for text in (story.title, story.summary)]
    words += [other.publisher for story in built.stories for other in story.also_in]
    words += [text for story in built.stories for text in (story.region, story.desk)]
    words += [text for story in built.stories for text in (story.byline, story.body)]
    words += [text for brief in built.briefs for text in (brief.place, brief.text)]
    quotation = built.quotation
    return "\n".join([*words, quotation.text, quotation.name, quotation.role])
