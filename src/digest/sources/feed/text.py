"""A feed's bytes as text that an XML parser takes: decoded, and mended where it must be.

What is declared about the encoding is often wrong; bytes that are valid UTF-8 are UTF-8. A label
of ISO-8859-1 is read as Windows-1252, as browsers do (WHATWG Encoding).
"""

from __future__ import annotations

import codecs
import html
import re
from html.entities import html5

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_LATIN = frozenset({"iso8859-1", "ascii", "iso8859-15"})
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&(#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)?")
_OWN_TO_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def decode_feed(content: bytes, charset: str = "") -> str:
    """The text of a feed without its XML declaration.

    `charset` is what the HTTP header says. Never fails: at worst some characters are replaced.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return _without_declaration(content.decode(encoding, "replace"))
    declared = _DECLARED.search(content[:400])
    names = [name for name in (declared and declared[1].decode("ascii"), charset) if name]
    for name in ["utf-8", *names]:
        try:
            # An escaping encoding is valid UTF-8 too, and only its label tells.
            if name == "utf-8" and names and _codec(names[0]).startswith(("iso2022", "utf-7")):
                continue
            return _without_declaration(content.decode(_codec(name)))
        except (UnicodeDecodeError, LookupError):
            continue
    return _without_declaration(content.decode("cp1252", "replace"))


def mend_feed(text: str) -> str:
    """The text with what XML forbids put right.

    Control characters go, HTML's named characters (`&nbsp;`) are written out, an ampersand that
    begins no reference is escaped, and what stands before the first tag of a feed goes.
    """
    text = _NOT_XML.sub("", text)
    parts: list[str] = []
    done = 0
    while (begin := text.find("<![CDATA[", done)) >= 0:
        end = text.find("]]>", begin)
        end = len(text) if end < 0 else end + len("]]>")
        parts += [_REFERENCE.sub(_mended, text[done:begin]), text[begin:end]]
        done = end
    parts.append(_REFERENCE.sub(_mended, text[done:]))
    mended = "".join(parts)
    start = re.search(r"<(?:\w+:)?(?:rss|rdf|feed)\b|<!DOCTYPE", mended, re.IGNORECASE)
    return mended[start.start() :] if start else mended


def _mended(found: re.Match[str]) -> str:
    reference = found[1]
    if reference is None:
        return "&amp;"
    if reference in _OWN_TO_XML:
        return found[0]
    if reference.startswith("#"):
        decoded = html.unescape(found[0])
        unusable = decoded in ("", "\ufffd") or _NOT_XML.search(decoded)
        return "" if unusable else html.escape(decoded)
    return html5.get(reference, f"&amp;{reference}")


def _codec(name: str) -> str:
    found = codecs.lookup(name).name
    return "cp1252" if found in _LATIN else found


def _without_declaration(text: str) -> str:
    text = text.lstrip("\ufeff \t\r\n")
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :] if declaration else text
