"""One dated number as an editor sees it: the content of `editions/<id>/edition.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from digest.model.content import SummaryOrigin

#: The place of what an editor added without saying where.
LAST = 1000


@dataclass(frozen=True, slots=True)
class Note:
    """The editor's note: an optional italic opening line, one paragraph, a name and a role."""

    opening: str = ""
    text: str = ""
    name: str = ""
    role: str = ""

    def __bool__(self) -> bool:
        return bool(self.opening or self.text)


@dataclass(frozen=True, slots=True)
class StoryPicture:
    """A story's picture. `file` is a path relative to the edition's folder (`pictures/a.jpg`)
    or an absolute path or URL that has not been fetched yet."""

    file: str = ""
    alt: str = ""
    caption: str = ""
    credit: str = ""

    def __bool__(self) -> bool:
        return bool(self.file)


@dataclass(frozen=True, slots=True)
class OtherVersion:
    """The same story as another publisher tells it: the publisher's name, and the link."""

    publisher: str
    link: str


@dataclass(frozen=True, slots=True)
class Story:
    """An article chosen for an edition, with its summary.

    `url` is the article's and identifies the story across builds; `link` is where the headline
    leads (the same unless an editor changed it). `minutes` is the article's reading time.
    `topics` are the subjects it touches (`war`, `death`, …), `also_in` where else it is told.
    `byline` (“Par Ida Brun, à Brest”) and `body` are for templates that print a story whole; the
    body's light mark-up is read by `digest.edition.body`.
    """

    url: str
    order: int = LAST
    region: str = ""
    desk: str = ""
    title: str = ""
    short_title: str = ""
    summary: str = ""
    summary_origin: SummaryOrigin = SummaryOrigin.EDITOR
    link: str = ""
    link_label: str = ""
    picture: StoryPicture = StoryPicture()
    minutes: int = 1
    source: str = ""
    topics: tuple[str, ...] = ()
    also_in: tuple[OtherVersion, ...] = ()
    byline: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """One linked sentence of "En bref", identified by its article's `url`."""

    url: str
    order: int = LAST
    place: str = ""
    text: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Quotation:
    """The quotation of the week; text without quotation marks, and who said it."""

    text: str = ""
    name: str = ""
    role: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class PlacementRef:
    """A placement by reference: the slot's name and the booking's id."""

    slot: str
    booking: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated number. `id` is its content week; `number` is the N° that readers see.

    `template` is the folder of `templates/` that it is set in; empty: the publication's own.
    """

    id: str
    number: int
    subject: str
    preheader: str
    note: Note = Note()
    stories: tuple[Story, ...] = ()
    briefs: tuple[Brief, ...] = ()
    quotation: Quotation = Quotation()
    placements: tuple[PlacementRef, ...] = ()
    template: str = ""


#: `built` can be changed, `approved` may be sent, `dispatching` has a frozen audience,
#: `dispatched` has no pending delivery, `skipped` is a week without a number.
EditionState = Literal["built", "approved", "dispatching", "dispatched", "skipped"]
