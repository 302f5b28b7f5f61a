"""What an editor is told has changed since an approval, by names that say where to look."""

from __future__ import annotations

import dataclasses
from typing import Any

from tests.letters import make_edition, make_story

from digest.edition.approval import changed_parts, edition_parts
from digest.model.content import SummaryOrigin
from digest.model.edition import Edition

WHOLE = dataclasses.replace(
    make_edition(1, 0), stories=(make_story(1, byline="Par Ida Brun", body="Un.\n\nDeux."),)
)


def changed(edition: Edition) -> list[str]:
    return changed_parts(edition_parts(WHOLE, []), edition_parts(edition, []))


def with_story(**changes: Any) -> Edition:
    return dataclasses.replace(WHOLE, stories=(dataclasses.replace(WHOLE.stories[0], **changes),))


def test_changed_body_byline_and_template_are_named() -> None:
    assert changed(with_story(body="Un.\n\nTrois.")) == ["body of story 1"]
    assert changed(with_story(body="")) == ["body of story 1"]
    assert changed(with_story(byline="Par Ana Reul")) == ["story 1"]
    assert changed(dataclasses.replace(WHOLE, template="single")) == ["template"]


def test_who_wrote_a_summary_is_no_change_of_the_letter() -> None:
    assert changed(with_story(summary_origin=SummaryOrigin.CHAPO, source="agence")) == []
