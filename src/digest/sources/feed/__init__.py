"""Feeds: RSS, RDF, Atom and JSON Feed, from an address or a file, as articles."""

from digest.sources.feed.source import FeedSource

__all__ = ["FeedSource"]
