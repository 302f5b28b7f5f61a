"""From the edition file to a letter, rendered and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.check import Finding, check
from digest.config import load_sponsors
from digest.edition import lifecycle
from digest.edition.approval import edition_parts, letter_parts
from digest.edition.file import FILE, read_built, read_edition
from digest.edition.settling import numbered, settle
from digest.errors import CheckError, ContentError
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement, Sponsor
from digest.publication import Publication, slots_of
from digest.render.letter import render_letter
from digest.sponsorship import UtmRule, require_no_conflict, resolve
from digest.text.wording import wording


@dataclass(frozen=True, slots=True)
class Prepared:
    """An edition rendered and checked, ready to be looked at, approved or sent.

    `parts` are the hashes of what will leave, `details` of what an editor can change.
    """

    edition: Edition
    placements: tuple[Placement, ...]
    letter: Letter
    findings: tuple[Finding, ...]
    parts: dict[str, str]
    details: dict[str, str]

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop a send."""
        return [finding for finding in self.findings if finding.severity == "error"]


def is_built(publication: Publication, edition_id: str) -> bool:
    """Whether the edition's file exists."""
    return (publication.folder(edition_id) / FILE).exists()


def prepare(publication: Publication, edition_id: str) -> Prepared:
    """Render and check an edition as its file stands.

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
    placements = _placements(publication, edition, sponsors)
    letter = render_letter(edition, placements, config, folder)
    return Prepared(
        edition,
        tuple(placements),
        letter,
        tuple(check(letter, edition, placements, config, built)),
        letter_parts(letter, config),
        edition_parts(edition, placements),
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
