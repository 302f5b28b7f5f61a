"""Articles as published, the week they belong to, and what was decided about each.

Text fields hold plain text: no mark-up, no control characters, one line unless said otherwise.
All moments are aware datetimes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

ParagraphRole = Literal["text", "subhead", "quote", "attribution"]

#: Where a statement about an article's section comes from, strongest first.
SectionOrigin = Literal["pin", "feed", "metadata", "url", "printed"]


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time `[start, end)`, compared in UTC, and the edition it fills.

    `edition` is an ISO week id such as `2026-W47`.
    """

    edition: str
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window needs aware datetimes")
        if self.end <= self.start:
            raise ValueError("a window ends after it starts")

    def __contains__(self, moment: datetime) -> bool:
        start, end = self.start.astimezone(UTC), self.end.astimezone(UTC)
        return start <= moment.astimezone(UTC) < end


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of an article's body.

    A `quote` is a pull-quote set apart by the newsroom; the `attribution` that follows names
    its speaker. The two are bound: neither is used without the other.
    """

    text: str
    role: ParagraphRole = "text"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an article, as published.

    `location` is an http(s) URL or an absolute path. `width` and `height` are pixels, 0 when
    unknown. An empty `alt` means that none was published.
    """

    location: str
    alt: str = ""
    caption: str = ""
    credit: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class SectionSignal:
    """One statement about an article's section, e.g. ("printed", "International")."""

    origin: SectionOrigin
    value: str


@dataclass(frozen=True, slots=True)
class Article:
    """One text as published.

    `url` is canonical (no tracking parameters) and identifies the article. `published` is None
    when no date could be read. `sections` holds every statement found about its section,
    `categories` the other labels the publisher gave it. `inferred` says in words what was not
    stated but concluded ("published: from the file's name").
    """

    source: str
    url: str
    title: str
    published: datetime | None = None
    chapo: str = ""
    description: str = ""
    body: tuple[Paragraph, ...] = ()
    sections: tuple[SectionSignal, ...] = ()
    categories: tuple[str, ...] = ()
    author: str = ""
    language: str = ""
    region: str = ""
    picture: Picture | None = None
    pinned: bool = False
    inferred: tuple[str, ...] = ()
    location: str = ""

    @property
    def text(self) -> str:
        """The body's paragraphs of every role, one line each."""
        return "\n".join(paragraph.text for paragraph in self.body)

    @property
    def light(self) -> Article:
        """The article without its body: thousands of them fit in memory."""
        return replace(self, body=()) if self.body else self


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something a source holds that is not a usable article: where, and why."""

    source: str
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Span:
    """A verbatim piece of an article: `[start, end)` in characters of one of its fields.

    For `body`, `paragraph` is the index in `Article.body`; otherwise it is 0.
    """

    part: Literal["chapo", "description", "body"]
    paragraph: int
    start: int
    end: int


class SummaryOrigin(StrEnum):
    """Who wrote a summary's words."""

    EDITOR = "editor"
    CHAPO = "chapo"
    DESCRIPTION = "description"
    EXTRACT = "extract"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary and where each of its pieces stands in the article.

    `text` is the pieces joined by one space; joining the texts of `spans` gives it back, except
    for an editor's own words, which have no spans.
    """

    text: str
    origin: SummaryOrigin
    spans: tuple[Span, ...] = ()


#: What an editor said of an article for one edition.
Choice = Literal["pin", "ban"]


@dataclass(frozen=True, slots=True)
class Published:
    """What an earlier edition published: its id, and the fingerprint of the article then.

    An empty fingerprint means that it was not kept.
    """

    edition: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject that an article touches (`war`, `death`, …) and the words that say so."""

    name: str
    words: tuple[str, ...]


class Verdict(StrEnum):
    """What became of an article in one week's selection."""

    STORY = "story"
    BRIEF = "brief"
    DUPLICATE = "duplicate"
    BANNED = "banned"
    UNDATED = "undated"
    FUTURE = "future"
    OUTSIDE = "outside the window"
    SECTION = "other section"
    LANGUAGE = "other language"
    RECURRING = "recurring column"
    PUBLISHED = "already published"
    CAPPED = "over a cap"
    RANKED_OUT = "ranked out"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a rank: its name, its raw value, its weight; it adds value × weight."""

    name: str
    value: float
    weight: float

    @property
    def points(self) -> float:
        """What the term adds to the rank."""
        return self.value * self.weight


@dataclass(frozen=True, slots=True)
class Decision:
    """An article, what became of it and why, in words an editor understands.

    `section` is the resolved section and `section_origin` the signal that gave it; `gazetteer`
    when nothing states one and the places named only suggest it.
    `duplicate_of` is the URL of the article that stands for it. `duplicates` are the articles
    that this one stands for. `position` counts from 1 among stories, or among briefs; `place`
    among all that were ranked, 0 for the rest. `country` is an ISO 3166 code. The article of a
    decision may have been lightened (`Article.light`).
    """

    article: Article
    verdict: Verdict
    reason: str
    section: str = ""
    section_origin: SectionOrigin | Literal["gazetteer", ""] = ""
    terms: tuple[Term, ...] = ()
    position: int = 0
    duplicate_of: str = ""
    duplicates: tuple[Article, ...] = field(default=())
    published_in: str = ""
    place: int = 0
    country: str = ""
    region: str = ""
    topics: tuple[Topic, ...] = ()

    @property
    def rank(self) -> float:
        """The sum of the terms; higher comes first."""
        return sum(term.points for term in self.terms)
