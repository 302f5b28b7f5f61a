"""`digest`: one weekly number of a newsletter, from articles to inboxes, once to each reader.

The way through the house is drawn in `digest.pipeline`; the rooms and their words are
described in `docs/architecture.md`.
"""

__version__ = "0.1.0"
