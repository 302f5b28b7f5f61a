"""Somebody else's recording servers as witnesses: whatever they write down can be counted.

They write to a file or a folder of files, in any form in which each message shows its `Message-ID`
once, each request its `"delivery"` once a reader, or a line is a delivery's id. What was there
before a scene counts as before it: scenes are copies of one publication, with the same ids.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

from tests.prove.witnesses.faults import Plan

_ID = rb"([0-9a-f]{32})"
_MENTIONED = re.compile(
    rb'(?:(?:^|\\n)message-id:(?:\s|\\[rn])*<%b@|\\?"delivery\\?"\s*:\s*\\?"%b\\?"|^%b\s*$)'
    % (_ID, _ID, _ID),
    re.IGNORECASE | re.MULTILINE,
)
#: Seconds within which nothing new must come before a count stands.
_QUIET = 0.2


class OtherWitness:
    """A server that was there before us and stays after us.

    Args:
        taken: where it writes down what it took.
    """

    def __init__(self, taken: Path) -> None:
        self._taken = taken
        self._before = self._counted()

    @property
    def accepted(self) -> Counter[str]:
        """Delivery id → how often it was accepted since the scene began."""
        return self._counted() - self._before

    @property
    def faults(self) -> Counter[str]:
        """None that we know of."""
        return Counter()

    def fail(self, plan: Plan) -> None:
        """It cannot be told to."""

    def _counted(self) -> Counter[str]:
        """Once it has written down what it has received."""
        found = mentioned(self._taken)
        while True:
            time.sleep(_QUIET)
            before, found = found, mentioned(self._taken)
            if found == before:
                return found


def mentioned(taken: Path) -> Counter[str]:
    """Delivery id → how often it is mentioned in a file, or in all files of a folder."""
    files = [file for file in taken.rglob("*") if file.is_file()] if taken.is_dir() else [taken]
    return Counter(
        next(filter(None, match.groups())).decode()
        for file in files
        if file.exists()
        for match in _MENTIONED.finditer(file.read_bytes())
    )
