"""The source of kind `wordpress`: a site's posts through its REST interface.

The week is asked for with a day to spare, since `after` and `before` exclude and older versions
read them in the site's own zone; what lies outside is left out here, by `date_gmt`. Posts become
articles in `wordpress_posts`. Source: developer.wordpress.org/rest-api/reference/posts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, timedelta

from digest.config import Config, SourceSettings
from digest.errors import FetchError
from digest.model.content import Article, Rejected, Window
from digest.net import Web
from digest.sources.site.listing import named
from digest.sources.site.wordpress_api import PER_PAGE, WordpressApi, find_api
from digest.sources.site.wordpress_categories import with_descendants
from digest.sources.site.wordpress_posts import read_post
from digest.text.masking import mask_url

#: Pages of a hundred posts that are read for one week.
_MOST_PAGES = 30
_MARGIN = timedelta(days=1)
_FIELDS = "id,date,date_gmt,link,title,excerpt,content,lang,_links,_embedded"


class WordpressSource:
    """The source of kind `wordpress`."""

    def __init__(self, settings: SourceSettings, config: Config, web: Web) -> None:
        self.name = settings.name
        self._settings = settings
        self._config = config
        self._web = web

    def articles(self, window: Window) -> Iterator[Article | Rejected]:
        """The posts of the window, the oldest first.

        Raises:
            SourceError: the interface is not found, closed, or answers something else; or a
                category of the settings is unknown.
        """
        with named(self.name):
            api = find_api(self._settings.url, self._web)
            question = {
                "after": _gmt(window, -_MARGIN),
                "before": _gmt(window, _MARGIN),
                "order": "asc",
                "orderby": "date",
                "_embed": "author,wp:featuredmedia,wp:term",
                "_fields": _FIELDS,
            }
            if self._settings.categories:
                question["categories"] = with_descendants(api, self._settings.categories)
            yield from self._posts(api, question, window)

    def _posts(
        self, api: WordpressApi, question: dict[str, str], window: Window
    ) -> Iterator[Article | Rejected]:
        shown = mask_url(self._settings.url)
        for page in range(1, _MOST_PAGES + 1):
            try:
                posts = api.list("posts", {**question, "page": str(page)})
            except FetchError as error:
                if page > 1 and error.status == 400:
                    # What WordPress says to a page after the last one.
                    return
                raise
            for number, post in enumerate(posts, (page - 1) * PER_PAGE + 1):
                found = read_post(post, self._settings, self._config, f"{shown}, post {number}")
                if isinstance(found, Rejected) or not found.published or found.published in window:
                    yield found
            if len(posts) < PER_PAGE:
                return
        reason = (
            f"has more than {_MOST_PAGES * PER_PAGE:,} posts in the week; the rest was not read"
        )
        yield Rejected(self.name, shown, reason)


def _gmt(window: Window, margin: timedelta) -> str:
    moment = (window.start if margin < timedelta(0) else window.end) + margin
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
