"""Where articles come from: folders of texts, feeds, and what others bring along.

A source yields articles as published, or says what it could not use. What is worth publishing
is left to `digest.selection`.
"""

from digest.sources.harmless import without_tokens
from digest.sources.opening import open_source, open_sources
from digest.sources.source import Source

__all__ = ["Source", "open_source", "open_sources", "without_tokens"]
