"""Sources side by side: one that hangs or fails takes nothing from the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.collection.gathering import SIDE_BY_SIDE, Ready, gather
from digest.errors import ConfigError, SourceError
from digest.model.content import Article, Rejected, Window

WINDOW = Window("2026-W46", datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC))


@dataclass
class Told:
    """A source that yields what a function does."""

    name: str
    read: Callable[[], Iterable[Article | Rejected]]

    def articles(self, window: Window) -> Iterator[Article | Rejected]:
        yield from self.read()


def article(number: int) -> Article:
    return Article(source="a", url=f"https://example.org/{number}", title=f"Titre {number}")


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_source_that_hangs_fails_at_its_deadline_and_the_others_are_read(
    never: threading.Event,
) -> None:
    def hang() -> Iterator[Article]:
        yield article(1)
        never.wait(60)

    sources = [
        Ready(Told("muette", hang), 0.3),
        Ready(Told("vive", lambda: [article(2), article(3)]), 60),
    ]
    start = time.monotonic()
    given = list(gather(sources, WINDOW))
    assert time.monotonic() - start < 30
    assert sorted(one.url for _, one in given if isinstance(one, Article)) == [
        f"https://example.org/{number}" for number in (1, 2, 3)
    ]
    (error,) = [one for index, one in given if index == 0 and isinstance(one, SourceError)]
    assert "“muette”: not done within 0.3 seconds" in error.message
    assert "deadline" in error.hint
    assert (1, None) in given


def test_a_fault_in_somebodys_own_source_is_told_as_that_sources_error() -> None:
    def fault() -> Iterator[Article]:
        yield article(1)
        raise KeyError("chapo")

    given = list(gather([Ready(Told("maison", fault), 60)], WINDOW))
    assert isinstance(given[0][1], Article)
    error = given[1][1]
    assert isinstance(error, SourceError)
    assert "“maison”: KeyError in test_gathering.py:" in error.message
    assert "chapo" in error.message


def test_an_error_of_another_kind_keeps_its_words() -> None:
    def refuse() -> Iterator[Article]:
        yield from ()
        raise ConfigError("config.toml: sources[0].path", "Mend it.")

    ((_, error),) = gather([Ready(Told("a", refuse), 60)], WINDOW)
    assert isinstance(error, SourceError)
    assert (error.message, error.hint) == ("config.toml: sources[0].path", "Mend it.")


def test_many_sources_are_read_a_few_at_a_time() -> None:
    running, most, lock = 0, 0, threading.Lock()

    def read() -> Iterator[Article]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        yield article(1)
        with lock:
            running -= 1

    count = SIDE_BY_SIDE * 3
    given = list(gather([Ready(Told(str(n), read), 60) for n in range(count)], WINDOW))
    assert sum(one is None for _, one in given) == count
    assert most <= SIDE_BY_SIDE


def test_many_sources_that_hang_do_not_keep_the_rest_from_being_read(
    never: threading.Event,
) -> None:
    def hang() -> Iterator[Article]:
        never.wait(60)
        yield article(1)

    sources = [Ready(Told(f"muette {number}", hang), 0.2) for number in range(SIDE_BY_SIDE)]
    sources += [Ready(Told(f"vive {number}", lambda: [article(2)]), 60) for number in range(3)]
    given = list(gather(sources, WINDOW))
    assert sum(isinstance(one, SourceError) for _, one in given) == SIDE_BY_SIDE
    assert sum(isinstance(one, Article) for _, one in given) == 3


def test_many_sources_take_no_more_threads_than_are_read_at_a_time() -> None:
    seen: set[threading.Thread] = set()

    def read() -> Iterator[Article]:
        seen.add(threading.current_thread())
        yield article(1)

    count = SIDE_BY_SIDE * 3
    given = list(gather([Ready(Told(str(n), read), 60) for n in range(count)], WINDOW))
    assert sum(one is None for _, one in given) == count
    assert len(seen) <= SIDE_BY_SIDE
    for thread in seen:
        thread.join(20)
    assert not any(thread.is_alive() for thread in seen)


def test_a_source_without_end_stops_when_nobody_listens(never: threading.Event) -> None:
    ended = threading.Event()

    def endless() -> Iterator[Article]:
        number = 0
        try:
            while not never.is_set():
                number += 1
                yield article(number)
        finally:
            ended.set()

    given: Any = gather([Ready(Told("a", endless), 60)], WINDOW)
    with closing(given):
        next(given)
    assert ended.wait(20)


def test_no_source_gives_nothing() -> None:
    assert list(gather([], WINDOW)) == []


def test_all_sources_together_take_no_longer_than_they_may(never: threading.Event) -> None:
    def hang() -> Iterator[Article]:
        yield article(1)
        never.wait(60)

    sources = [Ready(Told(f"muette {number}", hang), 60) for number in range(SIDE_BY_SIDE + 3)]
    start = time.monotonic()
    given = list(gather(sources, WINDOW, within=0.3))
    assert time.monotonic() - start < 30
    assert sum(isinstance(one, SourceError) for _, one in given) == len(sources)
