"""What a page says of itself, as plain values that JSON can hold.

Collected by `reading`, which believes nothing. What of it makes an article is decided in
`extraction`, what of it leads to articles in `links`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from digest.sources.article_page.linked_data import LinkedData, LinkedPicture


@dataclass(frozen=True, slots=True)
class Figure:
    """The first picture set into the article."""

    location: str
    alt: str = ""
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page; `prominent` when it stands in a heading or among articles."""

    url: str
    text: str
    prominent: bool


@dataclass(frozen=True, slots=True)
class NamedFeed:
    """A feed that a page names in its head."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class RawPage:
    """The statements of one page; `meta` has each name in lower case with its contents.

    `blocks` are (kind, text) of the running text. `concluded` is a day that nothing states.
    """

    language: str = ""
    title: str = ""
    headings: tuple[str, ...] = ()
    canonical: str = ""
    meta: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    linked: LinkedData = field(default_factory=LinkedData)
    chapos: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    concluded: str = ""
    blocks: tuple[tuple[str, str], ...] = ()
    figure: Figure | None = None
    links: tuple[Link, ...] = ()
    feeds: tuple[NamedFeed, ...] = ()
    wordpress: str = ""

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> RawPage:
        """The page again from what `read_raw` returned."""
        linked = dict(value["linked"])
        linked["pictures"] = tuple(LinkedPicture(**part) for part in linked["pictures"])
        return cls(
            **{
                **value,
                "linked": LinkedData(**linked),
                "blocks": tuple((kind, text) for kind, text in value["blocks"]),
                "figure": Figure(**value["figure"]) if value["figure"] else None,
                "links": tuple(Link(**part) for part in value["links"]),
                "feeds": tuple(NamedFeed(**part) for part in value["feeds"]),
            }
        )
