"""What a collection brought in, source by source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from digest.errors import SourceError
from digest.model.content import Rejected

#: Called with what is being done, how much is done and how much there is (0: unknown).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source: how many articles it gave, and how many of them were new or had changed.

    `pages` counts the articles whose own page was read. `asked` is false when the store answered
    in its place. A feed that has not changed since the last time gives 0 articles.
    """

    name: str
    articles: int = 0
    new: int = 0
    changed: int = 0
    pages: int = 0
    asked: bool = True
    error: SourceError | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """What the sources gave: a report each in their order, and what was not usable.

    The articles themselves are in the store.
    """

    reports: tuple[SourceReport, ...]
    rejected: tuple[Rejected, ...]

    @property
    def failed(self) -> tuple[tuple[str, SourceError], ...]:
        """The sources that failed, each with its error."""
        return tuple((r.name, r.error) for r in self.reports if r.error is not None)
