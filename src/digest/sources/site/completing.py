"""Fills in what a source leaves out, from the article's own page.

What the source states stays; only a description or text that is cut off or missing is replaced.
Whether a page is to be read is told by `needs_page`, what became of an article whose page is gone
is left to the caller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from digest.config import Config, SourceSettings
from digest.model.content import Article
from digest.net import Web
from digest.sources.article_page.extraction import PageArticle
from digest.sources.article_page.leads import is_complete
from digest.sources.article_page.tree import UnreadableError
from digest.sources.site.visiting import read_answer
from digest.text.endings import is_cut_off
from digest.text.folding import fold

_FILLED = ("chapo", "description", "body", "picture", "author", "language")
_IS_THE_PAGE = ("page", "sitemap", "files")


def needs_page(article: Article, settings: SourceSettings) -> bool:
    """Whether an article's own page is to be read, by the source's `full_text`.

    `auto`: when neither its chapô nor its description can stand as a summary.
    """
    if settings.full_text == "never" or settings.kind in _IS_THE_PAGE:
        return False
    if not article.url.startswith(("http://", "https://")):
        return False
    return settings.full_text == "always" or not any(
        map(is_complete, (article.chapo, article.description))
    )


class Completer:
    """Completes articles from their pages; safe to use from several threads."""

    def __init__(self, web: Web, config: Config) -> None:
        self._web = web
        self._config = config

    def complete(self, article: Article) -> Article:
        """The article with what its page adds; `inferred` says what came from there.

        A page that cannot be read, or is another than the article's, adds nothing but a word
        that says so.

        Raises:
            FetchError: the page cannot be fetched; its status is 404 or 410 when it is gone.
        """
        answer = self._web.get(article.url)
        if _is_front_page(answer.url) and not _is_front_page(article.url):
            return _noted(article, "page: leads to the site's front page")
        try:
            page = read_answer(answer, self._config)
        except UnreadableError as error:
            return _noted(article, f"page: {error.reason}")
        return completed(article, page)


@dataclass(frozen=True, slots=True)
class Presence:
    """What stands at an article's address now: its title, "" when it cannot be told.

    `is_front_page` says that the address leads to the site's front page; `url` is where it leads.
    """

    title: str
    is_front_page: bool = False
    url: str = ""


def look_again(web: Web, config: Config, url: str) -> Presence:
    """See whether an article's page is still there, and under which title.

    Raises:
        FetchError: the page cannot be fetched; its status is 404 or 410 when it is gone.
    """
    answer = web.get(url)
    if _is_front_page(answer.url) and not _is_front_page(url):
        return Presence("", is_front_page=True, url=answer.url)
    try:
        return Presence(read_answer(answer, config).title, url=answer.url)
    except UnreadableError:
        return Presence("", url=answer.url)


def completed(article: Article, page: PageArticle) -> Article:
    """The article with what it lacks and its page has."""
    changes: dict[str, object] = {}
    for name in _FILLED:
        if not getattr(article, name) and getattr(page, name):
            changes[name] = getattr(page, name)
    if is_cut_off(article.description) and (page.description or page.chapo):
        changes["description"] = page.description
    if len(article.body) <= 1 and is_cut_off(article.text) and page.body:
        changes["body"] = page.body
    if fold(str(changes.get("chapo", ""))) == fold(article.description):
        changes.pop("chapo", None)
    inferred = list(article.inferred)
    if article.published is None and page.published:
        changes["published"] = page.published
        inferred += page.inferred or ("published: from the article's page",)
    sections = tuple(dict.fromkeys((*article.sections, *page.sections)))
    if not article.categories:
        changes["categories"] = page.categories
    taken = [name for name in _FILLED if name in changes]
    if taken:
        inferred.append(f"{', '.join(taken)}: from the article's page")
    return replace(article, **changes, sections=sections, inferred=tuple(inferred))  # type: ignore[arg-type]


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return not parts.path.strip("/") and not parts.query


def _noted(article: Article, what: str) -> Article:
    return replace(article, inferred=(*article.inferred, what))
