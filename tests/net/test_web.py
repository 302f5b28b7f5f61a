"""What sites and readers gain from the fetch with manners."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.errors import FetchError
from digest.net import Fetcher, Visit, Web

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
Reply = Callable[..., bytes]


class Remembered:
    """A history in memory."""

    def __init__(self) -> None:
        self.visits: dict[str, Visit] = {}

    def last(self, url: str) -> Visit | None:
        return self.visits.get(url)

    def note(self, visit: Visit) -> None:
        self.visits[visit.url] = visit


class Waiting:
    """A clock that goes on only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def ticks(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


@pytest.fixture
def history() -> Remembered:
    return Remembered()


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def web(make_fetcher: Callable[..., Fetcher], history: Remembered, waiting: Waiting) -> Web:
    return Web(
        make_fetcher(),
        history=history,
        clock=lambda: NOW,
        per_host=2,
        made_for="gazette",
        ticks=waiting.ticks,
        sleep=waiting.sleep,
    )


def refusal(fetch: Callable[..., Any], url: str, **options: bool) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, **options)
    assert caught.value.hint
    return caught.value


def paths(server: Any) -> list[str]:
    return [request.split(" ")[1] for request in server.requests]


# What did not change


def test_a_feed_that_did_not_change_is_not_read_again(
    server: Any, web: Web, history: Remembered, reply: Reply
) -> None:
    server.answers["/rss"] = [reply(b"feed", ETag='"1"'), reply(status="304 Not Modified")] * 2
    first = web.changed(server.url("/rss"))
    assert first is not None
    assert first.body == b"feed"
    assert web.changed(f" {server.url('/rss')}\n") is None
    assert history.visits[server.url("/rss")] == Visit(
        server.url("/rss"), "gazette", '"1"', "", 304, NOW
    )
    assert web.changed(server.url("/rss")) is not None


def test_a_feed_is_read_again_for_another_purpose(server: Any, web: Web, reply: Reply) -> None:
    server.answers["/rss"] = reply(b"feed", ETag='"1"', Last_Modified="yesterday")
    web.changed(server.url("/rss"))
    assert web.made_for("gazette, other settings").changed(server.url("/rss")) is not None
    assert "If-" not in "".join(server.requests)


def test_a_plain_fetch_asks_for_everything_and_is_remembered(
    server: Any, web: Web, history: Remembered, reply: Reply
) -> None:
    server.answers["/rss"] = reply(b"feed", Last_Modified="yesterday")
    for _ in range(2):
        assert web.get(server.url("/rss")).body == b"feed"
    assert "If-" not in "".join(server.requests)
    web.changed(server.url("/rss"))
    assert "If-Modified-Since: yesterday" in server.requests[-1]
    assert history.visits[server.url("/rss")].last_modified == "yesterday"


def test_what_failed_is_read_whole_the_next_time(
    server: Any, web: Web, history: Remembered, reply: Reply
) -> None:
    server.answers["/rss"] = [
        reply(b"feed", ETag='"1"'),
        reply(status="500 Oops"),
        reply(b"feed", ETag='"1"'),
    ]
    web.changed(server.url("/rss"))
    assert refusal(web.changed, server.url("/rss")).status == 500
    assert history.visits[server.url("/rss")].status == 500
    assert web.changed(server.url("/rss")) is not None
    assert "If-None-Match" not in server.requests[-1]


def test_without_a_history_everything_is_read(
    server: Any, make_fetcher: Callable[..., Fetcher], reply: Reply
) -> None:
    server.answers["/rss"] = reply(b"feed", ETag='"1"')
    web = Web(make_fetcher(), history=None, clock=lambda: NOW, per_host=1)
    assert web.changed(server.url("/rss")) is not None
    assert web.changed(server.url("/rss")) is not None


# robots.txt


def test_what_robots_txt_forbids_is_left_alone(
    server: Any, web: Web, history: Remembered, reply: Reply
) -> None:
    server.answers["/robots.txt"] = reply(b"User-agent: digest\nDisallow: /prive/\n")
    server.answers["/prive/a"] = reply(b"secret")
    error = refusal(web.get, server.url("/prive/a"))
    assert "robots.txt asks programs to leave it alone" in error.message
    assert "feed" in error.hint
    assert error.status == 0
    assert paths(server) == ["/robots.txt"]
    assert not history.visits
    server.answers["/monde/a"] = reply(b"page")
    assert web.get(server.url("/monde/a")).body == b"page"


def test_a_feed_is_fetched_without_asking_robots_txt(server: Any, web: Web, reply: Reply) -> None:
    server.answers["/robots.txt"] = reply(b"User-agent: *\nDisallow: /\n")
    server.answers["/rss"] = reply(b"feed")
    assert web.get(server.url("/rss"), robots=False).body == b"feed"
    assert web.changed(server.url("/rss"), robots=False) is not None
    assert paths(server) == ["/rss", "/rss"]


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "403 Forbidden"])
def test_a_site_without_robots_txt_allows_everything(
    server: Any, web: Web, reply: Reply, status: str
) -> None:
    server.answers["/robots.txt"] = reply(status=status)
    server.answers["/a"] = reply(b"page")
    assert web.get(server.url("/a")).body == b"page"


def test_a_site_whose_robots_txt_cannot_be_had_is_left_alone(
    server: Any, web: Web, reply: Reply
) -> None:
    server.answers["/robots.txt"] = reply(status="503 Busy")
    error = refusal(web.get, server.url("/a"))
    assert "robots.txt cannot be read" in error.message
    assert "503 Busy" in error.message
    assert error.status == 0
    assert paths(server) == ["/robots.txt"]


def test_robots_txt_is_read_once_for_all_threads_and_purposes(
    server: Any, web: Web, reply: Reply
) -> None:
    server.answers["/robots.txt"] = reply(b"User-agent: *\nDisallow: /prive/\n")
    server.answers["/a"] = reply(b"page")
    webs = [web, web.made_for("b"), web.made_for("c"), web.made_for("d")]
    with ThreadPoolExecutor(4) as pool:
        bodies = [
            answer.body for answer in pool.map(lambda one: one.get(server.url("/a")), webs * 3)
        ]
    assert bodies == [b"page"] * 12
    assert paths(server).count("/robots.txt") == 1


def test_a_redirect_does_not_lead_to_what_robots_txt_forbids(
    server: Any, start_server: Any, web: Web, reply: Reply
) -> None:
    other = start_server()
    other.answers["/robots.txt"] = reply(b"User-agent: *\nDisallow: /prive/\n")
    server.answers["/a"] = reply(status="302 Found", Location=other.url("/prive/a"))
    server.answers["/b"] = reply(status="302 Found", Location=other.url("/monde/b"))
    other.answers["/prive/a"] = other.answers["/monde/b"] = reply(b"page")
    error = refusal(web.get, server.url("/a"))
    assert f"{other.url('/prive/a')}: the site's robots.txt" in error.message
    assert web.get(server.url("/b")).url == other.url("/monde/b")
    assert paths(other) == ["/robots.txt", "/monde/b"]
    assert web.get(server.url("/a"), robots=False).body == b"page"


def test_a_login_is_not_sent_to_robots_txt(server: Any, web: Web, reply: Reply) -> None:
    server.answers["/a"] = reply(b"page")
    web.get(server.url("/a", "ana:secret@127.0.0.1"))
    assert paths(server) == ["/robots.txt", "/a"]
    assert "authorization" not in server.requests[0].lower()
    assert "authorization" in server.requests[1].lower()


@pytest.mark.parametrize("url", ["ftp://gazette.example/a", "https://[::1/a", "gazette.example"])
def test_what_is_no_web_address_is_said_to_be_none(web: Web, url: str) -> None:
    assert url in refusal(web.get, url).message
    assert url in refusal(web.get, url, robots=False).message


# Going slowly


def test_a_site_that_wants_time_between_two_pages_gets_it(
    server: Any, web: Web, waiting: Waiting, reply: Reply
) -> None:
    server.answers["/robots.txt"] = reply(b"User-agent: *\nCrawl-delay: 3\n")
    server.answers["/a"] = reply(b"page")
    for _ in range(3):
        web.get(server.url("/a"))
    assert waiting.waits == [3.0, 3.0]
    waiting.seconds += 60
    web.get(server.url("/a"))
    assert waiting.waits == [3.0, 3.0]


def test_no_host_is_asked_for_too_much_at_once(server: Any, web: Web, reply: Reply) -> None:
    active: list[int] = []
    most: list[int] = []
    too_many = threading.Event()

    def count(connection: socket.socket, _: threading.Event) -> None:
        active.append(1)
        most.append(len(active))
        if len(active) > 2:
            too_many.set()
        too_many.wait(0.05)
        active.pop()
        connection.sendall(reply(b"page"))

    server.answers["/a"] = count
    webs = [web, web.made_for("b")] * 5
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda one: one.get(server.url("/a")), webs))
    assert max(most) == 2


def test_a_busy_server_is_asked_once_more_when_it_says_when(
    server: Any, web: Web, waiting: Waiting, reply: Reply
) -> None:
    busy = reply(status="429 Too Many Requests", Retry_After="4")
    later = reply(status="503 Busy", Retry_After="Sun, 22 Nov 2026 09:30:07 GMT")
    server.answers["/a"] = [busy, reply(b"page")]
    server.answers["/b"] = [later, reply(b"page")]
    server.answers["/c"] = [busy, busy]
    assert web.get(server.url("/a")).body == b"page"
    assert web.get(server.url("/b")).body == b"page"
    assert waiting.waits == [4.0, 7.0]
    assert "try again in 4 seconds" in refusal(web.get, server.url("/c")).hint
    assert waiting.waits == [4.0, 7.0, 4.0]


@pytest.mark.parametrize(
    ("status", "retry_after"),
    [
        ("429 Too Many Requests", "60"),
        ("503 Busy", "Sun, 22 Nov 2026 10:00:00 GMT"),
        ("503 Busy", "Sun, 22 Nov 2026 10:00:00"),
        ("503 Busy", "soon"),
        ("503 Busy", ""),
        ("500 Oops", "1"),
        ("404 Not Found", "1"),
    ],
)
def test_a_server_is_not_waited_for_longer_than_is_sensible(
    server: Any, web: Web, waiting: Waiting, reply: Reply, status: str, retry_after: str
) -> None:
    server.answers["/a"] = reply(status=status, Retry_After=retry_after)
    assert refusal(web.get, server.url("/a")).status == int(status[:3])
    assert waiting.waits == []


def test_a_server_is_not_waited_for_beyond_the_deadline(
    server: Any, make_fetcher: Callable[..., Fetcher], waiting: Waiting, reply: Reply
) -> None:
    server.answers["/a"] = reply(status="503 Busy", Retry_After="5")
    web = Web(
        make_fetcher(timeout=4.0),
        history=None,
        clock=lambda: NOW,
        per_host=1,
        ticks=waiting.ticks,
        sleep=waiting.sleep,
    )
    assert refusal(web.get, server.url("/a")).status == 503
    assert waiting.waits == []


def test_a_date_that_has_passed_means_now(
    server: Any, web: Web, waiting: Waiting, reply: Reply
) -> None:
    busy = reply(status="503 Busy", Retry_After="Sun, 22 Nov 2026 09:00:00 -0000")
    server.answers["/a"] = [busy, reply(b"page")]
    assert web.get(server.url("/a")).body == b"page"
    assert waiting.waits == [0.0]


def test_a_list_whose_pages_did_not_all_come_in_is_read_anew(
    server: Any, web: Web, reply: Reply, history: Remembered
) -> None:
    server.answers["/list"] = reply(b"list", ETag='"1"')
    url = server.url("/list")
    assert web.changed(url, robots=False) is not None
    web.read_anew(url)
    assert (history.visits[url].etag, history.visits[url].status) == ("", 200)
