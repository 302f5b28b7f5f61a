"""Makes what follows from an editor's changes follow: nothing announces a story that is gone.

The subject, the preheader and the short titles are drawn from the stories. Those that the editor
did not write follow the stories as they stand; what a story added by hand leaves out is filled in.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from digest.edition.titles import preheader_of, short_title, subject_of
from digest.model.content import SummaryOrigin
from digest.model.edition import Brief, Edition, Story


def settle(edition: Edition, built: Edition | None, wording: Mapping[str, str]) -> Edition:
    """The edition with everything that follows from its stories.

    Args:
        edition: as the editor left it.
        built: as the last build proposed it; None when unknown: then only gaps are filled.
        wording: for the link label of a story that has none.
    """
    before = {story.url: story for story in built.stories} if built else {}
    stories = tuple(_story(s, before.get(s.url), wording) for s in edition.stories)
    settled = replace(edition, stories=stories, briefs=tuple(map(_brief, edition.briefs)))
    if built is None:
        return settled
    if edition.subject == built.subject:
        settled = replace(settled, subject=subject_of(stories))
    if edition.preheader == built.preheader:
        settled = replace(settled, preheader=preheader_of(stories))
    return settled


def numbered(edition: Edition) -> Edition:
    """Stories and briefs numbered from 1, whatever gaps an editor left in `order`."""
    stories: Sequence[Story] = edition.stories
    return replace(
        edition,
        stories=tuple(replace(story, order=n) for n, story in enumerate(stories, 1)),
        briefs=tuple(replace(brief, order=n) for n, brief in enumerate(edition.briefs, 1)),
    )


def _story(story: Story, before: Story | None, wording: Mapping[str, str]) -> Story:
    origin = story.summary_origin
    if before is None or story.summary != before.summary:
        origin = SummaryOrigin.EDITOR
    short = story.short_title
    untouched = before is not None and short == before.short_title
    if not short or (untouched and before is not None and story.title != before.title):
        short = short_title(story.title)
    return replace(
        story,
        short_title=short,
        summary_origin=origin,
        link=story.link or story.url,
        link_label=story.link_label or wording["read_story"],
    )


def _brief(brief: Brief) -> Brief:
    return replace(brief, link=brief.link or brief.url)
