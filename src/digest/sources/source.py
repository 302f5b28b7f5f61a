"""The seam through which articles come in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from digest.model.content import Article, Rejected, Window


class Source(Protocol):
    """Where articles come from. Judges nothing: also what is undated or old is yielded."""

    name: str

    def articles(self, window: Window) -> Iterable[Article | Rejected]:
        """Everything the source holds, in the same order each time.

        `window` is what the edition covers; a source that can ask for less may use it.

        Raises:
            SourceError: the source cannot be read at all; the message names it.
        """
        ...
