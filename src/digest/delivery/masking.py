"""Keeps addresses and secrets out of what is raised or stored about a delivery.

Servers like to quote what they refuse, be it an address or the key; the rest of what they say is
kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.text.masking import mask_addresses

#: Control characters, blanks, and those that turn the direction of writing.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+")
_LONGEST = 300


def without_addresses(text: str, secrets: Iterable[str] = ()) -> str:
    """The text in one line of at most 300 characters, addresses masked, `secrets` as `***`."""
    return _CONTROL.sub(" ", mask_addresses(text, secrets)).strip()[:_LONGEST]
