"""Keeps addresses out of what is logged, raised or stored about a delivery.

Servers like to quote the address they refuse; what they say is kept, the address is not.
"""

from __future__ import annotations

import re

from digest.model.people import mask_address

_ADDRESS = re.compile(r"[^\s<>\"'(),;:@\[\]]+@[^\s<>\"'(),;:@\[\]]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")
_LONGEST = 300


def without_addresses(text: str) -> str:
    """The text in one line of at most 300 characters, every address in it masked."""
    line = _CONTROL.sub(" ", text).strip()
    return _ADDRESS.sub(lambda found: mask_address(found[0]), line)[:_LONGEST]
