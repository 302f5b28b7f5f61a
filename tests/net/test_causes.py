"""A fetch that failed says why, so that a link can be judged without reading sentences."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from digest.errors import FetchError
from digest.net import Fetcher


def cause(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url)
    return caught.value.cause


@pytest.mark.parametrize(
    ("number", "expected"), [(socket.EAI_NONAME, "name"), (socket.EAI_AGAIN, "connection")]
)
def test_name_that_does_not_exist_is_told_from_one_that_cannot_be_asked_for_now(
    make_fetcher: Callable[..., Fetcher],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    expected: str,
) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise socket.gaierror(number, "no")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert cause(make_fetcher(), "http://phare.example/") == expected


def test_private_address_endless_redirects_and_silence_are_told_apart(
    server: Any, reply: Callable[..., bytes], make_fetcher: Callable[..., Fetcher]
) -> None:
    server.answers["/round"] = reply(status="302 Found", Location="/round")
    server.answers["/slow"] = lambda connection, closing: closing.wait(30)
    server.answers["/broken"] = lambda connection, closing: None
    assert cause(make_fetcher(allow=()), server.url("/")) == "private"
    assert cause(make_fetcher(), server.url("/round")) == "redirects"
    assert cause(make_fetcher(timeout=0.3), server.url("/slow")) == "time"
    assert cause(make_fetcher(), server.url("/broken")) == "connection"
    assert cause(make_fetcher(), server.url("/none")) == ""


def test_body_that_nobody_wants_stays_on_the_server(
    server: Any, reply: Callable[..., bytes], make_fetcher: Callable[..., Fetcher]
) -> None:
    server.answers["/large"] = reply(b"x" * 400_000, Content_Type="text/html")
    fetcher = make_fetcher(max_bytes=1_000)
    with pytest.raises(FetchError, match="larger than"):
        fetcher.fetch(server.url("/large"))
    found = fetcher.fetch(server.url("/large"), body=False)
    assert (found.status, found.content_type, found.body) == (200, "text/html", b"")
