"""No feed, however hostile, crashes or holds a run, calls a private address or brings mark-up."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from tests.sources.hostile import addresses, json_feeds, structure, texts, transport
from tests.sources.hostile.cases import Case, Places, read_by
from tests.sources.hostile.server import RawServer

from digest.config import SourceSettings
from digest.config.settings import FetchSettings
from digest.errors import SourceError
from digest.model.content import Article, Rejected
from digest.net import Fetcher, Web
from digest.sources import open_sources, without_tokens
from digest.text.plain import clean_line

FAMILIES = (
    *(structure.entities, structure.floods, structure.breaks),
    *(texts.encodings, texts.scrambled, texts.characters, texts.markup),
    *(addresses.links, addresses.pictures, addresses.identities, addresses.dates),
    *(transport.compressed, transport.redirects, transport.stalls, transport.other_documents),
    json_feeds.json_feeds,
)
#: Seconds that a case may take on a busy machine, past what its own deadline gives it.
PATIENCE = 60.0
TAG = re.compile(r"</?[A-Za-z][\w:-]*[\s/>]|<!--|<!\[CDATA")


@dataclass
class World:
    """The servers of all cases, and the cases by their names."""

    ours: RawServer
    trap: RawServer
    cases: dict[str, Case]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with RawServer() as ours, RawServer() as trap:
        places = Places(f"http://127.0.0.1:{ours.port}", f"http://127.0.0.1:{trap.port}")
        cases = read_by(FAMILIES, places)
        for case in cases.values():
            ours.answers[f"/{quote(case.name, safe='')}"] = case.answer
        yield World(ours, trap, cases)


NAMES = list(read_by(FAMILIES, Places("http://127.0.0.1:1", "http://127.0.0.1:2")))


def test_the_corpus_is_large() -> None:
    assert len(NAMES) >= 200


@pytest.mark.parametrize("name", NAMES)
def test_hostile_feed_does_no_harm(newsroom: Any, world: World, name: str) -> None:
    case = world.cases[name]
    fetch = FetchSettings(allow=(f"127.0.0.1:{world.ours.port}",), timeout=case.timeout)
    web = Web(
        Fetcher(fetch, version="0"),
        history=None,
        clock=lambda: datetime(2026, 11, 22, tzinfo=UTC),
        per_host=2,
    )
    url = f"http://127.0.0.1:{world.ours.port}/{quote(name, safe='')}"
    settings = SourceSettings(name="redaction", kind="feed", url=url)
    (source,) = open_sources(newsroom.config(settings), web)

    outcomes: list[list[Article | Rejected] | SourceError] = []

    def read() -> None:
        try:
            outcomes.append(list(source.articles(newsroom.window)))
        except SourceError as error:
            outcomes.append(error)

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    reading.join(PATIENCE)
    assert not reading.is_alive(), "it is still at it"
    (found,) = outcomes
    assert world.trap.asked == []
    if isinstance(found, SourceError):
        assert case.titles is None, found.message
        assert case.refused in found.message
        assert found.message.isprintable()
        assert found.hint
        return
    assert not case.refused, found
    articles = [without_tokens(one) for one in found if isinstance(one, Article)]
    for article in articles:
        assert_harmless(article, spells_markup=case.spells_markup)
    if case.titles is not None:
        assert [one.title for one in found if isinstance(one, Article)] == list(case.titles)


def assert_harmless(article: Article, *, spells_markup: bool) -> None:
    """Plain, clean lines; web addresses; nothing that our own machinery would listen to."""
    picture = article.picture
    lines = [article.title, article.chapo, article.description, article.author, article.region]
    lines += [*article.categories, *(paragraph.text for paragraph in article.body)]
    lines += [picture.alt, picture.caption, picture.credit] if picture else []
    for line in lines:
        assert clean_line(line) == line
        assert "%%{" not in line
        assert spells_markup or not TAG.search(line), line
    for address in [article.url, *([picture.location] if picture else [])]:
        assert address.startswith(("http://", "https://"))
        assert address.isprintable()
        assert "%%{" not in address
    assert article.published is None or 1990 <= article.published.year <= 2100
