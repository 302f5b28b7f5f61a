"""A publication whose newspaper is a real server on loopback, with feeds and pages that change."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from digest import pipeline
from digest.collection import Collected, collect
from digest.config import load_config
from digest.model.content import Window
from digest.publication import Publication, window_for

NOW = datetime.fromisoformat("2026-11-16T07:30:00+01:00")
WEEK = "2026-W46"

TEMPLATES = Path(__file__).parents[2] / "templates"

SETTINGS = f"""
[publication]
name = "La Lettre"
sender = "lettre@example.org"
postal_address = "1, rue des Essais, 29200 Brest"
public_url = "https://lettre.example.org"

[edition]
templates = "{TEMPLATES}"

[fetch]
allow = ["127.0.0.1"]

[[lists]]
name = "main"
"""


@dataclass
class Newspaper:
    """Answers each path of `pages`, with an ETag; `asked` keeps (path, status) of every answer.

    While `hanging` is not set it answers nobody.
    """

    pages: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    url: str = ""
    hanging: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hanging.set()

    def feed(self, *items: str) -> None:
        """Serve these items as the feed."""
        channel = "".join(items)
        self.pages["/rss.xml"] = f'<rss version="2.0"><channel>{channel}</channel></rss>'

    def item(self, slug: str, title: str, *, day: int = 12, lead: str = "") -> str:
        """An item of the feed, of a day of November 2026."""
        return (
            f"<item><title>{title}</title><link>{self.url}/monde/{slug}</link>"
            f"<pubDate>2026-11-{day:02} 10:00:00 +0100</pubDate>"
            f"<description>{lead}</description></item>"
        )

    def article(self, slug: str, title: str, lead: str, *paragraphs: str) -> None:
        """Serve an article's own page."""
        text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        self.pages[f"/monde/{slug}"] = (
            f'<html lang="fr"><head><title>{title}</title>'
            f'<meta property="og:title" content="{title}">'
            f'<meta property="og:type" content="article">'
            f'<meta property="article:published_time" content="2026-11-12T10:00:00+01:00">'
            f'<meta property="og:description" content="{lead}"></head>'
            f"<body><article><h1>{title}</h1>{text}</article></body></html>"
        )

    def paths(self, status: int = 200) -> list[str]:
        """The paths that were answered so, in order; robots.txt aside."""
        return [path for path, code in self.asked if code == status and path != "/robots.txt"]


@pytest.fixture
def newspaper() -> Iterator[Newspaper]:
    paper = Newspaper()

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paper.hanging.wait(60)
            page = paper.pages.get(self.path)
            if page is not None and page.startswith("/"):
                self.send_response(302)
                self.send_header("Location", page)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if page is None:
                self._answer(404, b"", "")
                return
            body = page.encode()
            mark = f'"{sha256(body).hexdigest()[:16]}"'
            if self.headers.get("If-None-Match") == mark:
                self._answer(304, b"", mark)
            else:
                self._answer(200, body, mark)

        def _answer(self, status: int, body: bytes, mark: str) -> None:
            paper.asked.append((self.path, status))
            self.send_response(status)
            kind = "application/xml" if self.path.endswith(".xml") else "text/html"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if mark:
                self.send_header("ETag", mark)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    paper.url = f"http://127.0.0.1:{server.server_port}"
    yield paper
    server.shutdown()
    thread.join(5)
    server.server_close()


@dataclass
class Room:
    """A publication in a folder of its own, and its weekly flow."""

    folder: Path
    now: datetime = NOW

    def open(self, *sources: str, more: str = "") -> Publication:
        """The publication with these `[[sources]]` tables."""
        tables = "".join(f"[[sources]]\n{source}\n" for source in sources)
        file = self.folder / "config.toml"
        file.write_text(f"{SETTINGS}{tables}{more}", encoding="utf-8")
        return Publication.open(load_config(file))

    def window(self, publication: Publication) -> Window:
        return window_for(publication.config, self.now, week=WEEK)

    def collect(self, publication: Publication, *, offline: bool | None = False) -> Collected:
        window = self.window(publication)
        return collect(publication, window, nothing, now=self.now, offline=offline)

    def titles(self, publication: Publication) -> list[str]:
        """The titles of everything there is to select from."""
        window = self.window(publication)
        return sorted(d.article.title for d in pipeline.decide(publication, window, self.now))

    def build(self, publication: Publication, *, offline: bool = False) -> pipeline.Built:
        window = self.window(publication)
        return pipeline.build(publication, window, now=self.now, progress=nothing, offline=offline)


def nothing(step: str, done: int, total: int) -> None:
    """A progress that nobody sees."""


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)
