"""Which of the last stories move to “En bref” so that a letter stays below its weight.

Measured, not guessed: how heavy an edition is set, and whether every sponsor keeps a place in it,
is asked of the caller for each step. Sponsors, note and quotation are never moved, three stories
always stay, a story that an editor touched moves only when the others are not enough, and where no
move is enough nothing is moved at all. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace

from digest.model.edition import Brief, Edition, Story
from digest.text import sentences
from digest.text.endings import as_sentence

#: Stories that stay stories, at least.
FEWEST = 3
#: Moved stories stand above the sentences that were no story.
FIRST = 0
# What an editor can change in a story without writing a word.
_NO_WORDS = frozenset(("order", "summary_origin"))

#: Bytes of an edition's HTML; None where it cannot stand so.
Measure = Callable[[Edition], int | None]


@dataclass(frozen=True, slots=True)
class Fit:
    """What moves: `moved` stories, in their order, and the bytes before and after.

    `moved` is empty, and both sizes are the same, when nothing has to move or nothing helps.
    `touched` are the URLs of those moved that an editor had changed or added.
    """

    moved: tuple[Story, ...]
    before: int
    after: int
    touched: frozenset[str] = frozenset()


def touched_stories(edition: Edition, built: Edition | None) -> frozenset[str]:
    """The URLs of the stories that an editor changed or added; the order alone is no change.

    Args:
        edition: as the editor left it.
        built: as the build proposed it; None when that is unknown: then all of them.
    """
    before = {story.url: story for story in built.stories} if built else {}
    return frozenset(
        story.url for story in edition.stories if not _same(story, before.get(story.url))
    )


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


def stories_to_move(
    edition: Edition,
    measure: Measure,
    limit: int,
    *,
    as_brief: Callable[[Story], Brief] = brief_of_story,
    touched: Collection[str] = (),
) -> Fit:
    """Move as few stories as are enough, the untouched ones first, of these the last ones first.

    Args:
        edition: stories in their order.
        measure: bytes of an edition's HTML; None where it cannot stand so.
        limit: bytes that the HTML may have.
        as_brief: the sentence that a story becomes.
        touched: URLs of the stories that hold an editor's words.
    """
    before = measure(edition)
    unmoved = Fit((), before or 0, before or 0)
    if before is None or before <= limit:
        return unmoved
    last_first = [story.url for story in reversed(edition.stories[FEWEST:])]
    # Another order can leave a sponsor its place where this one does not.
    for order in (sorted(last_first, key=lambda url: url in touched), last_first):
        for count in range(1, len(order) + 1):
            urls = order[:count]
            after = measure(with_moved(edition, urls, as_brief))
            if after is None:
                break
            if after <= limit:
                moved = tuple(story for story in edition.stories if story.url in urls)
                return Fit(moved, before, after, frozenset(urls).intersection(touched))
        else:
            break
    return unmoved


def with_moved(
    edition: Edition, urls: Collection[str], as_brief: Callable[[Story], Brief]
) -> Edition:
    """The edition with these stories as the first sentences of “En bref”."""
    moved = [story for story in edition.stories if story.url in urls]
    return replace(
        edition,
        stories=tuple(story for story in edition.stories if story.url not in urls),
        briefs=(*(as_brief(story) for story in moved), *edition.briefs),
    )


def _same(story: Story, before: Story | None) -> bool:
    return before is not None and all(
        getattr(story, spec.name) == getattr(before, spec.name)
        for spec in fields(story)
        if spec.name not in _NO_WORDS
    )
