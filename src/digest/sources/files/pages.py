"""Pages of the web that were saved as files: read like those that are fetched, without a network.

Pictures that were saved beside a page are left out; those it names on the web are kept.
"""

from __future__ import annotations

from pathlib import Path

from digest.config import Config
from digest.sources.article_page.extraction import PageArticle, read_page
from digest.sources.article_page.tree import MOST_BYTES, UnreadableError
from digest.sources.files.reading import UnusableError, read_bytes


def read_saved_page(file: Path, config: Config) -> PageArticle:
    """The article of a page; its `url` is "" when the page does not say where it is from.

    Raises:
        UnusableError: the file cannot be read, or holds no article.
    """
    content = read_bytes(file, MOST_BYTES)
    if not content.strip():
        raise UnusableError("is empty")
    try:
        page = read_page(content, "", "", zone=config.zone, section_names=config.selection.sections)
    except UnreadableError as error:
        raise UnusableError(error.reason) from error
    if not page.title:
        raise UnusableError("has no title")
    if not page.is_article:
        raise UnusableError(f"has a title (“{page.title}”) but no text")
    return page
