"""How fast feeds are read and collected, beside feedparser reading the same bytes from memory.

    python benchmarks/feeds.py [FOLDER]

Parsing: bytes to entries, in turn and from memory; fastfeedparser too where it is installed.
Collecting: 200 feeds fetched from a server in another process on loopback, parsed, turned into
articles and kept in a new SQLite store, by `digest.collection.collect`. The folder's feeds are
taken in turn until there are 200; without one, `../shared/data/feeds` is looked for.
"""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle, islice
from pathlib import Path

import feedparser

from digest.collection import collect
from digest.config import Config, SourceSettings
from digest.config.settings import FetchSettings, PublicationSettings
from digest.model.content import Window
from digest.net import Fetcher, Web
from digest.publication import Publication
from digest.sources import open_sources
from digest.sources.feed.parsing import parse_feed

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "feeds"
FEEDS = 200
#: Runs of each measurement, of which the shortest counts; feedparser's take seconds and have two.
ROUNDS = 7
NOW = datetime(2026, 11, 22, tzinfo=UTC)
#: A week that no feed speaks of, so that no article's own page is asked for.
WINDOW = Window("1995-W01", datetime(1995, 1, 2, tzinfo=UTC), datetime(1995, 1, 9, tzinfo=UTC))


def best_seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The shortest of several runs."""
    found = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return min(found)


def main(folder: Path) -> None:
    """Measure and print the ratios."""
    files = sorted(folder.glob("*.xml"))
    if not files:
        raise SystemExit(f"{folder}: no *.xml here; name a folder of feeds")
    feeds = list(islice(cycle([file.read_bytes() for file in files]), FEEDS))
    megabytes = sum(map(len, feeds)) / 1e6
    peer = best_seconds(lambda: [feedparser.parse(feed) for feed in feeds], rounds=2)
    print(f"{len(feeds)} feeds ({len(files)} in turn), {megabytes:.1f} MB")
    print(f"  feedparser, from memory  {peer:7.3f} s")
    show("parsing", best_seconds(lambda: [parse_feed(feed) for feed in feeds]), peer)
    with contextlib.suppress(ImportError):
        fastfeedparser = importlib.import_module("fastfeedparser")

        def quickest() -> None:
            for feed in feeds:
                with contextlib.suppress(ValueError):
                    fastfeedparser.parse(feed)

        show("parsing, fastfeedparser", best_seconds(quickest), peer)
    with serving(folder) as address:
        config = configured(address)
        show("fetched and read", best_seconds(lambda: read_in_turn(config)), peer)
        show("collecting", min(seconds_to_collect(config) for _ in range(ROUNDS)), peer)


def show(what: str, seconds: float, peer: float) -> None:
    """One line: the time, and how many times faster than feedparser that is."""
    print(f"  {what:24} {seconds:7.3f} s  {peer / seconds:5.1f} × as fast as feedparser")


def configured(address: str) -> Config:
    """A publication with all the feeds as its sources."""
    sources = [
        SourceSettings(name=f"feed-{number}", kind="feed", url=f"{address}/{number}")
        for number in range(FEEDS)
    ]
    return replace(
        Config(PublicationSettings(name="Mesure")),
        sources=tuple(sources),
        fetch=FetchSettings(allow=("127.0.0.1",), per_host=16),
    )


def read_in_turn(config: Config) -> None:
    """Without threads and without a store: where the rest of the time goes."""
    fetcher = Fetcher(config.fetch, version="0")
    web = Web(fetcher, history=None, clock=lambda: NOW, per_host=16)
    for source in open_sources(config, web):
        for _ in source.articles(WINDOW):
            pass


def seconds_to_collect(config: Config) -> float:
    """What a build does before it selects, into a store that was made before."""
    with tempfile.TemporaryDirectory() as name:
        at = replace(config, root=Path(name), file=Path(name) / "config.toml")
        publication = Publication.open(at, migrate=True)
        begun = time.perf_counter()
        collected = collect(publication, WINDOW, lambda *_: None, now=NOW)
        seconds = time.perf_counter() - begun
        publication.database.close()
    if collected.failed:
        raise SystemExit(f"{len(collected.failed)} feeds failed: {collected.failed[0][1]}")
    return seconds


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a server in another process that gives the feeds."""
    arguments = [sys.executable, __file__, "--serve", str(folder)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = server.stdout.readline().strip() if server.stdout else ""
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def serve(folder: Path) -> None:
    """The server; says its port on a line of its own."""
    feeds = [file.read_bytes() for file in sorted(folder.glob("*.xml"))]

    class Feeds(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = feeds[int(self.path.strip("/")) % len(feeds)]
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Feeds)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]))
    else:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
