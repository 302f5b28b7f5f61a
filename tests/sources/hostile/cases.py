"""Feeds as they must not be: each case a name, an answer of a server, and what may come of it.

Written for these tests; every name and address is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.sources.hostile.server import Answering, reply

SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:xi="http://www.w3.org/2001/XInclude"'
)
LINK = "<link>https://example.org/1</link>"


@dataclass(frozen=True)
class Case:
    """A server's answer and what a reader of it gets.

    `titles` are those of the articles, None when any will do; with `refused` the source is
    refused in words that hold it. `spells_markup` allows `<` and a name in texts: it was escaped,
    and is shown as it is written.
    """

    name: str
    answer: bytes | Answering
    titles: tuple[str, ...] | None = None
    refused: str = ""
    spells_markup: bool = False
    timeout: float = 20.0

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Places:
    """Where the servers of a run are: ours, and the one that nobody may call."""

    ours: str
    trap: str


def rss(*items: str, head: str = "", root: str = "") -> str:
    """A feed of these items."""
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f"{head}<rss version='2.0' {SPACES}{root}><channel>{inner}</channel></rss>"


def item(title: str = "Le port", more: str = "", link: str = LINK) -> str:
    """The inside of an item."""
    return f"<title>{title}</title>{link}{more}"


def served(name: str, feed: str | bytes, *titles: str, spells_markup: bool = False) -> Case:
    """A feed that gives articles of these titles."""
    content = feed.encode() if isinstance(feed, str) else feed
    return Case(name, reply(content), titles, spells_markup=spells_markup)


def anything(name: str, feed: str | bytes) -> Case:
    """A feed that may give any articles, or none."""
    content = feed.encode() if isinstance(feed, str) else feed
    return Case(name, reply(content))


def refused(name: str, feed: str | bytes, words: str) -> Case:
    """Something that is no feed, or too much of one."""
    content = feed.encode() if isinstance(feed, str) else feed
    return Case(name, reply(content), refused=words)


Family = Callable[[Places], Iterator[Case]]


def read_by(families: tuple[Family, ...], places: Places) -> dict[str, Case]:
    """All cases of some families by their names, which are unique."""
    found = [case for family in families for case in family(places)]
    named = {case.name: case for case in found}
    if len(named) != len(found):
        raise ValueError("two cases have one name")
    return named
