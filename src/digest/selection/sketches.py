"""Short marks of long texts, by which two texts that say the same are found among thousands.

A sketch keeps the smallest hashes of a text's three-word sequences: all of a short text, a sample
of a long one, in at most one kilobyte, so that bodies need not stay in memory. What two texts
share is counted below the smaller of the two largest hashes, where both samples are complete.
Source: A. Broder, "On the resemblance and containment of documents" (1997). The hashes are
CRC-32, the same in every process, so that a selection can be repeated.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from zlib import crc32

#: Hashes that are kept of one text, at most; a text of about 1,500 characters has as many.
KEPT = 256
#: Fewer sequences than this, in the text or in its sample, say too little to compare.
FEWEST = 8

#: Hashes lie below this.
_SPAN = 1 << 32
#: Of texts with more sequences than a few, only the lowest quarter of all hashes is indexed.
_LEADING, _SHORT = _SPAN // 4, 64
#: Half of a text's sequences shared means that at least one in so many indexed ones is.
_FRACTION = 12
#: Of the sketches met, rare hashes first, as many as this are enough to see who is met often.
_ENOUGH = 500
#: The index is sorted in as many turns as this, to keep what is sorted at once small.
_TURNS = 16
_WORD = re.compile(r"\w+")


def sketch(text: str) -> array[int]:
    """The sketch of a text; empty when the text is too short to be compared."""
    words = _WORD.findall(text.casefold())
    hashes = {
        crc32(f"{one} {two} {three}".encode())
        for one, two, three in zip(words, words[1:], words[2:], strict=False)
    }
    return array("I", sorted(hashes)[:KEPT] if len(hashes) >= FEWEST else ())


def shared(one: array[int], other: array[int]) -> float:
    """Which part of the shorter text's sequences also stand in the other, from 0 to 1.

    Exact where neither text has more than `KEPT` sequences, otherwise an estimate that is right
    within 0.06 in nineteen cases of twenty; 0 where there is too little to compare.
    """
    bound = min(_bound(one), _bound(other))
    ours, theirs = one[: bisect_left(one, bound)], other[: bisect_left(other, bound)]
    fewer = min(len(ours), len(theirs))
    return len(set(ours).intersection(theirs)) / fewer if fewer >= FEWEST else 0.0


class Index:
    """Leads from a sketch to those that share hashes with it; all are known beforehand."""

    def __init__(self, sketches: Sequence[array[int]]) -> None:
        self._sketches = sketches
        self._sizes = array("I", (len(_leading(kept)) for kept in sketches))
        # Parallel and in the order of the hashes; only those that stand in several sketches.
        self._hashes, self._owners = array("I"), array("I")
        for turn in range(_TURNS):
            self._add(turn * _SPAN // _TURNS, (turn + 1) * _SPAN // _TURNS)

    def near(self, asked: int) -> list[int]:
        """The other sketches that may share as much as half with the one that is asked about."""
        runs = []
        for value in _leading(self._sketches[asked]):
            first = bisect_left(self._hashes, value)
            if first < len(self._hashes) and self._hashes[first] == value:
                runs.append(self._owners[first : bisect_right(self._hashes, value, first)])
        met, size = array("I"), self._sizes[asked]
        for used, owners in enumerate(sorted(runs, key=len), 1):
            met += owners
            if len(met) > _ENOUGH:
                size = used
                break
        counts = Counter(met)
        del counts[asked]
        sizes = self._sizes
        return [
            owner
            for owner, count in counts.items()
            if count * _FRACTION >= size or count * _FRACTION >= sizes[owner]
        ]

    def _add(self, low: int, high: int) -> None:
        found = sorted(
            value << 32 | owner
            for owner, kept in enumerate(self._sketches)
            for value in _between(_leading(kept), low, high)
        )
        before = -1
        for packed in found:
            if packed >> 32 == before >> 32:
                if not self._hashes or self._hashes[-1] != before >> 32:
                    self._hashes.append(before >> 32)
                    self._owners.append(before & 0xFFFFFFFF)
                self._hashes.append(packed >> 32)
                self._owners.append(packed & 0xFFFFFFFF)
            before = packed


def _bound(kept: array[int]) -> int:
    """Below this hash the sketch holds all of the text's."""
    return kept[-1] + 1 if len(kept) == KEPT else _SPAN


def _leading(kept: array[int]) -> array[int]:
    return kept if len(kept) <= _SHORT else kept[: bisect_left(kept, _LEADING)]


def _between(kept: array[int], low: int, high: int) -> array[int]:
    return kept[bisect_left(kept, low) : bisect_left(kept, high)]
