"""Whether everybody can read the letter: the rules of this subject, over the rendered HTML.

Drawn from WCAG 2.2 (AA) and the Email Markup Consortium's accessibility report of 2025. Colours and
sizes are judged in `legibility`, links in `linking`; here stands the document's structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from digest.check.document import Document, words_of
from digest.check.findings import Finding, Location, error, warning
from digest.check.legibility import legibility_findings
from digest.check.linking import linking_findings
from digest.text.saying import say, say_all

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_LAYOUT_ROLES = ("presentation", "none")
_FILE_NAME = re.compile(r"\S+\.(?:jpe?g|png|gif|webp|svg|avif|bmp|tiff?)", re.IGNORECASE)
#: A letter that can be enlarged at least to this is fine (WCAG 1.4.4).
_MIN_ZOOM = 2.0


def accessibility_findings(document: Document, width: int = 600) -> Iterator[Finding]:
    """The findings about reading with other eyes, other ears or other hands.

    Args:
        document: the rendered letter; where it was traced, findings name the template's line.
        width: the letter's, in CSS pixels.
    """
    yield from _languages(document)
    yield from _title(document)
    yield from _headings(document)
    yield from _pictures(document)
    yield from _tables(document)
    yield from _metas(document)
    yield from legibility_findings(document, width)
    yield from linking_findings(document)


def _languages(document: Document) -> Iterator[Finding]:
    body = document.root.find("body")
    children = [] if body is None else [node for node in body if isinstance(node.tag, str)]
    for node in (document.root, *children):
        missing = [name for name in ("lang", "dir") if not node.get(name, "").strip()]
        if missing:
            element = f"<{node.tag}>"
            lacks = say_all("{one} and no {other}", missing)
            yield warning(
                "a11y-lang",
                say("HTML"),
                say("{element} has no {lacks}", element=element, lacks=lacks)
                if node is document.root
                else say(
                    "{element} has no {lacks}; webmails drop <html>, and its own with it",
                    element=element,
                    lacks=lacks,
                ),
                say('Write lang="{{ language }}" dir="{{ direction }}" on it.'),
                document.origin(node),
            )


def _title(document: Document) -> Iterator[Finding]:
    title = document.root.find(".//title")
    if title is None or not (title.text or "").strip():
        yield warning(
            "a11y-title",
            say("HTML"),
            say("there is no <title>: screen readers announce the letter by it"),
            say("Write {{ title }} into <mj-title>."),
        )


def _headings(document: Document) -> Iterator[Finding]:
    headings = [node for node in document.elements if node.tag in _HEADINGS]
    first = [node for node in headings if node.tag == "h1"]
    if len(first) != 1:
        yield warning(
            "a11y-headings",
            say("HTML"),
            say("there are {number} <h1>", number=len(first)) if first else say("there is no <h1>"),
            say("One heading of the first level names the letter; all others stand below it."),
            document.origin(first[1] if first else document.root),
        )
    level = 0
    for node in headings:
        this = int(str(node.tag)[1])
        if level and this > level + 1:
            yield warning(
                "a11y-headings",
                document.place_of(node),
                say(
                    "{element} “{words}” follows an {before}: a level is left out",
                    element=f"<{node.tag}>",
                    words=words_of(node)[:40],
                    before=f"<h{level}>",
                ),
                say(
                    "Make it an {wanted}, or give its size by style alone.",
                    wanted=f"<h{level + 1}>",
                ),
                document.origin(node),
            )
        if not words_of(node):
            yield warning(
                "a11y-headings",
                document.place_of(node),
                say("an {element} is empty", element=f"<{node.tag}>"),
                say("Write the heading only where it has words."),
                document.origin(node),
            )
        level = this


def _pictures(document: Document) -> Iterator[Finding]:
    for node in document.root.iter("img"):
        alt, source = node.get("alt"), node.get("src", "")[:60]
        place, at = document.place_of(node), document.origin(node)
        if alt is None:
            yield error(
                "a11y-alt",
                place,
                say("the picture {source} has no alternative text", source=source),
                say('Write alt="…" in the template.'),
                at,
            )
        elif not alt.strip() and node.get("role") not in _LAYOUT_ROLES:
            yield warning(
                "a11y-alt",
                place,
                say("the alternative text of the picture {source} is empty", source=source),
                say('Describe the picture, or write role="presentation" where it is decoration.'),
                at,
            )
        elif _FILE_NAME.fullmatch(alt.strip()):
            yield warning(
                "a11y-alt",
                place,
                say("the alternative text “{alt}” is a file's name", alt=alt.strip()),
                say("Write what the picture shows."),
                at,
            )


def _tables(document: Document) -> Iterator[Finding]:
    said: set[Location] = set()
    for node in document.root.iter("table"):
        own = (
            child
            for child in node.iter("th", "caption")
            if next(child.iterancestors("table")) is node
        )
        at = document.origin(node)
        if node.get("role") is not None or next(own, None) is not None or (at.file and at in said):
            continue
        said.add(at)
        yield warning(
            "a11y-role",
            document.place_of(node),
            say("a table for layout is read out as a table: it has no role"),
            say('Write role="presentation" on it; a table of figures has <th> instead.'),
            at,
        )


def _metas(document: Document) -> Iterator[Finding]:
    metas = {
        node.get("name", "").lower(): node
        for node in document.root.iter("meta")
        if node.get("name")
    }
    for name in ("color-scheme", "supported-color-schemes"):
        node = metas.get(name)
        if node is None or not {"light", "dark"} <= set(node.get("content", "").lower().split()):
            yield warning(
                "a11y-color-scheme",
                say("HTML"),
                say(
                    '<meta name="{name}"> does not say “light dark”: programs invert by themselves',
                    name=name,
                ),
                say(
                    'Write <meta name="{name}" content="light dark"> in an mj-raw of mj-head.',
                    name=name,
                ),
                document.origin(document.root if node is None else node),
            )
    viewport = metas.get("viewport")
    if viewport is not None and (found := _bars_zoom(viewport)):
        yield warning(
            "a11y-zoom",
            say("HTML"),
            say("the viewport meta keeps readers from enlarging: “{found}”", found=found),
            say("Take “{found}” out.", found=found),
            document.origin(viewport),
        )


def _bars_zoom(viewport: etree._Element) -> str:
    for part in viewport.get("content", "").lower().split(","):
        name, _, value = (word.strip() for word in part.partition("="))
        if name == "user-scalable" and value in ("no", "0"):
            return part.strip()
        is_limit = name == "maximum-scale" and value.replace(".", "", 1).isdigit()
        if is_limit and float(value) < _MIN_ZOOM:
            return part.strip()
    return ""
