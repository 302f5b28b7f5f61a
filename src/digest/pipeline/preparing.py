"""From the edition file to a letter, rendered and checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.check import Checked, Finding, Locator, Traced, check
from digest.check.rules import RulePart
from digest.config import load_sponsors
from digest.edition import lifecycle
from digest.edition.approval import edition_parts, letter_parts
from digest.edition.file import FILE, body_line, read_built, read_edition
from digest.edition.settling import numbered, settle
from digest.errors import BodyError, CheckError, ContentError, EditionFileError
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement, Sponsor
from digest.publication import Publication, slots_of
from digest.render.letter import render_letter
from digest.render.templates.tracing import open_trace
from digest.sponsorship import UtmRule, require_no_conflict, resolve
from digest.text.wording import wording


@dataclass(frozen=True, slots=True)
class Rendered:
    """An edition as its file stands, rendered and not checked yet.

    `built` is what the last build proposed; None when that is unknown.
    """

    publication: Publication
    edition: Edition
    built: Edition | None
    placements: tuple[Placement, ...]
    letter: Letter


@dataclass(frozen=True, slots=True)
class Prepared:
    """An edition rendered and checked, ready to be looked at, approved or sent.

    `parts` are the hashes of what will leave, `details` of what an editor can change. `traced` is
    the HTML once more with the numbers of its templates' lines, never to be sent.
    """

    edition: Edition
    placements: tuple[Placement, ...]
    letter: Letter
    traced: Traced
    checked: Checked
    parts: dict[str, str]
    details: dict[str, str]
    publication: Publication

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the check found, the gravest first."""
        return self.checked.findings

    @property
    def where(self) -> Locator:
        """Finds the lines of this edition's files."""
        folder = self.publication.folder(self.edition.id)
        return Locator(self.edition, self.publication.config, folder, self.traced)

    def joined(self, part: RulePart, findings: Iterable[Finding]) -> Prepared:
        """With what a part of the check that is run on its own (`links`, `articles`) found."""
        checked = self.checked.joined(part, findings, self.publication.config)
        return dataclasses.replace(self, checked=checked)

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop a send."""
        return [finding for finding in self.findings if finding.severity == "error"]


def is_built(publication: Publication, edition_id: str) -> bool:
    """Whether the edition's file exists."""
    return (publication.folder(edition_id) / FILE).exists()


def prepare(publication: Publication, edition_id: str, *, now: datetime) -> Prepared:
    """Render and check an edition as its file stands.

    Raises:
        ConfigError: a rule is silenced that does not exist or may not be.
        ContentError: it was never built.
        EditionFileError, TemplateError, SponsorshipError: it cannot be rendered.
    """
    return examine(render(publication, edition_id), now=now)


def render(publication: Publication, edition_id: str) -> Rendered:
    """Render an edition as its file stands; the first half of `prepare`.

    Raises:
        ContentError: it was never built.
        EditionFileError, TemplateError, SponsorshipError: it cannot be rendered.
    """
    config, folder = publication.config, publication.folder(edition_id)
    record = lifecycle.record_of(publication.database, edition_id)
    edition = read_edition(folder, record.number if record else 0)
    if edition is None:
        raise ContentError(
            f"{edition_id} was not built yet", f"Run `digest build --week {edition_id}`."
        )
    built = read_built(folder)
    edition = numbered(settle(edition, built, wording(config.publication.language)))
    sponsors = load_sponsors(config)
    require_no_conflict(sponsors, edition_id)
    placements = tuple(_placements(publication, edition, sponsors))
    try:
        letter = render_letter(edition, placements, config, folder)
    except BodyError as error:
        place = body_line(folder, error.url, error.line)
        raise EditionFileError(f"{place}: {error.message}", error.hint) from None
    return Rendered(publication, edition, built, placements, letter)


def examine(rendered: Rendered, *, now: datetime) -> Prepared:
    """Check a rendered edition; the second half of `prepare`.

    Raises:
        ConfigError: a rule is silenced that does not exist or may not be.
    """
    publication, edition, letter = rendered.publication, rendered.edition, rendered.letter
    config, folder, placements = (
        publication.config,
        publication.folder(edition.id),
        rendered.placements,
    )
    trace = open_trace(config.root)
    traced = Traced(render_letter(edition, placements, config, folder, trace=trace).html, trace)
    checked = check(
        letter, edition, placements, config, rendered.built, now=now, folder=folder, traced=traced
    )
    return Prepared(
        edition,
        placements,
        letter,
        traced,
        checked,
        letter_parts(letter, config),
        edition_parts(edition, placements),
        publication,
    )


def _placements(
    publication: Publication, edition: Edition, sponsors: Sequence[Sponsor]
) -> list[Placement]:
    rule = publication.config.sponsorship
    utm = UtmRule(rule.utm_source, rule.utm_medium, rule.utm_campaign, rule.utm_content)
    return resolve(
        edition.placements,
        edition.id,
        slots_of(publication.config),
        sponsors,
        utm if rule.utm else None,
    )


def require_sound(prepared: Prepared) -> None:
    """Stop when the check found errors.

    Raises:
        CheckError: naming them.
    """
    if errors := prepared.errors:
        first = "; ".join(f"{finding.place}: {finding.message}" for finding in errors[:3])
        more = f" (and {len(errors) - 3} more)" if len(errors) > 3 else ""
        all_of_them = f"Run `digest check --week {prepared.edition.id}` for all of them."
        raise CheckError(
            f"{prepared.edition.id}: {len(errors)} "
            f"{'error' if len(errors) == 1 else 'errors'}: {first}{more}",
            errors[0].hint if len(errors) == 1 else f"{errors[0].hint} {all_of_them}",
        )
