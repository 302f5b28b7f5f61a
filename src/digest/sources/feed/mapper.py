"""RSS 0.9x to 2.0, RDF and Atom to entries, from one pass of parsing events.

A parser calls `start` and `end` with names as `namespace}local` and appends character data to
`pieces`; `parsing` has two that do. Every name is looked up once a document; what the children
of an item say stands in `children`. Sources: RSS 2.0 (rssboard.org), RSS 1.0, RFC 4287 (Atom),
Dublin Core, Media RSS 1.5.1, the content module.
"""

from __future__ import annotations

import html
from typing import NamedTuple

from digest.sources.feed.children import CHILDREN, GROUP, Attributes, Child, Content
from digest.sources.feed.entry import Entry, ParsedFeed

#: Items read of one feed; one more is taken, to tell that there are more.
MOST_ENTRIES = 5_000

_PREFIXES = {
    "http://www.w3.org/2005/atom": "atom",
    "http://purl.org/atom/ns#": "atom",
    "http://purl.org/dc/elements/1.1": "dc",
    "http://purl.org/dc/terms": "dcterms",
    "http://purl.org/rss/1.0/modules/content": "content",
    "http://search.yahoo.com/mrss": "media",
    "https://search.yahoo.com/mrss": "media",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://purl.org/rss/1.0": "",
    "http://my.netscape.com/rdf/simple/0.9": "",
    "http://channel.netscape.com/rdf/simple/0.9": "",
    "http://backend.userland.com/rss2": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/1999/xhtml": "html",
}
_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
_CHANNELS = frozenset({"channel", "atom:feed", "feed"})
_ITEMS = frozenset({"item", "atom:entry", "entry"})
_XML = "http://www.w3.org/XML/1998/namespace}"
_LANGUAGE, _BASE = f"{_XML}lang", f"{_XML}base"
#: Characters of an element's name and of its attributes that are written out again.
_LONGEST_TAG = 4_000


class EnoughError(Exception):
    """All items that are read have been read; the parser may stop."""


class _Open(NamedTuple):
    """An item that another one interrupts, because an end tag is missing."""

    entry: Entry | None
    child: Child | None
    attributes: Attributes
    inside: int
    groups: int
    settled: int
    parts: dict[str, str]
    pieces: list[str]


class Mapper:
    """Takes the events of one document; `feed` holds what has been understood so far.

    An item inside another is an item of its own.
    """

    def __init__(self) -> None:
        self.feed = ParsedFeed()
        #: Character data since a child began; parsers append to this very list.
        self.pieces: list[str] = []
        self._names: dict[str, str] = {}
        self._children: dict[str, Child | None] = {}
        #: Names of the open elements outside of items.
        self._path: list[str] = []
        self._base = ""
        self._entry: Entry | None = None
        self._interrupted: list[_Open] = []
        self._groups = 0
        #: Open elements from the item's child on, the child included.
        self._inside = 0
        self._child: Child | None = None
        self._attributes: Attributes = {}
        self._settled = 0
        self._parts: dict[str, str] = {}

    def start(self, tag: str, attributes: Attributes) -> None:
        """An element begins.

        Raises:
            EnoughError: it is one item more than are read.
        """
        if self._inside:
            self._inside += 1
            self._start_inside(tag, attributes)
        elif self._entry is None:
            self._start_outside(tag, attributes)
        else:
            try:
                child = self._children[tag]
            except KeyError:
                child = self._children[tag] = CHILDREN.get(self._name(tag).removeprefix("atom:"))
            if child is None:
                if self._name(tag) in _ITEMS:
                    self._begin_entry(attributes)
                    return
            elif child is GROUP:
                self._groups += 1
                return
            else:
                self._attributes = attributes
                self.pieces.clear()
            self._inside = 1
            self._child = child

    def end(self, tag: str) -> None:
        """An element ends."""
        entry = self._entry
        if self._inside == 1:
            self._inside = 0
            child = self._child
            if child is not None and entry is not None:
                if self._settled and child.content is Content.MARKUP:
                    self._settle()
                child.read(entry, "".join(self.pieces).strip(), self._attributes, self._parts)
                if self._settled or self._parts:
                    self._settled, self._parts = 0, {}
        elif self._inside:
            self._inside -= 1
            self._end_inside(tag)
        elif entry is None:
            self._end_outside()
        elif self._groups:
            self._groups -= 1
        else:
            self._end_entry(entry)

    # ---- Outside of items -----------------------------------------------------------------------

    def _start_outside(self, tag: str, attributes: Attributes) -> None:
        name = self._name(tag)
        if not self._path:
            self.feed.recognised = name.rpartition(":")[2].lower() in _ROOTS
            self.feed.language = attributes.get(_LANGUAGE, "")
            self._base = attributes.get(_BASE, "")
        if name in _ITEMS:
            self._begin_entry(attributes)
            return
        if name == "atom:link" and self._in_channel() and not self.feed.link:
            is_page = attributes.get("rel", "alternate") == "alternate"
            self.feed.link = attributes.get("href", "") if is_page else ""
        self._path.append(name)
        self.pieces.clear()

    def _end_outside(self) -> None:
        name = self._path.pop()
        if name == "link" and self._in_channel() and not self.feed.link:
            self.feed.link = "".join(self.pieces).strip()
        elif name in ("language", "dc:language") and self._in_channel():
            self.feed.language = self.feed.language or "".join(self.pieces).strip()

    def _in_channel(self) -> bool:
        return bool(self._path) and self._path[-1] in _CHANNELS

    # ---- Items ----------------------------------------------------------------------------------

    def _begin_entry(self, attributes: Attributes) -> None:
        if len(self.feed.entries) > MOST_ENTRIES:
            raise EnoughError
        if self._entry is not None:
            # The interrupted child goes on after this item; its pieces are kept aside till then.
            self._interrupted.append(
                _Open(
                    self._entry,
                    self._child,
                    self._attributes,
                    self._inside,
                    self._groups,
                    self._settled,
                    self._parts,
                    self.pieces[:],
                )
            )
        self._entry = Entry(
            language=attributes.get(_LANGUAGE, ""), base=attributes.get(_BASE, "") or self._base
        )
        self.feed.entries.append(self._entry)
        self._inside = self._groups = self._settled = 0
        self._parts = {}

    def _end_entry(self, entry: Entry) -> None:
        if entry.description:
            entry.picture_alt = entry.picture_alt or entry.picture_description
        else:
            entry.description = entry.other_description
        self._entry = None
        if self._interrupted:
            outer = self._interrupted.pop()
            self._entry, self._child, self._attributes = outer.entry, outer.child, outer.attributes
            self._inside, self._groups = outer.inside, outer.groups
            self._settled, self._parts = outer.settled, outer.parts
            self.pieces[:] = outer.pieces

    # ---- Inside a child -------------------------------------------------------------------------

    def _start_inside(self, tag: str, attributes: Attributes) -> None:
        if self._name(tag) in _ITEMS:
            self._inside -= 1
            self._begin_entry(attributes)
        elif self._child is None:
            pass
        elif self._child.content is Content.MARKUP:
            self._settle()
            written = "".join(
                f' {_local(name)}="{html.escape(value)}"' for name, value in attributes.items()
            )
            if len(written) > _LONGEST_TAG:
                written = ""
            self.pieces.append(f"<{_local(tag)[:_LONGEST_TAG]}{written}>")
            self._settled = len(self.pieces)
        elif self._child.content is Content.PARTS and self._inside == 2:
            self._settled = len(self.pieces)

    def _end_inside(self, tag: str) -> None:
        if self._child is None:
            return
        if self._child.content is Content.MARKUP:
            self._settle()
            self.pieces.append(f"</{_local(tag)[:_LONGEST_TAG]}>")
            self._settled = len(self.pieces)
        elif self._child.content is Content.PARTS and self._inside == 1:
            text = "".join(self.pieces[self._settled :]).strip()
            self._parts.setdefault(_local(tag), text)

    def _name(self, tag: str) -> str:
        """`http://purl.org/dc/elements/1.1/}creator` → `dc:creator`."""
        name = self._names.get(tag)
        if name is None:
            space, _, local = tag.rpartition("}")
            prefix = _PREFIXES.get(space.lower().rstrip("/"), "?" if space else "")
            # Without a namespace, an undeclared prefix may be there.
            name = self._names[tag] = f"{prefix}:{local}" if prefix else local
        return name

    def _settle(self) -> None:
        """Write the text that came since the last tag as HTML."""
        since = "".join(self.pieces[self._settled :])
        self.pieces[self._settled :] = [html.escape(since, quote=False)]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2]
