"""Puts right UTF-8 that was once read as Windows-1252: « Ã©tÃ© » was « été », “â€™” was “’”.

Done only where it is certain: every character beyond ASCII takes part in a valid sequence of
UTF-8, and none stands after a capital, where « NÃO” » may be meant. What several readings broke
is mended as often. Source: WHATWG Encoding, index windows-1252 (undefined bytes are themselves).
"""

from __future__ import annotations

import re

_MOST_TIMES = 3
#: What the first byte of an accented letter, a space, a quotation mark or « œ » is taken for.
_LEADING = "ÃÂâÅ"


def _characters() -> dict[str, int]:
    """What each byte beyond ASCII was taken for."""
    found = {}
    for byte in range(0x80, 0x100):
        found[chr(byte)] = byte
        found[bytes((byte,)).decode("cp1252", "replace")] = byte
    del found["\ufffd"]
    return found


_BYTES = _characters()
_CONTINUING = "".join(re.escape(character) for character, byte in _BYTES.items() if byte < 0xC0)
#: A leading byte and what follows it; no language writes these by intent after a small letter.
_SIGN = re.compile(rf"[\xc2-\xf4][{_CONTINUING}]")
_AFTER_A_CAPITAL = re.compile(rf"[A-Z\xc0-\xde][\xc2-\xde][{_CONTINUING}]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")


def unscrambled(text: str) -> str:
    """The text as it was before; the same text when nothing is certain.

    >>> unscrambled("Lâ€™Ã©tÃ©")
    'L’été'
    """
    for _ in range(_MOST_TIMES):
        if not any(map(text.__contains__, _LEADING)) or not _SIGN.search(text):
            break
        if _AFTER_A_CAPITAL.search(text):
            break
        try:
            mended = _BEYOND_ASCII.sub(_read_as_utf8, text)
        except (KeyError, UnicodeDecodeError):
            break
        text = mended
    return text


def _read_as_utf8(found: re.Match[str]) -> str:
    return bytes(map(_BYTES.__getitem__, found[0])).decode()
