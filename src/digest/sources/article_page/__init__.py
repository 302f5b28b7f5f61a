"""One page of the web, and the article on it: parsed in a child process, believed with care.

`reading` collects in the child what a page says of itself (`raw_page`), `extraction` decides what
of it is believed. Which pages are read, and for what, is left to `digest.sources.site`.
"""

from digest.sources.article_page.extraction import PageArticle, read_page

__all__ = ["PageArticle", "read_page"]
