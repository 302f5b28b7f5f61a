"""Which of the last stories move to “En bref” so that a letter stays below its weight.

Measured, not guessed: how heavy an edition is set, and whether every sponsor keeps a place in it,
is asked of the caller for each step. Sponsors, note and quotation are never moved, three stories
always stay, and where no move is enough nothing is moved at all. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from digest.model.edition import Brief, Edition, Story
from digest.text import sentences

#: Stories that stay stories, at least.
FEWEST = 3
#: Moved stories stand above the sentences that were no story.
FIRST = 0

#: Bytes of an edition's HTML; None where it cannot stand so.
Measure = Callable[[Edition], int | None]


@dataclass(frozen=True, slots=True)
class Fit:
    """What moves: `moved` stories, in their order, and the bytes before and after.

    `moved` is empty, and both sizes are the same, when nothing has to move or nothing helps.
    """

    edition: Edition
    moved: tuple[Story, ...]
    before: int
    after: int


def brief_of_story(story: Story) -> Brief:
    """A story as a sentence of “En bref”: its summary's first, else its title."""
    first = next(iter(sentences(story.summary)), "")
    return Brief(story.url, FIRST, story.region, first or as_sentence(story.title), story.link)


def brief_as_edited(story: Story, before: Story | None, drafted: Brief) -> Brief:
    """The sentence a build drafted for a story, with what an editor changed in the story.

    Args:
        story: as the editor left it.
        before: as the build proposed it; None when that is unknown: it counts as unchanged.
        drafted: the sentence for its article.
    """
    text, place = drafted.text, drafted.place
    if before is not None and story.summary != before.summary and story.summary.strip():
        text = brief_of_story(story).text
    elif before is not None and story.title != before.title:
        text = as_sentence(story.title)
    if before is not None and story.region != before.region:
        place = story.region
    return replace(drafted, order=FIRST, place=place, text=text, link=story.link)


def as_sentence(title: str) -> str:
    """A title with a full stop, unless it ends in a mark of its own."""
    return title if not title or title.endswith((".", "?", "!", "…")) else f"{title}."


def stories_to_move(
    edition: Edition,
    measure: Measure,
    limit: int,
    *,
    as_brief: Callable[[Story], Brief] = brief_of_story,
) -> Fit:
    """Move as few stories as are enough, the last ones first.

    Args:
        edition: stories in their order.
        measure: bytes of an edition's HTML; None where it cannot stand so.
        limit: bytes that the HTML may have.
        as_brief: the sentence that a story becomes.
    """
    before = measure(edition)
    unmoved = Fit(edition, (), before or 0, before or 0)
    if before is None or before <= limit:
        return unmoved
    for count in range(1, len(edition.stories) - FEWEST + 1):
        moved = edition.stories[-count:]
        candidate = with_moved(edition, [story.url for story in moved], as_brief)
        after = measure(candidate)
        if after is None:
            break
        if after <= limit:
            return Fit(candidate, moved, before, after)
    return unmoved


def with_moved(
    edition: Edition, urls: Sequence[str], as_brief: Callable[[Story], Brief]
) -> Edition:
    """The edition with these stories as the first sentences of “En bref”."""
    moved = [story for story in edition.stories if story.url in urls]
    return replace(
        edition,
        stories=tuple(story for story in edition.stories if story.url not in urls),
        briefs=(*(as_brief(story) for story in moved), *edition.briefs),
    )
