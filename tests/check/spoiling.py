"""Letters that are sound but for one fault, and what the check finds of it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.letters import make_config, make_edition, make_placement, make_story

from digest.check import Checked, Finding, check
from digest.config.settings import Config
from digest.model.edition import Edition
from digest.model.sponsorship import Placement
from digest.render.letter import render_letter

#: The Monday after the edition's week.
NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)

MAIN = make_placement("main")
SECOND = make_placement("secondary", sponsor="Thés Oriel", label="Contenu proposé par")
PRESENTING = make_placement("presenting", sponsor="Fonds Bise")


def sound_config(**changes: Any) -> Config:
    """A publication whose sponsors' links carry what `make_placement` gives them."""
    config = make_config()
    utm = dataclasses.replace(config.sponsorship, utm_campaign="", utm_content="")
    return dataclasses.replace(config, sponsorship=utm, **changes)


def checked(
    edition: Edition,
    *placements: Placement,
    config: Config | None = None,
    folder: Path = Path(),
    now: datetime = NOW,
    **spoilt: Any,
) -> Checked:
    """The check of an edition; `spoilt` replaces fields of the rendered letter."""
    config = config or sound_config()
    letter = render_letter(edition, placements, config, folder)
    for name, change in spoilt.items():
        old = getattr(letter, name)
        new = change(old) if callable(change) else change
        assert new != old, "the test spoils nothing"
        letter = dataclasses.replace(letter, **{name: new})
    return check(letter, edition, placements, config, now=now, folder=folder)


def found(edition: Edition, *placements: Placement, **options: Any) -> list[Finding]:
    """What a person has to look at; notes are left out."""
    findings = checked(edition, *placements, **options).findings
    return [finding for finding in findings if finding.severity != "note"]


def of_rule(findings: list[Finding] | tuple[Finding, ...], rule: str) -> list[Finding]:
    """The findings of one rule."""
    return [finding for finding in findings if finding.rule == rule]


def only(findings: list[Finding], rule: str, severity: str = "error") -> Finding:
    """The one finding, which is of that rule and says where, what and what to do."""
    [finding] = findings
    assert (finding.rule, finding.severity) == (rule, severity), finding
    assert finding.message
    assert finding.hint
    assert finding.file
    return finding


def with_story(order: int, **changes: Any) -> Edition:
    """A sound edition in which one story is changed."""
    edition = make_edition()
    return dataclasses.replace(
        edition,
        stories=tuple(
            make_story(order, **changes) if story.order == order else story
            for story in edition.stories
        ),
    )
