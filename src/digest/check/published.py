"""Rules about what became, on the network, of the articles that an edition speaks of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from digest.check.findings import Finding, error, of_brief, of_story, warning
from digest.check.locating import Locator
from digest.model.edition import Edition
from digest.text.saying import say


def published_findings(
    edition: Edition,
    titles: Mapping[str, str],
    leading_home: Collection[str],
    where: Locator,
) -> Iterator[Finding]:
    """The findings about articles that changed or disappeared since the edition was built.

    Args:
        titles: an article's URL → its title now; "" when its page is gone.
        leading_home: URLs that lead to their site's front page now.
        where: finds the lines of the edition's file.
    """
    again = say(
        "Run `digest build --week {edition}` again, then look at it once more.", edition=edition.id
    )
    for story in edition.stories:
        place, at = of_story(story), where.story(story, "url")
        if story.url in leading_home:
            said = say("leads to a front page now: {url}", url=story.url)
            yield warning("article-moved", place, said, again, at)
        elif story.url not in titles:
            continue
        elif titles[story.url]:
            yield warning(
                "title-changed",
                place,
                say("its publisher changed the title: “{title}”", title=titles[story.url]),
                again,
                where.story(story, "title"),
            )
        else:
            said = say("the page is gone: {url}", url=story.url)
            yield error("article-gone", place, said, again, at)
    for brief in edition.briefs:
        if titles.get(brief.url) == "":
            yield error(
                "article-gone",
                of_brief(brief),
                say("the page is gone: {url}", url=brief.url),
                again,
                where.brief(brief, "url"),
            )
