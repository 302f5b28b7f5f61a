"""Folders of articles: plain text as published, Markdown with a head, saved pages."""

from digest.sources.files.source import FilesSource

__all__ = ["FilesSource"]
