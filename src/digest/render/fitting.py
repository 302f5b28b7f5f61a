"""How heavy a letter would be with some of its stories in “En bref”, by setting it so.

`digest.edition.fitting` decides what moves; the check proposes it, `digest build --fit` does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from digest.config import Config
from digest.edition.fitting import Fit, brief_of_story, stories_to_move, touched_stories
from digest.edition.settling import numbered
from digest.model.edition import Brief, Edition, Story
from digest.model.sponsorship import Placement
from digest.render.letter import render_letter
from digest.render.plan import letter_plan
from digest.render.templates.family import template_of


def fitted(
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    folder: Path,
    *,
    built: Edition | None = None,
    as_brief: Callable[[Story], Brief] = brief_of_story,
) -> Fit:
    """What has to move for the letter's HTML to have at most `check.warn_kb`.

    Nothing moves in a template without “En bref”, and nothing for which a sponsor that has a
    place would lose it.

    Args:
        edition: as it is set, numbered from 1.
        placements: the sponsors' blocks.
        config: the limit, the template, everything a letter needs.
        folder: the edition's folder.
        built: as the last build proposed it; None when that is unknown.
        as_brief: the sentence that a story becomes.

    Raises:
        ContentError, ConfigError: the letter cannot be rendered (as `render_letter`).
    """
    template = template_of(edition, config)
    standing = _placed(edition, placements, config)

    def measure(candidate: Edition) -> int | None:
        candidate = numbered(candidate)
        if len(candidate.stories) < len(edition.stories) and not (
            template.extras and _placed(candidate, placements, config) >= standing
        ):
            return None
        return len(render_letter(candidate, placements, config, folder).html.encode())

    return stories_to_move(
        edition,
        measure,
        config.check.warn_kb * 1000,
        as_brief=as_brief,
        touched=touched_stories(edition, built),
    )


def _placed(edition: Edition, placements: Sequence[Placement], config: Config) -> frozenset[str]:
    """The slots whose block has a place."""
    plan = letter_plan(edition, placements, template_of(edition, config).plan)
    return frozenset(group.placement.slot.name for group in plan.groups if group.placement)
