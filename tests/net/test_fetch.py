"""What a user gains from the one guarded fetch: an answer, or a plain reason why not."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from digest.errors import FetchError, SourceError
from digest.net import Fetcher
from digest.net.guard import Alarm, Watch

MakeFetcher = Callable[..., Fetcher]
Reply = Callable[..., bytes]


def refusal(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url)
    assert caught.value.hint
    return caught.value


def test_a_page_comes_with_its_type_and_final_address(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(
        b"caf\xe9", Content_Type="Text/HTML; charset=ISO-8859-1", Location="/ignored"
    )
    answer = make_fetcher().fetch(f"  {server.url('/a')}\n")
    assert answer.url == server.url("/a")
    assert (answer.status, answer.content_type, answer.charset) == (200, "text/html", "iso-8859-1")
    assert answer.body == b"caf\xe9"


def test_an_answer_without_a_type_has_none(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(b"x")
    answer = make_fetcher().fetch(server.url("/a"))
    assert (answer.content_type, answer.charset) == ("", "")


def test_the_program_says_who_it_is(server: Any, make_fetcher: MakeFetcher, reply: Reply) -> None:
    server.answers["/a"] = reply()
    make_fetcher(contact="https://example.org/bot").fetch(server.url("/a"))
    make_fetcher().fetch(server.url("/a"))
    assert "User-Agent: digest/1.2 (+https://example.org/bot)\r\n" in server.requests[0]
    assert "User-Agent: digest/1.2\r\n" in server.requests[1]


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_answer_is_opened(
    server: Any, make_fetcher: MakeFetcher, reply: Reply, encoding: str
) -> None:
    text = b"un long article " * 1000
    packed = gzip.compress(text) if encoding == "gzip" else zlib.compress(text)
    server.answers["/a"] = reply(packed, Content_Encoding=encoding)
    assert make_fetcher().fetch(server.url("/a")).body == text


def test_credentials_are_sent_to_their_own_host_only(
    server: Any, start_server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    other = start_server()
    server.answers["/a"] = reply(status="302 Found", Location="/b")
    server.answers["/b"] = reply(status="302 Found", Location=other.url("/c"))
    other.answers["/c"] = reply(b"done")
    url = server.url("/a", "ana:secret@127.0.0.1")
    assert make_fetcher().fetch(url).body == b"done"
    assert "authorization: basic" in server.requests[0].lower()
    assert "authorization" not in other.requests[0].lower()


# What did not change


def test_what_did_not_change_is_not_sent_again(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    fetcher, url = make_fetcher(), server.url("/a")
    server.answers["/a"] = [
        reply(b"text", ETag='W/"1"', Last_Modified="Mon, 16 Nov 2026 08:00:00 GMT"),
        reply(status="304 Not Modified", ETag='W/"1"'),
    ]
    first = fetcher.fetch(url)
    assert (first.etag, first.last_modified) == ('W/"1"', "Mon, 16 Nov 2026 08:00:00 GMT")
    again = fetcher.fetch(url, etag=first.etag, last_modified=first.last_modified)
    assert (again.status, again.body, again.etag) == (304, b"", 'W/"1"')
    assert 'If-None-Match: W/"1"\r\n' in server.requests[1]
    assert "If-Modified-Since: Mon, 16 Nov 2026 08:00:00 GMT\r\n" in server.requests[1]
    assert "If-" not in server.requests[0]


def test_what_changed_is_sent_again(server: Any, make_fetcher: MakeFetcher, reply: Reply) -> None:
    server.answers["/a"] = reply(b"new", ETag='"2"')
    answer = make_fetcher().fetch(server.url("/a"), etag='"1"')
    assert (answer.status, answer.body, answer.etag) == (200, b"new", '"2"')


@pytest.mark.parametrize("etag", ['"a\x01b"', '"' + "x" * 600 + '"'])
def test_a_validator_that_cannot_be_sent_back_is_none(
    server: Any, make_fetcher: MakeFetcher, reply: Reply, etag: str
) -> None:
    server.answers["/a"] = reply(ETag=etag)
    assert make_fetcher().fetch(server.url("/a")).etag == ""


# Connections that are used again


def test_one_connection_serves_many_addresses(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    fetcher = make_fetcher()
    for number in range(5):
        server.answers[f"/{number}"] = reply(str(number).encode(), Connection="keep-alive")
        assert fetcher.fetch(server.url(f"/{number}")).body == str(number).encode()
    assert (len(server.requests), server.connections) == (5, 1)


def test_a_protected_connection_is_used_again(
    authority: trustme.CA, start_server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server = start_server(protected(authority, "127.0.0.1"))
    server.answers["/a"] = reply(b"protected", Connection="keep-alive")
    fetcher = make_fetcher()
    assert [fetcher.fetch(server.url("/a")).body for _ in range(2)] == [b"protected"] * 2
    assert server.connections == 1


def test_a_connection_that_the_server_gave_up_is_replaced(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    kept = reply(b"first", Connection="keep-alive")
    server.answers["/a"] = [kept, b"", reply(b"second")]
    fetcher = make_fetcher()
    assert fetcher.fetch(server.url("/a")).body == b"first"
    assert fetcher.fetch(server.url("/a")).body == b"second"
    assert (len(server.requests), server.connections) == (3, 2)


def test_a_server_that_never_answers_is_asked_anew_only_once(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = [reply(b"first", Connection="keep-alive"), b"", b""]
    fetcher = make_fetcher()
    fetcher.fetch(server.url("/a"))
    assert "broke off" in refusal(fetcher, server.url("/a")).message
    assert len(server.requests) == 3


def test_a_kept_connection_is_judged_again(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(b"ours", Connection="keep-alive")
    fetcher = make_fetcher()
    fetcher.fetch(server.url("/a"))
    fetcher.settings = make_fetcher(allow=()).settings
    assert "private or reserved address" in refusal(fetcher, server.url("/a")).message
    assert len(server.requests) == 1


def test_a_kept_connection_that_broke_off_meanwhile_is_replaced(
    server: Any, make_fetcher: MakeFetcher, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/a"] = reply(b"ours", Connection="keep-alive")
    fetcher = make_fetcher()
    fetcher.fetch(server.url("/a"))

    def lost(*_: object) -> None:
        raise OSError("the connection is not there any more")

    monkeypatch.setattr(Watch, "adopt", lost)
    assert fetcher.fetch(server.url("/a")).body == b"ours"
    assert server.connections == 2


def test_a_slow_drip_on_a_kept_connection_does_not_hold_the_run(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(b"ours", Connection="keep-alive")
    server.answers["/b"] = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    fetcher = make_fetcher(timeout=0.4)
    fetcher.fetch(server.url("/a"))
    error = refusal(fetcher, server.url("/b"))
    assert "no complete answer within 0.4 seconds" in error.message
    assert server.connections == 1


def test_a_connection_that_is_made_when_the_time_is_over_is_shut(server: Any) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as late, Watch(60, Alarm()) as watch:
        watch.only_public = False
        watch.expire()
        with pytest.raises(TimeoutError):
            watch.adopt(late, "gazette.example")


def test_a_shorter_deadline_is_kept_while_a_longer_one_runs(
    server: Any, make_fetcher: MakeFetcher
) -> None:
    server.answers["/a"] = lambda _, closing: closing.wait(30)
    fetcher = make_fetcher()
    with Watch(60, fetcher._alarm):
        fetcher.settings = make_fetcher(timeout=0.2).settings
        assert "within 0.2 seconds" in refusal(fetcher, server.url("/a")).message


# Redirects


def test_redirects_are_followed_to_the_end(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    for number, status in enumerate((301, 302, 303, 307, 308)):
        server.answers[f"/{number}"] = reply(status=f"{status} Moved", Location=f"/{number + 1}")
    server.answers["/5"] = reply(b"here")
    answer = make_fetcher().fetch(server.url("/0"))
    assert (answer.url, answer.body) == (server.url("/5"), b"here")


def test_an_accented_redirect_is_understood(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(status="301 Moved", Location="/été 2026")
    server.answers["/%C3%A9t%C3%A9%202026"] = reply(b"here")
    assert make_fetcher().fetch(server.url("/a")).body == b"here"


def test_a_redirect_loop_ends(server: Any, make_fetcher: MakeFetcher, reply: Reply) -> None:
    server.answers["/a"] = reply(status="302 Found", Location="/b")
    server.answers["/b"] = reply(status="302 Found", Location="/a")
    error = refusal(make_fetcher(), server.url("/a"))
    assert server.url("/a") in error.message
    assert "redirects more than 5 times" in error.message
    assert len(server.requests) == 6


def test_a_redirect_to_a_private_address_is_refused(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(status="302 Found", Location=server.url("/secret"))
    server.answers["/secret"] = reply(b"secret")
    error = refusal(
        make_fetcher(allow=(f"localhost:{server.port}",)), server.url("/a", "localhost")
    )
    assert "private or reserved address" in error.message
    assert f"redirected to {server.url('/secret')}" in error.message
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("javascript:alert(1)", "only http and https"),
        ("http://[broken", "not a web address"),
        ("", "without saying where"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_refused(
    server: Any, make_fetcher: MakeFetcher, reply: Reply, location: str, words: str
) -> None:
    server.answers["/a"] = reply(status="302 Found", Location=location)
    assert words in refusal(make_fetcher(), server.url("/a")).message


# Private addresses


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0.0.0.0", "１２７.０.０.１"],
)
def test_no_spelling_reaches_this_machine(
    server: Any, make_fetcher: MakeFetcher, reply: Reply, host: str
) -> None:
    server.answers["/a"] = reply(b"secret")
    error = refusal(make_fetcher(allow=()), server.url("/a", host))
    assert host in error.message
    assert not server.requests


def test_an_ipv6_spelling_does_not_reach_this_machine(
    server: Any, make_fetcher: MakeFetcher
) -> None:
    for host in ("[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"):
        error = refusal(make_fetcher(allow=()), server.url("/a", host))
        assert "private or reserved address" in error.message
    assert not server.requests


def test_the_hint_for_a_private_host_works(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(b"ours")
    error = refusal(make_fetcher(allow=()), server.url("/a"))
    assert '"127.0.0.1"' in error.hint
    assert make_fetcher(allow=("127.0.0.1",)).fetch(server.url("/a")).body == b"ours"


def test_a_name_that_changes_its_answer_does_not_get_through(
    server: Any, make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peer is judged, so it does not help when the name looked public before."""

    class Elsewhere(socket.socket):
        def connect(self, place: Any) -> None:
            super().connect(("127.0.0.1", server.port))

    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", server.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: public)
    monkeypatch.setattr(socket, "socket", Elsewhere)
    error = refusal(make_fetcher(allow=()), f"http://rebinding.example:{server.port}/a")
    assert "127.0.0.1" in error.message
    assert not server.requests


def test_a_name_that_was_public_does_not_get_through_when_it_turns_private(
    server: Any, make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["8.8.8.8", "127.0.0.1"])

    def resolve(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), server.port))]

    class Offline(socket.socket):
        def connect(self, place: Any) -> None:
            raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "socket", Offline)
    fetcher, url = make_fetcher(allow=()), f"http://rebinding.example:{server.port}/a"
    assert "Connection refused" in refusal(fetcher, url).message
    assert "private or reserved address (127.0.0.1)" in refusal(fetcher, url).message
    assert not server.requests


# Limits


def test_a_megabyte_that_opens_to_a_gigabyte_takes_little_memory(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    bomb = gzip.compress(bytes(2**24)) * 64
    assert len(bomb) < 1_100_000
    server.answers["/a"] = reply(bomb, Content_Encoding="gzip")
    tracemalloc.start()
    try:
        error = refusal(make_fetcher(), server.url("/a"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "larger than 10,000,000 bytes" in error.message
    assert peak < 60_000_000


def test_a_bomb_is_stopped_at_the_limit(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(gzip.compress(bytes(30_000_000)), Content_Encoding="gzip")
    error = refusal(make_fetcher(max_bytes=50_000), server.url("/a"))
    assert "larger than 50,000 bytes" in error.message
    assert "max_bytes" in error.hint


def test_an_answer_of_exactly_the_limit_is_taken(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(bytes(5_000))
    assert len(make_fetcher(max_bytes=5_000).fetch(server.url("/a")).body) == 5_000


def drip(first: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def send(connection: socket.socket, closing: threading.Event) -> None:
        connection.sendall(first)
        while not closing.wait(0.02):
            connection.sendall(b"x")

    return send


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ],
    ids=["header", "body", "body of unknown length"],
)
def test_a_slow_drip_does_not_hold_the_run(
    server: Any, make_fetcher: MakeFetcher, first: bytes
) -> None:
    server.answers["/a"] = drip(first)
    error = refusal(make_fetcher(timeout=0.4), server.url("/a"))
    assert "no complete answer within 0.4 seconds" in error.message


def test_redirects_share_one_time_limit(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    def slowly(connection: socket.socket, closing: threading.Event) -> None:
        closing.wait(0.25)
        connection.sendall(reply(status="302 Found", Location="/a"))

    server.answers["/a"] = slowly
    error = refusal(make_fetcher(timeout=0.6), server.url("/a"))
    assert "no complete answer within" in error.message


def test_a_silent_server_is_left(server: Any, make_fetcher: MakeFetcher) -> None:
    server.answers["/a"] = lambda _, closing: closing.wait(30)
    error = refusal(make_fetcher(timeout=0.3), server.url("/a"))
    assert "no complete answer within" in error.message


def test_a_full_queue_of_connections_is_left(make_fetcher: MakeFetcher) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy:
        port = busy.getsockname()[1]
        waiting = []
        for _ in range(8):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
            waiting.append(client)
        error = refusal(make_fetcher(timeout=0.3), f"http://127.0.0.1:{port}/")
        for client in waiting:
            client.close()
    assert "no complete answer within" in error.message


# Faults


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("404 Not Found", "misspelt"),
        ("410 Gone", "misspelt"),
        ("401 Unauthorized", "login"),
        ("403 Forbidden", "login"),
        ("429 Too Many Requests", "try again in 120 seconds"),
        ("500 Internal Server Error", "try again later"),
        ("304 Not Modified", "browser"),
        ("418 I'm a teapot", "browser"),
    ],
)
def test_a_bad_status_is_named_with_what_to_do(
    server: Any, make_fetcher: MakeFetcher, reply: Reply, status: str, hint: str
) -> None:
    server.answers["/a"] = reply(status=status, Retry_After="120")
    error = refusal(make_fetcher(), server.url("/a"))
    assert f"the server answered {status}" in error.message
    assert hint in error.hint


def test_an_error_says_what_the_server_answered(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/gone"] = reply(status="410 Gone")
    server.answers["/busy"] = reply(status="503 Busy", Retry_After="120")
    server.answers["/closed"] = reply(
        status="429 Slow down", Retry_After="Sun, 22 Nov 2026 10:00:00 GMT"
    )
    fetcher = make_fetcher()
    errors = {path: refusal(fetcher, server.url(path)) for path in server.answers}
    assert all(isinstance(error, SourceError) for error in errors.values())
    assert [(error.status, error.retry_after) for error in errors.values()] == [
        (410, ""),
        (503, "120"),
        (429, "Sun, 22 Nov 2026 10:00:00 GMT"),
    ]
    assert "try again in 120 seconds" in errors["/busy"].hint
    assert "try again after Sun, 22 Nov 2026 10:00:00 GMT" in errors["/closed"].hint


def test_an_error_without_an_answer_has_no_status(make_fetcher: MakeFetcher) -> None:
    error = refusal(make_fetcher(), "https://nowhere.invalid/rss.xml")
    assert (error.status, error.retry_after) == (0, "")


def test_too_many_requests_without_a_delay(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server.answers["/a"] = reply(status="429 Too Many Requests")
    assert "try again later" in refusal(make_fetcher(), server.url("/a")).hint


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", "broke off"),
        (b"", "broke off"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "broke off"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
            "compressed but is not",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx", "“br”"),
    ],
)
def test_a_broken_answer_is_named(
    server: Any, make_fetcher: MakeFetcher, answer: bytes, words: str
) -> None:
    server.answers["/a"] = answer
    assert words in refusal(make_fetcher(), server.url("/a")).message


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/a", "not “ftp”"),
        ("file:///etc/passwd", "not “file”"),
        ("example.org/rss.xml", "without https://"),
        ("https:///rss.xml", "names no host"),
        ("https://exa mple.org/", "blank or control"),
        ("https://example.org/\x00", "blank or control"),
        ("https://[::1/", "not a web address"),
        ("https://example.org:port/", "not a web address"),
        ("https://" + "a" * 70 + ".example/", "not known"),
    ],
)
def test_what_is_no_web_address_is_refused(make_fetcher: MakeFetcher, url: str, words: str) -> None:
    assert words in refusal(make_fetcher(), url).message


def test_an_unknown_name_is_said_to_be_unknown(make_fetcher: MakeFetcher) -> None:
    error = refusal(make_fetcher(), "https://user:secret@nowhere.invalid/rss.xml")
    assert error.message.startswith("https://***@nowhere.invalid/rss.xml: ")
    assert "secret" not in error.message + error.hint
    assert "not known" in error.message


def test_a_closed_port_is_named(make_fetcher: MakeFetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = refusal(make_fetcher(), f"http://127.0.0.1:{port}/")
    assert f"no connection to 127.0.0.1:{port} (Connection refused)" in error.message


def test_a_name_without_addresses_is_named(
    make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
    assert "has no address" in refusal(make_fetcher(), "http://empty.example/").message


# TLS


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    made = trustme.CA()
    file = tmp_path / "ca.pem"
    made.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return made


def protected(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_trusted_certificate_is_taken(
    authority: trustme.CA, start_server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    server = start_server(protected(authority, "127.0.0.1"))
    server.answers["/a"] = reply(b"protected")
    assert make_fetcher().fetch(server.url("/a")).body == b"protected"


def test_a_certificate_for_another_name_is_refused(
    authority: trustme.CA, start_server: Any, make_fetcher: MakeFetcher
) -> None:
    server = start_server(protected(authority, "other.example"))
    error = refusal(make_fetcher(), server.url("/a"))
    assert "no protected connection" in error.message
    assert "certificate" in error.hint
    assert not server.requests


def test_a_stalled_handshake_does_not_hold_the_run(make_fetcher: MakeFetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        error = refusal(make_fetcher(timeout=0.3), f"https://127.0.0.1:{port}/")
    assert "no complete answer within" in error.message


def test_a_drip_inside_tls_does_not_hold_the_run(
    authority: trustme.CA, start_server: Any, make_fetcher: MakeFetcher
) -> None:
    server = start_server(protected(authority, "127.0.0.1"))
    server.answers["/a"] = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    error = refusal(make_fetcher(timeout=0.5), server.url("/a"))
    assert "no complete answer within" in error.message


# Proxies


def test_a_proxy_of_the_environment_is_refused_plainly(
    server: Any, make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://ana:secret@127.0.0.1:{server.port}")
    error = refusal(make_fetcher(), "http://example.org/rss.xml")
    assert f"http://***@127.0.0.1:{server.port}" in error.message
    assert 'proxy = "environment"' in error.hint
    assert not server.requests


def test_a_proxy_is_used_when_the_settings_say_so(
    server: Any, make_fetcher: MakeFetcher, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"ana:secret@127.0.0.1:{server.port}")
    server.answers["http://example.org/rss.xml"] = reply(b"through the proxy")
    fetcher = make_fetcher(proxy="environment", allow=())
    assert fetcher.fetch("http://example.org/rss.xml").body == b"through the proxy"
    assert "proxy-authorization: basic" in server.requests[0].lower()


def test_a_host_named_in_no_proxy_goes_directly(
    server: Any, make_fetcher: MakeFetcher, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server.answers["/a"] = reply(b"direct")
    assert make_fetcher().fetch(server.url("/a")).body == b"direct"


def test_a_proxy_that_does_not_answer_is_named(
    make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    error = refusal(make_fetcher(proxy="environment"), "https://example.org/")
    assert f"127.0.0.1:{port}" in error.message


def test_a_proxy_that_refuses_is_named(
    server: Any, make_fetcher: MakeFetcher, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.port}")
    server.answers["example.org:443"] = reply(status="503 Service Unavailable")
    error = refusal(make_fetcher(proxy="environment"), "https://example.org/")
    assert "the proxy does not answer" in error.message


def test_a_proxy_of_another_kind_is_refused(
    make_fetcher: MakeFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")
    error = refusal(make_fetcher(proxy="environment"), "https://example.org/")
    assert "neither http nor https" in error.message


def test_fetches_in_several_threads_do_not_disturb_each_other(
    server: Any, make_fetcher: MakeFetcher, reply: Reply
) -> None:
    fetcher = make_fetcher()
    found: dict[int, bytes] = {}
    for number in range(8):
        server.answers[f"/{number}"] = reply(str(number).encode())

    def fetch(number: int) -> None:
        found[number] = fetcher.fetch(server.url(f"/{number}")).body

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: str(number).encode() for number in range(8)}
