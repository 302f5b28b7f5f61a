"""One item of a feed as the parsers hand it over: still with the publisher's mark-up."""

from __future__ import annotations

from dataclasses import dataclass, field

from digest.model.content import Picture


@dataclass(slots=True)
class Entry:
    """An item; all texts may hold HTML and blanks, links may be relative to `base`.

    `dates` are statements of its publication; `updated` is the last resort. `picture_alt` and
    `picture_credit` stand beside the pictures and count for those that have none of their own, as
    does `picture_description` where the item has another description; where it has none,
    `other_description` is taken for it.
    """

    title: str = ""
    links: tuple[str, ...] = ()
    guid: str = ""
    guid_is_link: bool = False
    dates: tuple[str, ...] = ()
    updated: str = ""
    description: str = ""
    other_description: str = ""
    content: str = ""
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    picture_alt: str = ""
    picture_description: str = ""
    picture_credit: str = ""
    language: str = ""
    base: str = ""


@dataclass(slots=True)
class ParsedFeed:
    """A feed's items in its order, and what it says of itself.

    `recognised` is true when the document is a feed at all, also an empty one; `refused` says
    why one could not be read within limits.
    """

    entries: list[Entry] = field(default_factory=list)
    link: str = ""
    language: str = ""
    recognised: bool = False
    refused: str = ""
