"""Rules about what became, on the network, of the articles that an edition speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from digest.check.findings import Finding, error, of_brief, of_story, warning
from digest.model.edition import Edition


def published_findings(edition: Edition, titles: Mapping[str, str]) -> Iterator[Finding]:
    """The findings about articles that changed or disappeared since the edition was built.

    Args:
        titles: an article's URL → its title now; "" when its page is gone.
    """
    again = f"Run `digest build --week {edition.id}` again, then look at it once more."
    for story in edition.stories:
        if story.url not in titles:
            continue
        if titles[story.url]:
            yield warning(
                "title-changed",
                of_story(story),
                f"its publisher changed the title: “{titles[story.url]}”",
                again,
            )
        else:
            yield error("article-gone", of_story(story), f"the page is gone: {story.url}", again)
    for brief in edition.briefs:
        if titles.get(brief.url) == "":
            yield error("article-gone", of_brief(brief), f"the page is gone: {brief.url}", again)
