"""Makes a built edition light enough: its last stories become sentences of “En bref”.

Which ones is decided in `digest.edition.fitting`, by setting the letter each way. In the file a
move stands like an editor's own change: later builds keep it, `--fresh` drops it. The file as it
was before stays beside it (`digest.edition.before_fit`), so that no word is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from digest.edition.before_fit import keep_before, read_fitted, write_fitted
from digest.edition.drafting import draft_brief
from digest.edition.file import write_edition
from digest.edition.fitting import FIRST, Fit, brief_as_edited, brief_of_story, with_moved
from digest.model.edition import Brief, Edition, Story
from digest.pipeline.building import Built, with_bodies
from digest.pipeline.preparing import render
from digest.publication import Publication
from digest.render.fitting import fitted
from digest.text.wording import wording


class Fitted(NamedTuple):
    """A built edition after its fit: what moved, and the copy of the file as it was before.

    `copy` is None when nothing moved. `built.kept` tells no changes that moved away.
    """

    built: Built
    fit: Fit
    copy: Path | None


def fit(publication: Publication, built: Built) -> Fitted:
    """Move what has to move, and write `edition.toml` again, a copy of it first.

    Doing it again moves nothing more.

    Raises:
        ContentError, ConfigError: the letter cannot be rendered; the file stands as built.
        StoreError: the file cannot be written.
    """
    config = publication.config
    rendered = render(publication, built.edition.id)
    as_brief = _as_brief(publication, built, rendered.built)
    found = fitted(
        rendered.edition,
        rendered.placements,
        config,
        built.folder,
        built=rendered.built,
        as_brief=as_brief,
    )
    if not found.moved:
        return Fitted(built, found, None)
    urls = {story.url for story in found.moved}
    edition = with_moved(built.edition, urls, as_brief)
    copy = keep_before(built.folder)
    write_fitted(built.folder, read_fitted(built.folder) | urls)
    write_edition(edition, built.folder, wording(config.publication.language))
    kept = tuple(one for one in built.kept if one.url not in urls)
    return Fitted(replace(built, edition=edition, kept=kept), found, copy)


def _as_brief(
    publication: Publication, built: Built, proposed: Edition | None
) -> Callable[[Story], Brief]:
    """A story's article as a build would tell it in brief, with an editor's changes in it."""
    before = {story.url: story for story in proposed.stories} if proposed else {}
    urls = {story.url for story in built.edition.stories}
    printed = with_bodies(publication, [d for d in built.decisions if d.article.url in urls])
    language = publication.config.publication.language
    drafted = {d.article.url: draft_brief(d, FIRST, language) for d in printed}

    def as_brief(story: Story) -> Brief:
        if story.url not in drafted:
            return brief_of_story(story)
        return brief_as_edited(story, before.get(story.url), drafted[story.url])

    return as_brief
