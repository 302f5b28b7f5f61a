"""Articles as they were last seen, by source and address, with what their own pages added.

`keep` writes what a source gives, `complete` what a page adds; readers get the completed article
where there is one. What is worth publishing is decided in `digest.selection`. The functions that
return an iterator read while it is used: nothing else is done on that connection, above all no
`keep`, before the last article was taken.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import NamedTuple, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from digest.model.content import Article, Window
from digest.store.content.packing import compress, decompress, keepable, pack, unpack
from digest.store.tables import articles, moment_text
from digest.text.fingerprint import fingerprint

#: Articles that are compared, written or read at once.
_BATCH = 500
#: Bytes of source and address together; PostgreSQL's indexes hold no more than 2,704.
LONGEST_KEY = 2_400

#: What identifies an article in the store: its source and its address.
Key = tuple[str, str]
_Item = TypeVar("_Item")


class Counts(NamedTuple):
    """What `keep` found: new articles, those that say something else than before, and the rest.

    `refused` are not in the store: their address is too long for it.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0


# ---- Writing --------------------------------------------------------------------------------


def keep(connection: Connection, found: Iterable[Article], now: datetime) -> dict[str, Counts]:
    """Keep what sources gave; any number of articles, a batch in memory at a time.

    An article counts as changed when its words did (`digest.text.fingerprint`). Whatever else of
    it is new (a picture, a date) is kept as well, and its page is to be read again. One that was
    gone is back when something of it is new: feeds go on listing what was taken down. Of two with
    one address, the later stays.

    Returns:
        source → what was found of it.
    """
    totals: dict[str, Counts] = {}
    for batch in _batches(found, _BATCH):
        for source, counts in _keep_batch(connection, batch, now).items():
            total = totals.get(source, Counts())
            totals[source] = Counts(*map(sum, zip(total, counts, strict=True)))
    return totals


def complete(connection: Connection, article: Article, completed: Article) -> None:
    """Keep what an article's page added, until the source says something new of it.

    Args:
        article: as `stored` or `uncompleted` gave it; it names the row.
        completed: the same with what the page says.
    """
    connection.execute(
        update(articles)
        .where(_is(article.source, article.url))
        .values(
            completed=compress(pack(replace(completed, source=article.source, url=article.url))),
            title=keepable(completed.title),
            published=_date(completed),
        )
    )


def mark_gone(connection: Connection, source: str, url: str, now: datetime) -> None:
    """An article's page is gone: it is not read any more unless its source says something new."""
    connection.execute(
        update(articles).where(_is(source, url), articles.c.gone_at.is_(None)).values(gone_at=now)
    )


def reading_moment(connection: Connection, now: datetime) -> datetime:
    """The moment of a reading that begins now: later than all before it, whatever the clock says.

    What is kept at it can be told from what was not given any more.
    """
    last: datetime | None = connection.scalar(select(func.max(articles.c.last_seen)))
    return now if last is None or last < now else last + timedelta(microseconds=1)


def drop_unseen(connection: Connection, source: str, moment: datetime) -> None:
    """Delete what a source that is read whole did not give in the reading at `moment`."""
    connection.execute(
        delete(articles).where(articles.c.source == source, articles.c.last_seen < moment)
    )


def forget_before(connection: Connection, moment: datetime) -> int:
    """Delete what no source has given since `moment`; returns how many articles that were."""
    return connection.execute(delete(articles).where(articles.c.last_seen < moment)).rowcount


# ---- Reading --------------------------------------------------------------------------------


def stored(connection: Connection, *, source: str | None, window: Window) -> Iterator[Article]:
    """Articles of one source, or of all, that were published in the window, oldest first.

    At the end those without a date that were last seen in it. Gone ones are left out.
    """
    of_source = [] if source is None else [articles.c.source == source]
    return _read(connection, *of_source, _is_in(window))


def candidates(
    connection: Connection,
    *,
    local: Sequence[str],
    distant: Sequence[str],
    window: Window,
    pinned: Sequence[str] = (),
) -> Iterator[Article]:
    """What may be selected from, ordered as `stored`.

    Args:
        local: sources that are read whole every time; all of theirs, whenever it was published.
        distant: sources that list their latest articles only: what they gave the last time, and
            what `stored` gives of them.
        pinned: addresses of distant sources that are wanted in any case.
    """
    last_readings = connection.execute(
        select(articles.c.source, func.max(articles.c.last_seen))
        .where(articles.c.source.in_(distant))
        .group_by(articles.c.source)
    )
    of_distant = articles.c.source.in_(distant)
    return _read(
        connection,
        or_(
            articles.c.source.in_(local),
            and_(of_distant, or_(_is_in(window), articles.c.url.in_(pinned))),
            *(
                and_(articles.c.source == source, articles.c.last_seen == moment)
                for source, moment in last_readings
            ),
        ),
    )


def uncompleted(
    connection: Connection, sources: Sequence[str], window: Window
) -> Iterator[Article]:
    """Those of `stored` of some sources whose page was not read since they last changed."""
    return _read(
        connection, articles.c.source.in_(sources), _is_in(window), articles.c.completed.is_(None)
    )


def full(connection: Connection, keys: Iterable[Key]) -> dict[Key, Article]:
    """Articles with their bodies; those that are not in the store are missing."""
    found: dict[Key, Article] = {}
    for batch in _batches(keys, _BATCH):
        query = select(articles.c.source, articles.c.url, _CONTENT).where(_one_of(batch))
        for row in connection.execute(query):
            found[row.source, row.url] = unpack(decompress(row.content))
    return found


def fingerprints(connection: Connection, urls: Iterable[str]) -> dict[str, str]:
    """URL → fingerprint of the article as any source gave it last; unknown ones are missing."""
    found: dict[str, str] = {}
    for batch in _batches(urls, _BATCH):
        query = (
            select(articles.c.url, _CONTENT)
            .where(articles.c.url.in_(batch))
            .order_by(articles.c.last_seen)
        )
        for row in connection.execute(query):
            found[row.url] = fingerprint(unpack(decompress(row.content)))
    return found


def count(connection: Connection, source: str) -> int:
    """How many articles of a source are in the store."""
    query = select(func.count()).where(articles.c.source == source)
    return int(connection.scalar(query) or 0)


# ---- Detail ---------------------------------------------------------------------------------

_CONTENT = func.coalesce(articles.c.completed, articles.c.content).label("content")

# Past SQLAlchemy, whose part of ten thousand rows is longer than the database's.
_UPSERT = """
    INSERT INTO articles
        (source, url, published, title, content, first_seen, last_seen, changed_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (source, url) DO UPDATE SET
        published = excluded.published, title = excluded.title,
        changed_at = CASE WHEN ? THEN excluded.changed_at ELSE articles.changed_at END,
        content = excluded.content, completed = NULL, gone_at = NULL,
        last_seen = CASE WHEN articles.last_seen > excluded.last_seen
            THEN articles.last_seen ELSE excluded.last_seen END"""
# A join finds each by the primary key; `IN` with pairs makes both databases search one by one.
_KNOWN = """
    WITH wanted (source, url) AS (VALUES :pairs)
    SELECT wanted.source, wanted.url, articles.content FROM wanted JOIN articles
        ON articles.source = wanted.source AND articles.url = wanted.url"""
# A run that began earlier and ends later does not take back what another one saw.
_SEEN = """
    UPDATE articles SET last_seen = CASE WHEN last_seen > ? THEN last_seen ELSE ? END
    WHERE source = ? AND url = ?"""


def _keep_batch(
    connection: Connection, batch: Sequence[Article], now: datetime
) -> dict[str, Counts]:
    fitting: dict[Key, Article] = {}
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for article in batch:
        key = keepable(article.source), keepable(article.url)
        if len("".join(key).encode()) <= LONGEST_KEY:
            fitting[key] = article
        else:
            counted[article.source]["refused"] += 1
    known = _contents(connection, fitting)
    at = moment_text(now)
    written: list[tuple[object, ...]] = []
    seen: list[tuple[object, ...]] = []
    for key, article in fitting.items():
        before, packed = known.get(key), pack(article)
        old = None if before is None or before == packed else unpack(before)
        # What only stands at another place of its feed is the same.
        if before == packed or (old and replace(old, location=article.location) == article):
            counted[article.source]["same"] += 1
            seen.append((at, at, *key))
            continue
        has_changed = old is not None and fingerprint(old) != fingerprint(article)
        state = "changed" if has_changed else "new" if old is None else "same"
        counted[article.source][state] += 1
        date = _date(article)
        published = None if date is None else moment_text(date)
        title, content = keepable(article.title), compress(packed)
        written.append((*key, published, title, content, at, at, at, has_changed))
    _run(connection, _UPSERT, written)
    _run(connection, _SEEN, seen)
    return {source: Counts(**counts) for source, counts in counted.items()}


def _contents(connection: Connection, keys: Collection[Key]) -> dict[Key, bytes]:
    """What sources gave before, not compressed."""
    if not keys:
        return {}
    statement = _KNOWN.replace(":pairs", ", ".join(["(?, ?)"] * len(keys)))
    rows = connection.exec_driver_sql(_placed(connection, statement), tuple(chain(*keys)))
    return {(source, url): decompress(content) for source, url, content in rows}


def _read(connection: Connection, *conditions: ColumnElement[bool]) -> Iterator[Article]:
    query = (
        select(_CONTENT)
        .where(articles.c.gone_at.is_(None), *conditions)
        .order_by(
            articles.c.published.is_(None),
            articles.c.published,
            articles.c.url,
            articles.c.source,
        )
    )
    for row in connection.execute(query, execution_options={"yield_per": _BATCH}):
        yield unpack(decompress(row.content))


def _is(source: str, url: str) -> ColumnElement[bool]:
    return and_(articles.c.source == source, articles.c.url == url)


def _one_of(keys: Sequence[Key]) -> ColumnElement[bool]:
    return tuple_(articles.c.source, articles.c.url).in_(keys)


def _is_in(window: Window) -> ColumnElement[bool]:
    return or_(
        and_(articles.c.published >= window.start, articles.c.published < window.end),
        and_(
            articles.c.published.is_(None),
            articles.c.last_seen >= window.start,
            articles.c.last_seen < window.end,
        ),
    )


def _date(article: Article) -> datetime | None:
    """The date of publication; None also when it lies beyond the calendar in UTC."""
    try:
        return article.published and article.published.astimezone(UTC)
    except OverflowError:
        return None


def _run(connection: Connection, statement: str, rows: list[tuple[object, ...]]) -> None:
    if rows:
        connection.exec_driver_sql(_placed(connection, statement), rows)


def _placed(connection: Connection, statement: str) -> str:
    """The statement with its places for values marked as the database's driver wants them."""
    return statement if connection.dialect.name == "sqlite" else statement.replace("?", "%s")


def _batches(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch
