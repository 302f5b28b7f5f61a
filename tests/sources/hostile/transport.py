"""Answers of servers that bomb, lie, loop, stall or point inside."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from collections.abc import Iterator

from tests.sources.hostile.cases import Case, Places, item, rss
from tests.sources.hostile.server import Answering, reply

FEED = rss(item()).encode()
PORT = ("Le port",)


def compressed(_: Places) -> Iterator[Case]:
    """Bombs, and what says it is compressed but is not."""
    bomb = gzip.compress(bytes(16 << 20), 9)
    yield Case("gzip bomb", reply(bomb, Content_Encoding="gzip"), refused="larger than 10,000,000")
    bomb = zlib.compress(bytes(16 << 20), 9)
    yield Case("zlib bomb", reply(bomb, Content_Encoding="deflate"), refused="larger than")
    twice = gzip.compress(gzip.compress(bytes(16 << 20), 9), 9)
    yield Case(
        "gzip in gzip", reply(twice, Content_Encoding="gzip"), refused="neither RSS nor Atom"
    )
    packed = gzip.compress(FEED)
    yield Case("gzip", reply(packed, Content_Encoding="gzip"), PORT)
    yield Case("truncated gzip", reply(packed[:-20], Content_Encoding="gzip"))
    yield Case(
        "gzip that is none", reply(FEED, Content_Encoding="gzip"), refused="compressed but is not"
    )
    yield Case("gzip undeclared", reply(packed), refused="neither RSS nor Atom")
    yield Case("brotli", reply(FEED, Content_Encoding="br"), refused="compressed as “br”")


def redirects(places: Places) -> Iterator[Case]:
    """Redirects without end, and into places that nobody may reach."""
    for name, location in (
        ("in a loop", "/redirect%20in%20a%20loop"),
        ("to a private address", f"{places.trap}/secret"),
        ("to another spelling of it", f"{places.trap.replace('127.0.0.1', '2130706433')}/secret"),
        ("to a hexadecimal spelling", f"{places.trap.replace('127.0.0.1', '0x7f000001')}/secret"),
        ("to a short spelling", f"{places.trap.replace('127.0.0.1', '127.1')}/secret"),
        ("to a mapped address", f"{places.trap.replace('127.0.0.1', '[::ffff:127.0.0.1]')}/secret"),
        ("to a name of this machine", f"{places.trap.replace('127.0.0.1', 'localhost')}/secret"),
        ("to an instance's secrets", "http://169.254.169.254/latest/meta-data/"),
        ("to a file", "file:///etc/passwd"),
        ("to data", "data:text/xml,<rss/>"),
        ("to a script", "javascript:alert(1)"),
        ("to nowhere", ""),
        ("to nonsense", "http://[::1"),
    ):
        answer = reply(status="302 Found", Location=location)
        yield Case(f"redirect {name}", answer, refused="http://127.0.0.1")


def stalls(_: Places) -> Iterator[Case]:
    """Servers that take their time, break off, or miscount."""
    yield Case(
        "a dripping body",
        _dripping(reply(FEED), len(reply(FEED)) - 5),
        refused="no complete answer",
        timeout=0.5,
    )
    yield Case(
        "a dripping header", _dripping(reply(FEED), 20), refused="no complete answer", timeout=0.5
    )
    yield Case("silence", _dripping(b"", 0), refused="no complete answer", timeout=0.5)
    yield Case(
        "an endless header",
        _endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"y" * 60_000 + b"\r\n"),
        refused="broke off",
    )
    yield Case(
        "an endless body",
        _endless(reply(FEED, Content_Length="99999999999"), b" " * 65_536),
        refused="larger than",
    )
    yield Case("a short body", reply(FEED, Content_Length="99999"), refused="broke off")
    yield Case("a length that is none", reply(FEED, Content_Length="-1"))
    yield Case(
        "a broken chunk", reply(b"ZZ\r\n" + FEED, Transfer_Encoding="chunked"), refused="broke off"
    )
    yield Case("no HTTP", FEED)
    yield Case("an empty answer", b"", refused="broke off")
    yield Case("an empty body", reply(b""), refused="is empty")
    yield Case("blanks", reply(b" \r\n\t \r\n"), refused="is empty")
    yield Case("not found", reply(FEED, "404 Not Found"), refused="404")
    yield Case("gone", reply(FEED, "410 Gone"), refused="410")
    yield Case("a fault", reply(FEED, "500 Oops"), refused="500")
    yield Case("too many requests", reply(FEED, "429 Too Many Requests"), refused="429")
    yield Case("unasked “not modified”", reply(b"", "304 Not Modified"))
    yield Case("the wrong type", reply(FEED, Content_Type="image/png"), PORT)
    yield Case("no type", reply(FEED, Content_Type=""), PORT)


def other_documents(_: Places) -> Iterator[Case]:
    """What is no feed at all."""
    page = "<!doctype html><html><head><title>T</title></head><body><item>x</item></body></html>"
    yield Case("a page", reply(page.encode()), refused="is a web page (HTML)")
    yield Case(
        "a page called a feed",
        reply(page.encode(), Content_Type="application/rss+xml"),
        refused="is a web page (HTML)",
    )
    yield Case(
        "a deep page",
        reply(b"<html><link rel=alternate" + b"<div>" * 100_000),
        refused="is a web page (HTML)",
    )
    yield Case(
        "a picture", reply(b"\x89PNG\r\n\x1a\n" + bytes(1_000)), refused="neither RSS nor Atom"
    )
    yield Case("words", reply(b"Bonjour"), refused="begins with “Bonjour”")
    yield Case("one angle", reply(b"<"), refused="neither RSS nor Atom")
    yield Case("100,000 angles", reply(b"<" * 100_000), refused="neither RSS nor Atom")
    yield Case("a nameless feed", reply(f"<x>{FEED.decode()[5:-6]}</x>".encode()))
    yield Case("items that hold the last reader", reply(b"<a>" * 16_000 + b"<p x='<item'" * 2_000))


def _dripping(content: bytes, at_once: int) -> Answering:
    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(content[:at_once])
        for byte in content[at_once:]:
            if over.wait(0.2):
                return
            connection.sendall(bytes((byte,)))
        over.wait(10)

    return answer


def _endless(begin: bytes, piece: bytes) -> Answering:
    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(begin)
        while not over.is_set():
            connection.sendall(piece)

    return answer
