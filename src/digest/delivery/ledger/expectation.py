"""`--expect 1200±2%`: how many recipients a person expects, and how far off is too far. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from digest.errors import UsageError

_FORM = re.compile(
    r"(?P<count>\d+)\s*(?:(?:±|\+-|\+/-)\s*(?P<margin>\d+(?:\.\d+)?)\s*(?P<percent>%?))?"
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """A number of recipients and the distance that is still all right."""

    count: int
    margin: Fraction

    def admits(self, recipients: int) -> bool:
        """Whether so many recipients are as expected."""
        return abs(recipients - self.count) <= self.margin

    def __str__(self) -> str:
        return f"{self.count} ± {float(self.margin):g}" if self.margin else str(self.count)


def parse_expectation(text: str) -> Expectation:
    """Read `1200`, `1200±2%`, `1200+-20`.

    Raises:
        UsageError: it is none of these.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"--expect: found “{text}”", "Allowed: such as 1200, 1200±2% or 1200±20.")
    count = int(found["count"])
    margin = Fraction(found["margin"] or 0)
    return Expectation(count, margin * count / 100 if found["percent"] else margin)
