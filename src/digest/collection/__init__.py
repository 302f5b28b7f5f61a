"""Brings the week's articles together: sources side by side, kept in the store, pages read.

What a source holds is `digest.sources`' matter, what is worth publishing `digest.selection`'s.
"""

from digest.collection.collecting import collect
from digest.collection.rechecking import Change, recheck
from digest.collection.report import Collected, SourceReport

__all__ = ["Change", "Collected", "SourceReport", "collect", "recheck"]
