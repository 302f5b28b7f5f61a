"""Asks the sources, keeps what they give in the store, and reads the pages that are missing.

The store remembers: what a feed no longer lists is still there for its week, an article whose
page was read once is not fetched again, and offline the store answers in the sources' place.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest import __version__
from digest.collection.completing import complete
from digest.collection.gathering import Ready, gather
from digest.collection.report import Collected, Progress, SourceReport
from digest.config import SourceSettings
from digest.errors import SourceError
from digest.model.content import Article, Rejected, Window
from digest.net import Web
from digest.publication import Publication, web_for
from digest.sources import open_source, without_tokens
from digest.store.content import articles as article_store
from digest.store.content.fetches import StoredHistory, forget_visits_before

#: Articles that are written at once.
_BATCH = 1_000
#: How long the store remembers an article that no source lists any more.
_REMEMBERED = timedelta(days=180)
#: Unusable things that are told of one source.
_MOST_REJECTED = 1_000


def collect(
    publication: Publication,
    window: Window,
    progress: Progress,
    *,
    now: datetime,
    offline: bool | None = False,
    within: float = math.inf,
) -> Collected:
    """Ask every source, keep the articles, and read the pages of those that lack a lead.

    Args:
        offline: True never uses the network; None asks the sources on the network only when the
            store holds nothing of them, to explain what an earlier build saw.
        within: seconds for all sources together. When they are limited, no article's own page is
            read: there is no telling how long that takes.

    Raises:
        SourceError: no source is left, or one that is `required` failed.
    """
    sources = publication.config.sources
    asked = [s for s in sources if s.is_local or not _stands_in(publication, s, offline)]
    history = StoredHistory(publication.database)
    web = web_for(publication.config, now, history)
    with publication.database.read() as connection:
        moment = article_store.reading_moment(connection, now)
    reading = _Reading(publication, history, moment, {s.name: SourceReport(s.name) for s in asked})
    _read(reading, asked, web, window, progress, within)
    _require_some(sources, reading.reports)
    if within == math.inf and any(not settings.is_local for settings in asked):
        pages = complete(publication, web, window, progress, now=now)
        reading.rejected += pages.unreadable
        for name, count in pages.read.items():
            reading.reports[name] = replace(reading.reports[name], pages=count)
    with publication.database.write() as connection:
        article_store.forget_before(connection, now - _REMEMBERED)
        forget_visits_before(connection, now - _REMEMBERED)
    answered = {s.name: SourceReport(s.name, asked=False) for s in sources}
    return Collected(tuple((answered | reading.reports).values()), tuple(reading.rejected))


def _stands_in(publication: Publication, source: SourceSettings, offline: bool | None) -> bool:
    """Whether the store answers in the place of a source on the network."""
    if offline is not None:
        return offline
    with publication.database.read() as connection:
        return article_store.count(connection, source.name) > 0


def _require_some(sources: Sequence[SourceSettings], reports: dict[str, SourceReport]) -> None:
    errors = {name: report.error for name, report in reports.items() if report.error}
    for source in sources:
        if source.required and source.name in errors:
            raise errors[source.name]
    if errors and len(errors) == len(sources):
        first = next(iter(errors.values()))
        raise SourceError(f"no source could be read: {first.message}", first.hint)


def _read(
    reading: _Reading,
    asked: Sequence[SourceSettings],
    web: Web,
    window: Window,
    progress: Progress,
    within: float,
) -> None:
    """Read the sources side by side and keep what they give as it comes."""
    config = reading.publication.config
    purposes = [_purpose(settings) for settings in asked]
    sources = [
        Ready(open_source(settings, config, web.made_for(purpose)), min(settings.deadline, within))
        for settings, purpose in zip(asked, purposes, strict=True)
    ]
    done = 0
    progress("Reading the sources", done, len(asked))
    with reading.publication.database.connect() as connection:
        for index, given in gather(sources, window, within=within):
            name = asked[index].name
            if isinstance(given, Article):
                harmless = without_tokens(given)
                reading.taken.append(
                    harmless if harmless.source == name else replace(harmless, source=name)
                )
            elif isinstance(given, Rejected):
                reading.reject(name, given)
            else:
                reading.ended.append((asked[index], purposes[index], given))
                done += 1
                progress("Reading the sources", done, len(asked))
            if len(reading.taken) >= _BATCH:
                reading.keep(connection)
        reading.keep(connection)


def _purpose(settings: SourceSettings) -> str:
    """What an answer was read for: with other settings or by another version it is read anew."""
    return hashlib.sha256(f"{__version__} {settings!r}".encode()).hexdigest()


#: A source that has ended, what its answers were read for, and its error if it has one.
_Ended = tuple[SourceSettings, str, SourceError | None]


@dataclass
class _Reading:
    """What came in so far, and where it is kept."""

    publication: Publication
    history: StoredHistory
    moment: datetime
    reports: dict[str, SourceReport]
    rejected: list[Rejected] = field(default_factory=list)
    rejections: Counter[str] = field(default_factory=Counter)
    taken: list[Article] = field(default_factory=list)
    ended: list[_Ended] = field(default_factory=list)

    def reject(self, name: str, rejected: Rejected) -> None:
        """Note something unusable; of one source not without end."""
        self.rejections[name] += 1
        if self.rejections[name] <= _MOST_REJECTED:
            self.rejected.append(rejected)

    def keep(self, connection: Connection) -> None:
        """Write the articles that were taken, and how the sources went that have ended.

        The answers that a source had are remembered only once all of it was kept.
        """
        with self.publication.database.write(connection):
            counted = article_store.keep(connection, self.taken, self.moment)
            well = [(source, purpose) for source, purpose, error in self.ended if error is None]
            self.history.keep(connection, *(purpose for _, purpose in well))
            self.history.drop(*(purpose for _, purpose, error in self.ended if error is not None))
            for source, _ in well:
                if source.is_local:
                    article_store.drop_unseen(connection, source.name, self.moment)
        for name, counts in counted.items():
            self._count(name, counts)
        for source, _, error in self.ended:
            self.reports[source.name] = replace(self.reports[source.name], error=error)
        self.taken.clear()
        self.ended.clear()

    def _count(self, name: str, counts: article_store.Counts) -> None:
        report = self.reports[name]
        self.reports[name] = replace(
            report,
            articles=report.articles + sum(counts) - counts.refused,
            new=report.new + counts.new,
            changed=report.changed + counts.changed,
        )
        if counts.refused:
            reason = f"the addresses of {counts.refused} articles are longer than the store takes"
            self.reject(name, Rejected(name, f"source “{name}”", reason))
