"""Reads the list of feeds that a feed reader exports: OPML, with its folders.

Only addresses of the web are taken, each once. Source: OPML 2.0 (opml.org/spec2.opml); what is
done with the feeds is left to the caller.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass

from lxml import etree

from digest.errors import InputError
from digest.sources.strict_xml import strict_parser
from digest.text.addresses import canonical_url
from digest.text.plain import clean_line, truncate

_MOST_BYTES = 10_000_000
#: Feeds that are read; the longest lists known have 20,000.
MOST_OUTLINES = 50_000
_DEEPEST = 100
_LONGEST = 300
_BARE_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-f]+);)", re.IGNORECASE)
_HINT = "Export the feeds of your reader as OPML, and give that file."

Element = etree._Element  # noqa: SLF001  # lxml's element class has no public name


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed of the list; `category` is its folders, outermost first, joined by “ / ”."""

    title: str
    xml_url: str
    category: str = ""


def read_opml(content: bytes) -> list[Outline]:
    """The feeds of an OPML file in its order, each address once.

    Raises:
        InputError: it is not OPML, broken, or too large; with its line.
    """
    root = _parsed(content)
    if etree.QName(root).localname.lower() != "opml":
        raise InputError(
            f"line {root.sourceline}: found <{etree.QName(root).localname[:40]}>, not <opml>", _HINT
        )
    found: dict[str, Outline] = {}
    waiting: list[tuple[Element, tuple[str, ...]]] = [(root, ())]
    while waiting and len(found) < MOST_OUTLINES:
        element, folders = waiting.pop()
        if len(folders) > _DEEPEST:
            raise InputError(
                f"line {element.sourceline}: more than {_DEEPEST} folders inside one another", _HINT
            )
        inner = folders
        if etree.QName(element).localname.lower() == "outline":
            outline = _outline(element, folders)
            if outline is None:
                inner = (*folders, _named(element, "text", "title"))
            else:
                found.setdefault(canonical_url(outline.xml_url), outline)
        waiting += [(child, inner) for child in reversed(list(element.iterchildren(etree.Element)))]
    return list(found.values())


def _parsed(content: bytes) -> Element:
    if len(content) > _MOST_BYTES:
        raise InputError(f"is larger than {_MOST_BYTES:,} bytes", _HINT)
    # Blank lines before the declaration are a mistake that XML does not forgive.
    text = content.lstrip()
    if not text:
        raise InputError("is empty", _HINT)
    try:
        return _tree(text)
    except (etree.XMLSyntaxError, ValueError) as error:
        # Readers write addresses with a bare ampersand.
        with contextlib.suppress(etree.XMLSyntaxError, ValueError):
            return _tree(_BARE_AMPERSAND.sub(b"&amp;", text))
        before = content[: len(content) - len(text)].count(b"\n")
        line = (getattr(error, "lineno", 1) or 1) + before
        said = (getattr(error, "msg", "") or str(error))[:120]
        raise InputError(f"line {line}: is not valid XML: {said}", _HINT) from error


def _tree(text: bytes) -> Element:
    parser = strict_parser(recover=False)
    return etree.fromstring(text, parser)


def _outline(element: Element, folders: tuple[str, ...]) -> Outline | None:
    """The feed of an outline; None for a folder, or an address that is none of the web."""
    url = _attribute(element, "xmlUrl")
    url = re.sub(r"^feed:(?://)?(?=https?:)", "", url.strip())
    url = re.sub(r"\s", "%20", re.sub(r"^feed://", "https://", url))
    if not canonical_url(url):
        return None
    own = _named(element, "category").strip("/").split(",")[0].replace("/", " / ")
    return Outline(
        _named(element, "title", "text") or url,
        url,
        " / ".join(filter(None, folders)) or own,
    )


def _named(element: Element, *names: str) -> str:
    values = (clean_line(_attribute(element, name)) for name in names)
    return truncate(next(filter(None, values), ""), _LONGEST)


def _attribute(element: Element, name: str) -> str:
    """An attribute whose name may be written in any case."""
    wanted = name.lower()
    return next((str(value) for key, value in element.items() if str(key).lower() == wanted), "")
