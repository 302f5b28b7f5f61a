"""A document's bytes to a feed's entries: the quick reader, the patient one, the tolerant one.

Expat reads what is well-formed and brings no document type; lxml what is not, after mending, with
entities, outer documents and huge trees switched off; feedparser, in a child process, what bears
no mark of a feed. Counts taken before reading keep floods of elements and attributes out.
"""

from __future__ import annotations

import contextlib
import re
from typing import NoReturn
from xml.parsers import expat

from lxml import etree

from digest.sources.feed.entry import Entry, ParsedFeed
from digest.sources.feed.json_feed import read_json_feed
from digest.sources.feed.mapper import EnoughError, Mapper
from digest.sources.feed.text import mend_feed, utf8_of
from digest.sources.feed.tolerant import read_tolerantly
from digest.sources.strict_xml import strict_parser
from digest.text.mojibake import unscrambled

#: Tags, counted as `<`, and attributes, counted as `=`, of a document that is read at all.
MOST_TAGS, MOST_ATTRIBUTES = 700_000, 1_000_000
#: Attributes of one tag that lxml takes without effort; its time grows with their square.
MOST_OF_A_TAG = 10_000

#: What accents and quotes become when they are decoded wrongly holds “Ã”, “Â”, “€” or “Å“”; one of
#: the last bytes of the first three is looked for first, which takes no time.
_SIGNS_OF_SCRAMBLING = (b"\x83", b"\x82")
_SCRAMBLED = re.compile(rb"\xc3(?:[\x82\x83]|\x85\xe2|\xa2\xe2)")


class _DocumentTypeError(Exception):
    """Entities may be declared: not for the quick reader."""


def parse_feed(content: bytes, charset: str = "") -> ParsedFeed:
    """The entries of a feed in its order, at most `MOST_ENTRIES` and one more.

    `charset` is what the HTTP header says. A document that is no feed gives none and is not
    `recognised`; one that cannot be read within limits says why in `refused`. Never raises.
    """
    utf8 = utf8_of(content, charset)
    # A document with fewer bytes holds fewer of either.
    if len(utf8) > MOST_TAGS:
        if utf8.count(b"<") > MOST_TAGS:
            return ParsedFeed(refused=f"has more than {MOST_TAGS:,} tags")
        if utf8.count(b"=") > MOST_ATTRIBUTES:
            return ParsedFeed(refused=f"has more than {MOST_ATTRIBUTES:,} attributes")
    if utf8.startswith((b"{", b"[")):
        feed = read_json_feed(utf8)
    else:
        feed = _quickly(utf8) or _patiently(utf8)
        feed.recognised = feed.recognised or bool(feed.entries)
        if not feed.recognised and not feed.refused:
            feed = read_tolerantly(utf8)
    if any(sign in utf8 for sign in _SIGNS_OF_SCRAMBLING) and _SCRAMBLED.search(utf8):
        for entry in feed.entries:
            _unscramble(entry)
    return feed


def _unscramble(entry: Entry) -> None:
    entry.title = unscrambled(entry.title)
    entry.description = unscrambled(entry.description)
    entry.content = unscrambled(entry.content)
    entry.categories = tuple(map(unscrambled, entry.categories))
    entry.authors = tuple(map(unscrambled, entry.authors))


def _quickly(utf8: bytes) -> ParsedFeed | None:
    """The feed by expat; None when it is not well-formed or has a document type."""
    mapper = Mapper()
    parser = expat.ParserCreate("utf-8", "}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = mapper.start
    parser.EndElementHandler = mapper.end
    parser.CharacterDataHandler = mapper.pieces.append
    try:
        parser.Parse(utf8, True)
    except EnoughError:
        pass
    except (expat.ExpatError, _DocumentTypeError):
        return None
    return mapper.feed


def _refuse_document_type(*_: object) -> NoReturn:
    raise _DocumentTypeError


def _patiently(utf8: bytes) -> ParsedFeed:
    """What lxml can read of the mended document."""
    if max(part.count(b"=") for part in utf8.split(b"<")) > MOST_OF_A_TAG:
        return ParsedFeed(
            refused=f"is broken, and a tag has more than {MOST_OF_A_TAG:,} attributes"
        )
    mapper = Mapper()
    mended = mend_feed(utf8.decode("utf-8", "replace")).encode("utf-8", "replace")
    parser = strict_parser(recover=True, encoding="utf-8")
    with contextlib.suppress(etree.XMLSyntaxError, ValueError, EnoughError):
        root = etree.fromstring(mended, parser)
        # What holds no element at all comes back as None.
        walk = () if root is None else etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            tag = str(element.tag).removeprefix("{")
            if event == "start":
                mapper.start(tag, {str(name).removeprefix("{"): v for name, v in element.items()})
                mapper.pieces.append(element.text or "")
            else:
                mapper.end(tag)
                mapper.pieces.append(element.tail or "")
    return mapper.feed
