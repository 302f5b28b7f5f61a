"""Keeps addresses and secrets out of what is logged, raised or stored about a delivery.

Servers like to quote what they refuse, be it an address or the key; the rest of what they say is
kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.model.people import mask_address

_ATOM = r"[^\s<>\"'(),;:@\[\]]"
#: It begins where a word begins; trying every letter of it takes minutes for a long one.
_ADDRESS = re.compile(rf"(?<!{_ATOM}){_ATOM}+@{_ATOM}+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
_LONGEST = 300


def without_addresses(text: str, secrets: Iterable[str] = ()) -> str:
    """The text in one line of at most 300 characters, addresses masked, `secrets` as `***`."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
    line = _CONTROL.sub(" ", text).strip()
    return _ADDRESS.sub(lambda found: mask_address(found[0]), line)[:_LONGEST]
