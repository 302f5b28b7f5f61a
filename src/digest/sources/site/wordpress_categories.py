"""The categories of a WordPress site: from the slugs of the settings to their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from digest.errors import SourceError
from digest.sources.site.wordpress_api import PER_PAGE, WordpressApi
from digest.text.folding import fold
from digest.text.masking import mask_url
from digest.text.nearest import nearest
from digest.text.plain import html_to_text

_MOST_PAGES = 20


def with_descendants(api: WordpressApi, slugs: Sequence[str]) -> str:
    """The numbers of the categories and of all that lie within them, as a question takes them.

    A category may be called by its name too.

    Raises:
        SourceError: the site has no such category; the hint names the nearest.
    """
    known = _all(api)
    wanted: set[int] = set()
    for slug in slugs:
        found = {
            number
            for number, (its_slug, name, _) in known.items()
            if slug == its_slug or fold(slug) in (fold(its_slug), fold(name))
        }
        if not found:
            raise SourceError(
                f"{mask_url(api.root)}: categories: found “{slug}”, which the site does not have",
                nearest(slug, sorted(its_slug for its_slug, _, _ in known.values())[:60]),
            )
        wanted |= found
    while inner := {n for n, (_, _, parent) in known.items() if parent in wanted} - wanted:
        wanted |= inner
    return ",".join(map(str, sorted(wanted)))


def _all(api: WordpressApi) -> dict[int, tuple[str, str, int]]:
    """Slug, name and parent of every category by its number."""
    found: dict[int, tuple[str, str, int]] = {}
    for page in range(1, _MOST_PAGES + 1):
        question = {"_fields": "id,slug,name,parent", "page": str(page), "hide_empty": "false"}
        answer = api.list("categories", question)
        found.update(part for category in answer if (part := _one(category)))
        if len(answer) < PER_PAGE:
            break
    return found


def _one(category: Any) -> tuple[int, tuple[str, str, int]] | None:
    if not isinstance(category, dict) or not isinstance(category.get("id"), int):
        return None
    parent = category.get("parent")
    return category["id"], (
        str(category.get("slug", "")),
        html_to_text(str(category.get("name", ""))),
        parent if isinstance(parent, int) else 0,
    )
