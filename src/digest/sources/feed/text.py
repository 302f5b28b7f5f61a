"""A feed's bytes as UTF-8 that an XML parser takes, and mended where it must be.

What is declared about the encoding is often wrong; bytes that are valid UTF-8 are UTF-8, also
where a few are not. A label of ISO-8859-1 is read as Windows-1252, as browsers do (WHATWG
Encoding).
"""

from __future__ import annotations

import codecs
import contextlib
import html
import re
from html.entities import html5
from typing import cast

_UTF8 = "utf-8"
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
#: What browsers read under a label, by Python's names.
_READ_AS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
#: Codecs of Python that no document is written in.
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
#: Bytes 80 to 9F, which no page means as the control characters that ISO 8859 has there.
_AS_WINDOWS = {
    byte: character
    for byte in range(0x80, 0xA0)
    if (character := bytes((byte,)).decode("cp1252", "ignore"))
}
_LEADING = "\ufeff \t\r\n"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE = re.compile(r"&(#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)?")
_OWN_TO_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


def utf8_of(content: bytes, charset: str = "") -> bytes:
    """The bytes of a feed in UTF-8, without a byte order mark or leading blanks.

    `charset` is what the HTTP header says. Never fails: at worst some characters are replaced.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace").lstrip(_LEADING).encode(_UTF8, "replace")
    content = content.removeprefix(codecs.BOM_UTF8).lstrip()
    declared = _DECLARED.search(content[:400])
    names = [name for name in (declared and declared[1].decode("ascii"), charset) if name]
    # An escaping encoding is valid UTF-8 too, and only its label tells.
    if not names or not _codec(names[0]).startswith(("iso2022", "utf-7", "hz")):
        with contextlib.suppress(UnicodeDecodeError):
            if not content.isascii():
                content.decode(_UTF8)
            return content
        if _is_mostly_utf8(content):
            return content.decode(_UTF8, _EACH_BYTE).encode(_UTF8)
    for name in filter(None, map(_codec, names)):
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return content.decode(name).translate(_AS_WINDOWS).encode(_UTF8, "replace")
    return content.decode("latin-1").translate(_AS_WINDOWS).encode(_UTF8)


def decode_feed(content: bytes, charset: str = "") -> str:
    """The text of a document, by the same rules."""
    return utf8_of(content, charset).decode(_UTF8, "replace")


def mend_feed(text: str) -> str:
    """The text with what XML forbids put right.

    Control characters go, HTML's named characters (`&nbsp;`) are written out, an ampersand that
    begins no reference is escaped, and what stands before the first tag of a feed goes, the XML
    declaration too.
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
    """Python's name of a character set, "" when there is none."""
    with contextlib.suppress(LookupError, ValueError):
        found = codecs.lookup(name).name
        return "" if found.replace("_", "-") in _NO_CHARSETS else _READ_AS.get(found, found)
    return ""


def _is_mostly_utf8(content: bytes) -> bool:
    """Whether a few bad bytes stand in UTF-8, rather than UTF-8 being the wrong guess."""
    text = content.decode(_UTF8, "replace")
    bad = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) > 2 * bad


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    """Read what is not UTF-8 as Windows-1252, byte by byte."""
    found = cast("UnicodeDecodeError", error)
    wrong = found.object[found.start : found.end]
    return wrong.decode("latin-1").translate(_AS_WINDOWS), found.end


_EACH_BYTE = "digest.each-byte"
codecs.register_error(_EACH_BYTE, _each_byte)
